import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Electron's documentation of fuses gives as the mark before the wire in a binary. */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
/** Electron's defaults for the nine fuses of version 1. */
const FUSES_AS_DELIVERED = '101100011';

/**
 * A folder as electron-builder expects an unpacked Electron for Linux: an executable (which only says that it is a
 * stand-in), its fuse wire, a language file. Enough to prove the packing; nothing of it can start an application.
 */
export function makeStandInElectron(folder: string, version: string): void {
  mkdirSync(join(folder, 'resources'), { recursive: true });
  mkdirSync(join(folder, 'locales'));
  const wire = Buffer.concat([Buffer.from(FUSE_SENTINEL), Buffer.of(1, FUSES_AS_DELIVERED.length), Buffer.from(FUSES_AS_DELIVERED)]);
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.from('#!/bin/sh\necho "a stand-in, not Electron"\nexit 1\n'), wire, Buffer.from('\n')]));
  chmodSync(join(folder, 'electron'), 0o755);
  writeFileSync(join(folder, 'version'), version);
  writeFileSync(join(folder, 'LICENSE'), 'Electron\'s licence');
  writeFileSync(join(folder, 'locales/en-US.pak'), '');
}

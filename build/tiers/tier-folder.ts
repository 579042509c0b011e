import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A temporary folder for encrypted files that need not survive the machine: in memory where there is room, because
 * making each of a hundred commits durable on a disk is most of what a world costs and nothing of what it shows.
 */
const IN_MEMORY = '/dev/shm';
const ROOM_BYTES = 512 * 1024 * 1024;

export function tierFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(hasRoom(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'outpost-tier-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > ROOM_BYTES;
}

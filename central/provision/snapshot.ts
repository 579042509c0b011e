import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { bestCodec, CODECS_READ } from '../../shared/sync/codec.ts';
import { cutPage, pageExtent } from '../../shared/sync/cut-page.ts';
import type { Cursor, OrganizationId } from '../../shared/sync/envelope.ts';
import type { HubStore } from '../../shared/sync/hub-store.ts';
import { PAGE_MAX_BYTES } from '../../shared/sync/limits.ts';
import { encodeMessage } from '../../shared/sync/message-codec.ts';
import { encodePageHeader } from '../../shared/sync/page-header.ts';
import { seal, type SyncCrypto } from '../../shared/sync/sealing.ts';
import { pageFileName, SNAPSHOT_MANIFEST, type SnapshotManifest } from '../../shared/sync/snapshot-files.ts';

/**
 * A seed of the log as files, for a workstation that is to be filled from a stick instead of over a thin line. What is
 * needed first stands in the first files. Nobody but that workstation can read them.
 */
export type SnapshotOptions = {
  readonly store: HubStore;
  readonly crypto: SyncCrypto;
  readonly organization: OrganizationId;
  readonly at: Cursor;
  readonly device: DeviceId;
  /** A new folder. */
  readonly folder: string;
  readonly now: number;
  /** Entries of one file; as many as a page may have unless it is said. */
  readonly pageEntries?: number;
  readonly onPage?: (done: number, total: number) => void;
};
export type SnapshotMade = { readonly pages: number; readonly entries: number; readonly bytes: number };

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** NOT_FOUND: no such active device. LOG_MOVED: the log is another one than when it began. FILE_UNWRITABLE: with the system's code. */
export async function writeSnapshot(options: SnapshotOptions): Promise<Result<SnapshotMade, 'NOT_FOUND' | 'LOG_MOVED' | 'FILE_UNWRITABLE'>> {
  const { store, crypto, organization, at, device, folder } = options;
  const record = await store.device(device);
  if (record?.state !== 'active') return refuse('NOT_FOUND', { device });
  const codec = bestCodec(CODECS_READ);
  const pages: SnapshotManifest['pages'][number][] = [];
  let [after, last, bytes] = [0, 0, 0];
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
    do {
      const stream = { kind: 'seed' as const, at, after };
      const slice = await store.slice({ device, stream, own: false, ...pageExtent(2, PAGE_MAX_BYTES), ...(options.pageEntries === undefined ? {} : { maxEntries: options.pageEntries }) });
      if (slice === null) return refuse('LOG_MOVED');
      const { packed, ...place } = cutPage({ ...crypto, codec, version: 2, effort: 'stored' }, stream, slice, PAGE_MAX_BYTES);
      const header = encodePageHeader({ version: 2, codec: codec.id, organization, device, stream, last: slice.last, ...place });
      const page = encodeMessage({ type: 'page', page: await seal(crypto, 'page', record.sealingKey, header, packed) });
      const file = pageFileName(pages.length + 1);
      write(join(folder, file), page);
      pages.push({ file, bytes: page.length, sha256: createHash('sha256').update(page).digest('hex'), entries: place.count });
      ({ next: after } = place);
      ({ last } = slice);
      bytes += page.length;
      options.onPage?.(after, last);
    } while (after < last);
    const manifest: SnapshotManifest = { format: 1, organization, device, at, madeAt: Math.floor(options.now), entries: last, pages };
    write(join(folder, SNAPSHOT_MANIFEST), new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return refuse('FILE_UNWRITABLE', { system: String(error.code) });
  }
  return ok({ pages: pages.length, entries: last, bytes });
}

/** Durable before the next one is begun: a stick is pulled out at any moment. */
function write(path: string, content: Uint8Array): void {
  const file = openSync(path, 'wx', FILE_MODE);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

import { createHash } from 'node:crypto';
import { fromHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { DeviceStore, LocalFault } from '../../shared/sync/device-store.ts';
import { MESSAGE_MAX_BYTES } from '../../shared/sync/limits.ts';
import { takeSeedPage } from '../../shared/sync/seed-pages.ts';
import { SNAPSHOT_MANIFEST, SnapshotManifest } from '../../shared/sync/snapshot-files.ts';
import type { VaultKeys } from '../vault/vault.ts';
import { createDeviceCrypto } from './cipher.ts';
import type { Membership } from './sync-state.ts';

/**
 * Takes a snapshot file by file, whichever way the bytes came: it names the file that it wants next, first the table
 * of contents, then each page in order. What a file says is judged by the seal and signature on it.
 */
export type SnapshotFault = 'SNAPSHOT_REFUSED' | LocalFault;
export type SnapshotProgress = {
  /** Files of pages taken, and how many there are; null until the table of contents has been read. */
  readonly pages: { readonly done: number; readonly total: number | null };
  /** Entries that were new here. */
  readonly applied: number;
  /** Entries of the snapshot that are here, and how many it has. */
  readonly entries: { readonly passed: number; readonly total: number } | null;
  /** Nothing of the snapshot is missing. */
  readonly whole: boolean;
};
export type SnapshotReader = {
  /** Null when it has been read to its end. */
  wanted(): { readonly file: string; readonly maxBytes: number } | null;
  /** SNAPSHOT_REFUSED: `rule` says what is wrong with it, `file` where. */
  take(bytes: Uint8Array): Promise<Result<SnapshotProgress, SnapshotFault>>;
  progress(): SnapshotProgress;
};

const MANIFEST_MAX_BYTES = 32 * 1024 * 1024;

export function createSnapshotReader({ membership, keys, store }: { readonly membership: Membership; readonly keys: VaultKeys; readonly store: DeviceStore }): SnapshotReader {
  const tools = { store, crypto: createDeviceCrypto(keys), organization: membership.organization, device: keys.deviceId, makerKey: fromHex(membership.hubSigningKey) };
  let manifest: SnapshotManifest | null = null;
  let done = 0;
  let applied = 0;
  let entries: SnapshotProgress['entries'] = null;

  const progress = (): SnapshotProgress => ({
    pages: { done, total: manifest?.pages.length ?? null },
    applied,
    entries,
    whole: manifest !== null && (manifest.pages.length === 0 || (entries !== null && entries.passed >= entries.total)),
  });

  const takeManifest = (bytes: Uint8Array): Result<SnapshotProgress, SnapshotFault> => {
    const read = manifestIn(bytes);
    if (!read.ok) return read;
    if (read.value.organization !== membership.organization) return refuse('SNAPSHOT_REFUSED', { rule: 'OTHER_ORGANIZATION' });
    if (read.value.device !== keys.deviceId) return refuse('SNAPSHOT_REFUSED', { rule: 'OTHER_DEVICE' });
    manifest = read.value;
    return ok(progress());
  };

  const takePage = async (page: SnapshotManifest['pages'][number], bytes: Uint8Array): Promise<Result<SnapshotProgress, SnapshotFault>> => {
    const { file } = page;
    // The seal would refuse it as well; a damaged stick is told apart from a forged one.
    if (bytes.length !== page.bytes || createHash('sha256').update(bytes).digest('hex') !== page.sha256) return refuse('SNAPSHOT_REFUSED', { rule: 'DAMAGED', file });
    const taken = await takeSeedPage(tools, bytes);
    if (!taken.ok) {
      const { code, detail } = taken.fault;
      return code === 'DISK_FULL' || code === 'READ_ONLY' || code === 'INTERNAL' ? refuse(code, detail) : refuse('SNAPSHOT_REFUSED', { rule: code, file });
    }
    applied += taken.value.applied;
    entries = { passed: taken.value.passed, total: taken.value.total };
    done += 1;
    return ok(progress());
  };

  return {
    wanted() {
      if (manifest === null) return { file: SNAPSHOT_MANIFEST, maxBytes: MANIFEST_MAX_BYTES };
      const page = manifest.pages[done];
      return page === undefined ? null : { file: page.file, maxBytes: MESSAGE_MAX_BYTES };
    },
    async take(bytes) {
      if (manifest === null) return takeManifest(bytes);
      const page = manifest.pages[done];
      return page === undefined ? ok(progress()) : takePage(page, bytes);
    },
    progress,
  };
}

function manifestIn(bytes: Uint8Array): Result<SnapshotManifest, 'SNAPSHOT_REFUSED'> {
  try {
    const parsed = SnapshotManifest.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    return parsed.success ? ok(parsed.data) : refuse('SNAPSHOT_REFUSED', { rule: 'MALFORMED', file: SNAPSHOT_MANIFEST });
  } catch {
    return refuse('SNAPSHOT_REFUSED', { rule: 'MALFORMED', file: SNAPSHOT_MANIFEST });
  }
}

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import type { DeviceStore, LocalFault } from '../../shared/sync/device-store.ts';
import { MESSAGE_MAX_BYTES } from '../../shared/sync/limits.ts';
import { takeSeedPage } from '../../shared/sync/seed-pages.ts';
import { SNAPSHOT_MANIFEST, SnapshotManifest } from '../../shared/sync/snapshot-files.ts';
import type { VaultKeys } from '../vault/vault.ts';
import { createDeviceCrypto } from './cipher.ts';
import type { Membership } from './sync-state.ts';

/** Fills this workstation from a folder that central wrote for it. Stops where a page is missing or refused, and goes on there the next time. */
export type ProvisionFault = 'FILE_UNREADABLE' | 'SNAPSHOT_REFUSED' | 'CANCELLED' | LocalFault;
export type Provisioned = { readonly pages: number; readonly applied: number; readonly done: boolean };
export type ProvisionOptions = {
  readonly folder: string;
  readonly membership: Membership;
  readonly keys: VaultKeys;
  readonly store: DeviceStore;
  /** Lets others work between two pages; false ends it. */
  readonly onPage: (done: number, total: number) => Promise<boolean>;
};

const MANIFEST_MAX_BYTES = 32 * 1024 * 1024;

/** SNAPSHOT_REFUSED: `rule` says what is wrong with it, `file` where. */
export async function provisionFrom({ folder, membership, keys, store, onPage }: ProvisionOptions): Promise<Result<Provisioned, ProvisionFault>> {
  const manifest = readManifest(folder);
  if (!manifest.ok) return manifest;
  const { organization, device, pages } = manifest.value;
  if (organization !== membership.organization) return refuse('SNAPSHOT_REFUSED', { rule: 'OTHER_ORGANIZATION' });
  if (device !== keys.deviceId) return refuse('SNAPSHOT_REFUSED', { rule: 'OTHER_DEVICE' });
  const tools = { store, crypto: createDeviceCrypto(keys), organization, device, makerKey: fromHex(membership.hubSigningKey) };
  let applied = 0;
  let done = pages.length === 0;
  for (const [index, { file, bytes, sha256 }] of pages.entries()) {
    const read = readBounded(join(folder, file), MESSAGE_MAX_BYTES);
    if (!read.ok) return refuse('FILE_UNREADABLE', { file, ...read.fault.detail });
    // The seal would refuse it as well; a damaged stick is told apart from a forged one.
    if (read.value.length !== bytes || createHash('sha256').update(read.value).digest('hex') !== sha256) return refuse('SNAPSHOT_REFUSED', { rule: 'DAMAGED', file });
    const taken = await takeSeedPage(tools, read.value);
    if (!taken.ok) {
      const { code, detail } = taken.fault;
      return code === 'DISK_FULL' || code === 'READ_ONLY' || code === 'INTERNAL' ? refuse(code, detail) : refuse('SNAPSHOT_REFUSED', { rule: code, file });
    }
    applied += taken.value.applied;
    done = taken.value.passed >= taken.value.total;
    if (!(await onPage(index + 1, pages.length))) return refuse('CANCELLED');
  }
  return ok({ pages: pages.length, applied, done });
}

function readManifest(folder: string): Result<SnapshotManifest, 'FILE_UNREADABLE' | 'SNAPSHOT_REFUSED'> {
  const read = readBounded(join(folder, SNAPSHOT_MANIFEST), MANIFEST_MAX_BYTES);
  if (!read.ok) return refuse('FILE_UNREADABLE', { file: SNAPSHOT_MANIFEST, ...read.fault.detail });
  try {
    const parsed = SnapshotManifest.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(read.value)));
    return parsed.success ? ok(parsed.data) : refuse('SNAPSHOT_REFUSED', { rule: 'MALFORMED', file: SNAPSHOT_MANIFEST });
  } catch {
    return refuse('SNAPSHOT_REFUSED', { rule: 'MALFORMED', file: SNAPSHOT_MANIFEST });
  }
}

function readBounded(path: string, maxBytes: number): Result<Uint8Array, 'FILE_UNREADABLE'> {
  try {
    if (statSync(path).size > maxBytes) return refuse('FILE_UNREADABLE', { system: 'EFBIG' });
    return ok(new Uint8Array(readFileSync(path)));
  } catch (error) {
    return refuse('FILE_UNREADABLE', { system: systemCode(error) });
  }
}

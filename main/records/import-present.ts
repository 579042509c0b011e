import { createHash } from 'node:crypto';
import type { RecordId } from '../../shared/base/ids.ts';
import type { ReadHandle } from '../store/store.ts';
import { resourceTextOf } from './resource-text.ts';
import type { Incoming } from './import-incoming.ts';

/** What the vault holds already of what an import brings. */

/** `free`: nobody has the id. `other-type`: a record of another type has it, so it is no identity here. */
export type Presence = 'free' | 'same' | 'differs' | 'other-type';

/** Compares with the text the record came with, by whichever device, and with what it has become. */
export function presenceOf(read: ReadHandle, record: RecordId, type: string, text: string, bytes: Uint8Array): Presence {
  const row = read.get('SELECT record.type, ledger.kind, ledger.body FROM record JOIN ledger ON ledger.position = record.created WHERE record.id = ?', record);
  if (row === undefined) return 'free';
  if (row['type'] !== type) return 'other-type';
  if (row['kind'] === 'resource' && isSame(row['body'], bytes)) return 'same';
  const creations = read.all("SELECT ledger.body FROM head JOIN ledger ON ledger.position = head.position WHERE head.record = ? AND head.element = ''", record);
  return creations.some(({ body }) => isSame(body, bytes)) || resourceTextOf(read, record) === text ? 'same' : 'differs';
}

/**
 * The record made earlier from the same bytes under the same name, where the resource has no identity of its own. Two
 * clinics may use one name for records of two patients, so it must be the same patient's.
 */
export function madeEarlier(read: ReadHandle, { type, id }: Incoming, bytes: Uint8Array, patient: RecordId | null): RecordId | null {
  const digest = createHash('sha256').update(bytes).digest();
  const row = read.get('SELECT record.id, record.patient FROM imported_identity JOIN record ON record.id = imported_identity.record WHERE reference = ? AND digest = ? ORDER BY imported_identity.record LIMIT 1', nameOf(type, id), digest);
  if (row === undefined) return null;
  if (type === 'Patient' || row['patient'] === patient) return String(row['id']) as RecordId;
  const others = read.iterate(
    "SELECT record.id, ledger.body FROM record JOIN ledger ON ledger.position = record.created WHERE record.patient IS ? AND record.type = ? AND ledger.kind = 'resource'",
    patient, type,
  );
  for (const other of others) if (isSame(other['body'], bytes)) return String(other['id']) as RecordId;
  return null;
}

/** As the fold remembers it; a resource without an id has its type alone. */
function nameOf(type: string, id: string | null): string {
  return `${type}/${id ?? ''}`;
}

function isSame(body: unknown, bytes: Uint8Array): boolean {
  return body instanceof Uint8Array && Buffer.compare(body, bytes) === 0;
}

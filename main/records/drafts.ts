import type { RecordId, UserId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { Soap } from '../../shared/records/charting.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ReadHandle, StoreFault, WriteHandle } from '../store/store.ts';

/** What is being typed, kept encrypted in the vault for its author alone, durable when `save` returns. */

export function saveDraft(ledger: Ledger, user: UserId, draft: { readonly patient: RecordId; readonly encounter: RecordId | null; readonly soap: Soap }, nowMs: number): Result<{ readonly savedAt: number }, StoreFault> {
  const savedAt = Math.floor(nowMs);
  return ledger.keep((write) => {
    write.run(
      'INSERT INTO draft (user, patient, encounter, body, saved_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (user, patient) DO UPDATE SET encounter = excluded.encounter, body = excluded.body, saved_at = excluded.saved_at',
      user, draft.patient, draft.encounter, JSON.stringify(draft.soap), savedAt,
    );
    return ok({ savedAt });
  });
}

export function loadDraft(read: ReadHandle, user: UserId, patient: RecordId): CallOutput<'drafts.load'> {
  const row = read.get('SELECT encounter, body, saved_at FROM draft WHERE user = ? AND patient = ?', user, patient);
  if (row === undefined) return { draft: null };
  const encounter = row['encounter'] === null ? null : (String(row['encounter']) as RecordId);
  return { draft: { encounter, soap: Soap.parse(JSON.parse(String(row['body']))), savedAt: Number(row['saved_at']) } };
}

export function listDrafts(read: ReadHandle, user: UserId): CallOutput<'drafts.list'> {
  const rows = read.all('SELECT draft.patient, draft.saved_at, patient.family, patient.given FROM draft JOIN patient ON patient.record = draft.patient WHERE draft.user = ? ORDER BY saved_at DESC', user);
  return { drafts: rows.map((row) => ({ patient: String(row['patient']) as RecordId, family: String(row['family']), given: String(row['given']), savedAt: Number(row['saved_at']) })) };
}

export function removeDraft(write: WriteHandle, user: UserId, patient: RecordId): void {
  write.run('DELETE FROM draft WHERE user = ? AND patient = ?', user, patient);
}

import { RecordId, recordIdOf } from '../../shared/base/ids.ts';
import { Header, idOf } from '../../shared/ledger/entry.ts';
import { compareHybrid, type HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import type { ReadHandle, SqlRow, WriteHandle } from '../store/store.ts';
import type { Folding } from './fold-context.ts';
import { removeRecord } from './remove-record.ts';

/**
 * Patients leave what this workstation holds and come back, by its own entries. While one is out, nothing of them is
 * folded: not what this workstation wrote itself, which stays in its ledger, nor what is on its way back.
 */
export function isOutOfScope(read: ReadHandle, patient: string): boolean {
  return read.get('SELECT 1 FROM out_of_scope WHERE patient = ?', patient) !== undefined;
}

/** Whoever left and has not come back. */
export function outOfScope(read: ReadHandle): readonly RecordId[] {
  return read.all('SELECT patient FROM out_of_scope ORDER BY patient').map((row) => RecordId.parse(row['patient']));
}

/** Folds a row of the ledger again. */
export type FoldAgain = (row: SqlRow, own: boolean) => void;

/** After a restore older words may come back behind newer ones, so each fold looks at all of them; there are few of one patient. */
export function foldScope({ write, position, header, segment }: Folding, foldAgain: FoldAgain): void {
  const patient = header.record;
  if (!segment.own || patient === null) return;
  const out = isLatestEviction(write, patient);
  if (out === isOutOfScope(write, patient)) return;
  if (out) {
    write.run('INSERT INTO out_of_scope (patient) VALUES (?)', patient);
    removePatient(write, patient, position, foldAgain);
  } else {
    write.run('DELETE FROM out_of_scope WHERE patient = ?', patient);
    again(write, write.all('SELECT position FROM ledger WHERE patient = ? AND position < ? ORDER BY position', patient, position), foldAgain);
  }
}

function isLatestEviction(read: ReadHandle, patient: RecordId): boolean {
  let latest: { readonly clock: HybridTime; readonly out: boolean } | null = null;
  const rows = read.iterate("SELECT ledger.kind, ledger.header FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE ledger.record = ? AND ledger.kind IN ('scope.evicted', 'scope.admitted') AND segment.own = 1", patient);
  for (const { kind, header } of rows) {
    const { clock } = Header.parse(JSON.parse(String(header)));
    if (latest === null || compareHybrid(clock, latest.clock) > 0) latest = { clock, out: kind === 'scope.evicted' };
  }
  return latest?.out === true;
}

/** Everything that is folded from a patient's entries goes; what others' entries say of the same records stays. */
function removePatient(write: WriteHandle, patient: RecordId, position: number, foldAgain: FoldAgain): void {
  const records = new Set<string>(write.all('SELECT id FROM record WHERE patient = ?', patient).map((row) => String(row['id'])));
  for (const row of write.iterate('SELECT record, header FROM ledger WHERE patient = ? AND position < ?', patient, position)) {
    records.add(typeof row['record'] === 'string' ? row['record'] : recordIdOf(idOf(Header.parse(JSON.parse(String(row['header']))))));
  }
  const others = [...records].flatMap((record) => sourcesOf(write, record, patient));
  for (const record of records) removeRecord(write, record as RecordId);
  write.run('DELETE FROM parked WHERE position IN (SELECT position FROM ledger WHERE patient = ?)', patient);
  for (const table of ['care_team', 'break_glass'] as const) write.run(`DELETE FROM ${table} WHERE patient = ?`, patient);
  const still = [...new Set(others)].filter((each) => each < position).toSorted((left, right) => left - right);
  for (const each of still) write.run('DELETE FROM parked WHERE position = ?', each);
  again(write, still.map((each) => ({ position: each })), foldAgain);
}

/** Places of entries that are not the patient's and say something of a record all the same. */
function sourcesOf(read: ReadHandle, record: string, patient: string): readonly number[] {
  const rows = read.all(
    `SELECT position FROM ledger WHERE record = ? AND kind IN ('resource', 'amend') AND patient IS NOT ?
     UNION SELECT ledger.position FROM record JOIN ledger ON ledger.position = record.created WHERE record.id = ? AND ledger.patient IS NOT ?
     UNION SELECT ledger.position FROM head JOIN ledger ON ledger.position = head.position WHERE head.record = ? AND ledger.patient IS NOT ?`,
    record, patient, record, patient, record, patient,
  );
  return rows.map((row) => Number(row['position']));
}

function again(write: WriteHandle, places: readonly SqlRow[], foldAgain: FoldAgain): void {
  for (const { position } of places) {
    const row = write.get('SELECT ledger.position, ledger.segment, ledger.header, ledger.body, segment.own FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE position = ?', position ?? null);
    if (row !== undefined) foldAgain(row, row['own'] === 1);
  }
}

import { equalBytes } from '../../shared/base/bytes.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import type { Arriving } from './receive.ts';

/**
 * A chain of which a part is held. Central leaves out whom this workstation does not hold, so an entry may come whose
 * predecessor never does: the hash before it is then central's word, kept beside the entry, until the predecessor comes
 * and must have that very hash. A body that went with its patient may come back; its header says whether it is the one.
 */
const REMOVED = "(ledger.body IS NULL AND ledger.salt = x'' AND json_extract(ledger.header, '$.body') IS NOT NULL)";

export function hashAt(read: ReadHandle, segmentRef: number, sequence: number): Uint8Array | undefined {
  const hash = read.get('SELECT hash FROM ledger WHERE segment = ? AND sequence = ?', segmentRef, sequence)?.['hash'];
  return hash instanceof Uint8Array ? hash : undefined;
}

/** Central's word for the hash before an entry whose predecessor is not held. */
export function wordBefore(read: ReadHandle, segmentRef: number, sequence: number): Uint8Array | undefined {
  const previous = read.get('SELECT previous FROM gap WHERE segment = ? AND sequence = ?', segmentRef, sequence)?.['previous'];
  return previous instanceof Uint8Array ? previous : undefined;
}

/** Whether the entry held behind this place says that it follows another one. */
export function isContradictedByNext(read: ReadHandle, segmentRef: number, sequence: number, hash: Uint8Array): boolean {
  const said = wordBefore(read, segmentRef, sequence + 1);
  return said !== undefined && !equalBytes(said, hash);
}

/** An entry was put behind a gap, or into one: what is known by central's word alone is kept so, what is known by the chain no longer. */
export function keepGap(write: WriteHandle, segmentRef: number, sequence: number, previous: Uint8Array | null): void {
  if (previous !== null) {
    beginMark(write);
    write.run('INSERT INTO gap (segment, sequence, previous) VALUES (?, ?, ?)', segmentRef, sequence, previous);
  }
  write.run('DELETE FROM gap WHERE segment = ? AND sequence = ?', segmentRef, sequence + 1);
}

export const HELD_MARK_KEY = 'ledger.mark';

/** From the first gap on the signatures of this workstation cover what it holds in the order it came (main/audit/held-mark.ts). */
function beginMark(write: WriteHandle): void {
  write.run(
    `INSERT INTO local_state (key, value) SELECT ?, json_object('from', coalesce(max(position), 0), 'position', coalesce(max(position), 0), 'mark', ?) FROM ledger WHERE true ON CONFLICT (key) DO NOTHING`,
    HELD_MARK_KEY, '0'.repeat(64),
  );
}

/** Where a segment stops being whole, looked for from `from` on; null where it is. */
export function firstHole(read: ReadHandle, segmentRef: number, from: number, length: number): number | null {
  let expected = from;
  for (const row of read.iterate(`SELECT sequence, ${REMOVED} AS removed FROM ledger WHERE segment = ? AND sequence >= ? ORDER BY sequence`, segmentRef, from)) {
    if (row['sequence'] !== expected || row['removed'] === 1) return expected;
    expected += 1;
  }
  return expected < length ? expected : null;
}

export function keepHole(write: WriteHandle, segmentRef: number, hole: number | null): void {
  write.run('UPDATE segment SET hole = ? WHERE ref = ?', hole, segmentRef);
}

/** Puts a body back that went with its patient; the caller has compared it with the header. False where the entry has its own. */
export function putBack(write: WriteHandle, position: number, { salt, body }: Arriving): boolean {
  if (body === null) return false;
  return write.run(`UPDATE ledger SET salt = ?, body = ? WHERE position = ? AND ${REMOVED}`, salt, body, position).changes === 1;
}

/** Of one patient; asked entry by entry, so that it is found by the patient and not by the segments. */
const OTHERS_WORDS = 'patient = ? AND body IS NOT NULL AND (SELECT own FROM segment WHERE ref = ledger.segment) = 0';

/** What others wrote about a patient and is held with its body. */
export function othersWords(read: ReadHandle, patient: string): number {
  return Number(read.get(`SELECT count(*) AS count FROM ledger WHERE ${OTHERS_WORDS}`, patient)?.['count']);
}

export function holdsOthersWords(read: ReadHandle, patient: string): boolean {
  return read.get(`SELECT 1 FROM ledger WHERE ${OTHERS_WORDS} LIMIT 1`, patient) !== undefined;
}

/** Takes away what others wrote about a patient, bodies and salts; the number of entries. */
export function removeBodies(write: WriteHandle, patient: string): number {
  // A seed would give the salts back.
  for (const { segment, first } of write.all(`SELECT segment, min(sequence) AS first FROM ledger WHERE ${OTHERS_WORDS} GROUP BY segment`, patient)) {
    write.run('UPDATE segment SET salt_seed = NULL, hole = min(coalesce(hole, length), ?) WHERE ref = ?', first ?? null, segment ?? null);
  }
  return write.run(`UPDATE ledger SET salt = x'', body = NULL WHERE ${OTHERS_WORDS}`, patient).changes;
}

/** Whether this vault has left anything out, or lost it with its patients. */
export function holdsAPart(read: ReadHandle): boolean {
  return read.get('SELECT 1 FROM segment WHERE hole IS NOT NULL LIMIT 1') !== undefined || read.get('SELECT 1 FROM out_of_scope LIMIT 1') !== undefined || read.get('SELECT 1 FROM gap LIMIT 1') !== undefined;
}

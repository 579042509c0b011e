import { RecordId } from '../../shared/base/ids.ts';
import type { Resident } from '../../shared/sync/scope.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import type { Draft } from './chain-writer.ts';
import { isOutOfScope } from './fold-scope.ts';
import { holdsOthersWords, othersWords, removeBodies } from './partial-chain.ts';

/**
 * A patient leaves what this workstation holds. Headers stay, for the chains; what this workstation wrote itself stays
 * in its ledger; the chart, whatever finds it, and what others wrote are gone when the entry that says so is durable.
 */
export type Eviction = 'gone' | 'unsent' | 'open';

/** `unsent`: central does not have all that was written about them here. `open`: somebody has begun to write. */
export function standsInTheWay(read: ReadHandle, patient: RecordId): Exclude<Eviction, 'gone'> | null {
  if (read.get('SELECT 1 FROM draft WHERE patient = ? LIMIT 1', patient) !== undefined) return 'open';
  return read.get('SELECT 1 FROM outbox JOIN ledger USING (position) WHERE ledger.patient = ? LIMIT 1', patient) === undefined ? null : 'unsent';
}

/** Whether anything of the patient is to be removed. */
export function isHeld(read: ReadHandle, patient: RecordId): boolean {
  if (!isOutOfScope(read, patient)) return read.get('SELECT 1 FROM ledger WHERE patient = ? LIMIT 1', patient) !== undefined;
  return othersWords(read, patient) > 0;
}

/** Those of whom anything that others wrote is held, in order of their ids, behind `after`. */
export function residents(read: ReadHandle, after: RecordId | null, max: number): readonly Resident[] {
  const found: Resident[] = [];
  for (let last: string = after ?? ''; found.length < max; ) {
    // From one patient to the next by the index, however many entries each has.
    const row = read.get('SELECT patient FROM ledger WHERE patient > ? ORDER BY patient LIMIT 1', last);
    if (row === undefined) break;
    const patient = RecordId.parse(row['patient']);
    last = patient;
    if (holdsOthersWords(read, patient)) found.push({ patient, apart: isOutOfScope(read, patient) });
  }
  return found;
}

/** Removes the patient; `append` writes the entry that says so, whose fold takes the chart away. */
export function evict(write: WriteHandle, patient: RecordId, append: (draft: Draft) => unknown): void {
  append({ kind: 'scope.evicted', record: patient, body: { entries: othersWords(write, patient) } });
  removeBodies(write, patient);
  write.run('DELETE FROM recent WHERE patient = ?', patient);
}

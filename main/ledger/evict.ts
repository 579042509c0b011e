import type { RecordId } from '../../shared/base/ids.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import type { Draft } from './chain-writer.ts';
import { isOutOfScope } from './fold-scope.ts';
import { removeBodies } from './partial-chain.ts';

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
  return read.get('SELECT 1 FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE ledger.patient = ? AND ledger.body IS NOT NULL AND segment.own = 0 LIMIT 1', patient) !== undefined;
}

/** Removes the patient; `append` writes the entry that says so, whose fold takes the chart away. */
export function evict(write: WriteHandle, patient: RecordId, append: (draft: Draft) => unknown): void {
  const held = write.get('SELECT count(*) AS count FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE ledger.patient = ? AND ledger.body IS NOT NULL AND segment.own = 0', patient);
  append({ kind: 'scope.evicted', record: patient, body: { entries: Number(held?.['count'] ?? 0) } });
  removeBodies(write, patient);
  write.run('DELETE FROM recent WHERE patient = ?', patient);
}

import { DeviceId, entryId, SegmentId, type EntryId } from '../../shared/base/ids.ts';
import type { ReadHandle } from '../store/store.ts';

/** An entry that is kept whole and passed on, but not folded; `reason` is a code (fold-context.ts). */
export type Parked = { readonly entry: EntryId; readonly kind: string; readonly reason: string; readonly device: DeviceId; readonly deviceName: string; /** Epoch milliseconds, by its author's clock. */ readonly at: number };

/** What is parked, the latest arrival first. */
export function parked(read: ReadHandle, limit: number): readonly Parked[] {
  const rows = read.all(
    `SELECT segment.id, segment.device, segment.device_name, ledger.sequence, ledger.kind, ledger.at, parked.reason
     FROM parked JOIN ledger USING (position) JOIN segment ON segment.ref = ledger.segment ORDER BY parked.position DESC LIMIT ?`,
    limit,
  );
  return rows.map((row) => ({
    entry: entryId(SegmentId.parse(row['id']), Number(row['sequence'])),
    kind: String(row['kind']),
    reason: String(row['reason']),
    device: DeviceId.parse(row['device']),
    deviceName: String(row['device_name']),
    at: Number(row['at']),
  }));
}

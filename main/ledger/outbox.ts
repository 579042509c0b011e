import type { EntryId, SegmentId } from '../../shared/base/ids.ts';
import { equalBytes } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { Header, type Entry } from '../../shared/ledger/entry.ts';
import { LANES, type Lane } from '../../shared/ledger/lanes.ts';
import type { ReadHandle, SqlRow, Store, StoreFault } from '../store/store.ts';
import { segmentById } from './segments.ts';

/** Central's word that it durably holds the first `length` entries of a segment, whose chain then ends in `head`. */
export type Receipt = { readonly segment: SegmentId; readonly length: number; readonly head: Uint8Array; /** The signed receipt as it came, kept as evidence. */ readonly text: string };

export function outboxSize(read: ReadHandle): { readonly count: number; readonly oldestAt: number | null } {
  const row = read.get('SELECT count(*) AS count, (SELECT at FROM ledger WHERE position = (SELECT min(position) FROM outbox)) AS oldest FROM outbox');
  return { count: Number(row?.['count'] ?? 0), oldestAt: row?.['oldest'] === null || row?.['oldest'] === undefined ? null : Number(row['oldest']) };
}

export type LaneOutbox = { readonly lane: Lane; readonly count: number; /** When the oldest of them was written, epoch milliseconds. */ readonly oldestAt: number | null };

/** What waits in each lane, urgent first; from the lengths of own segments and what receipts cover of them, so nothing is counted one by one. */
export function outboxByLane(read: ReadHandle): readonly LaneOutbox[] {
  const rows = read.all(
    `SELECT lane, sum(length - acknowledged) AS count, min((SELECT at FROM ledger WHERE segment = segment.ref AND sequence = segment.acknowledged)) AS oldest
     FROM segment INDEXED BY segment_unsent WHERE own = 1 AND acknowledged < length GROUP BY lane`,
  );
  return LANES.map((lane) => {
    const row = rows.find((each) => each['lane'] === lane);
    return { lane, count: Number(row?.['count'] ?? 0), oldestAt: typeof row?.['oldest'] === 'number' ? row['oldest'] : null };
  });
}

/** Entries of one own segment from `from` on, in order, bounded by number and by bytes (at least one if there is one). */
export function entriesOf(read: ReadHandle, segment: SegmentId, from: number, maxEntries: number, maxBytes: number): Entry[] {
  const rows = read.iterate(
    'SELECT header, salt, body, hash FROM ledger WHERE segment = (SELECT ref FROM segment WHERE id = ?) AND sequence >= ? ORDER BY sequence LIMIT ?',
    segment, from, maxEntries,
  );
  const entries: Entry[] = [];
  let bytes = 0;
  for (const row of rows) {
    const entry = toEntry(row);
    bytes += entry.headerText.length + (entry.body?.length ?? 0);
    if (entries.length > 0 && bytes > maxBytes) break;
    entries.push(entry);
  }
  return entries;
}

export function toEntry(row: SqlRow): Entry {
  const { header, salt, body, hash } = row;
  if (typeof header !== 'string' || !(salt instanceof Uint8Array) || !(hash instanceof Uint8Array)) throw new Error('broken assumption: a ledger row is whole');
  return { header: Header.parse(JSON.parse(header)), headerText: header, salt, body: body instanceof Uint8Array ? body : null, hash };
}

/**
 * Takes exactly the acknowledged ids out of the outbox. A receipt over a chain that is not ours changes nothing:
 * central holds something else under these ids.
 */
export function acknowledge(store: Store, receipt: Receipt): Result<{ readonly removed: number }, 'FORK' | 'NOT_FOUND' | StoreFault> {
  return store.transact<{ readonly removed: number }, 'FORK' | 'NOT_FOUND'>((write) => {
    const segment = segmentById(write, receipt.segment);
    if (segment === undefined || !segment.own || receipt.length > segment.length) return refuse('NOT_FOUND', { length: receipt.length });
    if (receipt.length <= segment.acknowledged) return ok({ removed: 0 });
    const last = write.get('SELECT hash FROM ledger WHERE segment = ? AND sequence = ?', segment.ref, receipt.length - 1)?.['hash'];
    if (!(last instanceof Uint8Array) || !equalBytes(last, receipt.head)) return refuse('FORK', { length: receipt.length });
    const removed = write.run(
      'DELETE FROM outbox WHERE position IN (SELECT position FROM ledger WHERE segment = ? AND sequence >= ? AND sequence < ?)',
      segment.ref, segment.acknowledged, receipt.length,
    ).changes;
    write.run('UPDATE segment SET acknowledged = ?, receipt = ? WHERE ref = ?', receipt.length, receipt.text, segment.ref);
    return ok({ removed });
  });
}

/** Central lost what it had acknowledged: entries of these own segments from `length` on wait again. */
export function takeBack(store: Store, lost: readonly { readonly segment: SegmentId; readonly length: number }[]): Result<null, StoreFault> {
  return store.transact<null, never>((write) => {
    for (const { segment: id, length } of lost) {
      const segment = segmentById(write, id);
      if (segment === undefined || !segment.own || segment.acknowledged <= length) continue;
      write.run('INSERT INTO outbox (position) SELECT position FROM ledger WHERE segment = ? AND sequence >= ? AND sequence < ? ON CONFLICT DO NOTHING', segment.ref, length, segment.acknowledged);
      write.run('UPDATE segment SET acknowledged = ? WHERE ref = ?', length, segment.ref);
    }
    return ok(null);
  });
}

export function isUnsent(read: ReadHandle, id: EntryId): boolean {
  const [segment, sequence] = id.split('.');
  return read.get('SELECT 1 FROM outbox JOIN ledger USING (position) WHERE ledger.sequence = ? AND ledger.segment = (SELECT ref FROM segment WHERE id = ?)', Number(sequence), segment ?? '') !== undefined;
}

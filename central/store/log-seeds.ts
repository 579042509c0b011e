import { SegmentId } from '../../shared/base/ids.ts';
import { Lane } from '../../shared/ledger/lanes.ts';
import { seedOrder, type SeedSegment } from '../../shared/sync/hub-rules.ts';
import type { LogRow, LogSlice, PageQuery } from '../../shared/sync/hub-store.ts';
import type { Stream } from '../../shared/sync/page-header.ts';
import type { Cells } from './cells.ts';
import { epochOf } from './epoch.ts';
import { markAt } from './log-marks.ts';
import { LOG_ROW_COLUMNS, LOG_ROW_TABLES, logRowOf } from './log-rows.ts';
import { numberOf, textOf } from './row.ts';
import type { Reads } from './sql.ts';

/** Segments of others up to a place in the log, for a device that has nothing yet. */
async function segmentsAt(view: Reads, device: string, lsn: number): Promise<readonly SeedSegment[]> {
  const rows = await view.all('SELECT ref, id, lane, length, lsn FROM segment WHERE device <> ? ORDER BY ref', device);
  const found: SeedSegment[] = [];
  for (const row of rows) {
    const number = numberOf(row, 'ref');
    // Only those that have grown since have to be counted.
    const grown = numberOf(row, 'lsn') > lsn;
    const counted = grown ? await view.get('SELECT count(*) AS n FROM op WHERE segment = ? AND lsn <= ?', number, lsn) : undefined;
    const length = counted === undefined ? numberOf(row, 'length') : numberOf(counted, 'n');
    if (length > 0) found.push({ segment: SegmentId.parse(textOf(row, 'id')), number, lane: Lane.parse(row['lane']), length });
  }
  return seedOrder(found);
}

/** The next rows of a seed; null where its place is not on this log. */
export async function readSeed(view: Reads, cells: Cells, { device, maxEntries, maxRawBytes }: PageQuery, { at, after }: Extract<Stream, { kind: 'seed' }>): Promise<LogSlice | null> {
  if (at.epoch !== (await epochOf(view)) || (await markAt(view, at.lsn)) !== at.mark) return null;
  const segments = await segmentsAt(view, device, at.lsn);
  const last = segments.reduce((sum, { length }) => sum + length, 0);
  if (after > last) return null;
  const rows: LogRow[] = [];
  const seeds = new Map<string, Uint8Array | null>();
  let before = 0;
  let bytes = 0;
  for (const { number, length } of segments) {
    const from = Math.max(0, after - before);
    before += length;
    if (from >= length) continue;
    // Sizes first: an entry may be 16 MiB, and all but the first must fit.
    const sizes = await view.all('SELECT octet_length(header) + coalesce(octet_length(body), 0) AS size FROM op WHERE segment = ? AND sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?', number, from, length, maxEntries - rows.length);
    let fitting = 0;
    for (const row of sizes) {
      bytes += numberOf(row, 'size');
      if (rows.length + fitting > 0 && bytes > maxRawBytes) break;
      fitting += 1;
    }
    const found = await view.all(`SELECT ${LOG_ROW_COLUMNS} FROM ${LOG_ROW_TABLES} WHERE op.segment = ? AND op.sequence >= ? AND op.sequence < ? ORDER BY op.sequence`, number, from, from + fitting);
    rows.push(...found.map((row) => logRowOf(cells, row, seeds)));
    if (from + fitting < length || rows.length === maxEntries) break;
  }
  return { rows, next: after + rows.length, mark: null, last };
}

import type { LogSlice, PageQuery } from '../../shared/sync/hub-store.ts';
import type { Stream } from '../../shared/sync/page-header.ts';
import type { Cells } from './cells.ts';
import { epochOf } from './epoch.ts';
import { markAt } from './log-marks.ts';
import { LOG_ROW_COLUMNS, LOG_ROW_TABLES, logRowOf } from './log-rows.ts';
import { numberOf, type Row } from './row.ts';
import { stretchOf, type SeedIndexes, type Stretch } from './seed-index.ts';
import type { Reads } from './sql.ts';

/** Everything up to a place of the log, for a device that has nothing yet: two statements a page, however long the log is. */

/** Rows of a stretch in the seed's order. */
async function rowsOf(view: Reads, columns: string, tables: string, lsn: number, { refs, from, upTo }: Stretch): Promise<readonly Row[]> {
  const [first, last] = [refs[0], refs.at(-1)];
  if (first === undefined || last === undefined) return [];
  // A statement for each power of two, not one for each number of segments.
  const slots = 2 ** Math.ceil(Math.log2(refs.length));
  const asked = [...refs, ...Array.from({ length: slots - refs.length }, () => last)];
  const rows = await view.all(
    `SELECT op.segment AS ref, ${columns} FROM ${tables} WHERE op.segment IN (${asked.map(() => '?').join(', ')}) AND op.lsn <= ? AND (op.segment <> ? OR op.sequence >= ?) AND (op.segment <> ? OR op.sequence < ?)`, ...asked, lsn, first, from, last, upTo,
  );
  const places = new Map(refs.map((ref, place) => [ref, place]));
  const placeOf = (row: Row): number => places.get(numberOf(row, 'ref')) ?? 0;
  return rows.toSorted((left, right) => placeOf(left) - placeOf(right) || numberOf(left, 'sequence') - numberOf(right, 'sequence'));
}

/** The next rows of a seed; null where its place is not on this log. */
export async function readSeed(view: Reads, cells: Cells, indexes: SeedIndexes, { device, maxEntries, maxRawBytes }: PageQuery, { at, after }: Extract<Stream, { kind: 'seed' }>): Promise<LogSlice | null> {
  if (at.epoch !== (await epochOf(view)) || (await markAt(view, at.lsn)) !== at.mark) return null;
  const index = await indexes.of(view, device, at);
  const { last } = index;
  if (after > last) return null;
  const most = stretchOf(index, after, maxEntries);
  // Sizes first: an entry may be 16 MiB, and all but the first must fit.
  const sizes = most === null ? [] : await rowsOf(view, 'op.sequence, octet_length(op.header) + coalesce(octet_length(op.body), 0) AS size', 'op', at.lsn, most);
  let bytes = 0;
  const over = sizes.findIndex((row, place) => {
    bytes += numberOf(row, 'size');
    return place > 0 && bytes > maxRawBytes;
  });
  const chosen = stretchOf(index, after, over < 0 ? sizes.length : over);
  const seeds = new Map<string, Uint8Array | null>();
  const rows = chosen === null ? [] : (await rowsOf(view, LOG_ROW_COLUMNS, LOG_ROW_TABLES, at.lsn, chosen)).map((row) => logRowOf(cells, row, seeds));
  return { rows, next: after + rows.length, mark: null, last };
}

import type { DeviceId } from '../../shared/base/ids.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { LogSlice, PageQuery } from '../../shared/sync/hub-store.ts';
import { isByNumber } from '../../shared/sync/page-header.ts';
import type { Cells } from './cells.ts';
import { epochOf } from './epoch.ts';
import { readSeed } from './log-seeds.ts';
import { LOG_ROW_COLUMNS, LOG_ROW_TABLES, logRowOf } from './log-rows.ts';
import { logEnd, markAt } from './log-marks.ts';
import { numberOf, type Value } from './row.ts';
import { patientStreamEnd, scopeCondition } from './scopes.ts';
import type { SeedIndexes } from './seed-index.ts';
import type { Reads } from './sql.ts';

/** Reading the log out: as a whole, its urgent part alone, one patient or one segment of it; nobody reads what lies outside its scope. */

/** The latest number of an urgent segment; 0 where there is none. */
export async function urgentEnd(sql: Reads): Promise<number> {
  const row = await sql.get(`SELECT coalesce(max(lsn), 0) AS lsn FROM segment WHERE lane = ${LANE.urgent}`);
  return row === undefined ? 0 : numberOf(row, 'lsn');
}

type Reading = { readonly where: string; readonly values: readonly Value[]; readonly last: number };

async function segmentEnd(view: Reads, device: DeviceId, segment: string): Promise<number | null> {
  const row = await view.get('SELECT length FROM segment WHERE id = ? AND device = ?', segment, device);
  return row === undefined ? null : numberOf(row, 'length');
}

/** Which rows a stream is made of; null where its place is not on this log. */
async function readingOf(view: Reads, { device, stream, own }: PageQuery): Promise<Reading | null> {
  switch (stream.kind) {
    case 'log': {
      const { after, urgentSeen } = stream;
      if (after.epoch !== (await epochOf(view)) || (await markAt(view, after.lsn)) !== after.mark) return null;
      const scope = await scopeCondition(view, device);
      const where = `op.lsn > ? AND (op.device <> ? OR 1 = ?) AND (op.lsn > ? OR segment.lane <> ${LANE.urgent}) AND ${scope.where}`;
      return { where, values: [after.lsn, device, own ? 1 : 0, urgentSeen, ...scope.values], last: (await logEnd(view)).lsn };
    }
    case 'urgent': {
      if (stream.epoch !== (await epochOf(view))) return null;
      const scope = await scopeCondition(view, device);
      return { where: `segment.lane = ${LANE.urgent} AND segment.lsn > ? AND op.lsn > ? AND op.device <> ? AND ${scope.where}`, values: [stream.after, stream.after, device, ...scope.values], last: await urgentEnd(view) };
    }
    case 'segment': {
      const last = await segmentEnd(view, device, stream.segment);
      return last === null ? null : { where: 'segment.id = ? AND op.sequence >= ?', values: [stream.segment, stream.from], last };
    }
    case 'patient': {
      const last = await patientStreamEnd(view, device, stream.patient);
      if (last === null || stream.epoch !== (await epochOf(view))) return null;
      return { where: 'op.patient = ? AND op.lsn > ? AND op.lsn <= ? AND op.device <> ?', values: [stream.patient, stream.after, last, device], last };
    }
    case 'seed': throw new Error('broken assumption: a seed is read by its own order');
  }
}

/** As many rows of a stream as the query lets through and at least one; within the caller's view. */
export async function readSlice(view: Reads, cells: Cells, indexes: SeedIndexes, query: PageQuery): Promise<LogSlice | null> {
  const { stream, maxEntries, maxRawBytes } = query;
  if (stream.kind === 'seed') return readSeed(view, cells, indexes, query, stream);
  const reading = await readingOf(view, query);
  if (reading === null) return null;
  const { where, values, last } = reading;
  const markOf = async (place: number): Promise<string | null> => (isByNumber(stream) ? markAt(view, place) : null);
  // Sizes first: an entry may be 16 MiB, and all but the first must fit.
  const sizes = await view.all(
    `SELECT op.lsn, octet_length(op.header) + coalesce(octet_length(op.body), 0) AS size FROM op JOIN segment ON segment.ref = op.segment WHERE ${where} ORDER BY op.lsn LIMIT ?`,
    ...values, maxEntries + 1,
  );
  let bytes = 0;
  const fitting = sizes.findIndex((row, index) => {
    bytes += numberOf(row, 'size');
    return index === maxEntries || (index > 0 && bytes > maxRawBytes);
  });
  const reached = fitting < 0 ? sizes.at(-1) : sizes[fitting - 1];
  if (reached === undefined) return { rows: [], next: last, mark: await markOf(last), last };
  const found = await view.all(`SELECT ${LOG_ROW_COLUMNS} FROM ${LOG_ROW_TABLES} WHERE ${where} AND op.lsn <= ? ORDER BY op.lsn`, ...values, numberOf(reached, 'lsn'));
  const seeds = new Map<string, Uint8Array | null>();
  const rows = found.map((row) => logRowOf(cells, row, seeds));
  const end = rows.at(-1);
  if (end === undefined) throw new Error('broken assumption: one view shows the same rows twice');
  const next = fitting < 0 ? last : stream.kind === 'segment' ? end.sequence + 1 : end.lsn;
  return { rows, next, mark: await markOf(next), last };
}

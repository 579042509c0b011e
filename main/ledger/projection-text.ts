import { createHash } from 'node:crypto';
import { entryId, SegmentId, type EntryId } from '../../shared/base/ids.ts';
import type { ReadHandle, SqlRow, SqlValue } from '../store/store.ts';
import { PROJECTION_TABLES, type ProjectionTable } from './projection-tables.ts';

/** Folded from the entries of all devices alike. What the other tables hold is each workstation's own. */
export const SHARED_TABLES = [
  'session', 'record', 'head', 'conflict', 'measurement', 'patient', 'search_key', 'person_key', 'imported_identity', 'encounter_name', 'parked',
] as const satisfies readonly ProjectionTable[];

/**
 * The projection as lines that do not depend on the order in which entries came: places in this workstation's ledger
 * stand as entry ids, and lines of a table in order. Two workstations that hold the same entries give the same lines
 * of the shared tables. In memory whole, so for tests, simulations and vaults of their size.
 */
export function projectionLines(read: ReadHandle, tables: readonly ProjectionTable[] = SHARED_TABLES): readonly string[] {
  return tables.flatMap((table) => [...read.iterate(`SELECT * FROM ${table} ORDER BY ${PROJECTION_TABLES[table]}`)].map((row) => `${table} ${JSON.stringify(portable(read, table, row))}`).toSorted());
}

/** SHA-256 over the lines, hexadecimal. */
export function projectionDigest(read: ReadHandle, tables?: readonly ProjectionTable[]): string {
  const digest = createHash('sha256');
  for (const line of projectionLines(read, tables)) digest.update(line).update('\n');
  return digest.digest('hex');
}

function portable(read: ReadHandle, table: ProjectionTable, row: SqlRow): Readonly<Record<string, unknown>> {
  const { ref: _ref, position, created, segment, ...rest } = row;
  const columns = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value]));
  if (table === 'record') return { ...columns, created: entryAt(read, created) };
  if (table === 'parked') return { ...columns, entry: entryAt(read, position) };
  if (table === 'session') return { ...columns, segment: read.get('SELECT id FROM segment WHERE ref = ?', segment ?? null)?.['id'] };
  return columns;
}

function entryAt(read: ReadHandle, position: SqlValue | undefined): EntryId {
  const row = read.get('SELECT segment.id, ledger.sequence FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE position = ?', position ?? null);
  return entryId(SegmentId.parse(row?.['id']), Number(row?.['sequence']));
}

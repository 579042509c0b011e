import { ok } from '../../shared/base/result.ts';
import { migrate } from '../migrations/migrations.ts';
import { openMemoryStore, type ReadHandle, type SqlRow, type SqlValue, type Store, type WriteHandle } from '../store/store.ts';
import { foldRow, type Reader } from './fold.ts';
import { PROJECTION_TABLES, type ProjectionTable } from './projection-tables.ts';

/** Folds the ledger anew and compares: how a rolled-back page is caught (finding F1). */

export type ProjectionDifference = { readonly table: ProjectionTable; readonly where: string };

const NOT_COMPARED: Readonly<Partial<Record<ProjectionTable, readonly string[]>>> = { record: ['ref'] };

/** Yields between slices so that a long comparison does not hold the engine; returns the differences found. */
export function* compareProjection(read: ReadHandle, sliceEntries: number, reader?: Reader): Generator<number, readonly ProjectionDifference[]> {
  const rebuilt = openMemoryStore();
  try {
    const migrated = migrate(rebuilt);
    if (!migrated.ok) throw new Error('broken assumption: an empty database migrates');
    yield* refold(read, rebuilt, sliceEntries, reader);
    const differences: ProjectionDifference[] = [];
    for (const table of Object.keys(PROJECTION_TABLES) as ProjectionTable[]) differences.push(...compareTable(table, read, rebuilt.read));
    return differences;
  } finally {
    rebuilt.close();
  }
}

function* refold(read: ReadHandle, rebuilt: Store, sliceEntries: number, reader?: Reader): Generator<number> {
  const own = new Map<SqlValue, boolean>();
  let position = 0;
  for (;;) {
    const rows = read.all('SELECT * FROM ledger WHERE position > ? ORDER BY position LIMIT ?', position, sliceEntries);
    if (rows.length === 0) return;
    rebuilt.transact((write) => {
      // Sync may bring new segments between two slices.
      for (const row of read.all('SELECT ref, id, device, device_name, own, signing_key, length, head, acknowledged, lane, start FROM segment WHERE ref > ? ORDER BY ref', Math.max(0, ...[...own.keys()].map(Number)))) {
        copyRow(write, 'segment', row);
        own.set(row['ref'] ?? null, row['own'] === 1);
      }
      for (const row of rows) {
        copyRow(write, 'ledger', row);
        foldRow(write, row, own.get(row['segment'] ?? null) === true, reader);
      }
      return ok(undefined);
    });
    position = Number(rows.at(-1)?.['position']);
    yield position;
  }
}

function copyRow(write: WriteHandle, table: 'segment' | 'ledger', row: SqlRow): void {
  const columns = Object.keys(row);
  const values = columns.map((column): SqlValue => row[column] ?? null);
  write.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`, ...values);
}

function compareTable(table: ProjectionTable, stored: ReadHandle, rebuilt: ReadHandle): ProjectionDifference[] {
  const query = `SELECT * FROM ${table} ORDER BY ${PROJECTION_TABLES[table]}`;
  const left = stored.iterate(query);
  const right = rebuilt.iterate(query);
  const skipped = NOT_COMPARED[table] ?? [];
  for (;;) {
    const one = left.next();
    const other = right.next();
    if (one.done === true && other.done === true) return [];
    const here = one.done === true ? undefined : one.value;
    const there = other.done === true ? undefined : other.value;
    if (rowText(here, skipped) !== rowText(there, skipped)) {
      left.return?.();
      right.return?.();
      return [{ table, where: keyOf(table, here ?? there) }];
    }
  }
}

function rowText(row: SqlRow | undefined, skipped: readonly string[]): string {
  if (row === undefined) return '';
  return JSON.stringify(Object.entries(row).filter(([column]) => !skipped.includes(column)).map(([, value]) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)));
}

function keyOf(table: ProjectionTable, row: SqlRow | undefined): string {
  const key = PROJECTION_TABLES[table].split(', ')[0] ?? '';
  const value = row?.[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

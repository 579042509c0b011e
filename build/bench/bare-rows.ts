import type { Database } from 'better-sqlite3-multiple-ciphers';
import { MIGRATIONS } from '../../main/migrations/migrations.ts';
import type { ReadHandle, SqlRow, SqlValue } from '../../main/store/store.ts';
import { addCosts, timedNow, type Cost } from './measure.ts';

/** The rows that an import leaves, put into SQLCipher again without anything else happening. */

/** Every table that an import writes to, in an order that satisfies its references. */
const IMPORTED_TABLES: readonly string[] = ['segment', 'ledger', 'outbox', 'record', 'measurement', 'patient', 'search_key', 'imported_identity', 'head'];
/** This workstation's own, which no entry of another leaves behind. */
const LOCAL_TABLES: readonly string[] = ['outbox', 'local_state', 'draft', 'import_job', 'import_stage', 'recent', 'staff', 'setting'];
/** Others refer to them. */
const FIRST_TABLES: readonly string[] = ['segment', 'ledger', 'record'];

/** `bare`: the columns and nothing else. `as-in-the-vault`: with its keys, indexes and references. */
export type Schema = 'bare' | 'as-in-the-vault';
type Rows = readonly (readonly SqlValue[])[];
export type RowSet = { readonly columns: ReadonlyMap<string, readonly string[]>; readonly chunks: () => Iterable<{ readonly table: string; readonly rows: Rows }> };

/** So many rows are taken from the vault before the time runs again. */
const CHUNK_ROWS = 20_000;

/** Every table in which entries of other workstations have left rows. */
export function receivedTables(read: ReadHandle): readonly string[] {
  const tables = read.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").map((row) => String(row['name']));
  const filled = tables.filter((table) => !LOCAL_TABLES.includes(table) && read.get(`SELECT 1 FROM ${table} LIMIT 1`) !== undefined);
  return [...FIRST_TABLES.filter((table) => filled.includes(table)), ...filled.filter((table) => !FIRST_TABLES.includes(table))];
}

/** The rows of a vault, read in chunks when they are wanted; of tables that keep positions in the ledger only those after `since`. */
export function rowsIn(read: ReadHandle, tables: readonly string[] = IMPORTED_TABLES, since = 0): RowSet {
  const columns = new Map(tables.map((table) => [table, read.all(`SELECT name, type FROM pragma_table_info('${table}')`).map((row) => `${String(row['name'])} ${String(row['type'])}`)]));
  return { columns, chunks: () => chunksOf(read, columns, since) };
}

function* chunksOf(read: ReadHandle, columns: RowSet['columns'], since: number): Generator<{ readonly table: string; readonly rows: Rows }> {
  for (const [table, names] of columns) {
    const where = since > 0 && names.some((name) => name.startsWith('position ')) ? `WHERE position > ${since}` : '';
    let rows: SqlValue[][] = [];
    for (const row of read.iterate(`SELECT * FROM ${table} ${where}`)) {
      rows.push(Object.values<SqlValue>(row satisfies SqlRow));
      if (rows.length < CHUNK_ROWS) continue;
      yield { table, rows };
      rows = [];
    }
    if (rows.length > 0) yield { table, rows };
  }
}

/** All of them held in memory, so that nothing is read while the time runs. */
export function heldInMemory({ columns, chunks }: RowSet): RowSet & { readonly count: number } {
  const held = [...chunks()];
  return { columns, chunks: () => held, count: held.reduce((sum, { rows }) => sum + rows.length, 0) };
}

/** One transaction over all rows. Reading a chunk is not counted, the commit and its checkpoint are. */
export function insertRows(database: Database, { columns, chunks }: RowSet, schema: Schema): Cost & { readonly rows: number } {
  if (schema === 'as-in-the-vault') for (const { sql } of MIGRATIONS) database.exec(sql);
  else for (const [table, names] of columns) database.exec(`CREATE TABLE ${table} (${names.join(', ')}) STRICT`);
  const statements = new Map([...columns].map(([table, names]) => [table, database.prepare(`INSERT INTO ${table} VALUES (${names.map(() => '?').join(', ')})`)]));
  let cost: Cost = timedNow(() => database.exec('BEGIN IMMEDIATE'));
  let count = 0;
  for (const { table, rows } of chunks()) {
    const statement = statements.get(table);
    if (statement === undefined) throw new Error(`broken assumption: no statement for ${table}`);
    cost = addCosts(cost, timedNow(() => {
      for (const row of rows) statement.run(...row);
    }));
    count += rows.length;
  }
  cost = addCosts(cost, timedNow(() => database.exec('COMMIT')));
  return { ...cost, rows: count };
}

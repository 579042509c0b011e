import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3-multiple-ciphers';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/**
 * Central's file: SQLCipher 4 with the organisation's raw key. Several processes may have it open (the server and an
 * administrator's commands), so writers wait for each other and every write is one immediate transaction.
 */
export type Row = Record<string, string | number | bigint | Uint8Array | null>;
export type Value = string | number | Uint8Array | null;

export type HubDatabase = {
  get(sql: string, ...values: readonly Value[]): Row | undefined;
  all(sql: string, ...values: readonly Value[]): Row[];
  iterate(sql: string, ...values: readonly Value[]): IterableIterator<Row>;
  run(sql: string, ...values: readonly Value[]): { readonly changes: number; readonly rowid: number };
  /** Durable when it returns; nothing of it is there when it throws. */
  write<Outcome>(work: () => Outcome): Outcome;
  /** One unchanging view of the file. */
  snapshot<Outcome>(work: () => Outcome): Outcome;
  close(): void;
};

const BUSY_TIMEOUT_MS = 10_000;
const PRIVATE_MODE = 0o600;
const PAGE_CACHE_KIB = 32 * 1024;
const PRAGMAS = ['temp_store = MEMORY', 'journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'trusted_schema = OFF', 'cell_size_check = ON', `cache_size = -${PAGE_CACHE_KIB}`] as const;

/** STORE_UNREADABLE: not this organisation's database, or damaged. STORE_FROM_FUTURE: a newer version made it. */
export function openDatabase(path: string, rawKey: Uint8Array): Result<HubDatabase, 'STORE_UNREADABLE' | 'STORE_FROM_FUTURE'> {
  createPrivate(path);
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma("cipher = 'sqlcipher'");
    database.pragma('legacy = 4');
    const literal = Buffer.from(`x'${Buffer.from(rawKey).toString('hex')}'`);
    database.key(literal);
    literal.fill(0);
    for (const pragma of PRAGMAS) database.pragma(pragma);
    const version = Number(database.pragma('user_version', { simple: true }));
    if (version > SCHEMA_VERSION) {
      database.close();
      return refuse('STORE_FROM_FUTURE', { version });
    }
    if (version === 0) createSchema(database);
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && ['SQLITE_NOTADB', 'SQLITE_CORRUPT'].includes(error.code)) return refuse('STORE_UNREADABLE');
    throw error;
  }
  return ok(over(database));
}

/**
 * Makes the file, if it is not there, readable by its owner alone; SQLite gives its write-ahead log the same mode. One
 * that is there is never opened here: closing a descriptor would drop this process's locks on it (POSIX fcntl).
 */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'ax', PRIVATE_MODE));
  } catch (error) {
    // There already, or not to be made: opening it will say which.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

function createSchema(database: Database.Database): void {
  database
    .transaction(() => {
      if (Number(database.pragma('user_version', { simple: true })) !== 0) return;
      database.exec(SCHEMA);
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })
    .immediate();
}

function over(database: Database.Database): HubDatabase {
  const prepared = new Map<string, Database.Statement<unknown[], Row>>();
  const statement = (sql: string): Database.Statement<unknown[], Row> => {
    const known = prepared.get(sql) ?? database.prepare<unknown[], Row>(sql);
    prepared.set(sql, known);
    return known;
  };
  return {
    get: (sql, ...values) => statement(sql).get(...values),
    all: (sql, ...values) => statement(sql).all(...values),
    iterate: (sql, ...values) => statement(sql).iterate(...values),
    run(sql, ...values) {
      if (!database.inTransaction) throw new Error('broken assumption: a write outside a transaction');
      const { changes, lastInsertRowid } = statement(sql).run(...values);
      return { changes, rowid: Number(lastInsertRowid) };
    },
    write: (work) => database.transaction(work).immediate(),
    snapshot: (work) => database.transaction(work).deferred(),
    close: () => void database.close(),
  };
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`broken assumption: ${column} holds text`);
  return value;
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new Error(`broken assumption: ${column} holds a number`);
  return value;
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new Error(`broken assumption: ${column} holds bytes`);
  return value;
}

import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3-multiple-ciphers';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Row, Value } from './row.ts';
import { SCHEMA_VERSION, stepsFrom } from './schema.ts';
import type { StoreFault } from './sql.ts';

/**
 * Central's file: SQLCipher 4 with the organisation's raw key. Several processes may have it open (the server and an
 * administrator's commands), so writers wait for each other and every write is one immediate transaction.
 */
export type SqliteFile = {
  get(sql: string, ...values: readonly Value[]): Row | undefined;
  all(sql: string, ...values: readonly Value[]): Row[];
  run(sql: string, ...values: readonly Value[]): { readonly changes: number };
  /** Durable when it returns; nothing of it is there when it throws. */
  write<Outcome>(work: () => Outcome): Outcome;
  /** For transactions that span more than one call. False where another connection is writing. */
  begin(kind: 'immediate' | 'deferred'): boolean;
  /** A copy of one moment, encrypted with the same key, into a file that is empty or not there. */
  copyInto(path: string): void;
  /** False while another connection, of any process, has it open. */
  isAlone(): boolean;
  /** From now on nothing here waits for another connection. */
  neverWait(): void;
  commit(): void;
  /** Does nothing where SQLite has rolled back already. */
  rollback(): void;
  close(): void;
};

const BUSY_TIMEOUT_MS = 10_000;
const PRIVATE_MODE = 0o600;
const PAGE_CACHE_KIB = 32 * 1024;
/** Statements whose text is put together anew are not kept without end. */
const STATEMENTS_KEPT = 500;
/** A database that lives as long as its one connection; for simulations. */
export const IN_MEMORY = ':memory:';
const PRAGMAS = ['temp_store = MEMORY', 'journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'trusted_schema = OFF', 'cell_size_check = ON', `cache_size = -${PAGE_CACHE_KIB}`] as const;

/** STORE_UNREADABLE: not this organisation's database, or damaged. STORE_FROM_FUTURE: a newer version made it. */
export function openSqliteFile(path: string, rawKey: Uint8Array): Result<SqliteFile, StoreFault> {
  if (path !== IN_MEMORY) createPrivate(path);
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    if (path !== IN_MEMORY) unlock(database, rawKey);
    for (const pragma of PRAGMAS) database.pragma(pragma);
    const version = versionOf(database);
    if (version > SCHEMA_VERSION) {
      database.close();
      return refuse('STORE_FROM_FUTURE', { version });
    }
    upgrade(database);
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && ['SQLITE_NOTADB', 'SQLITE_CORRUPT'].includes(error.code)) return refuse('STORE_UNREADABLE');
    throw error;
  }
  return ok(over(database));
}

function unlock(database: Database.Database, rawKey: Uint8Array): void {
  database.pragma("cipher = 'sqlcipher'");
  database.pragma('legacy = 4');
  const literal = Buffer.from(`x'${Buffer.from(rawKey).toString('hex')}'`);
  database.key(literal);
  literal.fill(0);
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

/** Each step and its number are one transaction; another process may have been faster. */
function upgrade(database: Database.Database): void {
  for (const { version, text } of stepsFrom('sqlite', versionOf(database))) {
    database
      .transaction(() => {
        if (versionOf(database) >= version) return;
        database.exec(text);
        database.pragma(`user_version = ${version}`);
      })
      .immediate();
  }
}

const versionOf = (database: Database.Database): number => Number(database.pragma('user_version', { simple: true }));

function over(database: Database.Database): SqliteFile {
  const prepared = new Map<string, Database.Statement<unknown[], Row>>();
  const statement = (sql: string): Database.Statement<unknown[], Row> => {
    const known = prepared.get(sql) ?? database.prepare<unknown[], Row>(sql);
    if (prepared.size < STATEMENTS_KEPT) prepared.set(sql, known);
    return known;
  };
  return {
    get: (sql, ...values) => statement(sql).get(...values),
    all: (sql, ...values) => statement(sql).all(...values),
    run(sql, ...values) {
      if (!database.inTransaction) throw new Error('broken assumption: a write outside a transaction');
      return { changes: statement(sql).run(...values).changes };
    },
    write: (work) => database.transaction(work).immediate(),
    begin(kind) {
      try {
        database.exec(`BEGIN ${kind}`);
        return true;
      } catch (error) {
        if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
        throw error;
      }
    },
    copyInto: (path) => void database.prepare('VACUUM INTO ?').run(path),
    isAlone() {
      database.pragma('busy_timeout = 0');
      try {
        // Leaving the write-ahead log takes the whole file.
        database.pragma('journal_mode = DELETE');
        database.pragma('journal_mode = WAL');
        return true;
      } catch (error) {
        if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
        throw error;
      }
    },
    neverWait: () => void database.pragma('busy_timeout = 0'),
    commit: () => void database.exec('COMMIT'),
    rollback() {
      if (database.inTransaction) database.exec('ROLLBACK');
    },
    close: () => void database.close(),
  };
}

import { hkdfSync } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3-multiple-ciphers';
import { utf8 } from '../../shared/base/bytes.ts';
import { PROJECTION_SCHEMA, PROJECTION_VERSION } from './projection-schema.ts';

export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | null;

/** The projection's file. Reads and writes are synchronous; the follower alone writes. */
export type ProjectionFile = {
  get(sql: string, ...values: readonly Value[]): Row | undefined;
  all(sql: string, ...values: readonly Value[]): Row[];
  iterate(sql: string, ...values: readonly Value[]): IterableIterator<Row>;
  run(sql: string, ...values: readonly Value[]): number;
  /** All of it or none. */
  transact<Outcome>(work: () => Outcome): Outcome;
  close(): void;
};

const KEY_BYTES = 32;
const PRIVATE_MODE = 0o600;
const BUSY_TIMEOUT_MS = 10_000;
/** It can be built again from the log, so a power cut may cost the last commits but never the file. */
const PRAGMAS = ['temp_store = MEMORY', 'journal_mode = WAL', 'synchronous = NORMAL', 'trusted_schema = OFF', 'cell_size_check = ON', 'cache_size = -32768'] as const;

/** Opens the cache; one that cannot be read, or is of another version, is made anew: nothing is only here. */
export function openProjectionFile(path: string, databaseKey: Uint8Array): ProjectionFile {
  const key = new Uint8Array(hkdfSync('sha256', databaseKey, new Uint8Array(), utf8('outpost-central/1 fhir projection'), KEY_BYTES));
  try {
    return over(opened(path, key));
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
    return over(opened(path, key));
  }
}

function opened(path: string, key: Uint8Array): Database.Database {
  closeSync(openSync(path, 'a', PRIVATE_MODE));
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma("cipher = 'sqlcipher'");
    database.pragma('legacy = 4');
    const literal = Buffer.from(`x'${Buffer.from(key).toString('hex')}'`);
    database.key(literal);
    literal.fill(0);
    for (const pragma of PRAGMAS) database.pragma(pragma);
    const version = Number(database.pragma('user_version', { simple: true }));
    if (version === 0) {
      database.transaction(() => {
        database.exec(PROJECTION_SCHEMA);
        database.pragma(`user_version = ${PROJECTION_VERSION}`);
      }).immediate();
    } else if (version !== PROJECTION_VERSION) {
      throw new Database.SqliteError('another version of the projection', 'SQLITE_NOTADB');
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function over(database: Database.Database): ProjectionFile {
  const prepared = new Map<string, Database.Statement<unknown[], Row>>();
  const statement = (sql: string): Database.Statement<unknown[], Row> => {
    const known = prepared.get(sql) ?? database.prepare<unknown[], Row>(sql);
    if (prepared.size < STATEMENTS_MAX) prepared.set(sql, known);
    return known;
  };
  return {
    get: (sql, ...values) => statement(sql).get(...values),
    all: (sql, ...values) => statement(sql).all(...values),
    iterate: (sql, ...values) => statement(sql).iterate(...values),
    run: (sql, ...values) => statement(sql).run(...values).changes,
    transact: (work) => database.transaction(work).immediate(),
    close: () => void database.close(),
  };
}

/** Searches make statements by their parameters; only so many are kept ready. */
const STATEMENTS_MAX = 200;

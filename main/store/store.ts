import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import { refuse, type Result } from '../../shared/base/result.ts';
import { createHandles, type ReadHandle, type WriteHandle } from './handle.ts';
import { storeFaultOf, type StoreFault } from './store-faults.ts';

/**
 * The encrypted file. Promises: every byte at rest is SQLCipher 4 (AES-256-CBC, HMAC-SHA512), nothing spills to
 * temporary files, one process at a time, and a transaction is there whole or not at all. Knows SQL and nothing
 * clinical.
 */
export type { ReadHandle, SqlRow, SqlValue, WriteHandle } from './handle.ts';
export { storeFaultOf, type StoreFault } from './store-faults.ts';

const RAW_KEY_BYTES = 32;
const PAGE_CACHE_KIB = 64 * 1024;
/**
 * Pages (of 4 KiB) in the write-ahead log from which on a commit moves them all into the file. Each page moved is read,
 * verified, encrypted and written once more; one that is written again and again meanwhile is moved once.
 */
const LOG_FULL_PAGES = 4000;
/** From so many on they are moved when nobody writes, so that hardly ever a commit has to. */
const LOG_WORTH_MOVING_PAGES = 500;
const PRIVATE_MODE = 0o600;

/** Settings of every connection, in this order; `temp_store` first, because sorting spills plaintext otherwise. */
export const CONNECTION_PRAGMAS = [
  'temp_store = MEMORY',
  'locking_mode = EXCLUSIVE',
  'journal_mode = WAL',
  `wal_autocheckpoint = ${LOG_FULL_PAGES}`,
  'synchronous = FULL',
  'foreign_keys = ON',
  'secure_delete = ON',
  'trusted_schema = OFF',
  'cell_size_check = ON',
  `cache_size = -${PAGE_CACHE_KIB}`,
] as const;

const LogState = z.array(z.object({ log: z.int(), checkpointed: z.int() }));

export interface Store {
  readonly read: ReadHandle;
  /**
   * Runs `work` in one transaction, durable on return. A refusal returned by `work` rolls back and is passed on, a
   * thrown error rolls back and is rethrown (a full disk and the like come back as faults). Asynchronous work is
   * refused, because other work would slip into its transaction.
   */
  transact<Value, Code extends string>(work: (write: WriteHandle) => Result<Value, Code>): Result<Value, Code | StoreFault>;
  /** True inside `transact`. */
  busy(): boolean;
  /** Moves the write-ahead log into the file and empties it. */
  checkpoint(): void;
  /** To be called once a second or so: where nothing was written since the last call, moves a log that has grown. */
  rest(): void;
  close(): void;
}

/** Opens or creates the file. `key` is the raw 32-byte key; the caller zeroes it afterwards. */
export function openStore(options: { readonly path: string; readonly key: Uint8Array; readonly readOnly?: boolean }): Result<Store, StoreFault> {
  if (options.key.length !== RAW_KEY_BYTES) throw new Error('broken assumption: a raw SQLCipher key has 32 bytes');
  let database: Database.Database | undefined;
  try {
    if (options.readOnly !== true) createPrivate(options.path);
    database = new Database(options.path, { readonly: options.readOnly === true, timeout: 0 });
    unlock(database, options.key);
    return { ok: true, value: storeOver(database) };
  } catch (error) {
    database?.close();
    const fault = storeFaultOf(error);
    if (fault === undefined) throw error;
    return { ok: false, fault };
  }
}

/**
 * Makes the file, if it is not there, readable by its owner alone; SQLite gives its write-ahead log the mode of the file.
 * One that is there is never opened here: closing any descriptor of it would drop this process's locks on it (POSIX
 * fcntl), and with them the promise of one process at a time.
 */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'ax', PRIVATE_MODE));
  } catch (error) {
    // There already, or not to be made: opening it will say which, by a fault.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

/** An encrypted database in memory with the same settings, for comparing a rebuilt projection. */
export function openMemoryStore(): Store {
  const database = new Database(':memory:');
  database.pragma('temp_store = MEMORY');
  database.pragma('foreign_keys = ON');
  return storeOver(database);
}

function unlock(database: Database.Database, key: Uint8Array): void {
  database.pragma("cipher = 'sqlcipher'");
  database.pragma('legacy = 4');
  const literal = Buffer.from(`x'${Buffer.from(key.buffer, key.byteOffset, key.length).toString('hex')}'`);
  database.key(literal);
  literal.fill(0);
  for (const pragma of CONNECTION_PRAGMAS) database.pragma(pragma);
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
}

function storeOver(database: Database.Database): Store {
  const { read, write } = createHandles(database);
  let transactions = 0;
  let atLastRest = 0;
  return {
    read,
    transact(work) {
      transactions += 1;
      return runTransaction(database, write, work);
    },
    busy: () => database.inTransaction,
    checkpoint: () => void database.pragma('wal_checkpoint(TRUNCATE)'),
    rest() {
      const isQuiet = transactions === atLastRest;
      atLastRest = transactions;
      try {
        if (isQuiet && pagesToMove(database) >= LOG_WORTH_MOVING_PAGES) database.pragma('wal_checkpoint(PASSIVE)');
      } catch (error) {
        // Nothing is lost where the disk takes nothing just now; the next commit says so to whoever waits for it.
        if (storeFaultOf(error) === undefined) throw error;
      }
    },
    close: () => void database.close(),
  };
}

/** Pages that are in the write-ahead log and not yet in the file. */
function pagesToMove(database: Database.Database): number {
  const [state] = LogState.parse(database.pragma('wal_checkpoint(NOOP)'));
  return state === undefined ? 0 : state.log - state.checkpointed;
}

function runTransaction<Value, Code extends string>(
  database: Database.Database,
  write: WriteHandle,
  work: (write: WriteHandle) => Result<Value, Code>,
): Result<Value, Code | StoreFault> {
  if (database.inTransaction) throw new Error('broken assumption: a transaction inside a transaction');
  try {
    database.exec('BEGIN IMMEDIATE');
    const outcome = work(write);
    if (outcome instanceof Promise) throw new Error('broken assumption: a transaction must not wait');
    database.exec(outcome.ok ? 'COMMIT' : 'ROLLBACK');
    return outcome;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    const fault = storeFaultOf(error);
    if (fault === undefined) throw error;
    return refuse(fault.code, fault.detail);
  }
}

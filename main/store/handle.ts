import type { Database, Statement } from 'better-sqlite3-multiple-ciphers';

declare const readable: unique symbol;
declare const writable: unique symbol;

export type SqlValue = string | number | bigint | Uint8Array | null;
export type SqlRow = Record<string, SqlValue>;

/** May read and nothing else; the statements it prepares are checked to be read-only. */
export interface ReadHandle {
  readonly [readable]: true;
  get(sql: string, ...values: readonly SqlValue[]): SqlRow | undefined;
  all(sql: string, ...values: readonly SqlValue[]): SqlRow[];
  iterate(sql: string, ...values: readonly SqlValue[]): IterableIterator<SqlRow>;
}

/** May write; exists only inside a transaction. */
export interface WriteHandle extends ReadHandle {
  readonly [writable]: true;
  /** Returns the number of rows changed and the rowid of the last insert. */
  run(sql: string, ...values: readonly SqlValue[]): { readonly changes: number; readonly rowid: number };
}

/** Values become parameters, always; the statement text is a constant of the program and is prepared once. */
export function createHandles(database: Database): { readonly read: ReadHandle; readonly write: WriteHandle } {
  const prepared = new Map<string, Statement>();
  const statement = (sql: string): Statement => {
    let found = prepared.get(sql);
    if (found === undefined) {
      found = database.prepare(sql);
      prepared.set(sql, found);
    }
    return found;
  };
  const reading = (sql: string): Statement => {
    const found = statement(sql);
    if (!found.readonly) throw new Error('broken assumption: a read handle was given a statement that writes');
    return found;
  };
  const get = (sql: string, ...values: readonly SqlValue[]) => reading(sql).get(...values) as SqlRow | undefined;
  const all = (sql: string, ...values: readonly SqlValue[]) => reading(sql).all(...values) as SqlRow[];
  const iterate = (sql: string, ...values: readonly SqlValue[]) => reading(sql).iterate(...values) as IterableIterator<SqlRow>;
  const run = (sql: string, ...values: readonly SqlValue[]) => {
    if (!database.inTransaction) throw new Error('broken assumption: a write outside a transaction');
    const result = statement(sql).run(...values);
    return { changes: result.changes, rowid: Number(result.lastInsertRowid) };
  };
  const read = Object.freeze({ get, all, iterate }) as unknown as ReadHandle;
  const writing = {
    get: (sql: string, ...values: readonly SqlValue[]) => statement(sql).get(...values),
    all: (sql: string, ...values: readonly SqlValue[]) => statement(sql).all(...values),
    iterate: (sql: string, ...values: readonly SqlValue[]) => statement(sql).iterate(...values),
  };
  const write = Object.freeze({ ...writing, run }) as unknown as WriteHandle;
  return { read, write };
}

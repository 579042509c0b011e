import type { Cells } from './cells.ts';
import type { Row, Value } from './row.ts';

/**
 * Central's database as its stores see it: one portable SQL over embedded SQLite and over PostgreSQL. Placeholders are
 * `?`; what differs between the two is in the schema's types (schema.ts) and nowhere else. Write the SQL that both
 * read alike: ON CONFLICT, RETURNING, coalesce(sum(x), 0); no LIKE on letters (only SQLite folds their case), no
 * rowid, no total(), no truth values in columns. Text compares byte by byte in both.
 */
export type Dialect = 'sqlite' | 'postgres';

/**
 * Whoever writes under the same lock does so one after the other, in every process of the organisation. SQLite has one
 * writer anyway. The numbers are PostgreSQL's advisory locks and are never used again for something else.
 */
export const LOCKS = { schema: 1, log: 2, devices: 3, events: 4, records: 5, orders: 6 } as const;
export type Lock = keyof typeof LOCKS;

/** What other processes can be told. `news`: the log grew; `devices`: a device was admitted, revoked or otherwise changed. */
export type Topic = 'news' | 'devices' | 'orders';

export type Reads = {
  all(sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
  get(sql: string, ...values: readonly Value[]): Promise<Row | undefined>;
};

export type Writes = Reads & {
  run(sql: string, ...values: readonly Value[]): Promise<{ readonly changes: number }>;
  /** Many rows of one table in as few journeys as the database allows; each row in the order of the columns. */
  insert(table: string, columns: readonly string[], rows: readonly (readonly Value[])[]): Promise<void>;
  /** Tells all who listen, in every process, once this transaction has committed, and not if it does not. At most 200 characters, no patient data. */
  announce(topic: Topic, text: string): Promise<void>;
};

export type Sql = Reads & {
  readonly dialect: Dialect;
  /** How columns of the schema's type `sealed` are written and read. */
  readonly cells: Cells;
  /** Durable when it resolves; nothing of it is there when it rejects. The work uses its own `tx` and never the outer handle. */
  write<Outcome>(lock: Lock, work: (tx: Writes) => Promise<Outcome>): Promise<Outcome>;
  /** One unchanging view of the database. Anything outside that is slow (sealing, the line) is done before or after. */
  snapshot<Outcome>(work: (view: Reads) => Promise<Outcome>): Promise<Outcome>;
  /**
   * Hears announcements; `own` says that this handle made it. Another process's may be lost while PostgreSQL is away,
   * and on SQLite are never heard: whoever must know looks from time to time too. Resolves, once it hears, to what ends
   * the listening.
   */
  listen(topic: Topic, hear: (text: string, own: boolean) => void): Promise<() => void>;
  close(): Promise<void>;
};

/**
 * STORE_UNREADABLE: another organisation's database, or a damaged one. STORE_FROM_FUTURE: a newer version made it.
 * STORE_UNREACHABLE: no answer, or not for us. STORE_UNSUITABLE: a server that central cannot work on.
 */
export type StoreFault = 'STORE_UNREADABLE' | 'STORE_FROM_FUTURE' | 'STORE_UNREACHABLE' | 'STORE_UNSUITABLE';

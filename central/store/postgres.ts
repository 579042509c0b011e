import type pg from 'pg';
import type { Cells } from './cells.ts';
import { CHANNEL, createNews } from './postgres-news.ts';
import { insertions, preparer, type Prepared } from './postgres-text.ts';
import type { Row, Value } from './row.ts';
import { LOCKS, type Lock, type Reads, type Sql, type Topic, type Writes } from './sql.ts';
import { StoreError, storeError } from './store-error.ts';
import { oneAtATime, transactionScope } from './transaction-scope.ts';

/**
 * PostgreSQL behind `Sql`. Writers of one lock wait for each other: in this process in a queue of ours, across
 * processes at an advisory lock that ends with the transaction, so that the next one reads what the one before
 * committed. READ COMMITTED is needed for that: a stricter view would be taken before the lock is had.
 */
export const BEGIN_WRITE = 'BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE';
const BEGIN_VIEW = 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY';
/** Of this program's advisory locks the first of their two numbers: "OUTP". */
const LOCK_SPACE = 0x4f_55_54_50;
/** A pooled connection may have broken unseen, when the server was restarted: what has changed nothing yet begins again on another. */
const BEGINNINGS_MAX = 3;
const ANNOUNCEMENT_MAX_CHARACTERS = 200;

export const lockStatement = (lock: Lock): string => `SELECT pg_advisory_xact_lock(${LOCK_SPACE}, ${LOCKS[lock]})`;

export type PostgresParts = { readonly pool: pg.Pool; readonly url: string; readonly cells: Cells; /** Tells this handle's announcements from others'. */ readonly instance: string };
type Ask = (sql: string, values?: readonly Value[]) => Promise<pg.QueryResult<Row>>;

export function createPostgres({ pool, url, cells, instance }: PostgresParts): Sql {
  const scope = transactionScope();
  const prepare = preparer();
  const queues = new Map<Lock, ReturnType<typeof oneAtATime>>();
  const listeners = new Set<{ readonly topic: Topic; hear(text: string, own: boolean): void }>();
  const news = createNews(url, (payload) => {
    const [by = '', topic = '', ...words] = payload.split(' ');
    for (const listener of listeners) if (listener.topic === topic) listener.hear(words.join(' '), by === instance);
  });

  const queueOf = (lock: Lock): ReturnType<typeof oneAtATime> => {
    const queue = queues.get(lock) ?? oneAtATime();
    queues.set(lock, queue);
    return queue;
  };

  /** A transaction's handle asks within its work alone; statements sent without waiting for each other travel together. */
  const inside = (client: pg.PoolClient): Ask => (sql, values = []) => {
    scope.assertInside();
    return query(client, prepare(sql), values);
  };

  const transaction = async <Outcome>(client: pg.PoolClient, work: () => Promise<Outcome>): Promise<Outcome> => {
    try {
      const outcome = await scope.within(work);
      const { command } = await query(client, { text: 'COMMIT' }, []);
      // What the work has caught the server has not forgotten: it then takes COMMIT for ROLLBACK.
      if (command !== 'COMMIT') throw new StoreError('ROLLED_BACK', false);
      client.release();
      return outcome;
    } catch (error) {
      await abandon(client, error);
      throw error;
    }
  };

  const read = async (sql: string, values: readonly Value[]): Promise<readonly Row[]> => {
    scope.assertOutside();
    return on(pool, async (client) => {
      const { rows } = await query(client, prepare(sql), values);
      client.release();
      return rows;
    });
  };

  return {
    dialect: 'postgres',
    cells,
    all: (sql, ...values) => read(sql, values),
    get: async (sql, ...values) => (await read(sql, values))[0],
    async write(lock, work) {
      scope.assertOutside();
      return queueOf(lock)(async () => {
        const client = await on(pool, (made) => begin(made, BEGIN_WRITE, lockStatement(lock)));
        return transaction(client, () => work(writesOf(inside(client), instance)));
      });
    },
    async snapshot(work) {
      scope.assertOutside();
      const client = await on(pool, (made) => begin(made, BEGIN_VIEW));
      return transaction(client, () => work(readsOf(inside(client))));
    },
    async listen(topic, hear) {
      const listener = { topic, hear };
      listeners.add(listener);
      await news.open();
      return () => void listeners.delete(listener);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue(async () => undefined)));
      await news.close();
      await pool.end();
    },
  };
}

export async function query(client: pg.PoolClient, prepared: Prepared, values: readonly Value[]): Promise<pg.QueryResult<Row>> {
  try {
    return await client.query<Row>({ ...prepared, values: [...values] });
  } catch (error) {
    throw storeError(error);
  }
}

/** Gives the work a connection, and another one where the first turns out to have broken before anything was changed. */
export async function on<Outcome>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Outcome>): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await connected(pool);
    try {
      return await work(client);
    } catch (error) {
      client.release(true);
      if (!(error instanceof StoreError && error.lost) || attempt === BEGINNINGS_MAX) throw error;
    }
  }
}

/** A URL that cannot be read fails here; its error, which may quote a password, is not passed on. */
async function connected(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw storeError(error);
  }
}

export async function begin(client: pg.PoolClient, ...opening: readonly string[]): Promise<pg.PoolClient> {
  await Promise.all(opening.map((text) => query(client, { text }, [])));
  return client;
}

/** Ends a transaction that failed. After the database's own errors the connection goes too: what it has prepared is uncertain then. */
export async function abandon(client: pg.PoolClient, because: unknown): Promise<void> {
  if (because instanceof StoreError) return client.release(true);
  const rolledBack = await query(client, { text: 'ROLLBACK' }, []).then(() => true, () => false);
  client.release(!rolledBack);
}

const readsOf = (ask: Ask): Reads => ({ all: async (sql, ...values) => (await ask(sql, values)).rows, get: async (sql, ...values) => (await ask(sql, values)).rows[0] });

function writesOf(ask: Ask, instance: string): Writes {
  return {
    ...readsOf(ask),
    run: async (sql, ...values) => ({ changes: (await ask(sql, values)).rowCount ?? 0 }),
    async insert(table, columns, rows) {
      let next = 0;
      await Promise.all(insertions(table, columns, rows.length).map(({ sql, rows: count }) => ask(sql, rows.slice(next, (next += count)).flat())));
    },
    async announce(topic, text) {
      if (text.length > ANNOUNCEMENT_MAX_CHARACTERS) throw new Error('broken assumption: announcements are short');
      await ask('SELECT pg_notify(?, ?)', [CHANNEL, `${instance} ${topic} ${text}`]);
    },
  };
}

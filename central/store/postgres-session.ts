import pg from 'pg';

/**
 * How central speaks to PostgreSQL: the settings of every connection, and its types as JavaScript values.
 */
const CONNECTIONS_MAX = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** Waiting for a lock counts as well. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** A process that hangs in the middle of a transaction must not hold its lock for ever. */
const IDLE_IN_TRANSACTION_MS = 60_000;
const KEEPALIVE_MS = 10_000;

/** PostgreSQL's numbers (pg_type.oid) of types: int8, int2, int4, float8, numeric. */
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 701, 1700]);
const BOOL = 16;
const BYTEA = 17;

function parserOf(oid: number): (text: string) => string | number | Uint8Array {
  if (oid === BYTEA) return (text) => Buffer.from(text.slice(2), 'hex');
  // As SQLite answers a comparison.
  if (oid === BOOL) return (text) => (text === 't' ? 1 : 0);
  return NUMBERS.has(oid) ? exactNumber : String;
}

function exactNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) throw new Error('broken assumption: whole numbers of the database are below 2^53');
  return number;
}

/**
 * Durable on return, whatever the server's default says (`remote_apply` is stronger, and stays); no compiling of
 * queries that take a millisecond; and whatever does not say that it writes cannot.
 */
const SETTINGS = "SELECT set_config('jit', 'off', false), set_config('default_transaction_read_only', 'on', false), CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') THEN set_config('synchronous_commit', 'on', false) END";

export function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url, application_name: 'outpost-central', keepAlive: true, keepAliveInitialDelayMillis: KEEPALIVE_MS, connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS, idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS, types: { getTypeParser: parserOf },
    // Statements that do not wait for each other's answer travel together.
    pipeline: true,
  };
}

export function createPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    ...connectionConfig(url), max: CONNECTIONS_MAX,
    onConnect: async (client) => {
      // A connection may break while nothing is asked of it; the next question will find out.
      client.on('error', () => undefined);
      await client.query(SETTINGS);
    },
  });
  pool.on('error', () => undefined);
  return pool;
}

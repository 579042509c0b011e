import type pg from 'pg';
import { toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { KeyWrapper } from '../authority/key-adapter.ts';
import type { HubClock } from '../world.ts';
import { dataKeys } from './data-keys.ts';
import { abandon, BEGIN_WRITE, begin, createPostgres, lockStatement, on, query } from './postgres.ts';
import { createPool } from './postgres-session.ts';
import { numbered } from './postgres-text.ts';
import { numberOf, textOf, type Row, type Value } from './row.ts';
import { SCHEMA_VERSION, stepsFrom } from './schema.ts';
import { sealedCells, type DataKey } from './sealed-cells.ts';
import type { Sql, StoreFault } from './sql.ts';
import { StoreError } from './store-error.ts';

/** PostgreSQL 14, in server_version_num's form. */
const OLDEST_SERVER = 140_000;
const INSTANCE_BYTES = 8;

export type PostgresWorld = { readonly wrapper: KeyWrapper; readonly clock: HubClock; readonly random: Random };
type AskRows = (sql: string, ...values: readonly Value[]) => Promise<readonly Row[]>;

/** Connects, brings the schema up to date, and opens the keys of its cells; whoever comes at the same time waits for it. */
export async function openPostgres(url: string, { wrapper, clock, random }: PostgresWorld): Promise<Result<Sql, StoreFault>> {
  const pool = createPool(url);
  let keys: Result<readonly DataKey[], StoreFault>;
  try {
    keys = await prepareDatabase(pool, async (ask) => {
      const fault = (await unsuitable(ask)) ?? (await upgrade(ask, clock));
      if (fault !== null) return fault;
      const opened = await dataKeys(ask, wrapper, clock, random);
      return opened === null ? refuse('STORE_UNREADABLE', { rule: 'data key' }) : ok(opened);
    });
  } catch (error) {
    await pool.end();
    if (error instanceof StoreError) return refuse('STORE_UNREACHABLE', { system: error.code });
    throw error;
  }
  if (!keys.ok) {
    await pool.end();
    return keys;
  }
  return ok(createPostgres({ pool, url, cells: sealedCells(keys.value, random), instance: toHex(random.bytes(INSTANCE_BYTES)) }));
}

/** One transaction under the lock of the schema; a refusal leaves nothing of it. */
async function prepareDatabase(pool: pg.Pool, work: (ask: AskRows) => Promise<Result<readonly DataKey[], StoreFault>>): Promise<Result<readonly DataKey[], StoreFault>> {
  const client = await on(pool, (made) => begin(made, BEGIN_WRITE, lockStatement('schema')));
  try {
    const outcome = await work(async (sql, ...values) => (await query(client, { text: numbered(sql) }, values)).rows);
    await query(client, { text: outcome.ok ? 'COMMIT' : 'ROLLBACK' }, []);
    client.release();
    return outcome;
  } catch (error) {
    await abandon(client, error);
    throw error;
  }
}

async function unsuitable(ask: AskRows): Promise<ReturnType<typeof refuse<'STORE_UNSUITABLE'>> | null> {
  const [server] = await ask("SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding");
  if (server === undefined) throw new Error('broken assumption: a server knows its settings');
  if (numberOf(server, 'version') < OLDEST_SERVER) return refuse('STORE_UNSUITABLE', { rule: 'PostgreSQL 14 or newer', version: numberOf(server, 'version') });
  if (textOf(server, 'encoding') !== 'UTF8') return refuse('STORE_UNSUITABLE', { rule: 'encoding UTF8', encoding: textOf(server, 'encoding') });
  return null;
}

async function upgrade(ask: AskRows, clock: HubClock): Promise<ReturnType<typeof refuse<'STORE_FROM_FUTURE'>> | null> {
  // Asked first, because a role that may not create anything can run what is up to date.
  const [there] = await ask("SELECT to_regclass('schema_step') IS NOT NULL AS there");
  if (there?.['there'] !== 1) await ask('CREATE TABLE schema_step (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)');
  const [last] = await ask('SELECT coalesce(max(version), 0) AS version FROM schema_step');
  const version = last === undefined ? 0 : numberOf(last, 'version');
  if (version > SCHEMA_VERSION) return refuse('STORE_FROM_FUTURE', { version });
  for (const step of stepsFrom('postgres', version)) {
    await ask(step.text);
    await ask('INSERT INTO schema_step (version, applied_at) VALUES (?, ?)', step.version, Math.floor(clock.now()));
  }
  return null;
}

import { epochOf } from './epoch.ts';
import { listDevices, type DeviceLine } from './devices.ts';
import { newsOf } from './log-news.ts';
import { numberOf, textOf, type Row } from './row.ts';
import { SCHEMA_VERSION } from './schema.ts';
import type { Reads, Sql } from './sql.ts';

/** What an operator asks first. Nothing in it is about a patient. */
export type DatabaseFacts = {
  readonly kind: 'sqlite' | 'postgres';
  readonly version: string;
  readonly schema: number;
  readonly bytes: number;
  /** Whether a commit is on the disk when it is acknowledged. */
  readonly durable: boolean;
  /** Connections of central processes; null where that is not known. */
  readonly connections: number | null;
};
export type StoreStatus = {
  readonly database: DatabaseFacts;
  readonly epoch: string | null;
  /** Last number of the log, and of its urgent part. */
  readonly latest: number;
  readonly urgent: number;
  readonly devices: readonly DeviceLine[];
  readonly quarantine: { readonly batches: number; readonly segments: number };
  /** Since `eventsSince`, by code, the most frequent first. */
  readonly events: readonly { readonly code: string; readonly count: number; readonly lastAt: number }[];
};

export function storeStatus(sql: Sql, eventsSince: number): Promise<StoreStatus> {
  return sql.snapshot(async (view) => {
    const news = await newsOf(view);
    const events = await view.all('SELECT code, count(*) AS count, max(at) AS last_at FROM event WHERE at >= ? GROUP BY code ORDER BY count(*) DESC, code', Math.floor(eventsSince));
    return {
      database: sql.dialect === 'sqlite' ? await sqliteFacts(view) : await postgresFacts(view),
      epoch: await epochOf(view),
      ...news,
      devices: await listDevices(view),
      quarantine: {
        batches: numberOf(await one(view, 'SELECT count(*) AS count FROM quarantine'), 'count'),
        segments: numberOf(await one(view, 'SELECT count(*) AS count FROM segment WHERE quarantined = 1'), 'count'),
      },
      events: events.map((row) => ({ code: textOf(row, 'code'), count: numberOf(row, 'count'), lastAt: numberOf(row, 'last_at') })),
    };
  });
}

async function one(view: Reads, sql: string): Promise<Row> {
  const row = await view.get(sql);
  if (row === undefined) throw new Error('broken assumption: such a question has an answer');
  return row;
}

async function sqliteFacts(view: Reads): Promise<DatabaseFacts> {
  const row = await one(view, 'SELECT sqlite_version() AS version, page_count * page_size AS bytes, synchronous FROM pragma_page_count, pragma_page_size, pragma_synchronous');
  // 2: FULL.
  return { kind: 'sqlite', version: textOf(row, 'version'), schema: SCHEMA_VERSION, bytes: numberOf(row, 'bytes'), durable: numberOf(row, 'synchronous') >= 2, connections: null };
}

async function postgresFacts(view: Reads): Promise<DatabaseFacts> {
  const row = await one(view, `SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'outpost-central') AS connections`);
  const durable = textOf(row, 'fsync') === 'on' && !['off', 'local'].includes(textOf(row, 'commits'));
  return { kind: 'postgres', version: textOf(row, 'version'), schema: SCHEMA_VERSION, bytes: numberOf(row, 'bytes'), durable, connections: numberOf(row, 'connections') };
}

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CONNECTION_PRAGMAS } from '../../main/store/store.ts';
import { openBare } from './bare-database.ts';
import { BENCH_KEY } from './bench-vault.ts';
import { withDatabase } from './database-files.ts';
import { latency, throughput, type Findings } from './figure.ts';
import { contest, timed, timedNow, type Cost } from './measure.ts';
import type { Sizes } from './sizes.ts';

/** The other SQLCipher driver for Node, where the interop test has built it: the same rows, key and settings. */

const WHAT = '@journeyapps/sqlcipher';
const INTEROP = join(import.meta.dirname, '../interop');
const ROWS = 20_000;
const PAYLOAD_BYTES = 900;
const CREATE = 'CREATE TABLE entry (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, payload BLOB NOT NULL) STRICT';
const INSERT = 'INSERT INTO entry (kind, at, payload) VALUES (?, ?, ?)';

type Done = (error: Error | null) => void;
/** The calls of its asynchronous interface that are used. */
type Statement = { run(values: readonly unknown[], done?: Done): void; finalize(done: Done): void };
type Connection = { exec(sql: string, done: Done): void; prepare(sql: string, done: Done): Statement; close(done: Done): void };
type Driver = { readonly Database: new (path: string, done: Done) => Connection };

const settled = (work: (done: Done) => void): Promise<void> => new Promise((resolve, reject) => work((error) => (error === null || error === undefined ? resolve() : reject(error))));

async function openOther({ Database }: Driver, path: string): Promise<Connection> {
  let connection: Connection | undefined;
  await settled((done) => (connection = new Database(path, done)));
  if (connection === undefined) throw new Error('broken assumption: an opened database is there');
  await settled((done) => connection?.exec([`key = "x'${Buffer.from(BENCH_KEY).toString('hex')}'"`, ...CONNECTION_PRAGMAS].map((pragma) => `PRAGMA ${pragma};`).join(' '), done));
  await settled((done) => connection?.exec(CREATE, done));
  return connection;
}

export async function secondSqlcipherFindings(folder: string, { rounds, commits }: Sizes, say: (line: string) => void): Promise<Findings> {
  if (!existsSync(join(INTEROP, 'node_modules/@journeyapps/sqlcipher/build/Release/node_sqlite3.node'))) {
    return { figures: [], notRun: [{ what: WHAT, because: 'the interop test has not built it on this machine' }] };
  }
  const driver = createRequire(join(INTEROP, 'package.json'))(WHAT) as Driver;
  const payload = randomBytes(PAYLOAD_BYTES);
  const inserted = await contest(
    rounds,
    [
      {
        name: 'ours',
        run: () => withDatabase(join(folder, 'driver.db'), (path) => {
          const database = openBare(path);
          database.exec(CREATE);
          const statement = database.prepare(INSERT);
          const cost = timedNow(() => {
            database.exec('BEGIN');
            for (let row = 0; row < ROWS; row += 1) statement.run('vitals', row, payload);
            database.exec('COMMIT');
          });
          database.close();
          return cost;
        }),
      },
      {
        name: 'other',
        run: () => withDatabase(join(folder, 'other.db'), async (path) => {
          const connection = await openOther(driver, path);
          const cost = await timed(async () => {
            await settled((done) => connection.exec('BEGIN', done));
            const statement = connection.prepare(INSERT, () => undefined);
            for (let row = 1; row < ROWS; row += 1) statement.run(['vitals', row, payload]);
            await settled((done) => statement.run(['vitals', 0, payload], done));
            await settled((done) => statement.finalize(done));
            await settled((done) => connection.exec('COMMIT', done));
          });
          await settled((done) => connection.close(done));
          return cost;
        }),
      },
    ],
    (round) => say(`drivers, insert: round ${round} of ${rounds}`),
  );
  say('drivers, commit');
  const committed = await commitCosts(driver, folder, payload, commits);
  return {
    notRun: [],
    figures: [
      throughput({ id: 'driver.insert', what: `our driver alone, ${ROWS.toLocaleString('en')} rows of ${PAYLOAD_BYTES} B, one transaction` }, ROWS, 'rows/s', { ours: inserted.ours, beside: inserted.other, besideWhat: WHAT }),
      latency({ id: 'driver.commit', what: '  the same, one row a commit' }, { ours: committed.ours, beside: committed.other, besideWhat: WHAT }),
    ],
  };
}

/** Single commits by turns. */
async function commitCosts(driver: Driver, folder: string, payload: Uint8Array, commits: number): Promise<{ readonly ours: readonly Cost[]; readonly other: readonly Cost[] }> {
  return withDatabase(join(folder, 'driver.db'), (path) => withDatabase(join(folder, 'other.db'), async (otherPath) => {
    const database = openBare(path);
    database.exec(CREATE);
    const statement = database.prepare(INSERT);
    const connection = await openOther(driver, otherPath);
    const other = connection.prepare(INSERT, () => undefined);
    const costs = { ours: [] as Cost[], other: [] as Cost[] };
    for (let commit = 0; commit < commits; commit += 1) {
      costs.ours.push(timedNow(() => statement.run('vitals', commit, payload)));
      costs.other.push(await timed(() => settled((done) => other.run(['vitals', commit, payload], done))));
    }
    await settled((done) => other.finalize(done));
    await settled((done) => connection.close(done));
    database.close();
    return costs;
  }));
}

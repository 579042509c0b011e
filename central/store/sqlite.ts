import { ok, type Result } from '../../shared/base/result.ts';
import { PLAIN_CELLS } from './cells.ts';
import type { Reads, Sql, StoreFault, Topic, Writes } from './sql.ts';
import { IN_MEMORY, openSqliteFile, type SqliteFile } from './sqlite-file.ts';
import { StoreError } from './store-error.ts';
import { oneAtATime, transactionScope } from './transaction-scope.ts';

/**
 * Embedded SQLite behind `Sql`. SQLite knows one transaction a connection, and ours may wait for promises: so one
 * connection writes, one transaction after the other; one answers single reads; and views have their own.
 */
const VIEWS_MAX = 4;
/** Waiting for another connection's transaction must not stop this process, whose own it may be. */
const BUSY_WAIT_MS = 5;
const BUSY_WAITS_MAX = 2_000;

type View = { readonly file: SqliteFile; readonly turn: ReturnType<typeof oneAtATime>; waiting: number };

export function openSqlite(path: string, rawKey: Uint8Array): Result<Sql, StoreFault> {
  const opened = openSqliteFile(path, rawKey);
  if (!opened.ok) return opened;
  if (path === IN_MEMORY) return ok(over(opened.value, null));
  const reader = openSqliteFile(path, rawKey);
  if (!reader.ok) {
    opened.value.close();
    return reader;
  }
  return ok(over(opened.value, { reader: reader.value, openView: () => openSqliteFile(path, rawKey) }));
}

type Readers = { readonly reader: SqliteFile; openView(): Result<SqliteFile, StoreFault> };

/** `readers` null: a database in memory, whose one connection does everything in turn. */
function over(writer: SqliteFile, readers: Readers | null): Sql {
  writer.neverWait();
  const scope = transactionScope();
  const writing = oneAtATime();
  const views: View[] = [];
  const listeners = new Set<{ readonly topic: Topic; hear(text: string, own: boolean): void }>();

  const transaction = async <Outcome>(file: SqliteFile, kind: 'immediate' | 'deferred', work: () => Promise<Outcome>): Promise<Outcome> => {
    // Nothing here waits for a disk, so a run of transactions would keep the process's lines and timers out.
    if (readers !== null) await new Promise((resolve) => void setImmediate(resolve));
    await begin(file, kind);
    try {
      const outcome = await scope.within(work);
      file.commit();
      return outcome;
    } catch (error) {
      file.rollback();
      throw error;
    }
  };

  const inside = (file: SqliteFile) => (): SqliteFile => {
    scope.assertInside();
    return file;
  };

  const view = (): View | null => {
    if (readers === null) return null;
    const idle = views.find(({ waiting }) => waiting === 0);
    if (idle !== undefined) return idle;
    if (views.length < VIEWS_MAX) {
      const opened = readers.openView();
      if (!opened.ok) throw new Error(`broken assumption: a database that is open can be opened again (${opened.fault.code})`);
      const made = { file: opened.value, turn: oneAtATime(), waiting: 0 };
      views.push(made);
      return made;
    }
    return views.reduce((least, other) => (other.waiting < least.waiting ? other : least));
  };

  const read = async <Outcome>(work: (file: SqliteFile) => Outcome): Promise<Outcome> => {
    scope.assertOutside();
    return readers === null ? writing(async () => work(writer)) : work(readers.reader);
  };

  return {
    dialect: 'sqlite',
    cells: PLAIN_CELLS,
    all: (sql, ...values) => read((file) => file.all(sql, ...values)),
    get: (sql, ...values) => read((file) => file.get(sql, ...values)),
    async write(_lock, work) {
      scope.assertOutside();
      return writing(async () => {
        const said: { readonly topic: Topic; readonly text: string }[] = [];
        const outcome = await transaction(writer, 'immediate', () => work(writesOf(inside(writer), (topic, text) => void said.push({ topic, text }))));
        for (const { topic, text } of said) for (const listener of listeners) if (listener.topic === topic) listener.hear(text, true);
        return outcome;
      });
    },
    async snapshot(work) {
      scope.assertOutside();
      const chosen = view();
      if (chosen === null) return writing(() => transaction(writer, 'deferred', () => work(readsOf(inside(writer)))));
      chosen.waiting += 1;
      return chosen.turn(() => transaction(chosen.file, 'deferred', () => work(readsOf(inside(chosen.file))))).finally(() => {
        chosen.waiting -= 1;
      });
    },
    async listen(topic, hear) {
      const listener = { topic, hear };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      await writing(async () => writer.close());
      await Promise.all(views.map(({ file, turn }) => turn(async () => file.close())));
      readers?.reader.close();
    },
  };
}

async function begin(file: SqliteFile, kind: 'immediate' | 'deferred'): Promise<void> {
  for (let waits = 0; !file.begin(kind); waits += 1) {
    if (waits === BUSY_WAITS_MAX) throw new StoreError('SQLITE_BUSY', false);
    await new Promise((resolve) => void setTimeout(resolve, BUSY_WAIT_MS));
  }
}

const readsOf = (file: () => SqliteFile): Reads => ({ all: async (sql, ...values) => file().all(sql, ...values), get: async (sql, ...values) => file().get(sql, ...values) });

function writesOf(file: () => SqliteFile, announce: (topic: Topic, text: string) => void): Writes {
  return {
    ...readsOf(file),
    run: async (sql, ...values) => file().run(sql, ...values),
    async insert(table, columns, rows) {
      const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
      for (const row of rows) file().run(sql, ...row);
    },
    announce: async (topic, text) => announce(topic, text),
  };
}

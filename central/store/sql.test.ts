import { beforeEach, expect, it } from 'vitest';
import { onEachDatabase, type DatabaseKind } from '../../build/fixtures/each-database.ts';
import { testDrivers, type TestDatabase } from '../../build/fixtures/test-databases.ts';
import { keepSetting, settingOf } from './settings.ts';
import type { Sql, Writes } from './sql.ts';
import { openSqlite } from './sqlite.ts';

type Kind = DatabaseKind<Pick<TestDatabase, 'open' | 'close'>>;

/** A database without a file, as simulations use it. */
const inMemory: Kind = {
  name: 'SQLite in memory',
  missing: null,
  start: async () => ({
    async database() {
      const opened = openSqlite(':memory:', new Uint8Array(32));
      if (!opened.ok) throw new Error(opened.fault.code);
      return { open: async () => opened.value, close: () => opened.value.close() };
    },
    close: async () => undefined,
  }),
};

onEachDatabase<Pick<TestDatabase, 'open' | 'close'>>([...testDrivers('the SQL layer'), inMemory], ({ fresh }) => {
  let sql: Sql;
  beforeEach(async () => {
    sql = await fresh().open();
  });

  const keep = (value: string) => (tx: Writes) => keepSetting(tx, 'address', value);

  it('CEN-2 a write is there when its promise resolves', async () => {
    await sql.write('devices', keep('one'));
    expect(await settingOf(sql, 'address')).toBe('one');
    await sql.write('log', keep('two'));
    expect(await sql.snapshot((view) => settingOf(view, 'address'))).toBe('two');
  });

  it('CEN-2 of a write that fails nothing is there, and the next one goes on', async () => {
    await sql.write('devices', keep('before'));
    const failing = sql.write('devices', async (tx) => {
      await keepSetting(tx, 'address', 'never');
      throw new Error('on purpose');
    });
    const next = sql.write('devices', async (tx) => settingOf(tx, 'address'));
    await expect(failing).rejects.toThrow('on purpose');
    expect(await next).toBe('before');
  });

  it('CEN-2 writers go one after the other, though each of them waits', async () => {
    await sql.write('log', keep('0'));
    const add = (): Promise<void> =>
      sql.write('log', async (tx) => {
        const value = Number(await settingOf(tx, 'address'));
        await new Promise((resolve) => void setImmediate(resolve));
        await keepSetting(tx, 'address', String(value + 1));
      });
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await settingOf(sql, 'address')).toBe('20');
  });

  it('CEN-2 many views at once each see one state', async () => {
    await sql.write('log', keep('0'));
    const views = Array.from({ length: 9 }, () =>
      sql.snapshot(async (view) => {
        const first = await settingOf(view, 'address');
        await new Promise((resolve) => void setImmediate(resolve));
        return first === (await settingOf(view, 'address'));
      }),
    );
    const writes = Array.from({ length: 9 }, (_, index) => sql.write('log', keep(String(index + 1))));
    expect(await Promise.all(views)).toEqual(Array.from({ length: 9 }, () => true));
    await Promise.all(writes);
    expect(await settingOf(sql, 'address')).toBe('9');
  });

  it('CEN-2 many rows go in at once, or none of them', async () => {
    const rows = Array.from({ length: 2500 }, (_, index) => [`hash ${index}`, 1, index]);
    await sql.write('devices', (tx) => tx.insert('code', ['secret_hash', 'issued_at', 'expires_at'], rows));
    expect(await sql.get('SELECT count(*) AS rows, sum(expires_at) AS total FROM code')).toEqual({ rows: 2500, total: (2500 * 2499) / 2 });
    const again = sql.write('devices', (tx) => tx.insert('code', ['secret_hash', 'issued_at', 'expires_at'], [['new', 1, 1], ['hash 7', 1, 1]]));
    await expect(again).rejects.toThrow();
    expect(await sql.get('SELECT count(*) AS rows FROM code')).toEqual({ rows: 2500 });
  });

  it('CEN-2 an announcement is heard after the commit, and not without one', async () => {
    const heard: string[] = [];
    const stop = await sql.listen('news', (text, own) => void heard.push(`${text} ${own}`));
    let last: (() => void) | undefined;
    const announced = new Promise<void>((resolve) => {
      last = resolve;
    });
    await sql.listen('devices', () => last?.());
    await expect(
      sql.write('log', async (tx) => {
        await tx.announce('news', '1');
        throw new Error('on purpose');
      }),
    ).rejects.toThrow();
    await sql.write('log', (tx) => tx.announce('news', '2'));
    await sql.write('log', (tx) => tx.announce('devices', 'd'));
    await announced;
    expect(heard).toEqual(['2 true']);
    stop();
  });

  it('CEN-2 a transaction uses its own handle, and no longer than it lasts', async () => {
    await expect(sql.write('log', () => settingOf(sql, 'epoch'))).rejects.toThrow('broken assumption');
    await expect(sql.snapshot(() => sql.write('log', keep('x')))).rejects.toThrow('broken assumption');
    let kept: Writes | undefined;
    await sql.write('log', async (tx) => {
      kept = tx;
    });
    await expect(sql.write('log', async () => undefined).then(() => keep('x')(kept!))).rejects.toThrow('broken assumption');
    expect(await settingOf(sql, 'address')).toBeNull();
  });
});

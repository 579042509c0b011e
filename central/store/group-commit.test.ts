import { beforeEach, expect, it } from 'vitest';
import { onEachDatabase } from '../../build/fixtures/each-database.ts';
import { testDrivers } from '../../build/fixtures/test-databases.ts';
import { groupCommit } from './group-commit.ts';
import { numberOf } from './row.ts';
import { keepSetting, settingOf } from './settings.ts';
import type { Sql, Writes } from './sql.ts';
import { StoreError } from './store-error.ts';

onEachDatabase(testDrivers('writes in groups'), ({ fresh }) => {
  let sql: Sql;
  let writes: number;
  let fail: Error | null;
  let grouped: ReturnType<typeof groupCommit>;
  beforeEach(async () => {
    sql = await fresh().open();
    [writes, fail] = [0, null];
    const counted: Sql = {
      ...sql,
      write(lock, work) {
        writes += 1;
        return fail === null ? sql.write(lock, work) : Promise.reject(fail);
      },
    };
    grouped = groupCommit(counted, 'log');
  });

  const add = async (tx: Writes): Promise<number> => {
    const next = Number((await settingOf(tx, 'address')) ?? '0') + 1;
    await keepSetting(tx, 'address', String(next));
    return next;
  };
  const kept = async (): Promise<string | null> => settingOf(sql, 'address');

  it('CEN-21 what comes while one commit is under way goes into the next together, each in its order and with its own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => grouped(add)));
    expect(answers).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(await kept()).toBe('40');
    expect(writes).toBe(4);
    expect(await grouped(add)).toBe(41);
  });

  it('CEN-21 nobody is answered before it is durable', async () => {
    const answered = await Promise.all(Array.from({ length: 5 }, () => grouped(add).then(async (own) => [own, Number(await kept())])));
    for (const [own, there] of answered) expect(there).toBeGreaterThanOrEqual(own!);
  });

  it('CEN-21 one that fails leaves nothing of itself and takes nobody with it', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => grouped(async (tx) => {
      const next = await add(tx);
      await tx.run('INSERT INTO code (secret_hash, issued_at, expires_at) VALUES (?, 1, 1)', index === 5 ? 'hash 3' : `hash ${index}`);
      return next;
    })));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, (_, index) => (index === 5 ? 'rejected' : 'fulfilled')));
    expect(await kept()).toBe('11');
    expect(numberOf((await sql.get('SELECT count(*) AS codes FROM code'))!, 'codes')).toBe(11);
  });

  it('CEN-21 while the database is away all are told so at once, and whoever comes when it is back is served', async () => {
    fail = new StoreError('ECONNREFUSED', true);
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, () => grouped(add)));
    expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === fail)).toBe(true);
    expect(writes).toBe(2);
    fail = null;
    expect(await grouped(add)).toBe(1);
  });
});

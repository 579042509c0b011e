import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findPostgres, postgresMissing, startTestPostgres, type TestPostgres } from '../../build/fixtures/test-postgres.ts';
import { createKeyWrapper } from '../authority/key-wrapper.ts';
import { systemClock, systemRandom } from '../world.ts';
import { openPostgres } from './postgres-open.ts';
import { SCHEMA_VERSION } from './schema.ts';
import { keepSetting, settingOf } from './settings.ts';
import type { Sql } from './sql.ts';

const missing = postgresMissing('central');
const wrapper = createKeyWrapper(systemRandom.bytes(32), systemRandom);
const world = { wrapper, clock: systemClock, random: systemRandom };
let server: TestPostgres;
let url: string;

async function opened(at = url): Promise<Sql> {
  const result = await openPostgres(at, world);
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}

beforeAll(async () => {
  if (missing === null) server = await startTestPostgres();
});
afterAll(() => server?.close());

it('CEN-4 a machine without PostgreSQL is told so, and nothing else happens', () => {
  expect(findPostgres('/nowhere:', '/nowhere')).toEqual({ missing: expect.stringContaining('no PostgreSQL') });
});

describe('PostgreSQL', () => {
  beforeEach(async (context) => {
    if (missing !== null) return context.skip(missing);
    url = await server.database();
  });

  it('CEN-4 many open it for the first time at once: one schema, one key', async () => {
    const handles = await Promise.all(Array.from({ length: 6 }, () => opened()));
    const [one, ...others] = handles;
    expect(await one!.all('SELECT version FROM schema_step ORDER BY version')).toEqual(Array.from({ length: SCHEMA_VERSION }, (_, index) => ({ version: index + 1 })));
    expect(await one!.get('SELECT count(*) AS keys FROM data_key')).toEqual({ keys: 1 });
    const cell = one!.cells.text('p', 'x');
    for (const other of others) expect(other.cells.readText('p', { c: cell }, 'c')).toBe('x');
    await Promise.all(handles.map((handle) => handle.close()));
  });

  it('CEN-1 a newer version, another organisation, another encoding and no server are refused by name', async () => {
    await (await opened()).close();
    const other = { ...world, wrapper: createKeyWrapper(systemRandom.bytes(32), systemRandom) };
    expect(await openPostgres(url, other)).toMatchObject({ ok: false, fault: { code: 'STORE_UNREADABLE' } });
    await server.ask(url, `INSERT INTO schema_step VALUES (${SCHEMA_VERSION + 1}, 0)`);
    expect(await openPostgres(url, world)).toMatchObject({ ok: false, fault: { code: 'STORE_FROM_FUTURE' } });
    await server.ask(url, 'CREATE DATABASE latin ENCODING latin1 TEMPLATE template0');
    const latin = url.replace(/test_\d+/, 'latin');
    expect(await openPostgres(latin, world)).toMatchObject({ ok: false, fault: { code: 'STORE_UNSUITABLE' } });
    expect(await server.ask(latin, "SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'public'")).toEqual([{ tables: 0 }]);
    expect(await openPostgres(url.replace('socket', 'nowhere'), world)).toMatchObject({ ok: false, fault: { code: 'STORE_UNREACHABLE' } });
    expect(await openPostgres('postgres://a:secret@[', world)).toEqual({ ok: false, fault: { code: 'STORE_UNREACHABLE', detail: { system: 'ERR_INVALID_URL' } } });
  });

  it('CEN-2 a commit is durable though the server\'s default is not to wait', async () => {
    await server.ask(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`);
    const sql = await opened();
    expect(await sql.get("SELECT current_setting('synchronous_commit') AS kept")).toEqual({ kept: 'on' });
    await sql.close();
  });

  it('CEN-2 what does not say that it writes cannot', async () => {
    const sql = await opened();
    const insert = "INSERT INTO setting (key, value) VALUES ('address', 'x')";
    await expect(sql.get(`${insert} RETURNING key`)).rejects.toMatchObject({ code: '25006' });
    await expect(sql.snapshot((view) => view.get(`${insert} RETURNING key`))).rejects.toMatchObject({ code: '25006' });
    expect(await settingOf(sql, 'address')).toBeNull();
    await sql.close();
  });

  it('CEN-2 an error that the work swallows still undoes all of it', async () => {
    const sql = await opened();
    const swallowed = sql.write('devices', async (tx) => {
      await keepSetting(tx, 'address', 'x');
      await tx.run('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(swallowed).rejects.toMatchObject({ name: 'StoreError', code: 'ROLLED_BACK' });
    expect(await settingOf(sql, 'address')).toBeNull();
    await sql.close();
  });

  it('CEN-2 an error tells its code and quotes nothing', async () => {
    const sql = await opened();
    const failed = await sql.write('devices', (tx) => tx.insert('code', ['secret_hash', 'issued_at', 'expires_at'], [['Okafor', 1, 1], ['Okafor', 1, 1]])).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'StoreError', code: '23505', lost: false });
    expect(JSON.stringify([failed, String(failed), (failed as Error).stack, (failed as Error).cause])).not.toContain('Okafor');
    await sql.close();
  });
});

import { createHash } from 'node:crypto';
import Database from 'better-sqlite3-multiple-ciphers';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { SCHEMA_VERSION, stepsFrom } from './schema.ts';
import { openSqlite } from './sqlite.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** SHA-256 of each released step's text on SQLite. A step that is here is never changed again. */
const RELEASED: readonly string[] = ['39df130abf01d86166118097800590d5762bc7d04e0cf9efad418ee0e13feb5c'];

describe('the schema of central', () => {
  it('CEN-1 released steps are what they were', () => {
    const texts = stepsFrom('sqlite', 0);
    expect(texts.map(({ version }) => version)).toEqual(Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1));
    for (const [index, hash] of RELEASED.entries()) expect(createHash('sha256').update(texts[index]!.text).digest('hex')).toBe(hash);
  });

  it('CEN-1 a home of version 0.1.0 opens, keeps what it holds, and is brought up to date', async () => {
    const [path, key] = [`${folder.path}/old.db`, new Uint8Array(32).fill(7)];
    const old = new Database(path);
    old.pragma("cipher = 'sqlcipher'");
    old.pragma('legacy = 4');
    old.key(Buffer.from(`x'${Buffer.from(key).toString('hex')}'`));
    old.exec(stepsFrom('sqlite', 0)[0]!.text);
    old.pragma('user_version = 1');
    old.exec("INSERT INTO setting (key, value) VALUES ('epoch', '00000000000000e1')");
    old.exec("INSERT INTO device (id, name, signing_key, sealing_key, state, enrolled_at) VALUES ('00000000000000d1', 'Desk', x'01', x'02', 'active', 5)");
    old.close();
    const opened = openSqlite(path, key);
    if (!opened.ok) throw new Error(opened.fault.code);
    expect(await opened.value.get('SELECT value FROM setting')).toEqual({ value: '00000000000000e1' });
    expect(await opened.value.get('SELECT name FROM device')).toEqual({ name: 'Desk' });
    expect(await opened.value.get('SELECT user_version AS version FROM pragma_user_version')).toEqual({ version: SCHEMA_VERSION });
    await opened.value.close();
  });

  it('CEN-1 a database of a newer version, or of another key, is refused by name', async () => {
    const [path, key] = [`${folder.path}/central.db`, new Uint8Array(32).fill(7)];
    const opened = openSqlite(path, key);
    if (!opened.ok) throw new Error(opened.fault.code);
    await opened.value.close();
    expect(openSqlite(path, new Uint8Array(32).fill(8))).toMatchObject({ ok: false, fault: { code: 'STORE_UNREADABLE' } });
    const newer = new Database(path);
    newer.pragma("cipher = 'sqlcipher'");
    newer.pragma('legacy = 4');
    newer.key(Buffer.from(`x'${Buffer.from(key).toString('hex')}'`));
    newer.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    newer.close();
    expect(openSqlite(path, key)).toMatchObject({ ok: false, fault: { code: 'STORE_FROM_FUTURE' } });
  });
});

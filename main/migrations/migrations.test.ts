import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { ok } from '../../shared/base/result.ts';
import { openStore, type Store } from '../store/store.ts';
import { migrate, MIGRATIONS, SCHEMA_VERSION, schemaVersion, sealOf, SEALS } from './migrations.ts';

let folder = temporaryFolder();
let store: Store;

beforeEach(() => {
  folder = temporaryFolder();
  const opened = openStore({ path: join(folder.path, 'vault.db'), key: new Uint8Array(32).fill(1) });
  if (!opened.ok) throw new Error(opened.fault.code);
  store = opened.value;
});
afterEach(() => {
  store.close();
  folder.remove();
});

const tables = () => store.read.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").map((row) => row['name']);

describe('migrations', () => {
  it('MIG-1 every step is sealed: its statements are those it was released with', () => {
    expect(MIGRATIONS.map(sealOf)).toEqual(SEALS);
  });

  it('MIG-2 an empty vault is brought to the newest schema, and again without effect', () => {
    expect(migrate(store)).toEqual(ok({ from: 0, to: SCHEMA_VERSION }));
    const before = tables();
    expect(before).toContain('ledger');
    expect(migrate(store)).toEqual(ok({ from: SCHEMA_VERSION, to: SCHEMA_VERSION }));
    expect(tables()).toEqual(before);
  });

  it('MIG-3 a vault from the future is refused and left as it is', () => {
    migrate(store);
    store.transact((write) => (write.run(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`), ok(null)));
    const refused = migrate(store);
    expect(refused).toEqual({ ok: false, fault: { code: 'VAULT_FROM_FUTURE', detail: { vault: SCHEMA_VERSION + 1, application: SCHEMA_VERSION } } });
    expect(schemaVersion(store)).toBe(SCHEMA_VERSION + 1);
  });

  it('MIG-4 steps that fail leave neither tables nor a version', () => {
    const broken = [...MIGRATIONS, { name: 'broken', sql: 'CREATE TABLE extra (a);\nCREATE TABLE extra (a);' }];
    expect(() => migrate(store, broken)).toThrow('already exists');
    expect(tables()).toEqual([]);
    expect(schemaVersion(store)).toBe(0);
    expect(migrate(store).ok).toBe(true);
  });

  it('MIG-4 a step over rows that are there keeps them', () => {
    migrate(store);
    store.transact((write) => (write.run("INSERT INTO setting (key, value) VALUES ('site', '{}')"), ok(null)));
    const next = [...MIGRATIONS, { name: 'next', sql: "ALTER TABLE setting ADD COLUMN since INTEGER;\nCREATE TRIGGER setting_since AFTER INSERT ON setting\nBEGIN\n  UPDATE setting SET since = 1;\nEND;" }];
    expect(migrate(store, next)).toEqual(ok({ from: SCHEMA_VERSION, to: SCHEMA_VERSION + 1 }));
    expect(store.read.all('SELECT * FROM setting')).toEqual([{ key: 'site', value: '{}', since: null }]);
  });
});

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { ok, refuse } from '../../shared/base/result.ts';
import { CONNECTION_PRAGMAS, openStore, type ReadHandle, type Store } from './store.ts';

const KEY = new Uint8Array(32).fill(7);
const CANARY = 'CANARY-Okafor-Chidinma-1985';
let folder = temporaryFolder();
let path = '';

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'vault.db');
});
afterEach(() => folder.remove());

function open(key = KEY): Store {
  const opened = openStore({ path, key });
  if (!opened.ok) throw new Error(opened.fault.code);
  return opened.value;
}

function withRow(store: Store): Store {
  store.transact((write) => {
    write.run('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)');
    write.run('INSERT INTO note (text) VALUES (?)', CANARY);
    return ok(null);
  });
  return store;
}

const count = (store: Store) => Number(store.read.get('SELECT count(*) AS n FROM note')?.['n']);

describe('store', () => {
  it('STO-1 no file of an open or closed vault holds what was written', () => {
    const store = withRow(open());
    const scan = () => readdirSync(folder.path).filter((name) => readFileSync(join(folder.path, name)).includes(CANARY));
    expect(readdirSync(folder.path)).toContain('vault.db-wal');
    expect(scan()).toEqual([]);
    store.close();
    expect(scan()).toEqual([]);
    expect(readFileSync(path).subarray(0, 15).toString('latin1')).not.toBe('SQLite format 3');
  });

  it.skipIf(process.platform === 'win32')('STO-7 database and write-ahead log are readable by their owner alone', () => {
    const store = withRow(open());
    expect(readdirSync(folder.path).map((name) => [name, statSync(join(folder.path, name)).mode & 0o777])).toEqual([['vault.db', 0o600], ['vault.db-wal', 0o600]]);
    store.close();
  });

  it('STO-1 a wrong key is refused and the right one opens afterwards', () => {
    withRow(open()).close();
    const wrong = openStore({ path, key: new Uint8Array(32).fill(8) });
    expect(wrong.ok ? '' : wrong.fault.code).toBe('VAULT_DAMAGED');
    const store = open();
    expect(count(store)).toBe(1);
    store.close();
  });

  it('STO-1 every connection has the pragmas that the promises rest on', () => {
    const store = open();
    const value = (name: string) => {
      const read = store.transact((write) => ok(Object.values(write.get(`PRAGMA ${name}`) ?? {})[0]));
      return read.ok ? read.value : read.fault.code;
    };
    expect(CONNECTION_PRAGMAS[0]).toBe('temp_store = MEMORY');
    expect([value('temp_store'), value('journal_mode'), value('synchronous'), value('foreign_keys'), value('secure_delete'), value('trusted_schema')]).toEqual([2, 'wal', 2, 1, 1, 0]);
    store.close();
  });

  it('STO-2 a sort larger than the page cache leaves no plaintext in any file this process has open', () => {
    const store = withRow(open());
    // A cache this small makes the sorter spill where it may: without the pragma this very query leaves plaintext behind.
    store.transact((write) => (write.run('PRAGMA cache_size = 50'), ok(null)));
    store.transact((write) => {
      write.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) INSERT INTO note (text) SELECT ? || hex(randomblob(700)) FROM n", CANARY);
      return ok(null);
    });
    let seen = 0;
    for (const row of store.read.iterate('SELECT text FROM note ORDER BY substr(text, 30) DESC')) {
      seen += 1;
      if (seen % 3000 !== 1) continue;
      expect(String(row['text']).startsWith(CANARY)).toBe(true);
      for (const target of openFiles()) expect(filePart(target).includes(CANARY), target).toBe(false);
    }
    expect(seen).toBe(6001);
    store.close();
  });

  it('STO-3 a second opener is refused while the first holds the vault, in this process and in another', () => {
    const store = withRow(open());
    const second = openStore({ path, key: KEY });
    expect(second.ok ? '' : second.fault.code).toBe('VAULT_IN_USE');
    const script = `import('${new URL('./store.ts', import.meta.url).href}').then(({ openStore }) => { const r = openStore({ path: process.argv[1], key: new Uint8Array(32).fill(7) }); process.stdout.write(r.ok ? 'opened' : r.fault.code); })`;
    expect(execFileSync(process.execPath, ['-e', script, path], { encoding: 'utf8' })).toBe('VAULT_IN_USE');
    store.close();
    const third = open();
    expect(count(third)).toBe(1);
    third.close();
  });

  it('STO-8 a log that has grown waits for a moment in which nobody writes, and is in the file then', () => {
    const store = withRow(open());
    const fill = () => store.transact((write) => {
      for (let index = 0; index < 600; index += 1) write.run('INSERT INTO note (text) VALUES (?)', 'z'.repeat(4000));
      return ok(null);
    });
    store.checkpoint();
    const before = statSync(path).size;
    fill();
    store.rest();
    expect(statSync(path).size).toBe(before);
    store.rest();
    expect(statSync(path).size).toBeGreaterThan(before + 600 * 4000);
    expect(count(store)).toBe(601);
    store.close();
  });

  it('STO-4 refusal, error and promise roll back; a commit stays', () => {
    const store = withRow(open());
    const insert = 'INSERT INTO note (text) VALUES (?)';
    expect(store.transact((write) => (write.run(insert, 'x'), refuse('NO')))).toEqual({ ok: false, fault: { code: 'NO' } });
    expect(() => store.transact((write) => { write.run(insert, 'x'); throw new Error('broken'); })).toThrow('broken');
    expect(() => store.transact(((write: { run(sql: string, value: string): void }) => { write.run(insert, 'x'); return Promise.resolve(ok(null)); }) as never)).toThrow('must not wait');
    expect(() => store.transact(() => store.transact(() => ok(null)))).toThrow('inside a transaction');
    expect(count(store)).toBe(1);
    expect(store.transact((write) => (write.run(insert, 'y'), ok('kept')))).toEqual(ok('kept'));
    expect(count(store)).toBe(2);
    store.close();
  });

  it('STO-4 a full disk rolls the whole transaction back and the store goes on once there is room', () => {
    const store = withRow(open());
    const pages = Number(Object.values(store.read.get('SELECT page_count FROM pragma_page_count') ?? {})[0]);
    const limit = (most: number) => store.transact((write) => (write.run(`PRAGMA max_page_count = ${most}`), ok(null)));
    limit(pages + 2);
    const full = store.transact((write) => {
      for (let index = 0; index < 200; index += 1) write.run('INSERT INTO note (text) VALUES (?)', 'z'.repeat(4000));
      return ok(null);
    });
    expect(full.ok ? '' : full.fault.code).toBe('DISK_FULL');
    expect(count(store)).toBe(1);
    limit(1_000_000);
    expect(store.transact((write) => (write.run('INSERT INTO note (text) VALUES (?)', 'again'), ok(null))).ok).toBe(true);
    expect(count(store)).toBe(2);
    store.close();
  });

  it('STO-5 a read handle refuses statements that write, and its type has no run', () => {
    const store = withRow(open());
    const read: ReadHandle = store.read;
    // @ts-expect-error a function that takes a read handle cannot write
    expect(read.run).toBeUndefined();
    for (const sql of ["DELETE FROM note", "INSERT INTO note (text) VALUES ('x') RETURNING id", 'DROP TABLE note']) {
      expect(() => read.get(sql)).toThrow();
    }
    expect(count(store)).toBe(1);
    store.close();
  });

  it('STO-6 damage is a fault: truncated, overwritten, and not a database at all', () => {
    withRow(open()).close();
    const whole = readFileSync(path);
    const faultOf = (bytes: Uint8Array) => {
      writeFileSync(path, bytes);
      const opened = openStore({ path, key: KEY });
      if (!opened.ok) return opened.fault.code;
      const read = opened.value.transact((write) => ok(write.get('SELECT count(*) FROM note')));
      opened.value.close();
      return read.ok ? 'read' : read.fault.code;
    };
    truncateSync(path, whole.length - 4096);
    expect(faultOf(readFileSync(path))).toBe('VAULT_DAMAGED');
    const flipped = Uint8Array.from(whole);
    flipped[4096 + 100]! ^= 1;
    expect(faultOf(flipped)).toBe('VAULT_DAMAGED');
    expect(faultOf(new Uint8Array(8192).fill(65))).toBe('VAULT_DAMAGED');
    expect(faultOf(whole)).toBe('read');
  });
});

function openFiles(): string[] {
  try {
    return readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [`/proc/self/fd/${fd}`].filter((link) => /\/(tmp|var|home|root|work)\//.test(`${readlinkSync(link)}/`));
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function filePart(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { admitTo, headerOf, hubOver, hubSecrets, newSegment, pushed, said, testChain, testDevice, TEST_ORGANIZATION, type HubOver, type TestDevice } from '../../build/fixtures/test-batches.ts';
import { onEachDatabase } from '../../build/fixtures/each-database.ts';
import { testDrivers, TEST_DATABASE_KEY, type TestDatabase } from '../../build/fixtures/test-databases.ts';
import type { SegmentId } from '../../shared/base/ids.ts';
import { toHex } from '../../shared/base/bytes.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { Cursor } from '../../shared/sync/envelope.ts';
import { MARK_START } from '../../shared/sync/hub-rules.ts';
import type { HubStore, LogSlice } from '../../shared/sync/hub-store.ts';
import type { Hi } from '../../shared/sync/message.ts';
import { sha256 } from '../hub/cipher.ts';
import { systemClock, systemRandom } from '../world.ts';
import { trackProgress } from './device-progress.ts';
import { enter, issueCode, listDevices, revokeDevice, deviceOf } from './devices.ts';
import { createHubLog } from './hub-log.ts';
import { listQuarantine, quarantined } from './quarantine.ts';
import { settingOf } from './settings.ts';
import type { Sql } from './sql.ts';
import { storeStatus } from './status.ts';
import { verifyLog } from './verify.ts';

const CHILD = join(import.meta.dirname, '../../build/fixtures/half-write-child.ts');
const secrets = hubSecrets();

/** The next of the log behind a cursor, own entries too, and the cursor behind it. */
async function readOn(store: HubStore, by: TestDevice, cursor: Cursor): Promise<{ slice: LogSlice; behind: Cursor }> {
  const slice = await store.slice({ device: by.device, stream: { kind: 'log', after: cursor, urgentSeen: 0 }, own: true, maxEntries: 100, maxRawBytes: 1e6 });
  if (slice === null || slice.mark === null) throw new Error('the cursor is not on this log');
  return { slice, behind: { epoch: cursor.epoch, lsn: slice.next, mark: slice.mark } };
}

/** What one hub does, every hub on any database does. */
onEachDatabase(testDrivers('central\'s stores'), ({ fresh }) => {
  let database: TestDatabase;
  let device: TestDevice;
  beforeEach(async () => {
    database = fresh();
    device = testDevice();
    await admitTo(await database.open(), device);
  });

  /** A hub in a process of its own, as far as the database can tell. */
  const anotherProcess = async (): Promise<{ sql: Sql; hub: HubOver }> => {
    const sql = await database.open();
    return { sql, hub: hubOver(sql, secrets) };
  };
  const push = async (hub: HubOver, by: TestDevice, chain: readonly WireEntry[], from: number, to: number): Promise<string> =>
    pushed(await hub.converse(by), await hub.batch(by, headerOf(by.device, chain, from, to), chain.slice(from, to)));
  const greet = async (hub: HubOver, by: TestDevice, cursor: Cursor | null, segments: readonly SegmentId[]): Promise<Hi> => {
    const hello = { versions: [1], organization: TEST_ORGANIZATION, device: by.device, application: 'test', cursor, segments: segments.map((segment) => ({ segment, length: 0 })), at: 0 };
    const [answer] = said(await hub.conversation(by).message({ type: 'hello', hello }));
    if (answer?.type !== 'hi') throw new Error('not greeted');
    return answer.hi;
  };

  it('CEN-7 several processes write at once: every number once, none missing, and no reader sees a later one first', async () => {
    const [one, two, reader] = [await anotherProcess(), await anotherProcess(), await anotherProcess()];
    const other = testDevice();
    await admitTo(one.sql, other);
    const store = createHubLog(reader.sql, systemClock, systemRandom);
    const { cursor: start } = await greet(reader.hub, other, null, []);
    const read = (async () => {
      const seen: number[] = [];
      for (let cursor = start; seen.length < 96;) {
        const { slice, behind } = await readOn(store, other, cursor);
        seen.push(...slice.rows.map(({ lsn }) => lsn));
        cursor = behind;
      }
      return seen;
    })();
    const chains = Array.from({ length: 8 }, () => testChain(device.device, newSegment(), 12));
    await Promise.all(chains.map(async (chain, index) => {
      const { hub } = index % 2 === 0 ? one : two;
      for (const [from, to] of [[0, 5], [5, 6], [6, 12]] as const) expect(await push(hub, device, chain, from, to)).toBe(`receipt ${to}`);
    }));
    expect(await read).toEqual(Array.from({ length: 96 }, (_, index) => index + 1));
    expect(await verifyLog(reader.sql)).toMatchObject({ ok: true, entries: 96, segments: 8, attestations: 24 });
  });

  it('CEN-7 the same batch through two processes at once is appended once', async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, anotherProcess));
    const chain = testChain(device.device, newSegment(), 7);
    expect(await Promise.all(processes.map(({ hub }) => push(hub, device, chain, 0, 7)))).toEqual(Array.from({ length: 4 }, () => 'receipt 7'));
    expect(await processes[0]!.sql.get('SELECT count(*) AS held FROM op')).toEqual({ held: 7 });
  });

  it('CEN-8 processes that start together agree on one epoch', async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, anotherProcess));
    const greeted = await Promise.all(processes.map(({ hub }) => greet(hub, device, null, [])));
    expect(new Set(greeted.map(({ epoch }) => epoch)).size).toBe(1);
  });

  it('CEN-9 a code is used once, though two processes are asked at once', async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, anotherProcess));
    await issueCode(processes[0]!.sql, systemClock, 'hash', 60_000);
    const outcomes = await Promise.all(processes.map(({ sql }, index) => {
      const { device: id, signingKey, sealingKey } = testDevice();
      return enter(sql, systemClock, { secretHash: 'hash', record: { device: id, name: `Desk ${index}`, signingKey, sealingKey, state: 'active' }, certificate: { fingerprint: `f${index}`, expiresAt: 1 } });
    }));
    expect(outcomes.filter(({ ok }) => ok).length).toBe(1);
    for (const outcome of outcomes) if (!outcome.ok) expect(outcome.fault.code).toBe('CODE_USED');
    expect(await processes[0]!.sql.get("SELECT count(*) AS devices FROM device WHERE name LIKE 'Desk%'")).toEqual({ devices: 1 });
  });

  it('CEN-9 a device revoked through one process is refused by all at its next word', async () => {
    const [one, two] = [await anotherProcess(), await anotherProcess()];
    const conversation = await two.hub.converse(device);
    expect(await revokeDevice(one.sql, systemClock, device.device)).toBe(true);
    expect(said(await conversation.message({ type: 'ping', at: 1 }))).toEqual([{ type: 'refused', refused: { code: 'DEVICE_REVOKED' } }]);
    expect(await deviceOf(two.sql, device.device)).toMatchObject({ state: 'revoked' });
  });

  it('CEN-10 what one process takes in the others hear of, and of nothing that was not committed', async (context) => {
    const [one, two] = [await anotherProcess(), await anotherProcess()];
    if (one.sql.dialect === 'sqlite') return context.skip('processes on one SQLite file do not hear each other; they look from time to time');
    const heard: string[] = [];
    let hear: (() => void) | null = null;
    await two.sql.listen('news', (text, own) => {
      heard.push(`${text} ${own}`);
      hear?.();
    });
    const chain = testChain(device.device, newSegment(), 3);
    const arrived = new Promise<void>((resolve) => {
      hear = resolve;
    });
    await one.sql.write('log', async (tx) => {
      await tx.announce('news', '99');
      throw new Error('on purpose');
    }).catch(() => undefined);
    expect(await push(one.hub, device, chain, 0, 3)).toBe('receipt 3');
    await arrived;
    expect(heard).toEqual(['3 0 false']);
  });

  it('CEN-11 of a process that is killed in the middle of a transaction nothing is left, and its lock is free', async () => {
    const child = spawn(process.execPath, [CHILD, JSON.stringify(database.where)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [firstWord] = (await once(child.stdout, 'data')) as [Buffer];
    expect(String(firstWord)).toBe('half\n');
    const { sql, hub } = await anotherProcess();
    expect(await settingOf(sql, 'address')).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const chain = testChain(device.device, newSegment(), 4);
    expect(await push(hub, device, chain, 0, 4)).toBe('receipt 4');
    expect(await settingOf(sql, 'address')).toBeNull();
    expect(await verifyLog(sql)).toMatchObject({ ok: true, entries: 4 });
  });

  it('CEN-12 yesterday\'s backup is put back: a new epoch begins, and what devices still hold comes back whole', async () => {
    const before = await anotherProcess();
    const chain = testChain(device.device, newSegment(), 20);
    const late = testChain(device.device, newSegment(), 6);
    await push(before.hub, device, chain, 0, 8);
    const putBack = await database.backup();
    const today = await anotherProcess();
    await push(today.hub, device, chain, 8, 20);
    await push(today.hub, device, late, 0, 6);
    const { epoch } = await greet(today.hub, device, null, []);
    const { behind } = await readOn(createHubLog(today.sql, systemClock, systemRandom), device, { epoch, lsn: 0, mark: MARK_START });
    await database.closeHandles();
    await putBack();
    const restored = await anotherProcess();
    const hi = await greet(restored.hub, device, behind, [chain[0]!.segment, late[0]!.segment]);
    expect(hi.epoch).not.toBe(epoch);
    expect(hi).toMatchObject({ latest: 8, cursor: { epoch: hi.epoch, lsn: 0 }, positions: [{ length: 8 }, { length: 0 }] });
    expect(await push(restored.hub, device, chain, 8, 20)).toBe('receipt 20');
    expect(await push(restored.hub, device, late, 0, 6)).toBe('receipt 6');
    expect(await verifyLog(restored.sql)).toMatchObject({ ok: true, entries: 26, segments: 2 });
    expect((await greet(restored.hub, device, null, [])).epoch).toBe(hi.epoch);
  });

  it('CEN-5 nothing of an entry and no key can be read from the disk', async () => {
    const { sql, hub } = await anotherProcess();
    const chain = testChain(device.device, newSegment(), 5, 400);
    await push(hub, device, chain, 0, 5);
    const disk = await database.disk();
    const found = (needle: Uint8Array): boolean => disk.some((file) => file.includes(Buffer.from(needle)));
    for (const { headerText, body, salt } of chain) {
      expect(found(Buffer.from(headerText))).toBe(false);
      expect(found(body!)).toBe(false);
      expect(found(salt)).toBe(false);
    }
    for (const key of [secrets.openWith, secrets.signWith, TEST_DATABASE_KEY]) {
      expect(found(key)).toBe(false);
      expect(found(Buffer.from(toHex(key)))).toBe(false);
    }
    // The search itself finds what does lie there in the clear, where anything does.
    if (sql.dialect === 'postgres') expect(found(chain[4]!.hash)).toBe(true);
    expect(await verifyLog(sql)).toMatchObject({ ok: true, entries: 5 });
  });

  it('CEN-13 the log can be added to and not changed, except that a body may be erased', async () => {
    const { sql, hub } = await anotherProcess();
    const chain = testChain(device.device, newSegment(), 3);
    await push(hub, device, chain, 0, 3);
    const attempts = ['DELETE FROM op', 'UPDATE op SET lsn = lsn + 100', 'UPDATE op SET header = header', 'UPDATE op SET salt = salt', 'UPDATE op SET hash = hash', ...(sql.dialect === 'postgres' ? ['TRUNCATE op CASCADE'] : [])];
    for (const attempt of attempts) await expect(sql.write('log', (tx) => tx.run(attempt)), attempt).rejects.toThrow();
    await sql.write('log', (tx) => tx.run('UPDATE op SET body = NULL WHERE lsn = 2'));
    expect(await verifyLog(sql)).toMatchObject({ ok: true, entries: 3 });
  });

  it('CEN-18 a batch that forks a chain is listed and shown with what it claims, who signed it and what is held', async () => {
    const { sql, hub } = await anotherProcess();
    const chain = testChain(device.device, newSegment(), 6);
    const forged = testChain(device.device, chain[0]!.segment, 6);
    await push(hub, device, chain, 0, 4);
    expect(await push(hub, device, forged, 0, 6)).toBe('FORK');
    const [line, ...others] = await listQuarantine(sql, 10);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ device: device.device, deviceName: 'Test', segment: chain[0]!.segment });
    expect(await quarantined(sql, line!.id)).toMatchObject({ signed: true, claims: { from: 0, count: 6, head: toHex(forged[5]!.hash) }, held: { length: 4, head: toHex(chain[3]!.hash) } });
    expect(await quarantined(sql, line!.id + 1)).toBeNull();
    expect(await storeStatus(sql, 0)).toMatchObject({ latest: 4, quarantine: { batches: 1, segments: 1 }, events: [{ code: 'FORK', count: 1 }], devices: [{ quarantined: 1, entries: 4 }] });
  });

  it('CEN-18 how far a device has read is noted, and when it was last heard', async () => {
    const { sql, hub } = await anotherProcess();
    await push(hub, device, testChain(device.device, newSegment(), 5), 0, 5);
    const reader = testDevice();
    await admitTo(sql, reader);
    const { store, flush } = trackProgress(createHubLog(sql, systemClock, systemRandom), sql, systemClock);
    const { cursor } = await store.greet(reader.device, { cursors: [], seen: null, scope: 0, scopeMark: null }, []);
    await flush();
    const readTo = async (): Promise<number | null | undefined> => (await listDevices(sql)).find((line) => line.device === reader.device)?.readTo;
    expect(await readTo()).toBe(0);
    await readOn(store, reader, cursor);
    await flush();
    await flush();
    expect(await readTo()).toBe(5);
  });

  it('CEN-14 the seed of a segment\'s salts is kept with it and goes out with its entries; the first one stays', async () => {
    const { sql } = await anotherProcess();
    const chain = testChain(device.device, newSegment(), 4);
    const store = createHubLog(sql, systemClock, systemRandom);
    const { epoch } = await store.greet(device.device, { cursors: [], seen: null, scope: 0, scopeMark: null }, []);
    const seed = new Uint8Array(32).fill(9);
    const take = async (from: number, to: number, with_: Uint8Array | null): Promise<void> => {
      const header = headerOf(device.device, chain, from, to);
      const sealed = await hubOver(sql, secrets).batch(device, header, chain.slice(from, to));
      const attestation = { header: sealed.header, sealedHash: sha256(sealed.sealed), signature: sealed.signature };
      await store.ingest({ header, entries: chain.slice(from, to), attestation, carrier: null, seed: with_, lane: null, sealed }, () => ({ do: 'append', skip: 0 }), 5);
    };
    const seeds = async (): Promise<(Uint8Array | null)[]> => {
      const { slice } = await readOn(store, device, { epoch, lsn: 0, mark: MARK_START });
      return slice.rows.map((row) => row.seed === null ? null : new Uint8Array(row.seed));
    };
    await take(0, 2, null);
    expect(await seeds()).toEqual([null, null]);
    await take(2, 3, seed);
    await take(3, 4, new Uint8Array(32).fill(1));
    expect(await seeds()).toEqual([seed, seed, seed, seed]);
  });
});

import { X509Certificate } from 'node:crypto';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, testKeys, type TestWorkstation, type TestWorkstationOptions } from '../../build/fixtures/test-syncing.ts';
import { DeviceId } from '../../shared/base/ids.ts';
import { SYNC_ALPN, TRUNK_ALPN } from '../../shared/sync/limits.ts';
import { outboxSize } from '../ledger/ledger.ts';
import { systemClock, systemRandom } from '../world.ts';
import { nodeNetwork, type Network } from './sync.ts';

const DAY_MS = 24 * 3_600_000;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function central(name?: string): Promise<TestCentral> {
  const started = await startTestCentral(name === undefined ? {} : { name });
  opened.push(started);
  return started;
}

function workstation(options: TestWorkstationOptions = {}): TestWorkstation {
  const made = openTestWorkstation(options);
  opened.push(made);
  return made;
}

async function enrolled(hub: TestCentral, options: TestWorkstationOptions = {}): Promise<TestWorkstation> {
  const made = workstation(options);
  expect(await made.enrol(await hub.code())).toEqual({ ok: true, value: { organization: 'Test organization' } });
  return made;
}

const unsent = (station: TestWorkstation): number => outboxSize(station.test.ledger.read).count;

/** The line as it is, with a look at everything that is written to it. */
function watched(onWrite: (bytes: Uint8Array) => void): Network {
  return {
    ...nodeNetwork,
    async dial(dial) {
      const dialed = await nodeNetwork.dial(dial);
      if (!dialed.ok) return dialed;
      const { write } = dialed.value;
      return { ok: true, value: { ...dialed.value, write: (bytes) => (onWrite(bytes), write(bytes)) } };
    },
  };
}

describe('sync with central', () => {
  it('SYN-14 what one workstation charts the other reads, and receipts empty the outbox', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    const other = await enrolled(hub);
    const patient = one.register('Okafor');
    expect(one.view()).toMatchObject({ enrolled: true, line: 'untried', allSent: false, organization: 'Test organization' });
    const sent = await one.now();
    expect(sent).toMatchObject({ ok: true, value: { line: 'online', allSent: true, unsent: 0, running: false, parked: 0, lineFault: null } });
    expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries(), quarantined: 0 });
    expect(await other.now()).toMatchObject({ ok: true, value: { allSent: true, conflicts: 0 } });
    expect(other.test.ledger.read.get('SELECT family FROM patient WHERE record = ?', patient)).toEqual({ family: 'Okafor' });
  });

  it('SYN-18 a device does not get its own entries back, and reading does not make it send', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    const other = await enrolled(hub);
    one.register('Okafor');
    await one.now();
    await other.now();
    const held = one.entries();
    const back = await one.now();
    expect(back.ok && back.value.allSent).toBe(true);
    // Its own reports of having synced, and the whole of the other's segment; nothing twice.
    expect(one.entries()).toBeGreaterThan(held);
    expect(await hub.look((database) => database.get('SELECT count(*) AS n, count(DISTINCT segment * 1000000 + sequence) AS ids FROM op'))).toSatisfy((row: { n: number; ids: number }) => row.n === row.ids);
  });

  it('SYN-190 D1 SYN-15 what is written while a batch is under way stays unsent and goes out next', async () => {
    const hub = await central();
    let during: (() => void) | null = null;
    const one = await enrolled(hub, { network: watched((bytes) => bytes.length > 300 && during?.()) });
    one.register('Before');
    const atWrite: number[] = [];
    during = () => {
      during = null;
      one.register('During');
      atWrite.push(unsent(one));
    };
    const acknowledged: number[] = [];
    await one.until(() => {
      acknowledged.push(unsent(one));
      return atWrite.length > 0 && unsent(one) === 0;
    });
    // All was unsent when the second patient was written, and the first receipts left that one behind.
    expect(atWrite[0]).toBeGreaterThan(1);
    expect(acknowledged.filter((count) => count > 0 && count < atWrite[0]!).length).toBeGreaterThan(0);
    expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries() });
  });

  describe('SYN-193 D4 the outbox is the device\'s, and authors are data', () => {
    it('SYN-31 D4 what one user left unsent goes out when another signs in', async () => {
      const hub = await central();
      const one = await enrolled(hub);
      one.register('Okafor');
      const left = unsent(one);
      expect(left).toBeGreaterThan(0);
      await one.relock();
      expect(unsent(one)).toBe(left);
      await one.until((view) => view.allSent);
      expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries() });
    });
  });

  it('SYN-199 D10 SYN-12 each view, sign-in and change is an entry of its own at central, with its own author and time', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    for (let visit = 0; visit < 3; visit += 1) one.test.ledger.append(one.test.grant, [{ kind: 'chart.viewed', body: { what: 'chart' } }]);
    await one.now();
    const kinds = await hub.look(async (sql) => (await sql.all('SELECT header FROM op ORDER BY lsn')).map((row) => (JSON.parse(String(row['header'])) as { kind: string }).kind));
    expect(kinds.filter((kind) => kind === 'chart.viewed').length).toBe(3);
    // The clinical lane's opening goes before the lane of sign-ins and reads.
    expect(kinds.slice(0, 4)).toEqual(['segment.open', 'segment.open', 'session.open', 'device.enrolled']);
  });

  it('SYN-32 locking in the middle of a batch ends it cleanly, and the next unlock goes on', async () => {
    const hub = await central();
    const writes: Promise<void>[] = [];
    let closing: Promise<void> | null = null;
    const station: { made?: TestWorkstation } = {};
    const network = watched((bytes) => {
      if (bytes.length < 300 || closing !== null || station.made === undefined) return;
      closing = station.made.syncing.close();
      writes.push(closing);
    });
    const one = await enrolled(hub, { network });
    station.made = one;
    for (let count = 0; count < 50; count += 1) one.register(`Patient ${count}`);
    expect(await one.now()).toEqual({ ok: false, fault: { code: 'LOCKED' } });
    await Promise.all(writes);
    expect(unsent(one)).toBeGreaterThan(50);
    await one.relock(nodeNetwork);
    expect(await one.now()).toMatchObject({ ok: true, value: { allSent: true } });
    expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries() });
  });

  it('SYN-23 with central gone the outbox stays, and empties by itself when central is back', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    one.register('Okafor');
    const left = unsent(one);
    await hub.stop();
    expect(await one.now()).toMatchObject({ ok: false, fault: { code: 'OFFLINE' } });
    expect(one.view()).toMatchObject({ line: 'offline', lineFault: 'OFFLINE', allSent: false, running: false });
    // The refusal itself is an entry and waits with the others.
    expect(unsent(one)).toBe(left + 1);
    await hub.start();
    await one.until((view) => view.allSent && view.line === 'online');
    expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries() });
  });

  it('SYN-23 a line cut while central still speaks is taken up again without losing or repeating anything', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    for (let count = 0; count < 300; count += 1) one.register(`Patient ${count}`);
    let cuts = 0;
    const cutting: Network = {
      ...nodeNetwork,
      async dial(dial) {
        const dialed = await nodeNetwork.dial(dial);
        if (!dialed.ok) return dialed;
        let bytes = 0;
        const { write, abandon } = dialed.value;
        const limit = 1500 + cuts * 500;
        return { ok: true, value: { ...dialed.value, write: async (chunk) => ((bytes += chunk.length) > limit && cuts < 3 ? ((cuts += 1), abandon()) : write(chunk)) } };
      },
    };
    await one.relock(cutting);
    await one.until((view) => view.allSent && !view.running);
    expect(cuts).toBe(3);
    expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries(), quarantined: 0 });
  }, 30_000);

  it('SYN-251 where one side knows no trunk, one line carries the conversation as before', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    const agreed: string[] = [];
    one.register('Ada Kovacs');
    await one.relock({
      ...nodeNetwork,
      async dial(dial) {
        expect(dial.protocols).toEqual([TRUNK_ALPN, SYNC_ALPN]);
        const dialed = await nodeNetwork.dial({ ...dial, protocols: [SYNC_ALPN] });
        if (dialed.ok) agreed.push(dialed.value.protocol);
        return dialed;
      },
    });
    await one.until((view) => view.allSent && !view.running);
    expect(agreed).toEqual([SYNC_ALPN]);
    expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries() });
  });

  it('SYN-30 before enrolment nothing is sent and nothing is claimed', async () => {
    const one = workstation();
    expect(one.view()).toMatchObject({ enrolled: false, line: 'not-enrolled', allSent: false, organization: null });
    expect(await one.now()).toEqual({ ok: false, fault: { code: 'NOT_ENROLLED' } });
  });

  it('SYN-178 a vault under integrity hold (SYN-33) is not synced, keeps what waits, and says why', async () => {
    const hub = await central();
    const keys = testKeys(DeviceId.parse('00000000000000d7'));
    const one = await enrolled(hub, { keys, device: keys.deviceId, integrity: 'OLDER_THAN_ANCHOR' });
    one.syncing.tick();
    expect(await one.now()).toMatchObject({ ok: false, fault: { code: 'HELD' } });
    expect(one.view()).toMatchObject({ held: 'OLDER_THAN_ANCHOR', allSent: false, nextAttemptAt: null });
    expect(one.view().unsent).toBeGreaterThan(0);
    expect(await hub.verify()).toMatchObject({ entries: 0 });
  });
});

describe('keys and certificates', () => {
  it('SYN-29 a revoked device is refused by name, and keeps its outbox', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    await one.now();
    await hub.revoke(one.keys.deviceId);
    one.register('Okafor');
    expect(await one.now()).toMatchObject({ ok: false, fault: { code: 'SERVER_REFUSED', detail: { refusal: 'DEVICE_REVOKED' } } });
    await one.relock();
    expect(await one.now()).toMatchObject({ ok: false, fault: { code: 'SERVER_REFUSED' } });
    expect(one.view()).toMatchObject({ line: 'refused', lineFault: 'SERVER_REFUSED', allSent: false });
    expect(unsent(one)).toBeGreaterThan(0);
  });

  it('SYN-14 receipts of a hub that signs with another key take nothing out of the outbox', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    await hub.stop();
    await hub.start({ signing: systemRandom.bytes(32) });
    const left = unsent(one);
    expect(await one.now()).toMatchObject({ ok: false, fault: { code: 'PROTOCOL_ERROR', detail: { rule: 'receipt signature' } } });
    expect(unsent(one)).toBe(left + 1);
    expect(one.view()).toMatchObject({ allSent: false, line: 'refused' });
  });

  it('SYN-6 what is sealed to another organisation\'s key is refused, shown, and stays unsent', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    await hub.stop();
    await hub.start({ sealing: systemRandom.bytes(32) });
    expect(await one.now()).toMatchObject({ ok: false, fault: { code: 'QUARANTINED' } });
    expect(one.view()).toMatchObject({ allSent: false, lineFault: 'QUARANTINED' });
    expect(new Set(one.view().refused.map(({ code }) => code))).toEqual(new Set(['BAD_SEAL']));
    expect(unsent(one)).toBeGreaterThan(0);
  });

  it('SYN-28 past half its life a certificate is renewed over sync, for the same key', async () => {
    const hub = await central();
    const clock = { ...systemClock, now: () => systemClock.now() + 20 * DAY_MS };
    const one = await enrolled(hub, { clock });
    const before = new X509Certificate(one.membership().certificate);
    await one.now();
    await one.until(() => one.membership().certificate !== before.toString());
    const after = new X509Certificate(one.membership().certificate);
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(after.publicKey.equals(before.publicKey)).toBe(true);
    expect(await one.now()).toMatchObject({ ok: true, value: { allSent: true } });
  });

  it('SYN-28 an expired certificate within the grace still gets a new one, and sync goes on with it', async () => {
    const hub = await central();
    hub.clock.offset = -60 * DAY_MS;
    const one = await enrolled(hub);
    hub.clock.offset = 0;
    expect(Date.parse(new X509Certificate(one.membership().certificate).validTo)).toBeLessThan(systemClock.now());
    one.register('Okafor');
    expect(await one.now()).toMatchObject({ ok: true, value: { allSent: true } });
    expect(Date.parse(new X509Certificate(one.membership().certificate).validTo)).toBeGreaterThan(systemClock.now());
    expect(hub.told()).toContain('CONNECTED');
  });

  it('SYN-28 beyond the grace it is refused like a stranger\'s', async () => {
    const hub = await central();
    hub.clock.offset = -400 * DAY_MS;
    const one = await enrolled(hub);
    hub.clock.offset = 0;
    const left = unsent(one);
    expect(await one.now()).toMatchObject({ ok: false, fault: { code: 'NOT_AUTHENTICATED' } });
    expect(one.view()).toMatchObject({ line: 'refused', lineFault: 'NOT_AUTHENTICATED' });
    expect(unsent(one)).toBe(left + 1);
  });
});

describe('enrolment', () => {
  it('SYN-26 a code admits one device, and the same device again if the answer was lost', async () => {
    const hub = await central();
    const code = await hub.code();
    const keys = testKeys(DeviceId.parse('00000000000000d8'));
    const one = workstation({ keys, device: keys.deviceId });
    expect((await one.enrol(code)).ok).toBe(true);
    const again = workstation({ keys, device: keys.deviceId });
    expect((await again.enrol(code)).ok).toBe(true);
    expect(await workstation().enrol(code)).toEqual({ ok: false, fault: { code: 'ENROLMENT_REFUSED', detail: { rule: 'server' } } });
  });

  it('SYN-286 who joined one organisation joins no other, and nothing is said to that one', async () => {
    const [hub, other] = [await central(), await central()];
    const one = await enrolled(hub, {});
    expect(await one.enrol(await other.code())).toEqual({ ok: false, fault: { code: 'ALREADY_ENROLLED' } });
    expect(await one.enrol('no code at all')).toEqual({ ok: false, fault: { code: 'ALREADY_ENROLLED' } });
    expect(other.told()).toEqual([]);
    expect(one.membership().organization).toBe(hub.keys.id);
  });

  it('SYN-286 a central that was restored to a day before it knew of a workstation gets it back, and all it wrote, by a new code', async () => {
    const hub = await central();
    await hub.stop();
    const [database, yesterday] = [join(hub.home, 'central.db'), join(hub.home, 'yesterday.db')];
    copyFileSync(database, yesterday);
    await hub.start();
    const one = await enrolled(hub, {});
    one.register('Before');
    expect(await one.now()).toMatchObject({ ok: true, value: { allSent: true } });
    await hub.stop();
    for (const suffix of ['-wal', '-shm']) rmSync(`${database}${suffix}`, { force: true });
    copyFileSync(yesterday, database);
    await hub.beginEpoch();
    await hub.start();
    one.register('After');
    expect(await one.now()).toMatchObject({ ok: false, fault: { code: 'NOT_AUTHENTICATED' } });
    expect(await one.enrol(await hub.code())).toMatchObject({ ok: true });
    expect(await one.now()).toMatchObject({ ok: true, value: { allSent: true } });
    expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries() });
  });

  it('SYN-26 unknown, expired, used, and in the name of another device: refused alike, and told apart in central\'s own log', async () => {
    const hub = await central();
    const used = await hub.code();
    await enrolled(hub, {});
    const taken = workstation({ device: '00000000000000d9' });
    expect((await taken.enrol(used)).ok).toBe(true);
    hub.clock.offset = -2 * DAY_MS;
    const expired = await hub.code(1);
    hub.clock.offset = 0;
    const unknown = await hub.code();
    await hub.look((sql) => sql.write('devices', (tx) => tx.run('DELETE FROM code WHERE used_by IS NULL AND expires_at > ?', systemClock.now())));
    const refused = { ok: false, fault: { code: 'ENROLMENT_REFUSED', detail: { rule: 'server' } } };
    expect(await workstation().enrol(used)).toEqual(refused);
    expect(await workstation().enrol(expired)).toEqual(refused);
    expect(await workstation().enrol(unknown)).toEqual(refused);
    expect(await workstation({ device: '00000000000000d9' }).enrol(await hub.code())).toEqual(refused);
    const reasons = await hub.look(async (sql) => (await sql.all("SELECT what FROM event WHERE code = 'ENROLMENT_REFUSED' ORDER BY id")).map((row) => row['what']));
    expect(reasons).toEqual(['CODE_USED', 'CODE_EXPIRED', 'CODE_UNKNOWN', 'DEVICE_TAKEN']);
  });

  it('SYN-27 a server whose authority has another fingerprint than the code hears nothing', async () => {
    const hub = await central();
    const impostor = await central('Impostor');
    const code = await hub.code();
    await hub.stop();
    await hub.start({ authority: impostor.keys.authority });
    const one = workstation();
    expect(await one.enrol(code)).toMatchObject({ ok: false, fault: { code: 'SERVER_UNTRUSTED' } });
    expect(one.view().enrolled).toBe(false);
    expect(hub.told()).not.toContain('ENROLMENT_REFUSED');
  });

  it('SYN-26 a mistyped code is found out before anything is sent', async () => {
    const hub = await central();
    const code = await hub.code();
    const one = workstation();
    for (const wrong of ['', 'hello', code.slice(0, -1), code.replace(/.$/, (last) => (last === '0' ? '1' : '0')), `${code}0`]) {
      expect(await one.enrol(wrong)).toEqual({ ok: false, fault: { code: 'ENROLMENT_REFUSED', detail: { rule: 'mistyped' } } });
    }
    expect((await one.enrol(` ${code.toLowerCase().replaceAll('-', ' ')} `)).ok).toBe(true);
  });
});

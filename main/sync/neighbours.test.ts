import { connect as connectPlain, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority, issueDeviceCertificate, startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { ordersOf } from '../../build/fixtures/test-issuing.ts';
import { followRoster } from '../../build/fixtures/test-roster.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { EVERYTHING } from '../../shared/sync/scope.ts';
import { deviceServerName, NEIGHBOUR_ALPN } from '../../shared/sync/limits.ts';
import { systemClock, systemRandom } from '../world.ts';
import type { Network } from './network.ts';
import { nodeNetwork } from './node-network.ts';
import { SYNC_ALPN } from '../../shared/sync/limits.ts';

/** So many that greetings and what each workstation writes of itself weigh little. */
const ENTRIES = 300;
/** More than a workstation answers at once. */
const STRANGERS = 100;
let central: TestCentral;
let open: TestWorkstation[] = [];

/** The outside line, to be cut; neighbours are reached all the same. */
function outside(): { readonly network: Network; cut: boolean; received(): number } {
  const lines: { received(): number }[] = [];
  const state = { cut: false };
  return Object.assign(state, {
    received: () => lines.reduce((sum, line) => sum + line.received(), 0),
    network: {
      ...nodeNetwork,
      async dial(dial: Parameters<Network['dial']>[0]) {
        if (!dial.protocols.includes(SYNC_ALPN)) return nodeNetwork.dial(dial);
        if (state.cut) return { ok: false as const, fault: { code: 'OFFLINE' as const } };
        const dialed = await nodeNetwork.dial(dial);
        if (dialed.ok) lines.push(dialed.value);
        return dialed;
      },
    } satisfies Network,
  });
}

async function enrolled(network?: Network): Promise<TestWorkstation> {
  const workstation = openTestWorkstation(network === undefined ? {} : { network });
  open.push(workstation);
  const joined = await workstation.enrol(await central.code());
  if (!joined.ok) throw new Error(joined.fault.code);
  return workstation;
}

/** Answers neighbours; gives where. */
async function answering(workstation: TestWorkstation): Promise<{ device: TestWorkstation['keys']['deviceId']; host: string; port: number }> {
  const begun = await workstation.syncing.neighbours.answer(workstation.test.grant, { host: '127.0.0.1', port: 0 });
  if (!begun.ok) throw new Error(begun.fault.code);
  return { device: workstation.keys.deviceId, host: '127.0.0.1', port: Number(begun.value.answering?.address.split(':')[1]) };
}

/** The newest roster is in force at a workstation. */
const follow = async (workstation: TestWorkstation): Promise<void> => followRoster(workstation, await ordersOf(central).signedRoster());

const charts = ({ test }: TestWorkstation): unknown => test.ledger.read.all('SELECT id, resource, title FROM record ORDER BY id');
const entriesOf = ({ test }: TestWorkstation): number => Number(test.ledger.read.get("SELECT count(*) AS n FROM ledger WHERE kind = 'patient.register'")?.['n']);
/** Ticks all of them until what is asked for holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    for (const each of open) each.syncing.tick();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

beforeEach(async () => {
  central = await startTestCentral();
});
afterEach(async () => {
  for (const each of open) await each.close();
  open = [];
  await central.close();
});

describe('workstations in the clinic network', () => {
  it('SYN-144 with the outside line dead they go on among themselves, and nothing counts as sent', async () => {
    const line = outside();
    const [relay, one, two] = [await enrolled(line.network), await enrolled(line.network), await enrolled(line.network)];
    for (const each of [relay, one, two]) expect((await each.now()).ok).toBe(true);
    for (const each of [relay, one, two]) expect((await each.now()).ok).toBe(true);
    line.cut = true;
    for (const each of [relay, one, two]) await each.relock(line.network);
    const place = await answering(relay);
    for (const each of [one, two]) expect(each.syncing.neighbours.setNeighbours(each.test.grant, [place])).toMatchObject({ ok: true });
    relay.register('Relay');
    one.register('One');
    two.register('Two');
    await until(() => [relay, one, two].every((each) => entriesOf(each) === 3));
    expect(charts(one)).toEqual(charts(relay));
    expect(charts(two)).toEqual(charts(relay));
    for (const each of [one, two]) {
      expect(each.view()).toMatchObject({ allSent: false });
      expect(each.view().unsent).toBeGreaterThan(0);
      expect(each.syncing.neighbours.view().neighbours).toMatchObject([{ state: 'connected' }]);
    }
    await until(() => [one, two].every((each) => (each.syncing.neighbours.view().neighbours[0]?.safe ?? 0) > 0));
  });

  it('SYN-145 what one workstation read from central the others read from it: it crosses the outside line once', async () => {
    const lines = [outside(), outside(), outside(), outside(), outside()];
    const far = await enrolled();
    const stations: TestWorkstation[] = [];
    for (const each of lines) stations.push(await enrolled(each.network));
    const [relay, ...others] = stations;
    for (const each of [relay!, ...others]) expect((await each.now()).ok).toBe(true);
    for (const each of [relay!, ...others]) expect((await each.now()).ok).toBe(true);
    const place = await answering(relay!);
    for (const each of others) each.syncing.neighbours.setNeighbours(each.test.grant, [place]);
    await until(() => others.every((each) => each.syncing.neighbours.view().neighbours[0]?.state === 'connected'));
    const before = lines.map((each) => each.received());
    for (let index = 0; index < ENTRIES; index += 1) far.register(`Far ${toHex(systemRandom.bytes(30))}`);
    expect((await far.now()).ok).toBe(true);
    await until(() => [relay!, ...others].every((each) => entriesOf(each) === ENTRIES));
    const bytes = lines.map((each, index) => each.received() - before[index]!);
    const [first = 0, ...rest] = bytes;
    expect(first).toBeGreaterThan(30 * ENTRIES);
    for (const each of rest) expect(each).toBeLessThan(first / 3);
    // Asked for central's own word, it need not send again what is here.
    const asked = lines[1]!.received();
    expect((await others[0]!.now()).ok).toBe(true);
    expect(lines[1]!.received() - asked).toBeLessThan(first);
    expect(charts(others[0]!)).toEqual(charts(far));
    // And who is told so: by whom it came and when, also after the next start; and at the relay, who reads.
    const told = { device: relay!.keys.deviceId, name: expect.any(String), fault: null, seenAt: expect.any(Number), receivedAt: expect.any(Number) };
    expect(others[0]!.syncing.neighbours.view().neighbours).toMatchObject([told]);
    const brought = others[0]!.syncing.neighbours.view().neighbours[0]!.received;
    expect(brought).toBeGreaterThanOrEqual(ENTRIES);
    expect(relay!.syncing.neighbours.view().answering?.callers.map(({ device }) => device).toSorted()).toEqual(others.map((each) => each.keys.deviceId).toSorted());
    await others[0]!.relock();
    expect(others[0]!.syncing.neighbours.view().neighbours).toMatchObject([{ ...told, received: brought }]);
  });

  it('SYN-145 whoever asks for central’s own word while a neighbour serves gets it, and is not told that it was called off', async () => {
    const [relay, asking] = [await enrolled(), await enrolled()];
    for (const each of [relay, asking, relay, asking]) expect((await each.now()).ok).toBe(true);
    asking.syncing.neighbours.setNeighbours(asking.test.grant, [await answering(relay)]);
    await until(() => asking.syncing.neighbours.view().neighbours[0]?.state === 'connected');
    asking.syncing.tick();
    expect((await asking.syncing.stop(asking.test.grant)).ok).toBe(true);
    relay.register('Near');
    await until(() => entriesOf(asking) === 1);
    const asked = asking.now();
    asking.syncing.tick();
    expect(await asked).toMatchObject({ ok: true, value: { allSent: true } });
  });

  it('SYN-146 a workstation whose own line is dead has its entries carried to central by a neighbour, and learns that when it comes back', async () => {
    const [dead, alive] = [outside(), outside()];
    const [relay, cutOff] = [await enrolled(alive.network), await enrolled(dead.network)];
    for (const each of [relay, cutOff, relay, cutOff]) expect((await each.now()).ok).toBe(true);
    dead.cut = true;
    await cutOff.relock(dead.network);
    const place = await answering(relay);
    cutOff.syncing.neighbours.setNeighbours(cutOff.test.grant, [place]);
    cutOff.register('Carried');
    await until(() => entriesOf(relay) === 1);
    await relay.relock(alive.network);
    expect((await relay.now()).ok).toBe(true);
    const far = await enrolled();
    expect((await far.now()).ok).toBe(true);
    expect(entriesOf(far)).toBe(1);
    expect(cutOff.view().allSent).toBe(false);
    dead.cut = false;
    expect(await cutOff.now()).toMatchObject({ ok: true, value: { allSent: true } });
  });

  it('SYN-147 nobody is answered without a certificate of the organisation, nor a workstation it has revoked', async () => {
    const relay = await enrolled();
    const place = await answering(relay);
    const ask = (options: object): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({ host: place.host, port: place.port, servername: deviceServerName(place.device), ca: central.keys.authority.certificate, ALPNProtocols: [NEIGHBOUR_ALPN], ...options });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
        socket.on('close', () => resolve('closed'));
        socket.on('data', () => resolve('answered'));
      });
    expect(await ask({})).not.toBe('answered');
    const stranger = await createAuthority('Other', systemClock, systemRandom);
    const other = openTestWorkstation();
    open.push(other);
    const certificate = await issueDeviceCertificate(stranger, other.keys.deviceId, await other.request(), systemClock, systemRandom);
    const key = other.keys.tls.privateKeyPem.use((pem) => Buffer.from(pem).toString());
    expect(await ask({ cert: certificate ?? '', key })).not.toBe('answered');
    expect(await ask({ maxVersion: 'TLSv1.2' })).not.toBe('answered');
    expect(relay.syncing.neighbours.view().answering?.connections).toBe(0);
    // One nobody has heard of cannot be told from one made up: it waits until central has shown it.
    const fresh = await enrolled();
    fresh.syncing.neighbours.setNeighbours(fresh.test.grant, [place]);
    await until(() => fresh.syncing.neighbours.view().neighbours[0]?.state === 'unknown');
  });

  it('SYN-284 strangers who hold every line keep no neighbour out, and closing waits for none of them', async () => {
    const relay = await enrolled();
    const place = await answering(relay);
    const strangers = await Promise.all(Array.from({ length: STRANGERS }, () => new Promise<Socket>((resolve) => {
      const socket = connectPlain(place.port, place.host, () => resolve(socket));
      socket.on('error', () => undefined);
      socket.resume();
    })));
    const cert = relay.membership().certificate;
    const key = relay.keys.tls.privateKeyPem.use((pem) => Buffer.from(pem).toString());
    const dialed = await new Promise<string>((resolve) => {
      const socket = connect({ host: place.host, port: place.port, servername: deviceServerName(place.device), ca: central.keys.authority.certificate, ALPNProtocols: [NEIGHBOUR_ALPN], cert, key }, () => resolve('let in'));
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    });
    expect(dialed).toBe('let in');
    // Half of the strangers are still in the middle of a handshake that will never end.
    const gone = Promise.all(strangers.map((socket) => new Promise((resolve) => (socket.destroyed ? resolve(null) : socket.once('close', resolve)))));
    await relay.syncing.neighbours.answer(relay.test.grant, null);
    await gone;
    expect(relay.syncing.neighbours.view().answering).toBeNull();
  });

  it('SYN-148 what a neighbour cannot prove is not taken, and central is asked instead', async () => {
    const line = outside();
    const [relay, one, far] = [await enrolled(line.network), await enrolled(line.network), await enrolled()];
    for (const each of [relay, one, far, relay, one]) expect((await each.now()).ok).toBe(true);
    far.register('Genuine');
    expect((await far.now()).ok).toBe(true);
    expect((await relay.now()).ok).toBe(true);
    // The neighbour's disk says something else than the author signed.
    relay.test.ledger.keep<null, never>((write) => {
      write.run("UPDATE attestation SET signature = zeroblob(64) WHERE segment IN (SELECT ref FROM segment WHERE own = 0)");
      return { ok: true, value: null };
    });
    const place = await answering(relay);
    one.syncing.neighbours.setNeighbours(one.test.grant, [place]);
    for (let tick = 0; tick < 40; tick += 1) {
      for (const each of open) each.syncing.tick();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await one.now()).ok).toBe(true);
    expect(entriesOf(one)).toBe(1);
    expect(charts(one)).toEqual(charts(far));
  });

  it('SYN-211 a workstation that may hold a part of the records is given nothing by its neighbours, though it asks, and is not read from', async () => {
    const line = outside();
    const [relay, part] = [await enrolled(line.network), await enrolled(line.network)];
    for (const each of [relay, part, relay, part]) expect((await each.now()).ok).toBe(true);
    const [here, there] = [await answering(relay), await answering(part)];
    await ordersOf(central).scope(part.keys.deviceId, EVERYTHING);
    await follow(relay);
    part.syncing.neighbours.setNeighbours(part.test.grant, [here]);
    relay.syncing.neighbours.setNeighbours(relay.test.grant, [there]);
    const standing = (each: TestWorkstation) => each.syncing.neighbours.view().neighbours[0]?.state;
    await until(() => standing(part) === 'connected' && standing(relay) === 'connected');
    line.cut = true;
    await ordersOf(central).scope(part.keys.deviceId, { everything: false, catchments: ['north'], patients: [] });
    // The relay has heard of it; the other one acts as if it had not, in the conversation that stands and in new ones.
    await follow(relay);
    relay.register('Withheld');
    await until(() => standing(part) === 'refused');
    await part.relock(line.network);
    await relay.relock(line.network);
    await until(() => standing(part) === 'refused' && standing(relay) === 'refused');
    expect([entriesOf(part), entriesOf(relay)]).toEqual([0, 1]);
    // Once it may hold everything it is answered again.
    await ordersOf(central).scope(part.keys.deviceId, EVERYTHING);
    await follow(relay);
    await part.relock(line.network);
    await relay.relock(line.network);
    await until(() => entriesOf(part) === 1);
  });
});

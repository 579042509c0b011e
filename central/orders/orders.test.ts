import { beforeEach, describe, expect, it } from 'vitest';
import { onEachDatabase } from '../../build/fixtures/each-database.ts';
import { testDrivers, type TestDatabase } from '../../build/fixtures/test-databases.ts';
import { newSegment, testDevice, TEST_ORGANIZATION, type TestDevice } from '../../build/fixtures/test-batches.ts';
import { DEFAULT_POLICIES } from '../../shared/access/default-policies.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { judgeOrder } from '../../shared/orders/judge.ts';
import { headsMessage, headsOf, type SegmentHead } from '../../shared/orders/heads.ts';
import type { HubOrders } from '../../shared/orders/hub-orders.ts';
import type { HelloOrders, OrderMessage, Taken } from '../../shared/orders/messages.ts';
import { parseOrder, type Order } from '../../shared/orders/order.ts';
import { createSyncCrypto, ed25519PublicKey, sha256, verifyEd25519 } from '../hub/cipher.ts';
import { admits, deviceOf, enter, issueCode } from '../store/devices.ts';
import { latestEvents } from '../store/events.ts';
import type { Sql } from '../store/sql.ts';
import { systemRandom } from '../world.ts';
import { createHubOrders } from './hand-out.ts';
import { floorsOf, kill, revoke, setLease, setPolicy, setRoster, setStaffState, takeBack, type Issuing } from './issue.ts';
import { issuedOrders, outcomesOf } from './order-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SIGNING = new Uint8Array(32).fill(3);
const sign = createSyncCrypto({ openWith: new Uint8Array(32).fill(4), signWith: SIGNING }).sign;
const publicKey = ed25519PublicKey(SIGNING);

onEachDatabase(testDrivers('orders'), ({ fresh }) => {
  let database: TestDatabase;
  let sql: Sql;
  let now: number;
  let device: TestDevice;
  let other: TestDevice;
  beforeEach(async () => {
    database = fresh();
    sql = await database.open();
    now = Date.UTC(2026, 11, 1, 12);
    [device, other] = [testDevice(), testDevice()];
    for (const each of [device, other]) await admit(each);
  });

  const clock = { now: () => now };
  const issuing = (): Issuing => ({ sql, cells: sql.cells, organization: TEST_ORGANIZATION, sign, clock, random: systemRandom, by: 'ruth' });
  const admit = async ({ device: id, signingKey, sealingKey }: TestDevice): Promise<void> => {
    await issueCode(sql, clock, id, DAY_MS);
    await enter(sql, clock, { secretHash: id, record: { device: id, name: `Desk ${id}`, signingKey, sealingKey, state: 'active' }, certificate: { fingerprint: id, expiresAt: now + DAY_MS } });
  };
  const converse = (id: DeviceId): HubOrders => createHubOrders({ ...issuing(), signing: SIGNING }, id);
  const ordersIn = (messages: readonly OrderMessage[]): Order[] => messages.flatMap((message) => (message.type === 'order' ? [parseOrder(message.order.text)!] : []));
  const kinds = (messages: readonly OrderMessage[]): string[] => ordersIn(messages).map(({ kind, version }) => `${kind} ${version}`);
  const word = (kind: string, version: number, outcome: Taken['outcome'] = 'applied', code: string | null = null): OrderMessage => ({ type: 'order-taken', taken: { kind, version, outcome, code } });
  const events = async (): Promise<string[]> => (await latestEvents(sql, 100)).map(({ code, what }) => `${code} ${what}`);
  const staff = [{ login: 'ada', name: 'Ada Obi', role: 'nurse' }, { login: 'ruth', name: 'Ruth Mensah', role: 'physician' }];

  it('ORD-25 a device that says what it holds is given what it lacks, each order good by the pinned key', async () => {
    await setRoster(issuing(), staff);
    await setPolicy(issuing(), DEFAULT_POLICIES.policies);
    const said = await converse(device.device).hello([], false);
    expect(kinds(said.messages)).toEqual(['roster 1', 'policy 2', 'lease 1']);
    expect(said).toMatchObject({ awaiting: false, pushOnly: false });
    for (const message of said.messages) {
      if (message.type !== 'order') throw new Error('not an order');
      const judged = judgeOrder({ organization: TEST_ORGANIZATION, device: device.device, publicKey, now, hubNow: now, held: () => null, verify: verifyEd25519, sha256 }, message.order);
      expect(judged).toMatchObject({ ok: true, value: { standing: 'new' } });
    }
    expect(kinds((await converse(device.device).hello([{ kind: 'roster', version: 1 }, { kind: 'policy', version: 2 }, { kind: 'lease', version: 1 }], false)).messages)).toEqual(['lease 2']);
  });

  it('ORD-25 what is issued meanwhile is given in the same conversation, once', async () => {
    const conversation = converse(device.device);
    expect(kinds((await conversation.hello([], false)).messages)).toEqual(['roster 1', 'lease 1']);
    expect((await conversation.look()).messages).toEqual([]);
    await setRoster(issuing(), staff);
    expect(kinds((await conversation.look()).messages)).toEqual(['roster 2']);
    expect((await conversation.look()).messages).toEqual([]);
    now += HOUR_MS;
    expect(kinds((await conversation.look()).messages)).toEqual(['lease 2']);
  });

  it('ORD-25 the roster follows the devices: one that comes or goes makes a new version with the same people', async () => {
    await setRoster(issuing(), staff);
    const third = testDevice();
    await admit(third);
    const [roster] = ordersIn((await converse(device.device).hello([], false)).messages);
    expect(roster).toMatchObject({ version: 2, content: { staff: [{ login: 'ada' }, { login: 'ruth' }] } });
    expect((roster!.content as { devices: { device: string }[] }).devices.map((each) => each.device).toSorted()).toEqual([device, other, third].map((each) => each.device).toSorted());
    await revoke(issuing(), third.device, '');
    const [next] = ordersIn((await converse(device.device).hello([{ kind: 'roster', version: 2 }], false)).messages);
    expect((next!.content as { devices: { device: string; state: string }[] }).devices.find((each) => each.device === third.device)).toMatchObject({ state: 'revoked' });
  });

  it('ORD-26 the word of each device is kept by version; a late or a repeated one changes nothing, a lost one is made good by HELLO', async () => {
    const conversation = converse(device.device);
    await conversation.hello([], false);
    await conversation.message(word('roster', 1));
    expect(await outcomesOf(sql, device.device)).toMatchObject([{ kind: 'roster', version: 1, outcome: 'applied', at: now }]);
    await setRoster(issuing(), staff);
    await converse(device.device).hello([{ kind: 'roster', version: 2 }, { kind: 'lease', version: 1 }], false);
    await conversation.message(word('roster', 1, 'refused', 'LATE'));
    expect(await outcomesOf(sql, device.device)).toMatchObject([{ kind: 'roster', version: 2, outcome: 'applied' }]);
    expect(await outcomesOf(sql, other.device)).toEqual([]);
  });

  it('ORD-26 what a device refused for good is not handed out again, what it could not write is', async () => {
    await converse(device.device).message(word('roster', 1, 'refused', 'MALFORMED'));
    await converse(device.device).hello([], false);
    expect(kinds((await converse(device.device).hello([], false)).messages)).toEqual(['lease 2']);
    await converse(other.device).message(word('roster', 1, 'refused', 'DISK_FULL'));
    expect(kinds((await converse(other.device).hello([], false)).messages)).toEqual(['roster 1', 'lease 1']);
    expect(await events()).toContainEqual('ORDER_REFUSED roster 1 MALFORMED');
  });

  it('ORD-27 every order of an operator is an event that says who', async () => {
    await setRoster(issuing(), staff);
    await setStaffState(issuing(), 'ada', 'suspended');
    await setLease(issuing(), { lifeMs: 3 * DAY_MS, graceMs: DAY_MS });
    await revoke(issuing(), other.device, 'lost');
    await kill(issuing(), other.device, 'now', 'stolen');
    const said = (await events()).filter((event) => event.includes('ruth'));
    expect(said).toHaveLength(6);
    expect(said[0]).toBe('ORDER_ISSUED kill 1 by ruth: now');
    expect((await issuedOrders(sql, sql.cells)).map(({ issuedBy }) => issuedBy)).toEqual(['ruth', 'ruth', 'ruth', 'ruth']);
  });

  it('ORD-27 people keep their ids under their sign-in names, are suspended and restored, and whoever ended stays so', async () => {
    await setRoster(issuing(), staff);
    const people = async () => (ordersIn((await converse(device.device).hello([], false)).messages)[0]!.content as { staff: { user: string; login: string; state: string }[] }).staff;
    const [ada] = await people();
    await setRoster(issuing(), [{ login: 'ADA', name: 'Ada Obi', role: 'physician' }]);
    expect(await people()).toEqual([{ ...ada, login: 'ADA', role: 'physician' }]);
    expect(await setStaffState(issuing(), ada!.user, 'suspended')).toMatchObject({ ok: true });
    expect((await people())[0]).toMatchObject({ state: 'suspended' });
    expect(await setStaffState(issuing(), 'ada', 'active')).toMatchObject({ ok: true });
    expect(await setStaffState(issuing(), 'ada', 'ended')).toMatchObject({ ok: true });
    expect(await setStaffState(issuing(), 'ada', 'active')).toMatchObject({ ok: false, fault: { code: 'ENDED' } });
    expect(await setRoster(issuing(), [{ login: 'ada', name: 'Ada Obi', role: 'nurse' }])).toMatchObject({ ok: false, fault: { code: 'ENDED' } });
    // Left out, she stays what she was: neither her name nor her id is a way back.
    expect(await setRoster(issuing(), [])).toMatchObject({ ok: true });
    expect(await people()).toEqual([{ ...ada, login: 'ADA', role: 'physician', state: 'ended' }]);
    for (const back of [{ login: 'Ada' }, { login: 'ada', user: '00000000000000b7' }, { login: null, user: ada!.user }]) {
      expect(await setRoster(issuing(), [{ name: 'Ada Obi', role: 'nurse', ...back }])).toMatchObject({ ok: false, fault: { code: 'ENDED' } });
    }
    expect(await setStaffState(issuing(), 'nobody', 'ended')).toMatchObject({ ok: false, fault: { code: 'NOT_FOUND' } });
    for (const bad of [[7], [{ login: 'x' }], [{ login: 'x', name: 'X', role: 'nurse' }, { login: 'X', name: 'Y', role: 'nurse' }]]) expect(await setRoster(issuing(), bad)).toMatchObject({ ok: false, fault: { code: 'MALFORMED' } });
  });

  it('ORD-13 policies that no workstation would take are not signed', async () => {
    expect(await setPolicy(issuing(), [{ id: 'x' }])).toMatchObject({ ok: false, fault: { code: 'POLICY_REFUSED', detail: { rule: 'BUNDLE_MALFORMED' } } });
    expect(await setPolicy(issuing(), DEFAULT_POLICIES.policies.filter(({ effect }) => effect === 'deny'))).toMatchObject({ ok: false, fault: { code: 'LOCKS_OUT' } });
    expect((await issuedOrders(sql, sql.cells)).filter(({ kind }) => kind === 'policy')).toEqual([]);
  });

  it('ORD-28 a revoked device is told why, and nothing else, until it has said that it heard', async () => {
    await setRoster(issuing(), staff);
    await revoke(issuing(), device.device, 'lost');
    const conversation = converse(device.device);
    const said = await conversation.hello([], true);
    expect(kinds(said.messages)).toEqual(['revocation 1']);
    expect(said.awaiting).toBe(true);
    expect(await conversation.message(word('revocation', 1))).toMatchObject({ messages: [], awaiting: false });
    expect(await converse(device.device).hello([{ kind: 'revocation', version: 1 }], true)).toMatchObject({ messages: [], awaiting: false });
    expect(kinds((await converse(other.device).hello([], false)).messages)).toEqual(['roster 2', 'lease 1']);
  });

  it('ORD-28 a kill order waits for "done"; after-drain lets the device give and take nothing', async () => {
    await kill(issuing(), device.device, 'after-drain', '');
    expect((await deviceOf(sql, device.device))?.state).toBe('active');
    const conversation = converse(device.device);
    const said = await conversation.hello([], false);
    expect(kinds(said.messages)).toContain('kill 1');
    expect(said).toMatchObject({ awaiting: true, pushOnly: true });
    expect(await conversation.message(word('kill', 1, 'begun'))).toMatchObject({ awaiting: true });
    expect(await conversation.message(word('kill', 1, 'done'))).toMatchObject({ awaiting: false });
    expect((await deviceOf(sql, device.device))?.state).toBe('revoked');
    expect(await events()).toContainEqual('ERASED kill 1');
    await kill(issuing(), other.device, 'now', '');
    expect((await deviceOf(sql, other.device))?.state).toBe('revoked');
    expect(kinds((await converse(other.device).hello([], true)).messages)).toEqual(['revocation 1', 'kill 1']);
  });

  it('ORD-28 a kill order that lay about for months is signed anew when its device comes, and one taken back is not', async () => {
    await kill(issuing(), device.device, 'now', '');
    now += 120 * DAY_MS;
    const [, renewed] = ordersIn((await converse(device.device).hello([{ kind: 'revocation', version: 0 }].slice(1), true)).messages);
    expect(renewed).toMatchObject({ kind: 'kill', version: 2, content: { mode: 'now' } });
    expect(renewed!.expiresAt).toBeGreaterThan(now);
    await kill(issuing(), device.device, 'cancelled', '');
    expect(await converse(device.device).hello([{ kind: 'revocation', version: 1 }, { kind: 'kill', version: 2 }], true)).toMatchObject({ pushOnly: false });
  });

  it('ORD-29 a code of its own admits a revoked device again, once, and takes back what was ordered against it', async () => {
    await kill(issuing(), device.device, 'now', '');
    const record = (await deviceOf(sql, device.device))!;
    await issueCode(sql, clock, 'open code', DAY_MS);
    expect(await admits(sql, clock, 'open code', record)).toMatchObject({ ok: false, fault: { code: 'DEVICE_REVOKED' } });
    await issueCode(sql, clock, 'own code', DAY_MS, device.device);
    expect(await admits(sql, clock, 'own code', (await deviceOf(sql, other.device))!)).toMatchObject({ ok: false, fault: { code: 'CODE_OF_ANOTHER' } });
    const entered = await enter(sql, clock, { secretHash: 'own code', record, certificate: { fingerprint: 'next', expiresAt: now + DAY_MS } }, (tx) => takeBack(tx, issuing(), device.device));
    expect(entered.ok).toBe(true);
    expect((await deviceOf(sql, device.device))?.state).toBe('active');
    expect(await floorsOf(sql, sql, device.device)).toEqual([{ kind: 'revocation', version: 2 }, { kind: 'kill', version: 2 }]);
    await revoke(issuing(), device.device, 'again');
    expect(await admits(sql, clock, 'own code', record)).toMatchObject({ ok: false, fault: { code: 'DEVICE_REVOKED' } });
  });

  it('ORD-30 a central restored from a backup asks devices for the orders it lost, and takes nobody else\'s word', async () => {
    await setRoster(issuing(), staff);
    const putBack = await database.backup();
    sql = await database.open();
    const lostRoster = await setStaffState(issuing(), 'ada', 'suspended');
    const lostRevocation = await revoke(issuing(), device.device, '');
    if (!lostRoster.ok || !lostRevocation.ok) throw new Error('not issued');
    await database.closeHandles();
    await putBack();
    sql = await database.open();

    const conversation = converse(device.device);
    const held: HelloOrders = [{ kind: 'roster', version: 2 }, { kind: 'revocation', version: 1 }, { kind: 'lease', version: 40 }];
    const { messages } = await conversation.hello(held, false);
    expect(messages.filter(({ type }) => type === 'order-wanted')).toEqual([{ type: 'order-wanted', kind: 'roster' }, { type: 'order-wanted', kind: 'revocation' }]);
    expect(kinds(messages)).toEqual(['lease 41']);
    const forged = { ...lostRoster.value.signed, text: lostRoster.value.signed.text.replace('suspended', 'ended') };
    await conversation.message({ type: 'order', order: forged });
    expect((await issuedOrders(sql, sql.cells)).filter(({ kind }) => kind === 'roster')).toHaveLength(1);
    for (const { signed } of [lostRoster.value, lostRevocation.value]) await conversation.message({ type: 'order', order: signed });
    expect(await events()).toEqual(expect.arrayContaining(['ORDER_RECOVERED roster 2', 'ORDER_RECOVERED revocation 1']));
    expect((await deviceOf(sql, device.device))?.state).toBe('revoked');
    const [roster] = ordersIn((await converse(other.device).hello([], false)).messages);
    expect(roster).toMatchObject({ content: { staff: [{ login: 'ada', state: 'suspended' }, { login: 'ruth' }] } });
    await conversation.message({ type: 'order', order: lostRoster.value.signed });
    expect((await issuedOrders(sql, sql.cells)).filter(({ version, kind }) => kind === 'roster' && version === 2)).toHaveLength(1);
  });

  describe('co-signing', () => {
    const heads = (lengths: readonly number[]): SegmentHead[] => lengths.map((length, index) => ({ segment: newSegment(), length, head: new Uint8Array(32).fill(index + 1) }));
    /** Segments with an entry at each length, as if they had been sent. */
    const hold = async (list: readonly SegmentHead[]): Promise<void> => {
      for (const { segment, length, head } of list) {
        await sql.write('log', async (tx) => {
          const row = await tx.get('INSERT INTO segment (id, device, length, head, lsn, received_at) VALUES (?, ?, ?, ?, ?, 0) RETURNING ref', segment, device.device, length, head, 1);
          const latest = Number((await tx.get('SELECT coalesce(max(lsn), 0) AS lsn FROM op'))?.['lsn']);
          await tx.run('INSERT INTO op (lsn, segment, sequence, device, header, salt, hash, mark) VALUES (?, ?, ?, ?, ?, ?, ?, ?)', latest + 1, Number(row!['ref']), length - 1, device.device, sql.cells.text('test', '{}'), new Uint8Array(16), head, new Uint8Array(8));
        });
      }
    };
    const state = (list: readonly SegmentHead[], by = device): Extract<OrderMessage, { type: 'heads' }> => {
      const stated = { ...headsOf(sha256, list), at: now };
      return { type: 'heads', heads: stated, signature: by.crypto.sign(headsMessage(TEST_ORGANIZATION, device.device, stated)) };
    };

    it('ORD-23 what both hold alike is signed, with the place in the log', async () => {
      const list = heads([3, 7]);
      await hold(list);
      const { messages } = await converse(device.device).message(state(list));
      expect(ordersIn(messages)).toMatchObject([{ kind: 'cosign', version: 1, audience: device.device, content: { segments: 2, entries: 10, lsn: 2, statedAt: now } }]);
      expect(kinds((await converse(device.device).message(state(list))).messages)).toEqual(['cosign 2']);
      expect((await issuedOrders(sql, sql.cells)).filter(({ kind }) => kind === 'cosign')).toHaveLength(1);
    });

    it('ORD-23 another device\'s word about it is nobody\'s, and is noted', async () => {
      const list = heads([3]);
      await hold(list);
      expect(await converse(device.device).message(state(list, other))).toMatchObject({ messages: [] });
      expect(await events()).toContainEqual('HEADS_REFUSED signature');
    });

    it('ORD-24 where they differ the device lists its heads; another hash is a contradiction, a mere lack is none', async () => {
      const list = heads([3, 7]);
      await hold(list);
      const rewritten = [list[0]!, { ...list[1]!, head: new Uint8Array(32).fill(9) }];
      const lacking = heads([5]);
      const conversation = converse(device.device);
      expect((await conversation.message(state([...rewritten, ...lacking]))).messages).toEqual([{ type: 'heads-differ' }]);
      expect((await conversation.message({ type: 'heads-list', heads: [...rewritten, ...lacking], last: true })).messages).toEqual([{ type: 'contradicted', segment: list[1]!.segment, length: 7 }]);
      expect(await events()).toContainEqual(`HISTORY_CONTRADICTED ${list[1]!.segment} at 7`);
      expect((await conversation.message({ type: 'heads-list', heads: lacking, last: true })).messages).toEqual([]);
    });
  });
});

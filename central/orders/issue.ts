import type { z } from 'zod';
import { lockedOut } from '../../shared/orders/lockout.ts';
import { loadBundle } from '../../shared/access/policy.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { DeviceId, UserId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { comparedLogin, RosterStaff, type Kill, type LoginState, type RosterDevice, type RosterMember } from '../../shared/orders/contents.ts';
import { EVERY_DEVICE } from '../../shared/orders/order.ts';
import { deviceOf, markRevoked } from '../store/devices.ts';
import { noteEvent } from '../store/events.ts';
import { bytesOf, textOf } from '../store/row.ts';
import { keepSetting, settingOf } from '../store/settings.ts';
import type { Reads, Sql, Writes } from '../store/sql.ts';
import type { LeaseSetting } from './lease-setting.ts';
import { CENTRAL, issueOrder, newestContent, newestOrder, type IssuedOrder, type NewOrder, type OrdersWorld } from './order-store.ts';

/** What an operator orders. Each is one transaction with the event that says who did it, and is announced to every process. */
export type IssueFault = 'NOT_FOUND' | 'MALFORMED' | 'ENDED' | 'POLICY_REFUSED' | 'LOCKS_OUT' | 'NOT_REVOKED';

export type Issuing = OrdersWorld & { readonly sql: Sql; readonly random: Random; /** Who is at the command line. */ readonly by: string };

const DAY_MS = 86_400_000;
const USER_ID_BYTES = 8;
/** A kill order that nobody took for so long is signed anew when its device comes. */
export const KILL_VALID_MS = 90 * DAY_MS;

/** Rises with every order an operator issues: what a process that heard no announcement looks at. */
export async function ordersSerial(reads: Reads): Promise<string> {
  return (await settingOf(reads, 'orders.serial')) ?? '0';
}

async function announce(tx: Writes, what: string): Promise<void> {
  await keepSetting(tx, 'orders.serial', String(Number(await ordersSerial(tx)) + 1));
  await tx.announce('orders', what);
}

async function issue(tx: Writes, world: Issuing, order: Omit<NewOrder, 'by'>, what: string): Promise<IssuedOrder> {
  const issued = await issueOrder(tx, world, { ...order, by: world.by });
  const device = order.audience === EVERY_DEVICE ? null : order.audience;
  await noteEvent(tx, world.clock, { device, code: 'ORDER_ISSUED', what: `${order.kind} ${issued.version} by ${world.by}: ${what}` });
  await announce(tx, order.kind);
  return issued;
}

/** Devices as the roster names them. */
export async function rosterDevices(reads: Reads): Promise<RosterDevice[]> {
  const rows = await reads.all(`SELECT id, name, signing_key, state,
    CASE WHEN scope IS NOT NULL OR EXISTS (SELECT 1 FROM scope_member WHERE scope_member.device = device.id AND scope_member.state <> 'in') THEN 1 ELSE 0 END AS part FROM device ORDER BY id`);
  return rows.map((row) => ({
    device: DeviceId.parse(textOf(row, 'id')), name: textOf(row, 'name'), signingKey: toHex(bytesOf(row, 'signing_key')), state: row['state'] === 'active' ? 'active' : 'revoked', ...(row['part'] === 1 ? { scope: 'part' } : {}),
  }));
}

async function issueRoster(tx: Writes, world: Issuing, staff: readonly RosterMember[], what: string): Promise<IssuedOrder> {
  const devices = await rosterDevices(tx);
  return issue(tx, world, { kind: 'roster', audience: EVERY_DEVICE, content: () => ({ staff, devices }), validMs: null }, what);
}

/** Devices came or went since the newest roster: a new one says so, with the same people. */
export async function refreshRoster(tx: Writes, world: OrdersWorld & { readonly random: Random; readonly sql: Sql }): Promise<void> {
  const newest = await newestContent(tx, world.cells, 'roster', EVERY_DEVICE);
  const devices = await rosterDevices(tx);
  if (newest !== null && JSON.stringify(newest.devices) === JSON.stringify(devices)) return;
  await issueRoster(tx, { ...world, by: CENTRAL }, newest?.staff ?? [], 'devices');
}

/** A member as an operator writes one: without an id they keep the one they had under this sign-in name, or get a new one. */
type WrittenMember = { readonly user?: unknown; readonly login?: unknown; readonly state?: unknown };

const named = ({ user, login }: RosterMember) => (other: RosterMember): boolean => other.user === user || (login !== null && other.login !== null && comparedLogin(other.login) === comparedLogin(login));

/**
 * Replaces the people of the roster but for those who have ended: they stay on it, named or not, or leaving them out
 * once would be the way back. MALFORMED: `where` names the first thing that does not read.
 */
export async function setRoster(world: Issuing, written: readonly unknown[]): Promise<Result<IssuedOrder, IssueFault>> {
  return world.sql.write('orders', async (tx) => {
    const before = (await newestContent(tx, world.cells, 'roster', EVERY_DEVICE))?.staff ?? [];
    const ended = before.filter(({ state }) => state === 'ended');
    const said = RosterStaff.safeParse(written.map((member) => completed(member, before, world.random)));
    if (!said.success) return malformed(said.error);
    const revived = said.data.find((member) => member.state !== 'ended' && ended.some(named(member)));
    if (revived !== undefined) return refuse('ENDED', { user: revived.user });
    const whole = RosterStaff.safeParse([...said.data, ...ended.filter(({ user }) => !said.data.some((member) => member.user === user))]);
    return whole.success ? ok(await issueRoster(tx, world, whole.data, `${whole.data.length} people`)) : malformed(whole.error);
  });
}

function malformed({ issues }: z.ZodError): Result<never, 'MALFORMED'> {
  return refuse('MALFORMED', { where: issues[0]?.path.map(String).join('.') ?? '' });
}

function completed(member: unknown, before: readonly RosterMember[], random: Random): unknown {
  if (typeof member !== 'object' || member === null) return member;
  const { user, login = null, state = 'active' }: WrittenMember = member;
  const known = typeof login === 'string' ? before.find((each) => each.login !== null && comparedLogin(each.login) === comparedLogin(login)) : undefined;
  return { ...member, login, state, user: user ?? known?.user ?? toHex(random.bytes(USER_ID_BYTES)) };
}

/** `who`: a user id or a sign-in name of the roster. Whoever has ended does not come back. */
export async function setStaffState(world: Issuing, who: string, state: LoginState): Promise<Result<IssuedOrder, IssueFault>> {
  return world.sql.write('orders', async (tx) => {
    const staff = (await newestContent(tx, world.cells, 'roster', EVERY_DEVICE))?.staff ?? [];
    const member = staff.find(({ user }) => user === who) ?? staff.find(({ login }) => login !== null && comparedLogin(login) === comparedLogin(who));
    if (member === undefined) return refuse('NOT_FOUND', { who });
    if (member.state === 'ended' && state !== 'ended') return refuse('ENDED', { who });
    const next = staff.map((each) => (each === member ? { ...each, state } : each));
    return ok(await issueRoster(tx, world, next, `${UserId.parse(member.user)} ${state}`));
  });
}

/** The whole bundle is judged as every workstation will, before anything is signed. */
export async function setPolicy(world: Issuing, policies: unknown): Promise<Result<IssuedOrder, IssueFault>> {
  const judged = loadBundle({ version: 1, issuedAt: 0, policies });
  if (!judged.ok) return refuse('POLICY_REFUSED', { ...judged.fault.detail, rule: judged.fault.code });
  const missing = lockedOut(judged.value);
  if (missing !== null) return refuse('LOCKS_OUT', { missing });
  return world.sql.write('orders', async (tx) => ok(await issue(tx, world, { kind: 'policy', audience: EVERY_DEVICE, content: (version, issuedAt) => ({ bundle: { version, issuedAt, policies } }), validMs: null }, `${judged.value.policies.length} policies`)));
}

/** Counts from each workstation's next contact on. */
export async function setLease(world: Issuing, lease: LeaseSetting): Promise<void> {
  await world.sql.write('orders', async (tx) => {
    await keepSetting(tx, 'lease', JSON.stringify(lease));
    await noteEvent(tx, world.clock, { device: null, code: 'LEASE_SET', what: `by ${world.by}: ${lease.lifeMs === null ? 'without limit' : `${lease.lifeMs / DAY_MS} days`}` });
    await announce(tx, 'lease');
  });
}


/** Refused from now on, and told why as soon as it comes. */
export async function revoke(world: Issuing, device: DeviceId, reason: string): Promise<Result<IssuedOrder, IssueFault>> {
  return world.sql.write('orders', async (tx) => {
    if ((await deviceOf(tx, device)) === null) return refuse('NOT_FOUND', { device });
    await markRevoked(tx, world.clock, device, `by ${world.by}`);
    return ok(await issue(tx, world, { kind: 'revocation', audience: device, content: () => ({ revoked: true, reason }), validMs: null }, 'revoked'));
  });
}

/** `now` refuses the device besides; `after-drain` lets it send what it holds. */
export async function kill(world: Issuing, device: DeviceId, mode: Kill['mode'], reason: string): Promise<Result<IssuedOrder, IssueFault>> {
  return world.sql.write('orders', async (tx) => {
    const known = await deviceOf(tx, device);
    if (known === null) return refuse('NOT_FOUND', { device });
    if (mode === 'now' && known.state === 'active') {
      await markRevoked(tx, world.clock, device, `by ${world.by}`);
      await issue(tx, world, { kind: 'revocation', audience: device, content: () => ({ revoked: true, reason }), validMs: null }, 'revoked');
    }
    return ok(await issue(tx, world, { kind: 'kill', audience: device, content: () => ({ mode, reason }), validMs: KILL_VALID_MS }, mode));
  });
}

/** A revoked device is admitted again by a code of its own: what was ordered against it is taken back, in the caller's transaction. */
export async function takeBack(tx: Writes, world: Issuing, device: DeviceId): Promise<void> {
  const revocation = await newestContent(tx, world.cells, 'revocation', device);
  if (revocation?.revoked === true) await issue(tx, world, { kind: 'revocation', audience: device, content: () => ({ revoked: false, reason: '' }), validMs: null }, 'enrolled again');
  const standing = await newestContent(tx, world.cells, 'kill', device);
  if (standing !== null && standing.mode !== 'cancelled') await issue(tx, world, { kind: 'kill', audience: device, content: () => ({ mode: 'cancelled', reason: '' }), validMs: null }, 'enrolled again');
}

/** Versions of what was ordered against a device so far: a device enrolled anew follows none of these any more. */
export async function floorsOf(reads: Reads, { cells }: Pick<OrdersWorld, 'cells'>, device: DeviceId): Promise<{ kind: string; version: number }[]> {
  const floors: { kind: string; version: number }[] = [];
  for (const kind of ['revocation', 'kill'] as const) {
    const newest = await newestOrder(reads, cells, kind, device);
    if (newest !== null) floors.push({ kind, version: newest.version });
  }
  return floors;
}

import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import { EVERY_DEVICE, ORDER_TEXT_MAX_BYTES } from '../../shared/orders/order.ts';
import { DEFAULT_POLICIES } from '../../shared/access/default-policies.ts';
import type { OrganizationKeys } from '../authority/key-adapter.ts';
import { createSyncCrypto } from '../hub/cipher.ts';
import { kill, revoke, rosterDevices, setLease, setPolicy, setRoster, setStaffState, type IssueFault, type Issuing } from '../orders/issue.ts';
import { leaseSettingOf } from '../orders/lease-setting.ts';
import { issuedOrders, newestContent, outcomesOf, type IssuedOrder, type Outcome as OrderOutcome } from '../orders/order-store.ts';
import { listDevices } from '../store/devices.ts';
import type { Sql } from '../store/sql.ts';
import { systemClock, systemRandom } from '../world.ts';
import type { OrdersCommand } from './orders-options.ts';

export type OrdersFault = IssueFault | 'FILE_UNREADABLE' | 'NOT_JSON';
type Outcome = { readonly data: Readonly<Record<string, unknown>>; readonly lines: readonly string[] };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const time = (atMs: number | null): string => (atMs === null ? 'never' : new Date(atMs).toISOString());
const leaseText = (lifeMs: number | null, graceMs: number): string => (lifeMs === null ? 'workstations work without word for good' : `workstations work ${lifeMs / DAY_MS} days without word, then ${graceMs / HOUR_MS} hours for reading and emergencies`);

/** The account of this machine that is at the command line. */
function operator(): string {
  try {
    return userInfo().username;
  } catch {
    // An account without a name, as containers have them.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Whoever is at the command line speaks for the organisation, and is named in what they order. */
export function operatorOf(sql: Sql, keys: OrganizationKeys): Issuing {
  const { sign } = createSyncCrypto({ openWith: keys.sealing, signWith: keys.signing });
  return { sql, cells: sql.cells, organization: keys.id, sign, clock: systemClock, random: systemRandom, by: operator() };
}

export async function runOrdersCommand(command: OrdersCommand, sql: Sql, keys: OrganizationKeys): Promise<Result<Outcome, OrdersFault>> {
  const issuing = operatorOf(sql, keys);
  switch (command.name) {
    case 'roster-show': {
      const staff = (await newestContent(sql, sql.cells, 'roster', EVERY_DEVICE))?.staff ?? [];
      const devices = await rosterDevices(sql);
      const lines = [...staff.map(({ user, login, name, role, state }) => `${user}  ${state.padEnd(10)}${role.padEnd(15)}${login ?? '-'}  ${name}`), ...devices.map(({ device, state, name }) => `${device}  ${state.padEnd(10)}workstation    ${name}`)];
      return ok({ data: { staff, devices }, lines: lines.length > 0 ? lines : ['nobody is known, and no workstation'] });
    }
    case 'roster-set': {
      const staff = readList(command.file, 'staff');
      return staff.ok ? issued(await setRoster(issuing, staff.value)) : staff;
    }
    case 'staff': return issued(await setStaffState(issuing, command.who, command.state));
    case 'policy-show': {
      const kept = await newestContent(sql, sql.cells, 'policy', EVERY_DEVICE);
      const bundle = kept?.['bundle'] ?? DEFAULT_POLICIES;
      return ok({ data: { bundle, own: kept !== null }, lines: [JSON.stringify(bundle, null, 1)] });
    }
    case 'policy-set': {
      const policies = readList(command.file, 'policies');
      return policies.ok ? issued(await setPolicy(issuing, policies.value)) : policies;
    }
    case 'lease-show': {
      const { lifeMs, graceMs } = await leaseSettingOf(sql);
      return ok({ data: { lifeMs, graceMs }, lines: [leaseText(lifeMs, graceMs)] });
    }
    case 'lease-set': {
      const lease = { lifeMs: command.days === null ? null : Math.round(command.days * DAY_MS), graceMs: Math.round(command.graceHours * HOUR_MS) };
      await setLease(issuing, lease);
      return ok({ data: lease, lines: [leaseText(lease.lifeMs, lease.graceMs), 'each learns of it at its next contact'] });
    }
    case 'revoke': {
      const revoked = await revoke(issuing, DeviceId.parse(command.device), command.reason);
      return revoked.ok ? ok({ data: { device: command.device, state: 'revoked', version: revoked.value.version }, lines: [`${command.device} is revoked`] }) : revoked;
    }
    case 'kill': return issued(await kill(issuing, DeviceId.parse(command.device), command.mode, command.reason));
    case 'orders': return ok(await listOrders(sql, command.device));
  }
}

function issued(outcome: Result<IssuedOrder, IssueFault>): Result<Outcome, IssueFault> {
  if (!outcome.ok) return outcome;
  const { kind, audience, version, issuedAt, issuedBy } = outcome.value;
  return ok({ data: { kind, audience, version, issuedAt, issuedBy }, lines: [`${kind} ${version} is issued to ${audience === EVERY_DEVICE ? 'every workstation' : audience}`] });
}

/** What was issued, by whom, and what each workstation it speaks to made of it. */
async function listOrders(sql: Sql, device: string | null): Promise<Outcome> {
  const devices = (await listDevices(sql)).filter((each) => device === null || each.device === device);
  const outcomes = await outcomesOf(sql, null);
  const all = (await issuedOrders(sql, sql.cells)).filter(({ audience }) => device === null || audience === EVERY_DEVICE || audience === device);
  const orders = all.map((order) => {
    const { kind, audience, version, issuedAt, expiresAt, issuedBy } = order;
    const addressed = devices.filter((each) => audience === EVERY_DEVICE || audience === each.device);
    return { kind, audience, version, issuedAt, expiresAt, issuedBy, devices: addressed.map((each) => ({ device: each.device, name: each.name, ...wordOf(order, outcomes, each.device) })) };
  });
  const lines = orders.map(({ kind, audience, version, issuedAt, issuedBy, devices: words }) => {
    const said = words.filter(({ outcome }) => outcome !== 'unheard').length;
    const refused = words.filter(({ outcome }) => outcome === 'refused').length;
    return `${time(issuedAt)}  ${kind} ${version}  to ${audience}  by ${issuedBy}  heard by ${said} of ${words.length}${refused > 0 ? `, REFUSED by ${refused}` : ''}${words.length === 1 ? `: ${words[0]?.outcome ?? ''}` : ''}`;
  });
  return { data: { orders }, lines: lines.length > 0 ? lines : ['nothing has been issued'] };
}

/** A device that follows a newer version has heard of this one, or need not any more. */
function wordOf({ kind, version }: IssuedOrder, outcomes: readonly OrderOutcome[], device: string): { readonly outcome: string; readonly code: string | null; readonly at: number | null } {
  const word = outcomes.find((each) => each.device === device && each.kind === kind);
  if (word === undefined || word.version < version) return { outcome: 'unheard', code: null, at: null };
  return word.version > version ? { outcome: 'superseded', code: null, at: word.at } : { outcome: word.outcome, code: word.code, at: word.at };
}

/** The list of a JSON file, alone or under its name. */
function readList(path: string, name: string): Result<readonly unknown[], OrdersFault> {
  let text: string;
  try {
    if (statSync(path).size > ORDER_TEXT_MAX_BYTES) return refuse('FILE_UNREADABLE', { file: path, system: 'EFBIG' });
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return refuse('FILE_UNREADABLE', { file: path, system: systemCode(error) });
  }
  try {
    const value: unknown = JSON.parse(text);
    const list = isJsonObject(value) ? value[name] : value;
    return Array.isArray(list) ? ok(list as unknown[]) : refuse('MALFORMED', { file: path, where: name });
  } catch {
    return refuse('NOT_JSON', { file: path });
  }
}

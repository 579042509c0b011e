import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Kill, LoginState } from '../../shared/orders/contents.ts';
import { LEASE_MAX_DAYS } from '../../shared/orders/lease.ts';

type Common = { readonly home: string; readonly json: boolean };

/** What an operator orders the organisation's workstations, on the command line. */
export type OrdersCommand = Common &
  (
    | { readonly name: 'roster-show' | 'policy-show' | 'lease-show' }
    | { readonly name: 'roster-set' | 'policy-set'; readonly file: string }
    | { readonly name: 'staff'; readonly who: string; readonly state: LoginState }
    | { readonly name: 'lease-set'; /** Null: without limit. */ readonly days: number | null; readonly graceHours: number }
    | { readonly name: 'revoke'; readonly device: string; readonly reason: string }
    | { readonly name: 'kill'; readonly device: string; readonly mode: Kill['mode']; readonly reason: string }
    | { readonly name: 'orders'; readonly device: string | null }
  );

const GRACE_HOURS_DEFAULT = 72;
const GRACE_HOURS_MAX = 24 * 366;
const REASON_MAX_CHARACTERS = 200;
const STATES: Readonly<Record<string, LoginState>> = { suspend: 'suspended', restore: 'active', end: 'ended' };

export const ORDERS_USAGE = `
  central roster show | set FILE          --home DIR [--json]
  central staff suspend|restore|end WHO   --home DIR [--json]
  central policy show | set FILE          --home DIR [--json]
  central lease show | set DAYS|never     --home DIR [--grace-hours N] [--json]
  central revoke DEVICE                   --home DIR [--reason TEXT] [--json]
  central kill DEVICE --after-drain | --now | --cancel  --home DIR [--reason TEXT] [--json]
  central orders                          --home DIR [--device DEVICE] [--json]

Orders are signed, reach connected workstations within a second and the others at their next contact; orders lists what was
issued, by whom, and who follows it. roster set takes {"staff":[{"login","name","role","state"}]}: whoever has this sign-in
name at any workstation; WHO is a sign-in name or a user id of it. policy set takes {"policies":[...]}.
A lease is how long a workstation works without word from here: 7 days, then 72 hours for reading and emergencies.
kill --now erases a workstation as soon as it comes; --after-drain lets it send what it holds first; --cancel takes it back.
A revoked workstation is admitted again by enrol-code --device DEVICE.
`;

export const ORDERS_OPTIONS = {
  'grace-hours': { type: 'string' }, reason: { type: 'string' }, device: { type: 'string' }, 'after-drain': { type: 'boolean' }, now: { type: 'boolean' }, cancel: { type: 'boolean' },
} as const;
/** Options of one command only. */
export const ORDERS_OWN_OPTIONS: Readonly<Record<OrdersWord, readonly string[]>> = {
  roster: [], staff: [], policy: [], lease: ['grace-hours'], revoke: ['reason'], kill: ['reason', 'after-drain', 'now', 'cancel'], orders: ['device'],
};
export const ORDERS_WORDS = ['roster', 'staff', 'policy', 'lease', 'revoke', 'kill', 'orders'] as const;
export type OrdersWord = (typeof ORDERS_WORDS)[number];
export type OrdersValues = { readonly 'grace-hours'?: string; readonly reason?: string; readonly device?: string; readonly 'after-drain'?: boolean; readonly now?: boolean; readonly cancel?: boolean };

export function isOrdersWord(word: string): word is OrdersWord {
  return ORDERS_WORDS.some((each) => each === word);
}

export const isDeviceId = (text: string | undefined): text is string => text !== undefined && /^[0-9a-f]{16}$/.test(text);
const usage = (what: string): Result<never, 'USAGE'> => refuse('USAGE', { what });

/** `words` are the positional arguments behind the first. */
export function parseOrdersCommand(word: OrdersWord, words: readonly string[], values: OrdersValues, common: Common): Result<OrdersCommand, 'USAGE'> {
  const [first, second, ...rest] = words;
  if (rest.length > 0) return usage('too many arguments');
  const reason = values.reason ?? '';
  if (reason.length > REASON_MAX_CHARACTERS) return usage(`--reason takes at most ${REASON_MAX_CHARACTERS} characters`);
  switch (word) {
    case 'roster':
    case 'policy':
      if (first === 'show' && second === undefined) return ok({ name: `${word}-show`, ...common });
      return first === 'set' && second !== undefined ? ok({ name: `${word}-set`, ...common, file: second }) : usage(`${word} takes show, or set FILE`);
    case 'staff': {
      const state = STATES[first ?? ''];
      return state !== undefined && second !== undefined ? ok({ name: 'staff', ...common, who: second, state }) : usage('staff takes suspend WHO, restore WHO or end WHO');
    }
    case 'lease': return parseLease(first, second, values['grace-hours'], common);
    case 'revoke':
      if (!isDeviceId(first) || second !== undefined) return usage('revoke takes the id of a device');
      return ok({ name: 'revoke', ...common, device: first, reason });
    case 'kill': return parseKill(first, second, values, reason, common);
    case 'orders':
      if (first !== undefined) return usage('too many arguments');
      return values.device === undefined || isDeviceId(values.device) ? ok({ name: 'orders', ...common, device: values.device ?? null }) : usage('--device takes the id of a device');
  }
}

function parseLease(verb: string | undefined, days: string | undefined, grace: string | undefined, common: Common): Result<OrdersCommand, 'USAGE'> {
  if (verb === 'show' && days === undefined && grace === undefined) return ok({ name: 'lease-show', ...common });
  const graceHours = Number(grace ?? GRACE_HOURS_DEFAULT);
  const count = days === 'never' ? null : Number(days);
  if (verb !== 'set' || days === undefined || (count !== null && !(count > 0 && count <= LEASE_MAX_DAYS))) return usage(`lease takes show, or set DAYS up to ${LEASE_MAX_DAYS}, or set never`);
  if (!(graceHours >= 0 && graceHours <= GRACE_HOURS_MAX)) return usage(`--grace-hours takes a number up to ${GRACE_HOURS_MAX}`);
  return ok({ name: 'lease-set', ...common, days: count, graceHours });
}

/** Nothing is erased by an option left out: which of the three is meant must be said. */
function parseKill(device: string | undefined, more: string | undefined, values: OrdersValues, reason: string, common: Common): Result<OrdersCommand, 'USAGE'> {
  if (!isDeviceId(device) || more !== undefined) return usage('kill takes the id of a device');
  const modes = ([['after-drain', 'after-drain'], ['now', 'now'], ['cancel', 'cancelled']] as const).filter(([option]) => values[option] === true).map(([, mode]) => mode);
  const [mode] = modes;
  return mode !== undefined && modes.length === 1 ? ok({ name: 'kill', ...common, device, mode, reason }) : usage('kill takes one of --after-drain, --now and --cancel');
}

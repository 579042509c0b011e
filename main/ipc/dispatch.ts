import { refuse, type Result } from '../../shared/base/result.ts';
import { contract, type CallName } from '../../shared/ipc/contract.ts';
import { sizeFault, type SenderFacts } from '../../shared/ipc/envelope.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import type { Row, SessionState } from '../../shared/ipc/row.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import type { Obligation } from '../../shared/access/obligations.ts';
import type { Granted } from '../access/access.ts';
import type { Log } from '../log/log.ts';
import type { Closed } from '../orders/orders.ts';
import { storeFaultOf } from '../store/store.ts';
import { aboutWhom, actionOf } from './about.ts';
import type { Handlers } from './handler.ts';
import type { Workstation } from './workstation.ts';

export type CallOutcome = Result<unknown, FaultCode>;
/** Who sends: a frame of the window, or the command line within the engine's own process. */
export type Sender = SenderFacts | 'command-line';

export type Dispatch = (name: string, input: unknown, sender: Sender) => Promise<CallOutcome>;

/** Where the shipped window lives. */
export const APPLICATION_ORIGIN = 'app://outpost';
/** Calls that name paths of this machine are for the command line and the host's own dialogs, never for a page. */
const NOT_FOR_PAGES: ReadonlySet<string> = new Set(['import.paths', 'export.toPath', 'audit.export', 'sync.provision']);

/**
 * The one way in. In this order: sender, name, session state, size, shape, permission, work, trace, answer. Every
 * refusal is a value with a name, is logged, and while the vault is open stands in the trail.
 */
export function createDispatch(workstation: Workstation, handlers: Handlers, log: Log, origin: string): Dispatch {
  const refuseCall = (name: string, code: FaultCode, detail?: Readonly<Record<string, string | number | boolean | null>>): CallOutcome => {
    log.warn('call.refused', { call: name, fault: code });
    const opened = workstation.opened();
    if (opened !== null) {
      const body = { call: name.slice(0, 64), code, rule: typeof detail?.['rule'] === 'string' ? detail['rule'] : null };
      opened.ledger.append(workstation.access.system('refusal', opened.session), [{ kind: 'call.refused', body }]);
    }
    return refuse(code, detail);
  };

  const run = async (name: CallName, input: unknown): Promise<CallOutcome> => {
    const row: Row = contract[name];
    const state = workstation.state();
    if (!row.states.includes(state)) return refuseCall(name, wrongState(row, state, workstation.opened()?.orders.closed() ?? null));
    const size = sizeFault(input);
    if (size !== null) return refuseCall(name, size === 'NOT_PLAIN' ? 'MALFORMED' : 'TOO_LARGE', { limit: size });
    const parsed = row.input.safeParse(input);
    if (!parsed.success) return refuseCall(name, 'MALFORMED', { where: parsed.error.issues[0]?.path.map(String).join('.').slice(0, 100) ?? '' });
    const read = workstation.opened()?.ledger.read ?? null;
    const about = aboutWhom(row, parsed.data, read);
    if (!about.ok) return refuseCall(name, about.fault.code);
    const granted = workstation.access.decide({ action: actionOf(row, parsed.data, read), resource: row.access.resource, about: about.value, caller: workstation.caller(), circumstances: workstation.circumstances() });
    if (!granted.ok) return refuseCall(name, granted.fault.code, granted.fault.detail);
    const owed = unfulfilled(granted.value.obligations, parsed.data);
    if (owed !== null) return refuseCall(name, 'DENIED', { rule: granted.value.decision, obligation: owed });
    const outcome = await handle(workstation, handlers, name, parsed.data, granted.value);
    if (!outcome.ok) {
      log.info('call.failed', { call: name, fault: outcome.fault.code });
      return outcome;
    }
    const traced = leaveTrace(workstation, row, name, parsed.data, outcome.value, granted.value);
    if (!traced.ok) return traced;
    return { ok: true, value: row.output.parse(outcome.value) };
  };

  return async (name, input, sender) => {
    if (sender !== 'command-line' && (sender.frame !== 'main' || sender.origin !== origin)) return refuseCall('?', 'FOREIGN_SENDER');
    if (!Object.hasOwn(contract, name)) return refuseCall('?', 'UNKNOWN_CALL');
    if (sender !== 'command-line' && NOT_FOR_PAGES.has(name)) return refuseCall(name, 'FOREIGN_SENDER');
    try {
      return await run(name as CallName, input);
    } catch (error) {
      const fault = storeFaultOf(error);
      log.error('call.failed', error, { call: name });
      return refuse(fault?.code ?? 'INTERNAL');
    }
  };
}

/**
 * The first obligation of a permit that this call does not meet. A reason must stand in the input; telling the privacy
 * officer is done by the entry in the trail, which is their review list; a mask is asked of no row of this contract,
 * so a policy that demands one is refused.
 */
function unfulfilled(obligations: readonly Obligation[], input: unknown): string | null {
  for (const obligation of obligations) {
    if (obligation.type === 'notify') continue;
    if (obligation.type === 'reason' && isJsonObject(input) && typeof input['explanation'] === 'string' && input['explanation'].length >= obligation.minCharacters) continue;
    return obligation.type;
  }
  return null;
}

/** What would have been legal in an open vault is refused by what is in the way; anything else is a call at the wrong time. */
function wrongState(row: Row, state: SessionState, closed: Closed | null): FaultCode {
  if (!row.states.includes('unlocked')) return 'WRONG_STATE';
  if (state === 'locked') return 'LOCKED';
  if (state === 'held') return 'HELD';
  if (state === 'lapsed') return 'LEASE_OVER';
  return state === 'closed' && closed !== null ? CLOSED_FAULTS[closed] : 'WRONG_STATE';
}

const CLOSED_FAULTS: Readonly<Record<Closed, FaultCode>> = { erasing: 'DEVICE_REVOKED', revoked: 'DEVICE_REVOKED', behind: 'HELD', sealed: 'LEASE_OVER', suspended: 'ACCOUNT_DISABLED' };

async function handle(workstation: Workstation, handlers: Handlers, name: CallName, input: unknown, { grant, obligations }: Granted): Promise<CallOutcome> {
  // The row's schema has just produced this input for this very handler; the table of handlers is typed by the same rows.
  const handler = handlers[name] as (call: { input: unknown; grant: typeof grant; obligations: typeof obligations; workstation: Workstation }) => CallOutcome | Promise<CallOutcome>;
  return handler({ input, grant, obligations, workstation });
}

/** Reads leave their entry before the data is handed out; without the entry there is no data. */
function leaveTrace(workstation: Workstation, row: Row, name: string, input: unknown, value: unknown, { grant }: Granted): Result<null, FaultCode> {
  if (row.audit.trace !== 'before-data') return { ok: true, value: null };
  const record = row.access.subject.by === 'record' && isJsonObject(input) ? input[row.access.subject.field] : null;
  const body = { what: name, ...countOf(value) };
  const written = workstation.required().ledger.append(grant, [{ kind: row.audit.kind, record: typeof record === 'string' ? (record as never) : null, body }]);
  return written.ok ? { ok: true, value: null } : written;
}

/** How many things were shown; never what they were or what was typed. */
function countOf(value: unknown): { readonly count?: number } {
  if (typeof value !== 'object' || value === null) return {};
  const list = Object.values(value).find((each) => Array.isArray(each));
  return Array.isArray(list) ? { count: list.length } : {};
}

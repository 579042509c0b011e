import type { CallInput, CallName, CallResult, EngineEventName, EngineEvents } from './contract.ts';
import type { FaultCode } from './faults.ts';
import { CALLS_IN_FLIGHT_MAX, type Port } from './port.ts';
import { type Fault, type Result, ok, refuse } from '../base/result.ts';

type ConcernOf<Name> = Name extends `${infer Concern}.${string}` ? Concern : never;
type VerbOf<Name, Concern extends string> = Name extends `${Concern}.${infer Verb}` ? Verb : never;

/** `window.outpost`: `outpost.patients.search(input)` for every call, `outpost.on(event, listener)` for every event. */
export type ClientApi = {
  readonly [Concern in ConcernOf<CallName>]: {
    readonly [Verb in VerbOf<CallName, Concern>]: `${Concern}.${Verb}` extends infer Name extends CallName
      ? (input: CallInput<Name>) => Promise<CallResult<Name>>
      : never;
  };
} & {
  /** Listeners get the event's data alone, never an event object. Returns the unsubscribe. */
  readonly on: <Name extends EngineEventName>(name: Name, listener: (data: EngineEvents[Name]) => void) => () => void;
};

/** The same object before the contract's types are laid over it. */
export type UntypedClientApi = Readonly<Record<string, unknown>>;

type AnyResult = Result<unknown, FaultCode>;
type Listener = (data: unknown) => void;

const NAME = /^([a-z][A-Za-z0-9]*)\.([a-z][A-Za-z0-9]*)$/;

/**
 * Builds the one object a window sees, from the contract's names and a port to the engine. It has one function per
 * call and no generic send; everything in it is frozen. A promise it returns is never rejected: an engine that is
 * gone or a full pipe is a fault like any other.
 */
export function buildClientApi(names: { readonly calls: readonly string[]; readonly events: readonly string[] }, port: Port): UntypedClientApi {
  const pending = new Map<number, (result: AnyResult) => void>();
  const listeners = new Map<string, Set<Listener>>(names.events.map((event) => [event, new Set()]));
  let lastId = 0;
  let stopped = false;

  port.onMessage((message) => {
    if (!isObject(message)) return;
    if (typeof message['event'] === 'string') {
      for (const listener of listeners.get(message['event']) ?? []) listener(message['data']);
    } else if (typeof message['id'] === 'number') {
      const settle = pending.get(message['id']);
      pending.delete(message['id']);
      settle?.(asResult(message));
    } else if (message['stopped'] === true) {
      stopped = true;
      for (const settle of pending.values()) settle(refuse('INTERNAL', { engine: 'stopped' }));
      pending.clear();
    }
  });

  const call = (name: string, input: unknown): Promise<AnyResult> => {
    if (stopped) return Promise.resolve(refuse('INTERNAL', { engine: 'stopped' }));
    if (pending.size >= CALLS_IN_FLIGHT_MAX) return Promise.resolve(refuse('BUSY', { limit: CALLS_IN_FLIGHT_MAX }));
    lastId += 1;
    const id = lastId;
    return new Promise((settle) => {
      pending.set(id, settle);
      try {
        port.post({ id, name, input });
      } catch {
        // A function, a symbol or an element in the input cannot be cloned: the pipe throws before anything left.
        pending.delete(id);
        settle(refuse('MALFORMED', { input: 'not cloneable' }));
      }
    });
  };

  const on = (name: string, listener: Listener): (() => void) => {
    const set = listeners.get(name);
    if (set === undefined) throw new TypeError(`no event is named "${name}"`);
    set.add(listener);
    return () => {
      set.delete(listener);
    };
  };

  return freezeApi(names.calls, call, on);
}

// Read by hand and not by a schema: this runs in every window before its first line, and what arrives here comes from
// our own engine, which the window has no defence against anyway. The engine reads the window's side with schemas.
function isObject(message: unknown): message is Readonly<Record<string, unknown>> {
  return typeof message === 'object' && message !== null;
}

function asResult(reply: Readonly<Record<string, unknown>>): AnyResult {
  if (reply['ok'] === true) return ok(reply['value']);
  return isObject(reply['fault']) ? { ok: false, fault: reply['fault'] as Fault<FaultCode> } : refuse('INTERNAL', { engine: 'unreadable' });
}

function freezeApi(calls: readonly string[], call: (name: string, input: unknown) => Promise<AnyResult>, on: unknown): UntypedClientApi {
  const api: Record<string, unknown> = {};
  for (const name of calls) {
    const [, concern, verb] = NAME.exec(name) ?? [];
    if (concern === undefined || verb === undefined || concern === 'on') throw new Error(`"${name}" cannot name a call`);
    const group = (api[concern] ??= {}) as Record<string, unknown>;
    group[verb] = Object.freeze((input: unknown) => call(name, input));
  }
  for (const group of Object.values(api)) Object.freeze(group);
  api['on'] = Object.freeze(on);
  return Object.freeze(api);
}

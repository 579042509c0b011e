import type { CallInput, CallName, CallResult, EngineEventName, EngineEvents } from '../../shared/ipc/contract.ts';
import type { ClientApi } from '../../shared/ipc/client-api.ts';

declare global {
  interface Window {
    /** Laid into the window by the preload; the only thing of the machine that the window knows. */
    readonly outpost: ClientApi;
  }
}

type Verbs = Readonly<Record<string, ((input: unknown) => Promise<unknown>) | undefined>>;

/**
 * Calls the engine by contract name. Never rejects: refusals and a stopped engine are values.
 * @throws where the name is not in `window.outpost`, which only a window older than its engine can meet.
 */
export function call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallResult<Name>> {
  const [concern = '', verb = ''] = name.split('.');
  // The mapped type of `window.outpost` cannot be indexed by the two halves of a name; the cast is its inverse.
  const verbs = (window.outpost as unknown as Readonly<Record<string, Verbs | undefined>>)[concern];
  const run = verbs?.[verb];
  if (run === undefined) throw new Error(`window.outpost has no ${name}`);
  return run(input) as Promise<CallResult<Name>>;
}

/** Listens to an engine event; returns the unsubscribe. */
export function onEngineEvent<Name extends EngineEventName>(name: Name, listener: (data: EngineEvents[Name]) => void): () => void {
  return window.outpost.on(name, listener);
}

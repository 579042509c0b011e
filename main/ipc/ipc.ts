import type { Log } from '../log/log.ts';
import { APPLICATION_ORIGIN, createDispatch, type Dispatch } from './dispatch.ts';
import type { Handlers } from './handler.ts';
import { chartHandlers } from './handlers-chart.ts';
import { conflictHandlers } from './handlers-conflicts.ts';
import { sessionHandlers } from './handlers-session.ts';
import { systemHandlers, type Services } from './handlers-system.ts';
import type { Workstation } from './workstation.ts';

/**
 * The serving side of the contract. Promises: nothing gets past it without a known name, a legal session state, a
 * well-formed input and a decision, and every refusal is a value with a name.
 */
export { APPLICATION_ORIGIN, type Dispatch, type Sender } from './dispatch.ts';
export { servePort } from './serve.ts';
export { createWorkstation, type Opened, type Workstation, type WorkstationWorld } from './workstation.ts';
export type { Services } from './handlers-system.ts';

/** `origin`: of the one page that may call, as its host serves it. */
export function createIpc(workstation: Workstation, services: Services, log: Log, origin = APPLICATION_ORIGIN): Dispatch {
  const handlers: Handlers = { ...sessionHandlers, ...chartHandlers, ...conflictHandlers, ...systemHandlers(services) };
  return createDispatch(workstation, handlers, log, origin);
}

import type { z } from 'zod';
import type { Result } from '../base/result.ts';
import type { DOOR_FAULTS } from './faults.ts';
import { chartingRows, chartRows, draftRows, patientRows } from './rows-chart.ts';
import { conflictRows } from './rows-conflicts.ts';
import { sessionRows } from './rows-session.ts';
import { nearRows } from './rows-near.ts';
import { auditRows, jobRows, syncRows } from './rows-system.ts';

/**
 * Everything the window, the command line or a script may ask of the engine: one table. Client types, preload,
 * the serving side's list of handlers and the negative tests are derived from it.
 */
export const contract = {
  ...sessionRows,
  ...patientRows,
  ...chartRows,
  ...chartingRows,
  ...draftRows,
  ...conflictRows,
  ...jobRows,
  ...nearRows,
  ...syncRows,
  ...auditRows,
};

export type Contract = typeof contract;
export type CallName = keyof Contract;
export const CALL_NAMES = Object.keys(contract) as readonly CallName[];

export type CallInput<Name extends CallName> = z.input<Contract[Name]['input']>;
export type CallParsed<Name extends CallName> = z.output<Contract[Name]['input']>;
export type CallOutput<Name extends CallName> = z.output<Contract[Name]['output']>;
export type CallFault<Name extends CallName> = Contract[Name]['faults'][number] | (typeof DOOR_FAULTS)[number];
export type CallResult<Name extends CallName> = Result<CallOutput<Name>, CallFault<Name>>;

/** What the engine tells the window unasked. */
export type EngineEvents = {
  /** Session, sync light or lock state changed: ask again. */
  'status.changed': Record<string, never>;
  /** A chart or list may have changed under the window, by sync or by import. */
  'records.changed': { readonly patients: readonly string[] };
  'job.changed': { readonly job: string };
};
export type EngineEventName = keyof EngineEvents;
export const ENGINE_EVENT_NAMES = ['status.changed', 'records.changed', 'job.changed'] as const satisfies readonly EngineEventName[];

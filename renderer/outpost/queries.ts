import { QueryClient, keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { CallFault, CallInput, CallName, CallOutput, CallResult } from '../../shared/ipc/contract.ts';
import { type Fault, refuse } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { call, onEngineEvent } from './client.ts';
import { PATIENT_READS, REFRESHED_AFTER } from './refreshes.ts';

/** What a read of the engine has come to, as a screen draws it. */
export type CallState<Name extends CallName> =
  | { readonly at: 'loading' }
  | {
      readonly at: 'ready';
      readonly value: CallOutput<Name>;
      /** Set where asking again failed: the value is that of an earlier answer, at `since` (epoch ms). */
      readonly stale: { readonly since: number; readonly fault: Fault<CallFault<Name>> } | null;
      readonly refreshing: boolean;
    }
  | { readonly at: 'failed'; readonly fault: Fault<CallFault<Name>> };

export type CallOptions = {
  /** False asks nothing and reads as loading, for a screen whose input is not complete yet. */
  readonly when?: boolean;
  /** Keeps the former answer while the next input loads (search as you type). */
  readonly keep?: boolean;
  /** Asks again at this interval, milliseconds. */
  readonly every?: number;
};

/** Carries a fault through TanStack Query, whose failures are thrown. */
class FaultCarrier extends Error {
  readonly fault: Fault<FaultCode>;
  constructor(fault: Fault<FaultCode>) {
    super(fault.code);
    this.fault = fault;
  }
}

/** After these nothing of an earlier answer may stay on the screen. */
const HIDING_FAULTS: readonly FaultCode[] = ['DENIED', 'LOCKED', 'WRONG_STATE', 'FOREIGN_SENDER', 'STEP_UP_REQUIRED'];

/**
 * The window's only cache. An answer lives exactly as long as a screen shows it: coming back to a chart asks the
 * engine again, which is what leaves the view in the trail, and nothing of a patient outlives the lock.
 */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { gcTime: 0, staleTime: Number.POSITIVE_INFINITY, retry: false, networkMode: 'always', refetchOnWindowFocus: false, refetchOnReconnect: false },
    },
  });
}

/** Reads from the engine and keeps the answer current while the component stands. */
export function useCall<Name extends CallName>(name: Name, input: CallInput<Name>, options: CallOptions = {}): CallState<Name> & { readonly again: () => void } {
  const query = useQuery({
    queryKey: [name, input],
    queryFn: async () => {
      const result = await call(name, input);
      if (!result.ok) throw new FaultCarrier(result.fault);
      return result.value;
    },
    enabled: options.when ?? true,
    ...(options.keep === true ? { placeholderData: keepPreviousData } : {}),
    ...(options.every === undefined ? {} : { refetchInterval: options.every, refetchIntervalInBackground: true }),
  });
  const { refetch } = query;
  const again = useCallback(() => void refetch(), [refetch]);
  const fault = query.error === null ? null : faultOf(query.error);
  if (fault !== null && (query.data === undefined || HIDING_FAULTS.includes(fault.code))) {
    return { at: 'failed', fault: fault as Fault<CallFault<Name>>, again };
  }
  if (query.data === undefined) return { at: 'loading', again };
  const stale = fault === null ? null : { since: query.dataUpdatedAt, fault: fault as Fault<CallFault<Name>> };
  return { at: 'ready', value: query.data as CallOutput<Name>, stale, refreshing: query.isFetching, again };
}

function faultOf(error: Error): Fault<FaultCode> {
  return error instanceof FaultCarrier ? error.fault : { code: 'INTERNAL' };
}

export type Command<Name extends CallName> = {
  /** Sends the command. While one is under way a second is refused as BUSY, so that a double press writes once. */
  readonly run: (input: CallInput<Name>) => Promise<CallResult<Name>>;
  readonly running: boolean;
  /** Why the last attempt was refused; null after a success or `clear`. */
  readonly fault: Fault<CallFault<Name>> | null;
  readonly clear: () => void;
};

/** Writes through the engine. Inputs are not kept: a password lives in its field alone. */
export function useCommand<Name extends CallName>(name: Name): Command<Name> {
  const client = useQueryClient();
  const underWay = useRef(false);
  const [running, setRunning] = useState(false);
  const [fault, setFault] = useState<Fault<CallFault<Name>> | null>(null);
  const run = useCallback(
    async (input: CallInput<Name>): Promise<CallResult<Name>> => {
      if (underWay.current) return refuse('BUSY');
      underWay.current = true;
      setRunning(true);
      return callAndRefresh(client, name, input, setFault).finally(() => {
        underWay.current = false;
        setRunning(false);
      });
    },
    [client, name],
  );
  const clear = useCallback(() => setFault(null), []);
  return { run, running, fault, clear };
}

/** One call, what became of it told at once, and everything asked again that it may have changed. */
async function callAndRefresh<Name extends CallName>(client: QueryClient, name: Name, input: CallInput<Name>, tell: (fault: Fault<CallFault<Name>> | null) => void): Promise<CallResult<Name>> {
  const result = await call(name, input);
  tell(result.ok ? null : result.fault);
  if (result.ok) await refresh(client, REFRESHED_AFTER[name] ?? [], patientOf(input));
  else if (result.fault.code === 'LOCKED' || result.fault.code === 'HELD') await refresh(client, ['app.status'], null);
  return result;
}

/** Asks again what engine events say has changed. Mounted once, by the window's root. */
export function useEngineEvents(): void {
  const client = useQueryClient();
  useEffect(() => {
    const stop = [
      onEngineEvent('status.changed', () => void refresh(client, ['app.status', 'sync.status', 'session.people'], null)),
      onEngineEvent('records.changed', ({ patients }) => void refreshPatients(client, patients)),
      onEngineEvent('job.changed', ({ job }) => void client.invalidateQueries({ predicate: ({ queryKey: [name, input] }) => name === 'job.view' && field(input, 'job') === job })),
    ];
    return () => {
      for (const unsubscribe of stop) unsubscribe();
    };
  }, [client]);
}

/** Drops every answer the window holds, except who and where we are. */
export function forgetAnswers(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey: [name] }) => name !== 'app.status' });
}

function refresh(client: QueryClient, names: readonly CallName[], patient: string | null): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey: [name, input] }) => {
      if (!names.some((each) => each === name)) return false;
      const asked = patientOf(input);
      return patient === null || asked === null || asked === patient;
    },
  });
}

function refreshPatients(client: QueryClient, patients: readonly string[]): Promise<void> {
  return client.invalidateQueries({
    predicate: ({ queryKey: [name, input] }) => {
      if (name === 'sync.status') return true;
      if (!PATIENT_READS.some((each) => each === name)) return false;
      const asked = patientOf(input);
      return asked === null || patients.length === 0 || patients.includes(asked);
    },
  });
}

function patientOf(input: unknown): string | null {
  const patient = field(input, 'patient');
  return typeof patient === 'string' ? patient : null;
}

function field(input: unknown, name: string): unknown {
  return typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>)[name] : undefined;
}

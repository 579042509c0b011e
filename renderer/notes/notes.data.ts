import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import type { CallInput, CallOutput } from '../../shared/ipc/contract.ts';
import type { Soap } from '../../shared/records/charting.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { call } from '../outpost/client.ts';
import { useCall } from '../outpost/queries.ts';
import { useFlushBeforeLeaving } from '../ui/leaving.ts';
import { DraftKeeper, type DraftState } from './draft-keeper.ts';

export type Chart = CallOutput<'chart.open'>;
export type Draft = CallOutput<'drafts.load'>['draft'];

export const EMPTY_SOAP: Soap = { subjective: '', objective: '', assessment: '', plan: '' };

export function isBlank(soap: Soap): boolean {
  return Object.values(soap).every((part) => part.trim() === '');
}

export function useChart(patient: RecordId) {
  return useCall('chart.open', { patient });
}

export function useDraft(patient: RecordId) {
  return useCall('drafts.load', { patient });
}

/** What a draft is kept with: the words, and the encounter they belong to, if one is open. */
export type DraftInput = Pick<CallInput<'drafts.save'>, 'encounter' | 'soap'>;
export type DraftKeeping = { readonly state: DraftState; readonly keeper: DraftKeeper<DraftInput> };

/** Keeps the engine's draft behind the typing; a note that was emptied again has no draft. */
export function useDraftKeeper(patient: RecordId): DraftKeeping {
  const { now } = useClinicTime();
  const client = useQueryClient();
  const [state, setState] = useState<DraftState>({ at: 'untouched' });
  const [keeper] = useState(
    () =>
      new DraftKeeper<DraftInput>(
        async ({ encounter, soap }) => {
          if (!isBlank(soap)) return call('drafts.save', { patient, encounter, soap });
          const discarded = await call('drafts.discard', { patient });
          return discarded.ok ? ok({ savedAt: now() }) : discarded;
        },
        { set: (run, ms) => window.setTimeout(run, ms), clear: (timer) => window.clearTimeout(timer) },
        setState,
      ),
  );
  const flush = useCallback(() => keeper.flush(), [keeper]);
  useFlushBeforeLeaving(flush);
  useEffect(
    () => () => {
      // Going to another screen keeps the last words too; the chart then says that there is an unsigned note, or none.
      void keeper.flush().then(() => client.invalidateQueries({ predicate: ({ queryKey: [name, input] }) => name === 'drafts.list' || (name === 'chart.open' && isOf(input, patient)) }));
    },
    [client, keeper, patient],
  );
  return { state, keeper };
}

function isOf(input: unknown, patient: RecordId): boolean {
  return typeof input === 'object' && input !== null && 'patient' in input && input.patient === patient;
}

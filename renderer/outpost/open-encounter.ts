import { useCallback, useRef } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { CallFault, CallOutput } from '../../shared/ipc/contract.ts';
import { useClinicTime } from './clinic-time.ts';
import { useCommand } from './queries.ts';

/**
 * The encounter that charting goes into: the open one, or one started by the first thing that is saved. It is started
 * once, even where what was to follow is refused and tried again.
 */
export function useOpenEncounter(
  patient: RecordId,
  open: CallOutput<'chart.open'>['openEncounter'],
): { readonly ensure: () => Promise<Result<RecordId, CallFault<'encounter.start'>>>; readonly starting: boolean } {
  const { now } = useClinicTime();
  const started = useRef<RecordId | null>(null);
  const { run, running } = useCommand('encounter.start');
  const known = open?.record ?? null;
  const ensure = useCallback(async () => {
    const encounter = known ?? started.current;
    if (encounter !== null) return ok(encounter);
    const result = await run({ patient, class: 'AMB', at: now() });
    if (!result.ok) return result;
    started.current = result.value.record;
    return ok(result.value.record);
  }, [known, now, patient, run]);
  return { ensure, starting: running };
}

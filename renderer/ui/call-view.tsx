import type { ReactNode } from 'react';
import type { CallName, CallOutput } from '../../shared/ipc/contract.ts';
import type { Fault } from '../../shared/base/result.ts';
import type { FaultCode } from '../../shared/ipc/faults.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import type { CallState } from '../outpost/queries.ts';
import { uiWords } from '../words/ui.ts';
import { Button } from './button.tsx';
import { formatTime } from './format.ts';
import { FaultMessage, Notice } from './message.tsx';
import { Skeleton } from './skeleton.tsx';

export type CallViewProps<Name extends CallName> = {
  readonly state: CallState<Name> & { readonly again: () => void };
  readonly children: (value: CallOutput<Name>) => ReactNode;
  readonly skeletonLines?: number;
  /** More to do about a refusal, such as breaking the glass; drawn beside "try again". */
  readonly onFault?: (fault: Fault<FaultCode>) => ReactNode;
};

/** Draws a read in each of its states: loading, stale, denied, failed; the ready value is the screen's own. */
export function CallView<Name extends CallName>({ state, children, skeletonLines = 6, onFault }: CallViewProps<Name>) {
  const { zone } = useClinicTime();
  if (state.at === 'loading') return <Skeleton lines={skeletonLines} />;
  if (state.at === 'failed') return <FaultMessage fault={state.fault} onRetry={state.again} actions={onFault?.(state.fault)} />;
  return (
    <>
      {state.stale === null ? null : (
        <Notice tone="attention" actions={<Button onPress={state.again}>{uiWords.tryAgain}</Button>}>
          {uiWords.staleSince(formatTime(state.stale.since, zone))}
        </Notice>
      )}
      {children(state.value)}
    </>
  );
}

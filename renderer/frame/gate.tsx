import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { CarriedClock, type ClinicTime, ClinicTimeContext } from '../outpost/clinic-time.ts';
import { forgetAnswers, useCall, useEngineEvents } from '../outpost/queries.ts';
import { SetupScreen } from '../setup/setup.screen.tsx';
import { forgetAnnouncements } from '../ui/announcements.ts';
import { FaultMessage } from '../ui/message.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { useKeyDispatch } from '../ui/use-keys.ts';
import { ClosedScreen } from '../unlock/closed.screen.tsx';
import { ErasedScreen } from '../unlock/erased.screen.tsx';
import { UnlockScreen } from '../unlock/unlock.screen.tsx';
import { isEngineStopped } from '../words/faults.ts';
import { frameWords } from '../words/frame.ts';
import { Frame } from './frame.tsx';

/** How often the window asks who and where it is, beside the engine's own word of a change. */
const STATUS_EVERY_MS = 5000;

export type Status = CallOutput<'app.status'>;

/** Decides by the engine's state alone what stands in the window: set-up, lock or the clinic. */
export function Gate() {
  useEngineEvents();
  useKeyDispatch();
  const status = useCall('app.status', {}, { every: STATUS_EVERY_MS });
  if (status.at === 'loading') return <main className="gate"><Skeleton label={frameWords.starting} /></main>;
  if (status.at === 'failed') return <main className="gate"><FaultMessage fault={status.fault} onRetry={status.again} /></main>;
  // Without its engine the window cannot even lock: nothing may stay on the screen.
  if (status.stale !== null && isEngineStopped(status.stale.fault)) return <main className="gate"><FaultMessage fault={status.stale.fault} /></main>;
  return <OpenGate status={status.value} />;
}

/** Flows that show something once, after the engine is unlocked already: they hold the gate until they are through. */
type HeldBy = 'setup' | 'unlock' | null;

function OpenGate({ status }: { readonly status: Status }) {
  const client = useQueryClient();
  const [heldBy, setHeldBy] = useState<HeldBy>(status.state === 'setup' && status.erased === null ? 'setup' : null);
  const session = status.session === null ? null : `${status.session.userId} ${status.session.signedInAt}`;
  useEffect(() => {
    // Another person, or nobody: nothing the last one saw may stay in memory. On leaving, so that the next one's
    // first questions, asked before this effect would run, are not dropped with it.
    return () => {
      if (session === null) return;
      forgetAnswers(client);
      forgetAnnouncements();
    };
  }, [client, session]);
  const time = useCarriedTime(status.now, status.zone);
  return (
    <ClinicTimeContext value={time}>
      {status.state === 'setup' && heldBy !== 'setup' && status.erased !== null ? (
        <ErasedScreen erased={status.erased} onAnew={() => setHeldBy('setup')} />
      ) : status.state === 'setup' || heldBy === 'setup' ? (
        <SetupScreen onStart={() => setHeldBy('setup')} onDone={() => setHeldBy(null)} />
      ) : status.session === null || heldBy === 'unlock' ? (
        <UnlockScreen status={status} onHold={(held) => setHeldBy(held ? 'unlock' : null)} />
      ) : status.orders !== null && status.orders.closed !== null && status.state === 'closed' ? (
        <ClosedScreen closed={status.orders.closed} session={status.session} />
      ) : (
        <Frame key={session} status={{ ...status, session: status.session }} />
      )}
    </ClinicTimeContext>
  );
}

/** One clock for as long as the window stands; each status answer sets it, and only a new zone draws anew. */
function useCarriedTime(engineNow: number, zone: string): ClinicTime {
  const [clock] = useState(() => new CarriedClock(engineNow));
  useEffect(() => clock.set(engineNow), [clock, engineNow]);
  return useMemo(() => ({ now: clock.now, zone }), [clock, zone]);
}

import { useState } from 'react';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { formatTime } from '../ui/format.ts';
import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { frameWords } from '../words/frame.ts';
import { unlockWords as words } from '../words/unlock.ts';
import { RecoverPart } from './recover.part.tsx';
import { SignInPart } from './sign-in.part.tsx';
import './unlock.css';

export type UnlockScreenProps = {
  readonly status: CallOutput<'app.status'>;
  /** True while something is shown that must not vanish when the engine unlocks: the new recovery code. */
  readonly onHold: (held: boolean) => void;
};

const CLOCK_EVERY_MS = 10_000;

/** Nothing of any chart stands behind it: the frame is gone, not covered. */
export function UnlockScreen({ status, onHold }: UnlockScreenProps) {
  const [recovering, setRecovering] = useState(false);
  const { zone } = useClinicTime();
  const now = useNow(CLOCK_EVERY_MS);
  const recover = (on: boolean): void => {
    setRecovering(on);
    onHold(on);
  };
  return (
    <main className="gate">
      <div className={`gate-card${recovering ? ' gate-card-wide' : ''}`}>
        <header className="gate-head">
          <div>
            <p className="gate-clinic">{status.clinic ?? frameWords.product}</p>
            {status.deviceName === null ? null : <p className="muted">{status.deviceName}</p>}
          </div>
          <span className="spring" />
          <time className="gate-clock">{formatTime(now, zone)}</time>
        </header>
        <div className="gate-body">
          {recovering ? (
            <RecoverPart clinic={status.clinic ?? ''} device={status.deviceName ?? ''} onBack={() => recover(false)} onDone={() => recover(false)} />
          ) : (
            <SignInPart clock={status.clock} onRecover={() => recover(true)} />
          )}
        </div>
      </div>
      <p className="gate-foot">
        {words.encrypted} <span className="number">Outpost {status.version}</span>
      </p>
    </main>
  );
}

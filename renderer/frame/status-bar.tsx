import { formatDuration } from '../ui/format.ts';
import { KeyHint } from '../ui/key-hint.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { useNow } from '../outpost/clinic-time.ts';
import { frameWords as words } from '../words/frame.ts';
import { useFrame } from './frame-context.ts';
import { useIdleLock } from './frame.data.ts';
import { syncLight } from './sync-light.ts';

const AGES_EVERY_MS = 10_000;
const LOCK_SOON_MS = 60_000;

/** The sync light, the age of the policy, the clock and the time to the lock: what one must know without asking. */
export function StatusBar() {
  const { status, sync, leaving } = useFrame();
  const { go } = useNavigation();
  const now = useNow(AGES_EVERY_MS);
  const left = useIdleLock(status.session, leaving);
  const light = sync.at === 'ready' ? syncLight(sync.value, now) : { shape: 'empty' as const, text: words.lineNotKnown };
  return (
    <footer className="status-bar" aria-label={words.status}>
      <button type="button" className="status-sync" onClick={() => go({ to: 'sync' })}>
        <span className={`light light-${light.shape}`} aria-hidden="true" />
        <span>{light.text}</span>
        <KeyHint keys="F8" />
      </button>
      <span>{words.policy(formatDuration(now - status.policyIssuedAt))}</span>
      <span className={status.clock === 'ok' ? '' : 'status-attention'}>{status.clock === 'ok' ? words.clockFine : words.clockSuspect}</span>
      <span className="spring" />
      <span>{status.deviceName}</span>
      <span className={left <= LOCK_SOON_MS ? 'status-attention' : ''}>{words.locksIn(formatDuration(left))}</span>
    </footer>
  );
}

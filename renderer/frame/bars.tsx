import { Button } from '../ui/button.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { frameWords as words } from '../words/frame.ts';
import { ordersWords } from '../words/orders.ts';
import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { formatDateTime, formatNumber } from '../ui/format.ts';
import { useFrame } from './frame-context.ts';

const LEASE_EVERY_MS = 60_000;
/** Long enough before the end for somebody to drive to where there is a line. */
const LEASE_SOON_MS = 48 * 3_600_000;

/** Bars across the top that cannot be dismissed, only answered. */
export function FrameBars({ onLock }: { readonly onLock: () => void }) {
  const { status, sync } = useFrame();
  const loading = sync.at === 'ready' ? sync.value.loading : null;
  const { go } = useNavigation();
  const { zone } = useClinicTime();
  const now = useNow(LEASE_EVERY_MS);
  const lease = status.orders?.lease ?? null;
  const endsSoon = lease?.state === 'working' && lease.endsAt !== null && lease.endsAt - now < LEASE_SOON_MS ? lease.endsAt : null;
  return (
    <div className="bars">
      {status.state === 'held' ? (
        <div className="bar bar-danger" role="alert">
          <span className="mark mark-danger" aria-hidden="true" />
          <p>
            <strong>{words.heldTitle}</strong> {words.heldBody} {status.held === null ? null : <span className="small">{status.held}</span>}
          </p>
          <Button onPress={() => go({ to: 'trail' })}>{words.heldAction}</Button>
        </div>
      ) : null}
      {status.state === 'lapsed' ? (
        <div className="bar bar-danger" role="alert">
          <span className="mark mark-danger" aria-hidden="true" />
          <p>
            <strong>{ordersWords.lapsedTitle}</strong> {ordersWords.lapsedBody(formatDateTime(lease?.graceEndsAt ?? now, zone))}
          </p>
          <Button onPress={() => go({ to: 'sync' })}>{ordersWords.lapsedAction}</Button>
        </div>
      ) : null}
      {endsSoon === null ? null : (
        <div className="bar bar-attention" role="alert">
          <span className="mark mark-attention" aria-hidden="true" />
          <p>
            <strong>{ordersWords.endsSoonTitle}</strong> {ordersWords.endsSoonBody(formatDateTime(endsSoon, zone))}
          </p>
          <Button onPress={() => go({ to: 'sync' })}>{ordersWords.lapsedAction}</Button>
        </div>
      )}
      {loading === null ? null : (
        <div className="bar bar-attention" role="status">
          <span className="mark mark-attention" aria-hidden="true" />
          <p>
            <strong>{words.loadingTitle}</strong> {words.loadingBody(formatNumber(loading.done), loading.total === null ? null : formatNumber(loading.total))}
          </p>
          <Button onPress={() => go({ to: 'sync' })}>{words.loadingAction}</Button>
        </div>
      )}
      {status.clock === 'suspect' ? (
        <div className="bar bar-attention" role="alert">
          <span className="mark mark-attention" aria-hidden="true" />
          <p>
            <strong>{words.clockTitle}</strong> {words.clockBody}
          </p>
          <Button onPress={onLock}>{words.clockAction}</Button>
        </div>
      ) : null}
    </div>
  );
}

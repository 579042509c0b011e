import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { formatAgo, formatBytes, formatDateTime, formatDuration, formatNumber } from '../ui/format.ts';
import { syncWords as words } from '../words/sync.ts';
import { clockText, type SyncView } from './sync-headline.ts';

const AGES_EVERY_MS = 10_000;
const SOON_MS = 2000;

/** For whoever looks after this workstation. */
export function SyncFacts({ view }: { readonly view: SyncView }) {
  const { zone } = useClinicTime();
  const now = useNow(AGES_EVERY_MS);
  const when = (at: number | null): string => (at === null ? words.never : words.when(formatDateTime(at, zone), formatAgo(Math.min(at, now), now)));
  const { acknowledged, nextAttemptAt } = view;
  const facts: readonly (readonly [string, string])[] = [
    [words.lineLabel, words.line[view.line]],
    ...(nextAttemptAt === null ? [] : [[words.nextAttempt, nextAttemptAt - now <= SOON_MS ? words.nextNow : formatAgo(nextAttemptAt, now)] as const]),
    ...(view.organization === null ? [] : [[words.organization, view.organization] as const]),
    ...(view.address === null ? [] : [[words.address, view.address] as const]),
    [words.lastAcknowledged, acknowledged === null ? when(view.lastAcknowledgedAt) : words.acknowledged(when(acknowledged.at), formatNumber(acknowledged.entries), formatNumber(acknowledged.through))],
    [words.lastContact, when(view.lastContactAt)],
    ...(view.enrolled ? [[words.clock, clockText(view.clockOffsetMs, view.clockBoundMs)] as const] : []),
    ...orderFacts(view, now, zone),
    [words.traffic, words.trafficText(formatBytes(view.bytesSent), formatBytes(view.bytesReceived))],
  ];
  return (
    <section className="panel sync-panel" aria-label={words.facts}>
      <h2>{words.facts}</h2>
      <dl className="sync-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What the organisation has said: policies, staff, how long this workstation may go on by itself, what central vouches for. */
function orderFacts({ orders }: SyncView, now: number, zone: string): readonly (readonly [string, string])[] {
  if (orders === null) return [];
  const { policy, roster, lease, cosigned, partial } = orders;
  const aged = (version: number, issuedAt: number): string => words.versionOf(String(version), formatDuration(Math.max(0, now - issuedAt)));
  return [
    [words.policy, aged(policy.version, policy.issuedAt)],
    ...(roster === null ? [] : [[words.roster, aged(roster.version, roster.issuedAt)] as const]),
    ...(partial ? [[words.held, words.heldPart] as const] : []),
    ...(lease === null ? [] : [[words.lease, lease.endsAt === null ? words.leaseOpen : words.leaseUntil[lease.state](formatDateTime(lease.state === 'working' ? lease.endsAt : (lease.graceEndsAt ?? lease.endsAt), zone))] as const]),
    ...(cosigned === null ? [] : [[words.cosigned, words.cosignedText(formatNumber(cosigned.entries), formatDateTime(cosigned.at, zone))] as const]),
  ];
}

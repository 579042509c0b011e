import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { formatAgo, formatBytes, formatDateTime } from '../ui/format.ts';
import { syncWords as words } from '../words/sync.ts';
import { clockText, type SyncView } from './sync-headline.ts';

const AGES_EVERY_MS = 10_000;

export function SyncFacts({ view }: { readonly view: SyncView }) {
  const { zone } = useClinicTime();
  const now = useNow(AGES_EVERY_MS);
  const when = (at: number | null): string => (at === null ? words.never : words.when(formatDateTime(at, zone), formatAgo(Math.min(at, now), now)));
  const facts: readonly (readonly [string, string])[] = [
    [words.lineLabel, words.line[view.line]],
    ...(view.organization === null ? [] : [[words.organization, view.organization] as const]),
    ...(view.address === null ? [] : [[words.address, view.address] as const]),
    [words.lastAcknowledged, when(view.lastAcknowledgedAt)],
    [words.lastContact, when(view.lastContactAt)],
    ...(view.enrolled ? [[words.clock, clockText(view.clockOffsetMs)] as const] : []),
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

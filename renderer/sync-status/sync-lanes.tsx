import { useNow } from '../outpost/clinic-time.ts';
import { formatDuration, formatNumber } from '../ui/format.ts';
import { syncWords as words } from '../words/sync.ts';
import { NumbersHead } from './numbers-head.tsx';
import type { SyncView } from './sync-headline.ts';

const AGES_EVERY_MS = 10_000;

/** What waits here in each lane, in the order in which it goes out. */
export function SyncLanes({ view }: { readonly view: SyncView }) {
  const now = useNow(AGES_EVERY_MS);
  return (
    <section className="panel sync-panel" aria-label={words.waiting}>
      <h2>{words.waiting}</h2>
      <table className="table sync-lanes">
        <NumbersHead row={words.laneHead} numbers={[words.countHead, words.oldestHead]} />
        <tbody>
          {view.lanes.map(({ lane, unsent, oldestAt }) => (
            <tr key={lane}>
              <th scope="row">
                {words.lanes[lane].name} <span className="muted sync-lane-what">{words.lanes[lane].what}</span>
              </th>
              <td className="number">{formatNumber(unsent)}</td>
              <td className="number">{oldestAt === null ? words.none : formatDuration(Math.max(0, now - oldestAt))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

import type { ReactNode } from 'react';
import { useOutside } from '../outpost/audience.ts';
import { useClinicTime, useNow } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { formatAgo, formatDateTime, formatDuration, formatNumber } from '../ui/format.ts';
import { useNavigation } from '../ui/navigation.ts';
import { codeSentence } from '../words/fault-codes.ts';
import { refusalWords, syncWords as words } from '../words/sync.ts';
import { clockIsWrong, clockText, type SyncView } from './sync-headline.ts';

type Props = { readonly view: SyncView; readonly onSendAgain: () => void; readonly sending: boolean };
type Item = { readonly key: string; readonly tone: 'danger' | 'attention' | 'quiet'; readonly title: string; readonly text?: string; readonly action?: ReactNode };

const AGES_EVERY_MS = 30_000;
const MENDING: ReadonlySet<string> = new Set(['OFFLINE', 'SERVER_BUSY']);

/** What needs a person: the most serious first, one action each, in words that say what to do. */
export function SyncWaiting({ view, onSendAgain, sending }: Props) {
  const items = useItems(view, onSendAgain, sending);
  return (
    <section className="panel sync-panel" aria-label={words.attention}>
      <h2>{words.attention}</h2>
      {items.length === 0 ? <p className="muted">{words.nothingWaits}</p> : null}
      <ul className="plain sync-waiting">
        {items.map(({ key, tone, title, text, action }) => (
          <li key={key}>
            <span className={`mark mark-${tone}`} aria-hidden="true" />
            <span className="sync-what">
              <strong>{title}</strong>
              {text === undefined ? null : <span className="muted"> {text}</span>}
            </span>
            {action}
          </li>
        ))}
      </ul>
    </section>
  );
}

function useItems(view: SyncView, onSendAgain: () => void, sending: boolean): readonly Item[] {
  const { go } = useNavigation();
  const now = useNow(AGES_EVERY_MS);
  const refused = useRefused(view.refused);
  const noCharts = useOutside('charts');
  const maySend = !useOutside('syncing');
  const { parkedBy } = view;
  // A line that is down and a server that is busy mend themselves; a server that refuses does not. What was refused stands below with its reason.
  const lineFault = MENDING.has(view.lineFault ?? '') || view.refused.length > 0 ? null : view.lineFault;
  const decide = noCharts ? {} : { action: <Button onPress={() => go({ to: 'conflicts' })}>{words.openConflicts}</Button> };
  const look = noCharts ? {} : { action: <Button kind="quiet" onPress={() => go({ to: 'conflicts', show: 'review' })}>{words.openReview}</Button> };
  return [
    ...(view.forks === 0 ? [] : [{ key: 'forks', tone: 'danger', title: words.forks(view.forks), text: words.forksText } as const]),
    ...refused.map(({ again, ...item }): Item => ({ ...item, tone: 'danger', ...(again && maySend ? { action: <Button busy={sending} onPress={onSendAgain}>{words.refusedTry}</Button> } : {}) })),
    ...(lineFault === null ? [] : [{ key: 'line', tone: 'attention', title: codeSentence(lineFault) } as const]),
    ...(view.conflicts === 0 ? [] : [{ key: 'conflicts', tone: 'attention', title: words.conflicts(view.conflicts, view.oldestConflictAt === null ? null : formatDuration(Math.max(0, now - view.oldestConflictAt))), ...decide } as const]),
    ...(clockIsWrong(view) ? [{ key: 'clock', tone: 'attention', title: `${words.clockWrong(clockText(view.clockOffsetMs))}.`, text: words.clockWrongText } as const] : []),
    ...(parkedBy.unreadable === 0 ? [] : [{ key: 'unreadable', tone: 'attention', title: `${words.parkedUnreadable(parkedBy.unreadable)}.`, text: words.parkedUnreadableText } as const]),
    ...(view.leaving.unsent === 0 ? [] : [{ key: 'leaving', tone: 'attention', title: `${words.leavingUnsent(view.leaving.unsent)}.`, text: words.leavingUnsentText } as const]),
    ...(parkedBy.newer === 0 ? [] : [{ key: 'newer', tone: 'quiet', title: `${words.parkedNewer(parkedBy.newer)}.`, text: words.parkedNewerText } as const]),
    ...(parkedBy.waiting === 0 ? [] : [{ key: 'waiting', tone: 'quiet', title: `${words.parkedWaiting(parkedBy.waiting)}.`, text: words.parkedWaitingText } as const]),
    ...(view.leaving.open === 0 ? [] : [{ key: 'leaving-open', tone: 'quiet', title: `${words.leavingOpen(view.leaving.open)}.`, text: words.leavingOpenText } as const]),
    ...(view.review === 0 ? [] : [{ key: 'review', tone: 'quiet', title: words.review(view.review), ...look } as const]),
  ];
}

/** Each refusal in words: how many entries, whose, why, what to do. */
function useRefused(refused: SyncView['refused']): readonly { readonly key: string; readonly title: string; readonly text: string; readonly again: boolean }[] {
  const { zone } = useClinicTime();
  const now = useNow(AGES_EVERY_MS);
  return refused.map(({ at, what, code, entries, oldestAt, by, leaving }) => {
    const known = refusalWords(code);
    const since = formatAgo(Math.min(oldestAt ?? at, now), now);
    const count = words.entries(formatNumber(entries));
    const who = by.map(({ name, role }) => words.person(name, role)).join(words.and);
    const whose = entries === 0 ? formatDateTime(at, zone) : who === '' ? words.refusedCount(count, since) : words.refusedWhose(count, who, since);
    return { key: `${at} ${what} ${code}`, title: `${words.refused}: ${whose}.`, text: `${known === null ? codeSentence(code) : `${known.what} ${known.todo}`}${leaving === 0 ? '' : ` ${words.refusedLeaving(leaving)}`}`, again: known?.again ?? true };
  });
}

import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { formatDateTime } from '../ui/format.ts';
import { useNavigation } from '../ui/navigation.ts';
import { codeSentence } from '../words/fault-codes.ts';
import { syncWords as words } from '../words/sync.ts';
import type { SyncView } from './sync-headline.ts';

type Props = { readonly view: SyncView; readonly onSendAgain: () => void; readonly sending: boolean };

/** What needs a person: refusals, conflicts, entries from the future. One action each. */
export function SyncWaiting({ view, onSendAgain, sending }: Props) {
  const { go } = useNavigation();
  const { zone } = useClinicTime();
  // A line that is down mends itself; a server that refuses does not.
  const lineFault = view.lineFault === 'OFFLINE' ? null : view.lineFault;
  const nothing = view.refused.length === 0 && view.conflicts === 0 && view.parked === 0 && lineFault === null;
  return (
    <section className="panel sync-panel" aria-label={words.attention}>
      <h2>{words.attention}</h2>
      {nothing ? <p className="muted">{words.nothingWaits}</p> : null}
      <ul className="plain sync-waiting">
        {lineFault === null ? null : (
          <li>
            <span className="mark mark-attention" aria-hidden="true" />
            <span className="sync-what">{codeSentence(lineFault)}</span>
          </li>
        )}
        {view.conflicts === 0 ? null : (
          <li>
            <span className="mark mark-attention" aria-hidden="true" />
            <span className="sync-what">{words.conflicts(view.conflicts)}</span>
            <Button onPress={() => go({ to: 'conflicts' })}>{words.openConflicts}</Button>
          </li>
        )}
        {view.refused.map(({ at, what, code }) => (
          <li key={`${at} ${what}`}>
            <span className="mark mark-danger" aria-hidden="true" />
            <span className="sync-what">
              <strong>{words.refused}</strong>: {words.refusedRow(what, formatDateTime(at, zone))}. {codeSentence(code)}
            </span>
            <Button busy={sending} onPress={onSendAgain}>
              {words.refusedTry}
            </Button>
          </li>
        ))}
        {view.parked === 0 ? null : (
          <li>
            <span className="mark mark-quiet" aria-hidden="true" />
            <span className="sync-what">
              {words.parked(view.parked)}. <span className="muted">{words.parkedText}</span>
            </span>
          </li>
        )}
      </ul>
    </section>
  );
}

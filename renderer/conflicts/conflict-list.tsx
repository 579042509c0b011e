import { useNow } from '../outpost/clinic-time.ts';
import { formatAgo } from '../ui/format.ts';
import { VirtualList } from '../ui/virtual-list.tsx';
import { elementWord, typeWord } from '../words/chart.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import { conflictKey, type Line } from './conflicts.data.ts';

const ROW_HEIGHT = 64;
const AGES_EVERY_MS = 30_000;

type Props = { readonly label: string; readonly lines: readonly Line[]; readonly selected: string; readonly onOpen: (line: Line) => void; readonly onNearEnd: () => void };

/** Who, what, how long: the oldest first. */
export function ConflictList({ label, lines, selected, onOpen, onNearEnd }: Props) {
  const now = useNow(AGES_EVERY_MS);
  return <VirtualList className="conflicts-list" label={label} items={lines} keyOf={conflictKey} rowHeight={ROW_HEIGHT} renderRow={(line) => <Row line={line} now={now} />} onOpen={onOpen} onNearEnd={onNearEnd} selectedKey={selected} autoFocus />;
}

function Row({ line, now }: { readonly line: Line; readonly now: number }) {
  return (
    <div className="conflict-row">
      <span className="conflict-row-head">
        {/* Where there is no room, a name loses its end, whichever way it is written. */}
        <strong dir="auto">{line.patientName === '' ? words.noPatient : line.patientName}</strong>
        <span className="small muted">{words.since(formatAgo(Math.min(line.since, now), now))}</span>
      </span>
      <span className="conflict-row-what">{whatOf(line)}</span>
      {line.asked === null ? null : <span className={line.asked.mine ? 'tag tag-action' : 'tag'}>{line.asked.mine ? words.asksYou : words.asked(whomOf(line.asked.to))}</span>}
    </div>
  );
}

/** What it is about in one line: `Prescription warfarin: How to take it`. */
export function whatOf({ kind, type, title, field }: Pick<Line, 'kind' | 'type' | 'title' | 'field'>): string {
  if (kind === 'none-known' || kind === 'same-person' || kind === 'double-booked') return words.items[kind];
  return `${typeWord(type)} ${title}: ${kind === 'amended' ? words.items.amended : elementWord(field)}`;
}

/** A colleague by name, or a role in words. */
export function whomOf({ name, role }: { readonly name: string | null; readonly role: string | null }): string {
  return name ?? words.roles[role ?? ''] ?? role ?? '';
}

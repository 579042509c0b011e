import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { PatientLine } from '../../shared/ipc/shapes.ts';
import { useHoldsPart } from '../outpost/audience.ts';
import { useNow } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { formatAgo, formatNumber } from '../ui/format.ts';
import { Message } from '../ui/message.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { TextField } from '../ui/text-field.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { useDebounced } from '../ui/use-debounced.ts';
import { VirtualList } from '../ui/virtual-list.tsx';
import { patientsWords as words } from '../words/patients.ts';
import { lookAlikes } from './look-alikes.ts';
import { PatientLineView } from './patient-line.tsx';
import { useRecent, useSearch } from './patients.data.ts';
import './patients.css';

export type SearchScreenProps = {
  /** What to search for at once, such as a scanned card number. */
  readonly text?: string | undefined;
};

const SEARCH_AFTER_MS = 120;
const ROW_HEIGHT = 54;
const AGES_EVERY_MS = 60_000;

type Listed = PatientLine & { readonly aside?: string };

/** As you type, best match first, and why it matched. The arrow keys walk the list while the typing goes on. */
export function SearchScreen({ text: given = '' }: SearchScreenProps) {
  const { go } = useNavigation();
  const [text, setText] = useState(given);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const asked = useDebounced(text, SEARCH_AFTER_MS);
  const found = useSearch(asked);
  const recent = useRecent();
  const now = useNow(AGES_EVERY_MS);
  // Whoever types and presses Enter at once means the answer to what was typed, not the one on the screen.
  const entered = useRef(false);
  const searching = asked.trim() !== '';
  useCommands([{ id: 'search', title: words.searchLabel, keys: '/', group: words.group, run: () => input.current?.focus() }]);
  const open = ({ patient }: PatientLine): void => go({ to: 'chart', patient });
  const intoList = (event: KeyboardEvent): void => {
    const listbox = list.current?.querySelector<HTMLElement>('[role="listbox"]');
    if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
    event.preventDefault();
    if (event.key === 'ArrowDown') listbox?.focus();
    else if (asked === text && found.at === 'ready' && !found.refreshing) openFirst(found.value.patients);
    else entered.current = true;
  };
  const openFirst = (patients: readonly PatientLine[]): void => {
    const [first] = patients;
    // One certain hit opens at once; among several the eye decides.
    if (patients.length === 1 && first !== undefined) open(first);
    else list.current?.querySelector<HTMLElement>('[role="listbox"]')?.focus();
  };
  useEffect(() => {
    if (!entered.current || asked !== text || found.at !== 'ready' || found.refreshing) return;
    entered.current = false;
    openFirst(found.value.patients);
  });
  const part = useHoldsPart();
  const register = (): void => go({ to: 'register', typed: text });
  return (
    <div className="screen patients-screen">
      <header className="screen-head">
        <h1>{words.searchTitle}</h1>
        <span className="spring" />
        <Button keys="N" onPress={register}>
          {words.registerNew}
        </Button>
      </header>
      {/* Arrow down and Enter of the field go to the list below it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div onKeyDown={intoList}>
        <TextField
          label={words.searchLabel}
          value={text}
          onChange={(typed) => {
            setText(typed);
            entered.current = false;
          }}
          inputMode="search"
          autoFocus
          inputRef={input}
          hint={words.searchHint}
        />
      </div>
      <div ref={list} className="panel patients-list">
        {searching ? (
          <CallView state={found}>
            {({ patients, more }) =>
              patients.length === 0 ? (
                <Message tone="quiet" title={words.none(asked)} actions={<Button kind="primary" onPress={register}>{words.registerTyped(asked)}</Button>}>
                  <p>{words.noneTodo}</p>
                  {part ? <p>{words.part}</p> : null}
                </Message>
              ) : (
                <>
                  <p className="list-head" role="status">
                    {words.results(formatNumber(patients.length), more)}
                  </p>
                  <Lines label={words.resultsLabel} lines={patients} onOpen={open} showMatch />
                  <div className="list-foot">
                    {part ? <p className="muted">{words.part}</p> : null}
                    <Button kind="quiet" onPress={register}>
                      {words.registerTyped(asked)}
                    </Button>
                  </div>
                </>
              )
            }
          </CallView>
        ) : (
          <CallView state={recent}>
            {({ patients, total }) =>
              patients.length === 0 ? (
                <Message tone="quiet" title={words.latelyEmpty} actions={<Button kind="primary" keys="N" onPress={register}>{words.registerNew}</Button>} />
              ) : (
                <>
                  <p className="list-head">
                    {words.lately} · {words.total(formatNumber(total))}
                  </p>
                  <Lines label={words.recentLabel} lines={patients.map((line) => ({ ...line, ...(line.lastSeenAt === null ? {} : { aside: words.seen(formatAgo(line.lastSeenAt, now)) }) }))} onOpen={open} />
                </>
              )
            }
          </CallView>
        )}
      </div>
    </div>
  );
}

function Lines({ label, lines, onOpen, showMatch = false }: { readonly label: string; readonly lines: readonly Listed[]; readonly onOpen: (line: Listed) => void; readonly showMatch?: boolean }) {
  const alike = useMemo(() => lookAlikes(lines), [lines]);
  return (
    <VirtualList
      label={label}
      items={lines}
      keyOf={({ patient }) => patient}
      rowHeight={ROW_HEIGHT}
      onOpen={onOpen}
      renderRow={(line) => <PatientLineView line={line} lookAlike={alike.get(line.patient)} aside={line.aside} showMatch={showMatch} />}
    />
  );
}

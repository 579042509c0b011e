import { useEffect, useRef, useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { Button } from '../ui/button.tsx';
import { FaultMessage, Message, Notice } from '../ui/message.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { Skeleton } from '../ui/skeleton.tsx';
import { type TabItem, Tabs } from '../ui/tabs.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import { ConflictDetail, type Decided } from './conflict-detail.tsx';
import { ConflictList } from './conflict-list.tsx';
import { conflictKey, type Line, type Severity, useConflicts } from './conflicts.data.ts';
import './conflicts.css';

export type ConflictsScreenProps = {
  /** Conflicts of one patient; null for all. */
  readonly patient: RecordId | null;
  /** The list that is open at first. */
  readonly first: Severity;
};

/** What must be decided, and beside it, quietly, what only wants a look. */
export function ConflictsScreen({ patient, first }: ConflictsScreenProps) {
  const { go } = useNavigation();
  const [severity, setSeverity] = useState(first);
  const tab = (id: Severity): TabItem<Severity> => ({ id, title: words.list[id], content: severity === id ? <Waiting key={id} patient={patient} severity={id} /> : null });
  return (
    <div className="conflicts">
      <header className="conflicts-head">
        <h1>{words.title}</h1>
        <span className="spring" />
        {patient === null ? null : (
          <>
            <Button onPress={() => go({ to: 'chart', patient })}>{words.openChart}</Button>
            <Button kind="quiet" onPress={() => go({ to: 'conflicts' })}>
              {words.allPatients}
            </Button>
          </>
        )}
      </header>
      <Tabs label={words.tabs} tabs={[tab('safety'), tab('review')]} selected={severity} onSelect={setSeverity} />
    </div>
  );
}

function Waiting({ patient, severity }: { readonly patient: RecordId | null; readonly severity: Severity }) {
  const conflicts = useConflicts(patient, severity);
  const [chosen, setChosen] = useState<string | null>(null);
  const [decided, setDecided] = useState<Decided | null>(null);
  const [again, setAgain] = useState<Decided | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const undo = (): void => setAgain(decided);
  useCommands(decided?.mayUndo === true && again === null ? [{ id: 'conflict.undo', title: words.undo, keys: 'U', group: words.group, run: undo }] : []);
  const lines = conflicts.at === 'ready' ? conflicts.lines : [];
  const open = lines.find((line) => conflictKey(line) === chosen) ?? lines.find((line) => decided === null || conflictKey(line) !== conflictKey(decided.conflict));
  const finished = (what: Decided): void => {
    const at = lines.findIndex((line) => conflictKey(line) === conflictKey(what.conflict));
    const next = lines[at + 1] ?? lines[at - 1];
    setChosen(next === undefined ? null : conflictKey(next));
    setDecided(what);
    setAgain(null);
  };
  // The next one is decided from the list, so that is where the next key press goes.
  useEffect(() => {
    if (decided !== null && again === null) list.current?.querySelector<HTMLElement>('[role="listbox"]')?.focus();
  }, [decided, again]);
  if (conflicts.at === 'loading') return <Skeleton lines={8} />;
  if (conflicts.at === 'failed') return <FaultMessage fault={conflicts.fault} onRetry={conflicts.again} />;
  return (
    <>
      {decided === null ? null : (
        <Notice
          tone="quiet"
          actions={
            decided.mayUndo && again === null ? (
              <Button keys="U" onPress={undo}>
                {words.undo}
              </Button>
            ) : undefined
          }
        >
          {words.decided(decided.what)}
        </Notice>
      )}
      {again !== null ? (
        <ConflictDetail key="again" line={again.conflict} again={again} onDecided={finished} onKeep={() => setAgain(null)} />
      ) : open === undefined ? (
        <Message tone="quiet" title={words.emptyTitle[severity]}>
          {words.empty[severity]}
        </Message>
      ) : (
        <div className="conflicts-columns" ref={list}>
          <ConflictList label={words.list[severity]} lines={lines} selected={conflictKey(open)} onOpen={(line: Line) => setChosen(conflictKey(line))} onNearEnd={conflicts.readMore} />
          <ConflictDetail key={conflictKey(open)} line={open} again={null} onDecided={finished} onKeep={() => undefined} />
        </div>
      )}
    </>
  );
}

import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { Message } from '../ui/message.tsx';
import { useNavigation } from '../ui/navigation.ts';
import { VirtualList } from '../ui/virtual-list.tsx';
import { elementWord, typeWord } from '../words/chart.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import { ConflictDetail } from './conflict-detail.tsx';
import { type Conflict, conflictKey, useConflicts } from './conflicts.data.ts';
import './conflicts.css';

export type ConflictsScreenProps = {
  /** Conflicts of one patient; null for all. */
  readonly patient: RecordId | null;
};

const ROW_HEIGHT = 62;

export function ConflictsScreen({ patient }: ConflictsScreenProps) {
  const { go } = useNavigation();
  const conflicts = useConflicts(patient);
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
      <CallView state={conflicts}>{(value) => <ConflictList conflicts={value.conflicts} />}</CallView>
    </div>
  );
}

/** Those that must be decided come first. */
function ConflictList({ conflicts }: { readonly conflicts: readonly Conflict[] }) {
  const ordered = conflicts.toSorted((a, b) => Number(a.severity !== 'safety') - Number(b.severity !== 'safety'));
  const [chosen, setChosen] = useState<string | null>(null);
  const open = ordered.find((each) => conflictKey(each) === chosen) ?? ordered[0];
  if (open === undefined) {
    return (
      <Message tone="quiet" title={words.emptyTitle}>
        {words.empty}
      </Message>
    );
  }
  return (
    <div className="conflicts-columns">
      <VirtualList
        className="conflicts-list"
        label={words.list}
        items={ordered}
        keyOf={conflictKey}
        rowHeight={ROW_HEIGHT}
        renderRow={(conflict) => <ConflictRow conflict={conflict} />}
        onOpen={(conflict) => setChosen(conflictKey(conflict))}
        selectedKey={conflictKey(open)}
      />
      <ConflictDetail key={conflictKey(open)} conflict={open} />
    </div>
  );
}

function ConflictRow({ conflict }: { readonly conflict: Conflict }) {
  return (
    <div className="conflict-row">
      <span className="conflict-row-head">
        <strong>
          <bdi>{conflict.patientName}</bdi>
        </strong>
        <span className={conflict.severity === 'safety' ? 'tag tag-danger' : 'tag tag-attention'}>{words.severity[conflict.severity]}</span>
      </span>
      <span className="conflict-row-what">
        {typeWord(conflict.type)} <bdi>{conflict.title}</bdi>: {elementWord(conflict.field)}
      </span>
    </div>
  );
}

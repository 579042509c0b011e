import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useNow } from '../outpost/clinic-time.ts';
import { useMayNotChange } from '../outpost/audience.ts';
import { CallView } from '../ui/call-view.tsx';
import { formatAgo } from '../ui/format.ts';
import { Message } from '../ui/message.tsx';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { useCommands } from '../ui/use-keys.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import { AskDialog } from './ask.dialog.tsx';
import { ConflictDecision } from './conflict-decision.tsx';
import { whatOf, whomOf } from './conflict-list.tsx';
import { type Conflict, type Line, useBanner, useConflict } from './conflicts.data.ts';
import { PersonCards, ValueCards } from './value-card.tsx';

/** What was decided, so that it can be decided otherwise. */
export type Decided = {
  readonly conflict: Conflict;
  /** The decision's own entry. */
  readonly entry: string;
  readonly what: string;
  readonly mayUndo: boolean;
};

type Props = { readonly line: Line; readonly again: Decided | null; readonly onDecided: (decided: Decided) => void; readonly onKeep: () => void };

/** Every value side by side under the banner: what it says, who wrote it, when, where and knowing what; which one counts meanwhile, and why. */
export function ConflictDetail({ line, again, onDecided, onKeep }: Props) {
  return (
    <section className="conflict" aria-label={whatOf(line)}>
      {line.patient === null ? <p className="muted">{words.noPatient}</p> : <Whose patient={line.patient} />}
      {again === null ? <Loaded line={line} onDecided={onDecided} /> : <OpenConflict conflict={again.conflict} again={again} onDecided={onDecided} onKeep={onKeep} />}
    </section>
  );
}

function Loaded({ line, onDecided }: { readonly line: Line; readonly onDecided: (decided: Decided) => void }) {
  const conflict = useConflict(line);
  if (conflict.at === 'failed' && conflict.fault.code === 'NOT_FOUND') {
    return (
      <Message tone="quiet" title={words.settledTitle}>
        {words.settled}
      </Message>
    );
  }
  return (
    <CallView state={conflict} skeletonLines={10}>
      {(value) => <OpenConflict conflict={value} again={null} onDecided={onDecided} onKeep={() => undefined} />}
    </CallView>
  );
}

const AGES_EVERY_MS = 30_000;

function OpenConflict({ conflict, again, onDecided, onKeep }: { readonly conflict: Conflict; readonly again: Decided | null; readonly onDecided: (decided: Decided) => void; readonly onKeep: () => void }) {
  const mayNot = useMayNotChange(conflict.type);
  const now = useNow(AGES_EVERY_MS);
  const [asking, setAsking] = useState(false);
  useCommands(again === null && conflict.patient !== null ? [{ id: 'conflict.ask', title: words.ask, keys: 'A', group: words.group, run: () => setAsking(true) }] : []);
  const { kind } = conflict;
  return (
    <div className="conflict-body">
      <h2>
        <bdi>{whatOf(conflict)}</bdi>
      </h2>
      {again === null ? <Why conflict={conflict} /> : <p className="conflict-why">{words.undoing(again.what)}</p>}
      {conflict.questions.map((asked) => (
        <p key={asked.task} className="conflict-question">
          <span className="small muted">{words.question(asked.by.userName, whomOf(asked.to), formatAgo(Math.min(asked.by.at, now), now))}</span> <bdi>{words.reasonGiven(asked.question)}</bdi>
          {asked.mine ? <span className="tag tag-action">{words.asksYou}</span> : null}
        </p>
      ))}
      {mayNot ? (
        <>
          <ValueCards conflict={conflict} numbered={false} />
          <p>{words.mayNot}</p>
          <ConflictDecision conflict={conflict} again={again} onAsk={() => setAsking(true)} onDecided={onDecided} onKeep={onKeep} offered={false} />
        </>
      ) : (
        <>
          {kind === 'same-person' ? <PersonCards conflict={conflict} /> : null}
          {kind === 'amended' || kind === 'double-booked' ? <ValueCards conflict={conflict} numbered={kind === 'double-booked'} /> : null}
          <ConflictDecision conflict={conflict} again={again} onAsk={() => setAsking(true)} onDecided={onDecided} onKeep={onKeep} offered />
        </>
      )}
      {asking && conflict.patient !== null ? <AskDialog conflict={conflict} patient={conflict.patient} onClose={() => setAsking(false)} /> : null}
    </div>
  );
}

function Why({ conflict: { kind, basis, severity } }: { readonly conflict: Conflict }) {
  const tone = severity === 'review' ? 'quiet' : basis === 'unsettled' ? 'danger' : 'attention';
  return (
    <p className={tone === 'danger' ? 'conflict-why conflict-unsettled' : 'conflict-why'}>
      <span className={`mark mark-${tone}`} aria-hidden="true" />
      {kind === 'field' ? words.why[basis] : words.whyItem[kind]}
    </p>
  );
}

function Whose({ patient }: { readonly patient: RecordId }) {
  const banner = useBanner(patient);
  return banner.at === 'ready' ? <PatientBanner banner={banner.value} compact /> : null;
}

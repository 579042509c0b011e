import type { RecordId } from '../../shared/base/ids.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { useHoldsPart } from '../outpost/audience.ts';
import type { CallState } from '../outpost/queries.ts';
import { Button } from '../ui/button.tsx';
import { CallView } from '../ui/call-view.tsx';
import { patientsWords as words } from '../words/patients.ts';
import { PatientLineView } from './patient-line.tsx';

type Candidate = CallOutput<'patients.duplicates'>['candidates'][number];

export type DuplicatesPartProps = {
  /** False while too little is typed to compare. */
  readonly asked: boolean;
  readonly state: CallState<'patients.duplicates'> & { readonly again: () => void };
  readonly onOpen: (patient: RecordId) => void;
};

/** Who is on file already, with what agrees and what differs: one look instead of a merge next month. */
export function DuplicatesPart({ asked, state, onOpen }: DuplicatesPartProps) {
  const part = useHoldsPart();
  return (
    <section className="panel duplicates" aria-live="polite">
      <header className="panel-head">
        <h2>{words.duplicates}</h2>
      </header>
      {asked ? (
        <CallView state={state} skeletonLines={3}>
          {({ candidates }) =>
            candidates.length === 0 ? <p className="panel-body muted">{part ? words.part : words.duplicatesNone}</p> : candidates.map((candidate) => <CandidateView key={candidate.line.patient} candidate={candidate} onOpen={onOpen} />)
          }
        </CallView>
      ) : (
        <p className="panel-body muted">{words.duplicatesWaiting}</p>
      )}
    </section>
  );
}

function CandidateView({ candidate, onOpen }: { readonly candidate: Candidate; readonly onOpen: (patient: RecordId) => void }) {
  const { line, strength, agrees, differs } = candidate;
  return (
    <article className="candidate">
      <p className={`tag ${strength === 'strong' ? 'tag-danger' : 'tag-attention'}`}>{strength === 'strong' ? words.strong : words.weak}</p>
      <PatientLineView line={line} />
      <dl className="candidate-facts">
        <div>
          <dt>{words.agrees}</dt>
          <dd>{agrees.map(fieldName).join(', ')}</dd>
        </div>
        {differs.length === 0 ? null : (
          <div>
            <dt>{words.differs}</dt>
            <dd>{differs.map(fieldName).join(', ')}</dd>
          </div>
        )}
      </dl>
      <Button onPress={() => onOpen(line.patient)}>{words.openInstead}</Button>
    </article>
  );
}

/** The engine names FHIR elements; those without words of ours are shown as they are. */
function fieldName(field: string): string {
  return words.fields[field] ?? field;
}

import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { formatDateTime } from '../ui/format.ts';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { elementWord, typeWord, valueWord } from '../words/chart.ts';
import { conflictsWords as words } from '../words/conflicts.ts';
import { ConflictDecision } from './conflict-decision.tsx';
import { type Conflict, useBanner } from './conflicts.data.ts';

/** Every value side by side under the banner: what it says, who wrote it, when and where, which one counts meanwhile. */
export function ConflictDetail({ conflict }: { readonly conflict: Conflict }) {
  const { zone } = useClinicTime();
  return (
    <section className="conflict" aria-label={conflict.title}>
      {conflict.patient === null ? <p className="muted">{words.noPatient}</p> : <Whose patient={conflict.patient} />}
      <div className="conflict-body">
        <h2>
          {typeWord(conflict.type)} <bdi>{conflict.title}</bdi>: {elementWord(conflict.field)}
        </h2>
        <p className="muted">{words.why(conflict.why)}</p>
        <ul className="plain conflict-values" aria-label={words.values}>
          {conflict.values.map(({ text, by, used }, index) => (
            <li key={by.entry} className={`conflict-value${used ? ' conflict-used' : ''}`}>
              <span className="small muted">{words.position(index)}</span>
              <strong className="conflict-text">
                <bdi>{text === '' ? words.absent : valueWord(conflict.field, text)}</bdi>
              </strong>
              <span>{words.by(by.userName, by.role)}</span>
              <span className="muted">
                {words.at(formatDateTime(by.at, zone), by.deviceName)}
                {by.clock === 'suspect' ? <span className="tag tag-attention">{words.clockSuspect}</span> : null}
              </span>
              <span className={used ? 'tag tag-action' : 'small muted'}>{used ? words.whyUsed : words.kept}</span>
            </li>
          ))}
        </ul>
        <ConflictDecision conflict={conflict} />
      </div>
    </section>
  );
}

function Whose({ patient }: { readonly patient: RecordId }) {
  const banner = useBanner(patient);
  return banner.at === 'ready' ? <PatientBanner banner={banner.value} compact /> : null;
}

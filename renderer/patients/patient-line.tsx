import type { PatientLine } from '../../shared/ipc/shapes.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { formatAge, formatName, formatPartialDate, formatSex } from '../ui/format.ts';
import { patientsWords as words } from '../words/patients.ts';
import type { LookAlike } from './look-alikes.ts';

export type PatientLineViewProps = {
  readonly line: PatientLine;
  readonly lookAlike?: LookAlike | undefined;
  /** Said at the end of the first line, such as when this patient was seen. */
  readonly aside?: string | undefined;
  readonly showMatch?: boolean;
};

/** Two lines per patient: who, and what tells this one from the others. */
export function PatientLineView({ line, lookAlike, aside, showMatch = false }: PatientLineViewProps) {
  const { now, zone } = useClinicTime();
  const age = formatAge(line.birthDate, now(), zone);
  return (
    <div className="patient-line">
      <div className="patient-line-first">
        <strong className="patient-name">
          <bdi>{formatName(line)}</bdi>
        </strong>
        {lookAlike === undefined ? null : <span className="tag tag-attention">{lookAlike === 'twin' ? words.twins : words.lookAlike}</span>}
        {line.restricted ? <span className="tag tag-attention">{words.restricted}</span> : null}
        {line.deceased ? <span className="tag">{words.deceased}</span> : null}
        {showMatch ? line.matchedBy.filter((why) => why !== 'recent').map((why) => <span key={why} className={why === 'name' || why === 'number' ? 'match' : 'match match-loose'}>{words.matched[why]}</span>) : null}
        <span className="spring" />
        {aside === undefined ? null : <span className="muted">{aside}</span>}
      </div>
      <div className="patient-line-second">
        <span>
          <span className="muted">{words.born}</span> {formatPartialDate(line.birthDate)}
          {age === null ? null : ` (${age})`}
        </span>
        <span>{formatSex(line.sex)}</span>
        <span className={lookAlike === undefined ? '' : 'patient-tell'}>{line.number ?? words.noNumber}</span>
        <span>{line.place ?? ''}</span>
        <span className="muted">{line.phone ?? words.noPhone}</span>
      </div>
    </div>
  );
}

import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { formatDateTime } from '../ui/format.ts';
import { summaryWords } from '../words/trail-summary.ts';
import { kindWord, purposeWord, trailWords } from '../words/trail.ts';
import type { AuditLine } from './trail.data.ts';

const words = trailWords.details;
const COORDINATE_DECIMALS = 5;

type Props = {
  readonly line: AuditLine;
  readonly onClose: () => void;
  /** From an entry to everybody who looked at the same chart; left out where the list is that already. */
  readonly onPatient?: (patient: RecordId) => void;
};

/** Everything that one entry of the trail says. */
export function LineDialog({ line, onClose, onPatient }: Props) {
  const { zone } = useClinicTime();
  const { by, patient } = line;
  const facts: readonly (readonly [string, string])[] = [
    // Where the entry was made in another zone, its own is what its author's clock showed.
    [words.when, `${formatDateTime(by.at, by.zone)} ${by.zone === zone ? '' : words.zone(by.zone)}`],
    [words.who, trailWords.who(by.userName, by.role)],
    [words.what, `${kindWord(line.kind)}${line.summary === '' ? '' : `: ${summaryWords(line.summary)}`}`],
    [words.outcome, line.outcome === 'refused' ? trailWords.refused : words.done],
    [words.patient, line.patientName ?? words.noPatient],
    ...(line.record === null ? [] : [[words.record, line.record] as const]),
    [words.purpose, purposeWord(line.purpose)],
    [words.decision, line.decision],
    [words.device, `${by.deviceName} (${by.device})`],
    [words.addresses, line.addresses.length === 0 ? words.noAddresses : line.addresses.join(', ')],
    [words.site, line.site],
    [
      words.coordinates,
      line.coordinates === null ? words.notKnown : words.coordinatesText(line.coordinates.latitude.toFixed(COORDINATE_DECIMALS), line.coordinates.longitude.toFixed(COORDINATE_DECIMALS), line.coordinates.source),
    ],
    [words.entry, by.entry],
  ];
  return (
    <Dialog title={words.title} onClose={onClose} closeLabel={words.close} actions={patient === null || onPatient === undefined ? null : <Button onPress={() => onPatient(patient)}>{trailWords.titleOfPatient}</Button>}>
      <dl className="trail-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

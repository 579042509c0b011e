import { useClinicTime } from '../outpost/clinic-time.ts';
import { Dialog } from '../ui/dialog.tsx';
import { formatDateTime } from '../ui/format.ts';
import { kindWord, purposeWord, trailWords } from '../words/trail.ts';
import type { AuditLine } from './trail.data.ts';

const words = trailWords.details;
const COORDINATE_DECIMALS = 5;

/** Everything that one entry of the trail says. */
export function LineDialog({ line, onClose }: { readonly line: AuditLine; readonly onClose: () => void }) {
  const { zone } = useClinicTime();
  const { by } = line;
  const facts: readonly (readonly [string, string])[] = [
    // Where the entry was made in another zone, its own is what its author's clock showed.
    [words.when, `${formatDateTime(by.at, by.zone)} ${by.zone === zone ? '' : words.zone(by.zone)}`],
    [words.who, trailWords.who(by.userName, by.role)],
    [words.what, `${kindWord(line.kind)}${line.summary === '' ? '' : `: ${line.summary}`}`],
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
    <Dialog title={words.title} onClose={onClose} closeLabel={words.close}>
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

import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useCommand } from '../outpost/queries.ts';
import { Choice } from '../ui/choice.tsx';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { TextField } from '../ui/text-field.tsx';
import { chartingWords } from '../words/charting.ts';
import { ChartingDialog } from './charting-dialog.tsx';
import type { Chart } from './charting.data.ts';

// A dialog that opens on its first field is what the keyboard-only user expects.
/* oxlint-disable jsx-a11y/no-autofocus */
const words = chartingWords.encounter;
const CLASSES = (['AMB', 'EMER', 'HH', 'VR'] as const).map((value) => ({ value, label: words.classes[value] }));

type Props = { readonly patient: RecordId; readonly chart: Chart; readonly onClose: () => void };

/** Starts an encounter, or finishes the one under way. */
export function EncounterDialog({ chart, ...rest }: Props) {
  // Decided when the dialog opens: having started one must not turn the form into the one that finishes it.
  const [open] = useState(chart.openEncounter);
  return open === null ? <StartEncounter chart={chart} {...rest} /> : <FinishEncounter chart={chart} encounter={open} {...rest} />;
}

function StartEncounter({ patient, chart, onClose }: Props) {
  const { now } = useClinicTime();
  const start = useCommand('encounter.start');
  const [where, setWhere] = useState<(typeof CLASSES)[number]['value']>('AMB');
  const [reason, setReason] = useState('');
  const save = async (): Promise<void> => {
    const result = await start.run({ patient, class: where, ...(reason.trim() === '' ? {} : { reason: reason.trim() }), at: now() });
    if (result.ok) onClose();
  };
  return (
    <ChartingDialog title={words.title} banner={chart.banner} saveLabel={words.start} onSave={() => void save()} onClose={onClose} busy={start.running} fault={start.fault}>
      <TextField label={words.reason} value={reason} onChange={setReason} hint={words.reasonHint} maxLength={400} optional autoFocus />
      <Choice label={words.class} options={CLASSES} value={where} onChange={setWhere} />
    </ChartingDialog>
  );
}

function FinishEncounter({ patient, chart, encounter, onClose }: Props & { readonly encounter: NonNullable<Chart['openEncounter']> }) {
  const { now, zone } = useClinicTime();
  const finish = useCommand('encounter.finish');
  const save = async (): Promise<void> => {
    const result = await finish.run({ patient, record: encounter.record, at: now() });
    if (result.ok) onClose();
  };
  const started = encounter.at ?? now();
  return (
    <ChartingDialog title={words.finishTitle} banner={chart.banner} saveLabel={words.finishNow} onSave={() => void save()} onClose={onClose} busy={finish.running} fault={finish.fault} width="narrow">
      <p>
        <strong>{encounter.title}</strong>
      </p>
      <p>{words.openSince(formatDateTime(started, zone), formatAgo(started, now()))}</p>
      <p className="muted">{words.finishText}</p>
    </ChartingDialog>
  );
}

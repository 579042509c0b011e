import { type KeyboardEvent, useRef, useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useOpenEncounter } from '../outpost/open-encounter.ts';
import { useCommand } from '../outpost/queries.ts';
import { Checkbox } from '../ui/choice.tsx';
import { KeyHint } from '../ui/key-hint.tsx';
import { Notice } from '../ui/message.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useKept } from '../ui/kept.ts';
import { chartingWords } from '../words/charting.ts';
import { tallMan } from '../words/tall-man.ts';
import { ChartingDialog } from './charting-dialog.tsx';
import type { Chart } from './charting.data.ts';
import { completeMedicine } from './common-medicines.ts';
import { EncounterLine } from './encounter-line.tsx';
import { PrescriptionParts } from './prescription-parts.tsx';
import { readPrescription, type Corrections } from './prescription.ts';
import { allergiesAgainst, sameName } from './substances.ts';

// A dialog that opens on its first field is what the keyboard-only user expects.
/* oxlint-disable jsx-a11y/no-autofocus */
const words = chartingWords.medication;

/** `seen` is the medicine for which the allergy on file was confirmed as known. */
type MedicationForm = { readonly line: string; readonly corrections: Corrections; readonly seen: string | null };

type Props = { readonly patient: RecordId; readonly chart: Chart; readonly onClose: () => void };

/** A prescription in one line, read as it is typed; each part is shown and can be corrected. */
export function MedicationDialog({ patient, chart, onClose }: Props) {
  const { now } = useClinicTime();
  const [form, change, drop] = useKept<MedicationForm>(`charting.medication ${patient}`, () => ({ line: '', corrections: {}, seen: null }));
  const { line, corrections, seen } = form;
  const [tried, setTried] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const encounter = useOpenEncounter(patient, chart.openEncounter);
  const record = useCommand('medication.record');
  const [startFault, setStartFault] = useState<typeof record.fault>(null);

  const prescription = readPrescription(line, corrections);
  const { drug } = prescription.texts;
  const allergies = allergiesAgainst(drug, chart.allergies.items);
  const allergySeen = allergies.length === 0 || seen === drug;
  const current = chart.medications.find((item) => (item.status === null || item.status === 'active') && sameName(item.title, drug));
  const whole = completeMedicine(prescription.line.parts.drug);
  const setLine = (text: string): void => change((before) => ({ ...before, line: text }));
  const complete = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.key !== 'Tab' || event.shiftKey || whole === null || event.target !== input.current) return;
    event.preventDefault();
    // Or the dialog's own keeping of the focus would move it on.
    event.stopPropagation();
    setLine(line.replace(prescription.line.parts.drug, whole));
  };
  const save = async (): Promise<void> => {
    setTried(true);
    if (prescription.body === null || !allergySeen) return;
    const into = await encounter.ensure();
    setStartFault(into.ok ? null : into.fault);
    if (!into.ok) return;
    const result = await record.run({ patient, encounter: into.value, ...prescription.body, at: now() });
    if (!result.ok) return;
    drop();
    onClose();
  };
  return (
    <ChartingDialog
      title={words.title}
      banner={chart.banner}
      saveLabel={words.save}
      onSave={() => void save()}
      onClose={onClose}
      busy={record.running || encounter.starting}
      fault={record.fault ?? startFault}
      encounter={<EncounterLine patient={patient} open={chart.openEncounter} />}
      width="wide"
    >
      {/* Tab completes the medicine's name; the field itself stays an ordinary one. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className="charting-line" onKeyDown={complete}>
        <TextField
          label={words.line}
          value={line}
          onChange={setLine}
          hint={whole === null ? words.lineHint : <Completion name={whole} />}
          error={tried && prescription.problems.line !== undefined ? words.notUnderstood(prescription.line.notUnderstood.join(' ')) : null}
          maxLength={400}
          inputRef={input}
          autoFocus
        />
      </div>
      <PrescriptionParts prescription={prescription} corrections={corrections} onCorrect={(next) => change((before) => ({ ...before, corrections: next }))} judged={tried} />
      {prescription.body === null ? null : (
        <output className="prescription-sentence">
          <strong>{tallMan(drug)}</strong> {words.sentence({ ...prescription.body, route: prescription.texts.route, days: prescription.durationDays })}
        </output>
      )}
      {prescription.line.notUnderstood.length > 0 && !tried ? <Notice tone="attention">{words.notUnderstood(prescription.line.notUnderstood.join(' '))}</Notice> : null}
      {prescription.line.rewritten.map(({ typed, written }) => (
        <p key={typed} className="small muted">
          {words.rewritten(typed, written)}
        </p>
      ))}
      {current === undefined ? null : <Notice tone="attention">{words.already(tallMan(current.title))}</Notice>}
      {allergies.length === 0 ? null : (
        <Notice tone="danger">
          <strong>{words.allergyTitle}</strong>. {words.allergyText(allergies.map(({ text }) => text).join(', '))}
          <Checkbox label={words.allergyConfirm} value={allergySeen} onChange={(ticked) => change((before) => ({ ...before, seen: ticked ? drug : null }))} />
          {tried && !allergySeen ? <p className="field-error">{words.allergyUnconfirmed}</p> : null}
        </Notice>
      )}
    </ChartingDialog>
  );
}

function Completion({ name }: { readonly name: string }) {
  return (
    <>
      <KeyHint keys="Tab" /> <span className="visually-hidden">{words.completion}</span> <strong>{tallMan(name)}</strong>
    </>
  );
}

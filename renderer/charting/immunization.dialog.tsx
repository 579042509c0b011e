import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useCommand } from '../outpost/queries.ts';
import { Choice } from '../ui/choice.tsx';
import { NumberField } from '../ui/number-field.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useKept } from '../ui/kept.ts';
import { chartingWords } from '../words/charting.ts';
import { ChartingDialog } from './charting-dialog.tsx';
import type { Chart } from './charting.data.ts';
import { COMMON_VACCINES, CVX } from './common-vaccines.ts';
import { SuggestField } from './suggest-field.tsx';
import { sameName } from './substances.ts';

// A dialog that opens on its first field is what the keyboard-only user expects.
/* oxlint-disable jsx-a11y/no-autofocus */
const words = chartingWords.immunization;
const SUGGESTIONS = COMMON_VACCINES.map(({ text, code }) => ({ text, detail: words.coded(code) }));
const SITES = (['left arm', 'right arm', 'left thigh', 'right thigh', 'oral'] as const).map((value) => ({ value, label: words.sites[value] }));
const DOSE_MAX = 20;

type ImmunizationForm = {
  readonly vaccine: string;
  /** `typed` tells an empty field from one that cannot be read. */
  readonly dose: { readonly value: number | null; readonly typed: boolean };
  readonly lot: string;
  readonly site: (typeof SITES)[number]['value'] | null;
};

type Props = { readonly patient: RecordId; readonly chart: Chart; readonly onClose: () => void };

export function ImmunizationDialog({ patient, chart, onClose }: Props) {
  const { now } = useClinicTime();
  const record = useCommand('immunization.record');
  const [form, change, drop] = useKept<ImmunizationForm>(`charting.immunization ${patient}`, () => ({ vaccine: '', dose: { value: null, typed: false }, lot: '', site: null }));
  const { vaccine, dose, lot, site } = form;
  const [tried, setTried] = useState(false);

  const coded = COMMON_VACCINES.find((each) => sameName(each.text, vaccine));
  const doseWrong = dose.typed && (dose.value === null || !Number.isInteger(dose.value) || dose.value < 1 || dose.value > DOSE_MAX);
  const save = async (): Promise<void> => {
    setTried(true);
    if (vaccine.trim() === '' || doseWrong) return;
    const result = await record.run({
      patient,
      ...(chart.openEncounter === null ? {} : { encounter: chart.openEncounter.record }),
      vaccine: { text: vaccine.trim(), ...(coded === undefined ? {} : { system: CVX, code: coded.code }) },
      ...(dose.value === null ? {} : { doseNumber: dose.value }),
      ...(lot.trim() === '' ? {} : { lotNumber: lot.trim() }),
      ...(site === null ? {} : { site }),
      at: now(),
    });
    if (!result.ok) return;
    drop();
    onClose();
  };
  return (
    <ChartingDialog title={words.title} banner={chart.banner} saveLabel={words.save} onSave={() => void save()} onClose={onClose} busy={record.running} fault={record.fault}>
      <SuggestField
        label={words.vaccine}
        value={vaccine}
        onChange={(text) => change((before) => ({ ...before, vaccine: text }))}
        suggestions={SUGGESTIONS}
        hint={coded === undefined ? words.vaccineHint : words.coded(coded.code)}
        error={tried && vaccine.trim() === '' ? words.missing : null}
        maxLength={400}
        autoFocus
      />
      <div className="field-row">
        <NumberField label={words.dose} value={dose.value} onChange={(value, typed) => change((before) => ({ ...before, dose: { value, typed } }))} decimals={0} width="short" error={tried && doseWrong ? words.badDose : null} optional />
        <TextField label={words.lot} value={lot} onChange={(text) => change((before) => ({ ...before, lot: text }))} width="medium" maxLength={60} optional />
      </div>
      <Choice label={words.site} options={SITES} value={site} onChange={(value) => change((before) => ({ ...before, site: value }))} />
    </ChartingDialog>
  );
}

import { useRef, useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { VitalSign } from '../../shared/records/vital-signs.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { useOpenEncounter } from '../outpost/open-encounter.ts';
import { useCommand } from '../outpost/queries.ts';
import { useKept } from '../ui/kept.ts';
import { chartingWords } from '../words/charting.ts';
import { BodyMassIndexView } from './body-mass-index.tsx';
import { ChartingDialog } from './charting-dialog.tsx';
import type { Chart } from './charting.data.ts';
import { EncounterLine } from './encounter-line.tsx';
import { vitalContext } from './vital-context.ts';
import { VitalField } from './vital-field.tsx';
import { bodyMassIndex, fieldsFor, NOTHING_TYPED, readPanel, splitPressure, VITAL_FIELDS, type TypedVitals } from './vitals-model.ts';

const words = chartingWords.vitals;

type VitalsForm = { readonly typed: TypedVitals; readonly confirmed: Partial<TypedVitals> };

type Props = { readonly patient: RecordId; readonly chart: Chart; readonly onClose: () => void };

/** One row of fields over the chart: previous values and usual bands under each, BMI as it is typed. */
export function VitalsDialog({ patient, chart, onClose }: Props) {
  const { now, zone } = useClinicTime();
  // Taken when the row opens: a form does not change its mind while it is typed into.
  const [context] = useState(() => vitalContext(chart, now(), zone));
  const [form, change, drop] = useKept<VitalsForm>(`charting.vitals ${patient}`, () => ({ typed: NOTHING_TYPED, confirmed: {} }));
  const { typed, confirmed } = form;
  const [left, setLeft] = useState<ReadonlySet<VitalSign>>(new Set());
  const [tried, setTried] = useState(false);
  const inputs = useRef(new Map<VitalSign, HTMLInputElement>());
  const encounter = useOpenEncounter(patient, chart.openEncounter);
  const record = useCommand('vitals.record');
  const [startFault, setStartFault] = useState<typeof record.fault>(null);

  const panel = readPanel(typed, confirmed, context);
  const type = (sign: VitalSign, text: string): void => {
    const both = sign === 'systolic' ? splitPressure(text) : null;
    change((before) => ({ ...before, typed: both === null ? { ...before.typed, [sign]: text } : { ...before.typed, systolic: both.systolic, diastolic: both.diastolic === '' ? before.typed.diastolic : both.diastolic } }));
    if (both !== null) inputs.current.get('diastolic')?.focus();
  };
  const save = async (): Promise<void> => {
    setTried(true);
    setLeft(new Set(VITAL_FIELDS));
    if (panel.values === null) {
      inputs.current.get(panel.firstWrong ?? (panel.problem === 'nothing-typed' || panel.problem === null ? 'systolic' : 'diastolic'))?.focus();
      return;
    }
    const into = await encounter.ensure();
    setStartFault(into.ok ? null : into.fault);
    if (!into.ok) return;
    const result = await record.run({ patient, encounter: into.value, values: panel.values, at: now() });
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
      <fieldset className="vitals-row">
        <legend className="visually-hidden">{words.row}</legend>
        {fieldsFor(context.adult).map((sign) => (
          <VitalField
            key={sign}
            sign={sign}
            text={typed[sign]}
            onType={(text) => type(sign, text)}
            reading={panel.readings[sign]}
            confirmed={confirmed[sign] === typed[sign]}
            onConfirm={() => change((before) => ({ ...before, confirmed: { ...before.confirmed, [sign]: typed[sign] } }))}
            context={context}
            judged={left.has(sign)}
            onLeave={() => setLeft((before) => new Set([...before, sign]))}
            inputRef={(input) => {
              if (input === null) inputs.current.delete(sign);
              else inputs.current.set(sign, input);
            }}
          />
        ))}
        <BodyMassIndexView index={bodyMassIndex(panel.readings, context)} adult={context.adult} />
      </fieldset>
      {tried && panel.problem !== null && panel.firstWrong === null ? (
        <p className="field-error" role="alert">
          {words.problems[panel.problem]}
        </p>
      ) : null}
      <p className="small muted">
        {words.pressureHint} {context.adult === true ? '' : words.bandHeading}
      </p>
    </ChartingDialog>
  );
}

import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import { chartingWords } from '../words/charting.ts';
import { PART_NAMES, type Corrections, type PartName, type Prescription, type PrescriptionProblem } from './prescription.ts';

const words = chartingWords.medication;
const LABELS: Readonly<Record<PartName, string>> = { drug: words.drug, dose: words.dose, route: words.route, frequency: words.frequency, durationDays: words.duration, reason: words.reason };
const PROBLEMS: Readonly<Record<PrescriptionProblem, string>> = {
  'missing-drug': words.missingDrug,
  'missing-dose': words.missingDose,
  'missing-unit': words.missingUnit,
  'missing-frequency': words.missingFrequency,
  'bad-days': words.badDays,
  'not-understood': '',
};

type Props = {
  readonly prescription: Prescription;
  readonly corrections: Corrections;
  readonly onCorrect: (corrections: Corrections) => void;
  /** False until saving was tried: what is not typed yet is not yet an error. A number without its unit is one at once. */
  readonly judged: boolean;
};

/** Each part of the prescription as it was read. A part that is edited stays as edited, whatever the line says next. */
export function PrescriptionParts({ prescription, corrections, onCorrect, judged }: Props) {
  const corrected = PART_NAMES.some((name) => corrections[name] !== undefined);
  const errorOf = (name: PartName): string | null => {
    const problem = prescription.problems[name];
    return problem !== undefined && (judged || problem === 'missing-unit' || problem === 'bad-days') ? PROBLEMS[problem] : null;
  };
  return (
    <fieldset className="prescription-parts">
      <legend className="field-label">{words.parts}</legend>
      {PART_NAMES.map((name) => (
        <div key={name} className="prescription-part">
          <TextField
            label={LABELS[name]}
            value={corrections[name] ?? prescription.texts[name]}
            onChange={(text) => onCorrect({ ...corrections, [name]: text })}
            error={errorOf(name)}
            maxLength={400}
            {...(corrections[name] === undefined ? {} : { hint: words.byHand })}
          />
        </div>
      ))}
      {corrected ? (
        <Button kind="quiet" onPress={() => onCorrect({})}>
          {words.followLine}
        </Button>
      ) : null}
    </fieldset>
  );
}

import type { CallInput } from '../../shared/ipc/contract.ts';
import { parseDoseLine, type DoseLine, type DoseParts } from './dose-line.ts';

/** Parts that may be corrected by hand, as text; the line drives every part that is not. */
export type PartName = keyof DoseParts;
export type Corrections = Partial<Readonly<Record<PartName, string>>>;
export const PART_NAMES: readonly PartName[] = ['drug', 'dose', 'route', 'frequency', 'durationDays', 'reason'];

export type PrescriptionProblem = 'missing-drug' | 'missing-dose' | 'missing-unit' | 'missing-frequency' | 'bad-days' | 'not-understood';
export type Prescription = {
  readonly line: DoseLine;
  /** What each part says now, corrected or read from the line. */
  readonly texts: Readonly<Record<PartName, string>>;
  readonly durationDays: number | null;
  /** By part; `not-understood` stands by the line. */
  readonly problems: Partial<Readonly<Record<PartName | 'line', PrescriptionProblem>>>;
  /** What is sent, once nothing is in the way. */
  readonly body: Pick<CallInput<'medication.record'>, 'medication' | 'dose' | 'route' | 'frequency' | 'durationDays' | 'reason'> | null;
};

const DAYS_MAX = 3650;

/** Joins what was typed in the line with what was corrected by hand. */
export function readPrescription(typed: string, corrections: Corrections): Prescription {
  const line = parseDoseLine(typed);
  const { durationDays: readDays, ...read } = line.parts;
  const texts: Record<PartName, string> = { ...read, durationDays: readDays === null ? '' : String(readDays), ...corrections };
  for (const name of PART_NAMES) texts[name] = texts[name].trim();
  const durationDays = texts.durationDays === '' ? null : Number(texts.durationDays);
  const problems: Partial<Record<PartName | 'line', PrescriptionProblem>> = {};
  if (texts.drug === '') problems.drug = 'missing-drug';
  if (texts.dose === '') problems.dose = 'missing-dose';
  else if (!/\p{L}|%/u.test(texts.dose)) problems.dose = 'missing-unit';
  if (texts.frequency === '') problems.frequency = 'missing-frequency';
  if (durationDays !== null && !(/^\d{1,4}$/u.test(texts.durationDays) && durationDays >= 1 && durationDays <= DAYS_MAX)) problems.durationDays = 'bad-days';
  if (line.notUnderstood.length > 0) problems.line = 'not-understood';
  const right = Object.keys(problems).length === 0;
  return {
    line,
    texts,
    durationDays: problems.durationDays === undefined ? durationDays : null,
    problems,
    body: right
      ? {
          medication: { text: texts.drug },
          dose: texts.dose,
          frequency: texts.frequency,
          ...(texts.route === '' ? {} : { route: texts.route }),
          ...(durationDays === null ? {} : { durationDays }),
          ...(texts.reason === '' ? {} : { reason: texts.reason }),
        }
      : null,
  };
}

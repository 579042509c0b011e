import { VITAL_SIGNS, type VitalSign, type VitalValues } from '../../shared/records/vital-signs.ts';
import { readNumber } from '../ui/number-text.ts';

/** The vital signs in the order in which they are taken and typed. */
export const VITAL_FIELDS: readonly VitalSign[] = [
  'systolic', 'diastolic', 'heartRate', 'respiratoryRate', 'temperature', 'oxygenSaturation', 'weight', 'height', 'headCircumference',
];

/** The fields of the row for this patient: a head is measured in children only. */
export function fieldsFor(adult: boolean | null): readonly VitalSign[] {
  return adult === true ? VITAL_FIELDS.filter((sign) => sign !== 'headCircumference') : VITAL_FIELDS;
}

/**
 * Values outside these bounds are possible but far more often a slip of the finger than a sick patient, so the window
 * asks once. They are set beyond the outermost step of the NEWS2 chart (Royal College of Physicians, 2017), so that
 * an ill patient's real values are seldom questioned. Units as in VITAL_SIGNS.
 */
const LIKELY: Readonly<Record<VitalSign, readonly [number, number]>> = {
  systolic: [60, 260],
  diastolic: [30, 150],
  heartRate: [30, 220],
  respiratoryRate: [6, 70],
  temperature: [33, 42],
  oxygenSaturation: [70, 100],
  weight: [1, 250],
  height: [40, 220],
  headCircumference: [25, 62],
};

/** The share by which a weight may differ from one taken within WEIGHT_MEMORY_DAYS before it is asked about. */
const WEIGHT_CHANGE_SHARE = 0.2;
const WEIGHT_MEMORY_DAYS = 60;
/** Centimetres by which an adult's height may differ from an earlier one. */
const HEIGHT_CHANGE_CM = 5;
const DAY_MS = 86_400_000;

export type Previous = { readonly value: number; readonly at: number };
export type Position = 'low' | 'usual' | 'high';
export type FieldReading =
  | { readonly state: 'empty' }
  | { readonly state: 'not-a-number' }
  | { readonly state: 'too-exact'; readonly decimals: number }
  | { readonly state: 'impossible'; readonly low: number; readonly high: number }
  /** Asked about once. `because` says whether the value itself or its distance from the last one is unusual. */
  | { readonly state: 'unlikely'; readonly value: number; readonly because: 'value' | 'change'; readonly position: Position | null }
  | { readonly state: 'plain'; readonly value: number; readonly position: Position | null };

/** What the vitals row knows of the patient. */
export type VitalContext = {
  /** Null where the birth date is not known: the adult bands are then not shown either. */
  readonly adult: boolean | null;
  readonly now: number;
  readonly previous: Partial<Readonly<Record<VitalSign, Previous>>>;
};

/** The usual band of an adult; no band where it does not hold for this patient. Saturation and temperature hold at any age. */
export function usualBand(sign: VitalSign, adult: boolean | null): readonly [number, number] | null {
  const ageless = sign === 'oxygenSaturation' || sign === 'temperature';
  return adult === true || ageless ? VITAL_SIGNS[sign].usual : null;
}

/** Which side of the usual band a value falls on; null where no band holds. The band's ends are usual. */
export function positionOf(sign: VitalSign, value: number, adult: boolean | null): Position | null {
  const band = usualBand(sign, adult);
  if (band === null) return null;
  if (value < band[0]) return 'low';
  return value > band[1] ? 'high' : 'usual';
}

/** Reads one typed field. Digits that the field could not keep are refused, never rounded away. */
export function readField(sign: VitalSign, typed: string, context: VitalContext): FieldReading {
  const reading = readNumber(typed);
  if (reading.reads === 'empty') return { state: 'empty' };
  if (reading.reads === 'other') return { state: 'not-a-number' };
  const { decimals, possible } = VITAL_SIGNS[sign];
  const { value } = reading;
  if (Number(value.toFixed(decimals)) !== value) return { state: 'too-exact', decimals };
  if (value < possible[0] || value > possible[1]) return { state: 'impossible', low: possible[0], high: possible[1] };
  const position = positionOf(sign, value, context.adult);
  const [low, high] = LIKELY[sign];
  // A baby's pressure and pulse are outside the adult bounds every time, so those are asked of adults alone.
  const bounded = context.adult === true || sign === 'temperature' || sign === 'oxygenSaturation';
  if ((bounded || value > high) && (value < low || value > high)) return { state: 'unlikely', value, because: 'value', position };
  if (changedTooMuch(sign, value, context)) return { state: 'unlikely', value, because: 'change', position };
  return { state: 'plain', value, position };
}

function changedTooMuch(sign: VitalSign, value: number, { adult, now, previous }: VitalContext): boolean {
  const last = previous[sign];
  if (last === undefined) return false;
  if (sign === 'weight') return now - last.at <= WEIGHT_MEMORY_DAYS * DAY_MS && Math.abs(value - last.value) > last.value * WEIGHT_CHANGE_SHARE;
  return sign === 'height' && adult === true && Math.abs(value - last.value) > HEIGHT_CHANGE_CM;
}

export type TypedVitals = Readonly<Record<VitalSign, string>>;
export const NOTHING_TYPED = Object.fromEntries(VITAL_FIELDS.map((sign) => [sign, ''])) as TypedVitals;

export type PanelProblem = 'nothing-typed' | 'pressure-half' | 'pressure-upside-down';
export type Panel = {
  readonly readings: Readonly<Record<VitalSign, FieldReading>>;
  /** What stops the whole panel, once every field is right by itself. */
  readonly problem: PanelProblem | null;
  /** First field that cannot be taken as it is; unlikely values that were confirmed are not among them. */
  readonly firstWrong: VitalSign | null;
  /** The values to record, when nothing is in the way. */
  readonly values: VitalValues | null;
};

/** `confirmed` holds, by field, the typed text about which the nurse said "that is what I measured". */
export function readPanel(typed: TypedVitals, confirmed: Partial<TypedVitals>, context: VitalContext): Panel {
  const readings = Object.fromEntries(VITAL_FIELDS.map((sign) => [sign, readField(sign, typed[sign], context)])) as Record<VitalSign, FieldReading>;
  const isRight = (sign: VitalSign): boolean => {
    const { state } = readings[sign];
    return state === 'plain' || state === 'empty' || (state === 'unlikely' && confirmed[sign] === typed[sign]);
  };
  const firstWrong = VITAL_FIELDS.find((sign) => !isRight(sign)) ?? null;
  const values: Partial<Record<VitalSign, number>> = {};
  for (const sign of VITAL_FIELDS) {
    const reading = readings[sign];
    if (reading.state === 'plain' || reading.state === 'unlikely') values[sign] = reading.value;
  }
  const problem = panelProblem(values);
  return { readings, problem, firstWrong, values: problem === null && firstWrong === null ? values : null };
}

function panelProblem({ systolic, diastolic, ...others }: VitalValues): PanelProblem | null {
  if ((systolic === undefined) !== (diastolic === undefined)) return 'pressure-half';
  if (systolic !== undefined && diastolic !== undefined) return diastolic >= systolic ? 'pressure-upside-down' : null;
  return Object.values(others).some((value) => value !== undefined) ? null : 'nothing-typed';
}

export type BodyMassIndex = {
  /** kg/m², one decimal. */
  readonly value: number;
  /** WHO adult classes (Technical Report Series 894); null for children, who need centiles. */
  readonly position: Position | null;
  /** When the height was measured, where it is not today's. */
  readonly heightFrom: number | null;
};

const BMI_USUAL = [18.5, 25] as const;
const CM2_PER_M2 = 10_000;

/** From today's weight and today's height, or for adults their last known height. Null where either is missing or wrong. */
export function bodyMassIndex(readings: Panel['readings'], context: VitalContext): BodyMassIndex | null {
  const today = (sign: VitalSign): number | null => {
    const reading = readings[sign];
    return reading.state === 'plain' || reading.state === 'unlikely' ? reading.value : null;
  };
  const weight = today('weight');
  const earlier = context.adult === true ? context.previous.height : undefined;
  const height = today('height') ?? earlier?.value ?? null;
  if (weight === null || height === null || readings.height.state === 'impossible') return null;
  const value = Math.round((weight * CM2_PER_M2 * 10) / height ** 2) / 10;
  const heightFrom = today('height') === null ? (earlier?.at ?? null) : null;
  if (context.adult !== true) return { value, position: null, heightFrom };
  if (value < BMI_USUAL[0]) return { value, position: 'low', heightFrom };
  return { value, position: value >= BMI_USUAL[1] ? 'high' : 'usual', heightFrom };
}

/** `120/80` typed or pasted into the systolic field fills both. */
export function splitPressure(typed: string): { readonly systolic: string; readonly diastolic: string } | null {
  const match = /^\s*(\d{2,3})\s*\/\s*(\d{0,3})\s*$/u.exec(typed);
  return match === null ? null : { systolic: match[1] ?? '', diastolic: match[2] ?? '' };
}

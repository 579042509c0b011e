import { VITAL_SIGNS, VITAL_SIGN_NAMES, type VitalSign } from '../../shared/records/vital-signs.ts';
import { addMonths, civilDateAt, daysBetween, partialDate } from '../ui/civil-date.ts';
import type { Chart } from './chart.data.ts';
import type { Band, Point } from './trend-geometry.ts';

/** One line of the summary's vitals: a sign, or the two pressures together. */
export type VitalLine = {
  readonly id: string;
  /** LOINC codes to draw when the line is opened. */
  readonly codes: readonly string[];
  readonly sign: VitalSign | null;
  readonly name: string;
  /** For the narrow summary. */
  readonly short: string;
  /** Latest values, in the order of `codes`. */
  readonly latest: readonly number[];
  readonly unit: string;
  readonly decimals: number;
  readonly at: number;
  /** Points of the (first) sparkline. */
  readonly points: readonly Point[];
  readonly band: Band | null;
  readonly outside: 'low' | 'high' | null;
};

/** A sign's name, whole and for narrow places. */
export type VitalName = Pick<VitalLine, 'name' | 'short'>;

const ADULT_MONTHS = 18 * 12;
const UNKNOWN_SIGN_DECIMALS = 2;

/** Whether the usual bands of adults hold: only where 18 years have passed for certain. */
export function adultBandsHold(birthDate: string | null, now: number, zone: string): boolean {
  const birth = birthDate === null ? null : partialDate(birthDate);
  if (birth === null) return false;
  const latest = { year: birth.year, month: birth.month ?? 12, day: birth.day ?? 28 };
  return daysBetween(addMonths(latest, ADULT_MONTHS), civilDateAt(now, zone)) >= 0;
}

/** The usual band of a sign for this patient; saturation and temperature hold at any age. */
export function bandOf(sign: VitalSign | null, adult: boolean): Band | null {
  if (sign === null) return null;
  return adult || sign === 'oxygenSaturation' || sign === 'temperature' ? VITAL_SIGNS[sign].usual : null;
}

export function outsideBand(value: number, band: Band | null): 'low' | 'high' | null {
  if (band === null || (value >= band[0] && value <= band[1])) return null;
  return value < band[0] ? 'low' : 'high';
}

/** The vitals of a chart in the order in which they are taken, pressures on one line, other measurements last. */
export function vitalLines(trends: Chart['vitals'], adult: boolean, names: (sign: VitalSign) => VitalName, pressure: VitalName): readonly VitalLine[] {
  const lines: VitalLine[] = [];
  const bySign = (sign: VitalSign) => trends.find(({ code, unit }) => code === VITAL_SIGNS[sign].code && unit === VITAL_SIGNS[sign].unit);
  const systolic = bySign('systolic');
  const diastolic = bySign('diastolic');
  for (const sign of VITAL_SIGN_NAMES) {
    const trend = bySign(sign);
    const newest = trend === undefined ? null : newestOf(trend.points);
    if (trend === undefined || newest === null) continue;
    if (sign === 'diastolic' && systolic !== undefined) continue;
    const band = bandOf(sign, adult);
    const lower = sign === 'systolic' && diastolic !== undefined ? newestOf(diastolic.points) : null;
    // Only two halves of one reading make a pressure.
    const pair = lower !== null && lower.at === newest.at ? lower : null;
    const outside = outsideBand(newest.value, band) ?? (pair === null ? null : outsideBand(pair.value, bandOf('diastolic', adult)));
    lines.push({
      id: sign,
      codes: sign === 'systolic' && diastolic !== undefined ? [trend.code, diastolic.code] : [trend.code],
      sign,
      ...(sign === 'systolic' && diastolic !== undefined ? pressure : names(sign)),
      latest: pair === null ? [newest.value] : [newest.value, pair.value],
      unit: trend.unit,
      decimals: VITAL_SIGNS[sign].decimals,
      at: newest.at,
      points: trend.points,
      band,
      outside,
    });
  }
  for (const trend of trends) {
    const newest = newestOf(trend.points);
    if (newest === null || VITAL_SIGN_NAMES.some((sign) => bySign(sign) === trend)) continue;
    lines.push({ id: `${trend.code} ${trend.unit}`, codes: [trend.code], sign: null, name: trend.display, short: trend.display, latest: [newest.value], unit: trend.unit, decimals: UNKNOWN_SIGN_DECIMALS, at: newest.at, points: trend.points, band: null, outside: null });
  }
  return lines;
}

function newestOf(points: readonly Point[]): Point | null {
  let newest: Point | null = null;
  for (const point of points) if (newest === null || point.at >= newest.at) newest = point;
  return newest;
}

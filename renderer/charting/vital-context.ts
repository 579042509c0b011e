import type { CallOutput } from '../../shared/ipc/contract.ts';
import { VITAL_SIGNS, type VitalSign } from '../../shared/records/vital-signs.ts';
import { addMonths, civilDateAt, daysBetween, partialDate } from '../ui/civil-date.ts';
import { VITAL_FIELDS, type Previous, type VitalContext } from './vitals-model.ts';

const ADULT_FROM_YEARS = 18;
const MONTHS_PER_YEAR = 12;

/** What the vitals row needs of an open chart. */
export function vitalContext(chart: CallOutput<'chart.open'>, now: number, zone: string): VitalContext {
  return { adult: isAdult(chart.banner.birthDate, now, zone), now, previous: previousValues(chart.vitals) };
}

/** Whether 18 years have passed; null where the birth date is unknown, or known by a year that leaves it open. */
export function isAdult(birthDate: string | null, now: number, zone: string): boolean | null {
  const birth = birthDate === null ? null : partialDate(birthDate);
  if (birth === null) return null;
  const today = civilDateAt(now, zone);
  const turns = (month: number, day: number): boolean => daysBetween(addMonths({ year: birth.year, month, day }, ADULT_FROM_YEARS * MONTHS_PER_YEAR), today) >= 0;
  const latest = turns(birth.month ?? 12, birth.day ?? (birth.month === null ? 31 : 28));
  const earliest = turns(birth.month ?? 1, birth.day ?? 1);
  return latest === earliest ? latest : null;
}

/** The newest value of each sign. */
export function previousValues(trends: CallOutput<'chart.open'>['vitals']): Partial<Record<VitalSign, Previous>> {
  const previous: Partial<Record<VitalSign, Previous>> = {};
  for (const sign of VITAL_FIELDS) {
    for (const trend of trends) {
      if (trend.code !== VITAL_SIGNS[sign].code || trend.unit !== VITAL_SIGNS[sign].unit) continue;
      for (const { at, value } of trend.points) if (at >= (previous[sign]?.at ?? Number.NEGATIVE_INFINITY)) previous[sign] = { at, value };
    }
  }
  return previous;
}

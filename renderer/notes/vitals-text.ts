import type { CallOutput } from '../../shared/ipc/contract.ts';
import { VITAL_SIGNS, VITAL_SIGN_NAMES, type VitalSign } from '../../shared/records/vital-signs.ts';
import { civilDateAt } from '../ui/civil-date.ts';
import { formatNumber, formatTime, formatUnit } from '../ui/format.ts';
import { notesWords } from '../words/notes.ts';

type Trends = CallOutput<'chart.open'>['vitals'];

const words = notesWords.vitals;

/** Today's newest vitals as one sentence for a note; null where none was measured today in the clinic's zone. */
export function vitalsSentence(trends: Trends, now: number, zone: string): string | null {
  const today = todaysValues(trends, now, zone);
  const parts: string[] = [];
  let latest = 0;
  for (const sign of VITAL_SIGN_NAMES) {
    const point = today.get(sign);
    if (point === undefined) continue;
    latest = Math.max(latest, point.at);
    const value = `${formatNumber(point.value, VITAL_SIGNS[sign].decimals)} ${formatUnit(VITAL_SIGNS[sign].unit)}`;
    if (sign === 'systolic') {
      const diastolic = today.get('diastolic');
      parts.push(words.pressure(diastolic === undefined ? value : `${formatNumber(point.value)}/${formatNumber(diastolic.value)} ${formatUnit(VITAL_SIGNS.diastolic.unit)}`));
    } else if (sign !== 'diastolic') parts.push(words[sign](value));
  }
  return parts.length === 0 ? null : words.at(formatTime(latest, zone), parts.join(', '));
}

function todaysValues(trends: Trends, now: number, zone: string): ReadonlyMap<VitalSign, { readonly at: number; readonly value: number }> {
  const today = civilDateAt(now, zone);
  const found = new Map<VitalSign, { readonly at: number; readonly value: number }>();
  for (const sign of VITAL_SIGN_NAMES) {
    for (const { code, unit, points } of trends) {
      if (code !== VITAL_SIGNS[sign].code || unit !== VITAL_SIGNS[sign].unit) continue;
      for (const point of points) {
        const day = civilDateAt(point.at, zone);
        const isToday = day.year === today.year && day.month === today.month && day.day === today.day;
        if (isToday && point.at >= (found.get(sign)?.at ?? 0)) found.set(sign, point);
      }
    }
  }
  return found;
}

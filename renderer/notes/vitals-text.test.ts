import { expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import { vitalsSentence } from './vitals-text.ts';

const record = '00000000-0000-8000-8000-000000000000' as RecordId;
const trend = (code: string, unit: string, ...values: readonly (readonly [number, number])[]) => ({ code, unit, display: code, sign: null, points: values.map(([at, value]) => ({ at, value, record })) });
const at = (day: number, hour: number, minute = 0) => Date.UTC(2026, 6, day, hour, minute);

it('says today\'s newest values in clinical order, with their time in the clinic\'s zone', () => {
  const trends = [trend('29463-7', 'kg', [at(1, 14), 70], [at(14, 14), 62]), trend('8462-4', 'mm[Hg]', [at(14, 14), 82]), trend('8480-6', 'mm[Hg]', [at(14, 13), 150], [at(14, 14, 30), 128]), trend('8310-5', 'Cel', [at(14, 14), 37.2])];
  expect(vitalsSentence(trends, at(14, 20), 'America/Chicago')).toBe('Vitals at 09:30: BP 128/82 mmHg, temperature 37.2 °C, weight 62 kg.');
});

it('says nothing of another day, as the clinic counts days', () => {
  const trends = [trend('8310-5', 'Cel', [at(14, 3), 37.2])];
  expect(vitalsSentence(trends, at(14, 20), 'America/Chicago')).toBeNull();
  expect(vitalsSentence(trends, at(14, 20), 'UTC')).not.toBeNull();
  expect(vitalsSentence([], at(14, 20), 'UTC')).toBeNull();
});

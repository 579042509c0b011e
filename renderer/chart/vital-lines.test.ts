import { describe, expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import { adultBandsHold, outsideBand, vitalLines } from './vital-lines.ts';

const record = '00000000-0000-8000-8000-000000000000' as RecordId;
const trend = (code: string, unit: string, ...values: readonly (readonly [number, number])[]) => ({ code, unit, display: `display ${code}`, sign: null, points: values.map(([at, value]) => ({ at, value, record })) });
const lines = (trends: ReturnType<typeof trend>[], adult = true) => vitalLines(trends, adult, (sign) => ({ name: sign, short: sign }), { name: 'pressure', short: 'BP' });

describe('the vitals of the summary', () => {
  it('joins the two pressures of one reading', () => {
    const [line] = lines([trend('8480-6', 'mm[Hg]', [1, 120], [9, 128]), trend('8462-4', 'mm[Hg]', [9, 95])]);
    expect(line).toMatchObject({ name: 'pressure', latest: [128, 95], outside: 'high', codes: ['8480-6', '8462-4'] });
  });

  it('does not join pressures of different readings', () => {
    expect(lines([trend('8480-6', 'mm[Hg]', [9, 128]), trend('8462-4', 'mm[Hg]', [5, 82])])[0]).toMatchObject({ latest: [128] });
  });

  it('takes the newest whatever the order, and marks it by the adult band only for adults', () => {
    expect(lines([trend('8867-4', '/min', [9, 130], [3, 70])])[0]).toMatchObject({ latest: [130], outside: 'high' });
    expect(lines([trend('8867-4', '/min', [9, 130])], false)[0]).toMatchObject({ outside: null, band: null });
    expect(lines([trend('8310-5', 'Cel', [9, 39.2])], false)[0]).toMatchObject({ outside: 'high' });
  });

  it('shows what it does not know last, under its own name, and never in the wrong unit', () => {
    const shown = lines([trend('39156-5', 'kg/m2', [9, 24.1]), trend('29463-7', '[lb_av]', [9, 140]), trend('29463-7', 'kg', [9, 62])]);
    expect(shown.map(({ name, unit }) => [name, unit])).toEqual([['weight', 'kg'], ['display 39156-5', 'kg/m2'], ['display 29463-7', '[lb_av]']]);
  });

  it('leaves out a sign without readings', () => {
    expect(lines([trend('8867-4', '/min')])).toEqual([]);
  });
});

it('knows what lies outside', () => {
  expect([89, 90, 140, 141].map((value) => outsideBand(value, [90, 140]))).toEqual(['low', null, null, 'high']);
});

it('holds adult bands back until adulthood is certain', () => {
  const now = Date.UTC(2026, 6, 14, 12);
  expect(['2008-07-14', '2008-07-15', '2008-07', '2008', '2007', null].map((birth) => adultBandsHold(birth, now, 'UTC'))).toEqual([true, false, false, false, true, false]);
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VITAL_SIGNS, VitalValues } from '../../shared/records/vital-signs.ts';
import { bodyMassIndex, NOTHING_TYPED, readField, readPanel, splitPressure, usualBand, VITAL_FIELDS, type VitalContext } from './vitals-model.ts';

const now = Date.UTC(2026, 6, 14);
const adult: VitalContext = { adult: true, now, previous: {} };
const child: VitalContext = { adult: false, now, previous: {} };
const panel = (typed: Partial<typeof NOTHING_TYPED>, confirmed = {}, context = adult) => readPanel({ ...NOTHING_TYPED, ...typed }, confirmed, context);

describe('one field of the vitals row', () => {
  it('covers every vital sign once', () => {
    expect([...VITAL_FIELDS].sort()).toEqual(Object.keys(VITAL_SIGNS).sort());
  });

  it('marks which side of the usual band a value is on, the ends being usual', () => {
    expect(readField('systolic', '142', adult)).toEqual({ state: 'plain', value: 142, position: 'high' });
    expect(readField('systolic', '140', adult)).toMatchObject({ position: 'usual' });
    expect(readField('systolic', '89', adult)).toMatchObject({ position: 'low' });
    expect(readField('weight', '62', adult)).toMatchObject({ position: null });
  });

  it('has no adult band for a child or for an unknown age, except where the band is ageless', () => {
    expect(usualBand('heartRate', false)).toBeNull();
    expect(usualBand('heartRate', null)).toBeNull();
    expect(usualBand('oxygenSaturation', false)).toEqual([94, 100]);
    expect(readField('heartRate', '150', child)).toEqual({ state: 'plain', value: 150, position: null });
    expect(readField('systolic', '55', child)).toMatchObject({ state: 'plain' });
  });

  it('refuses the impossible and asks about the unlikely', () => {
    expect(readField('temperature', '46.1', adult)).toEqual({ state: 'impossible', low: 24, high: 46 });
    expect(readField('temperature', '42.5', adult)).toMatchObject({ state: 'unlikely', because: 'value' });
    expect(readField('oxygenSaturation', '101', adult)).toMatchObject({ state: 'impossible' });
  });

  it('asks about a weight far from the last one, while the last one is recent', () => {
    const days = (count: number) => now - count * 86_400_000;
    const after = (at: number): VitalContext => ({ ...adult, previous: { weight: { value: 62, at } } });
    expect(readField('weight', '26', after(days(3)))).toMatchObject({ state: 'unlikely', because: 'change' });
    expect(readField('weight', '60', after(days(3)))).toMatchObject({ state: 'plain' });
    expect(readField('weight', '45', after(days(400)))).toMatchObject({ state: 'plain' });
  });

  it('asks about an adult who grew, not about a child', () => {
    const previous = { height: { value: 150, at: 0 } };
    expect(readField('height', '160', { ...adult, previous })).toMatchObject({ state: 'unlikely', because: 'change' });
    expect(readField('height', '160', { ...child, previous })).toMatchObject({ state: 'plain' });
  });

  it.each(['abc', '12-', '1e2', '1.2.3', '--', '0x10', '∞', '12 3'])('takes %s for no number', (typed) => {
    expect(readField('heartRate', typed, adult)).toEqual({ state: 'not-a-number' });
  });

  it('takes a decimal comma, drops zeros that say nothing, refuses digits it could not keep', () => {
    expect(readField('temperature', '37,2', adult)).toMatchObject({ value: 37.2 });
    expect(readField('heartRate', '72.0', adult)).toMatchObject({ value: 72 });
    expect(readField('heartRate', '72.5', adult)).toEqual({ state: 'too-exact', decimals: 0 });
  });
});

describe('the panel', () => {
  it('says what is in the way', () => {
    expect(panel({}).problem).toBe('nothing-typed');
    expect(panel({ systolic: '120' }).problem).toBe('pressure-half');
    expect(panel({ systolic: '80', diastolic: '120' }).problem).toBe('pressure-upside-down');
    expect(panel({ heartRate: '7x' })).toMatchObject({ firstWrong: 'heartRate', values: null });
  });

  it('takes an unlikely value once it is confirmed, and asks again when it was typed anew', () => {
    expect(panel({ temperature: '42.5' }).values).toBeNull();
    expect(panel({ temperature: '42.5' }, { temperature: '42.5' }).values).toEqual({ temperature: 42.5 });
    expect(panel({ temperature: '42.6' }, { temperature: '42.5' }).values).toBeNull();
  });

  it('gives only what the engine takes', () => {
    const text = fc.oneof(fc.constant(''), fc.integer({ min: -5, max: 400 }).map(String), fc.double({ min: 0, max: 120, noNaN: true }).map((n) => n.toFixed(2)), fc.string({ maxLength: 4 }));
    const typed = fc.record(Object.fromEntries(VITAL_FIELDS.map((sign) => [sign, text])) as Record<(typeof VITAL_FIELDS)[number], typeof text>);
    fc.assert(
      fc.property(typed, fc.constantFrom(adult, child), (fields, context) => {
        const { values } = readPanel(fields, fields, context);
        expect(values === null || VitalValues.safeParse(values).success).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('body mass index', () => {
  it('follows the weight as it is typed', () => {
    expect(bodyMassIndex(panel({ weight: '62', height: '160' }).readings, adult)).toEqual({ value: 24.2, position: 'usual', heightFrom: null });
    expect(bodyMassIndex(panel({ weight: '80', height: '160' }).readings, adult)).toMatchObject({ value: 31.3, position: 'high' });
    expect(bodyMassIndex(panel({ height: '160' }).readings, adult)).toBeNull();
  });

  it('uses an adult\'s last height and says from when, never a child\'s', () => {
    const previous = { height: { value: 160, at: 99 } };
    expect(bodyMassIndex(panel({ weight: '62' }).readings, { ...adult, previous })).toEqual({ value: 24.2, position: 'usual', heightFrom: 99 });
    expect(bodyMassIndex(panel({ weight: '20' }).readings, { ...child, previous })).toBeNull();
    expect(bodyMassIndex(panel({ weight: '20', height: '110' }).readings, child)).toEqual({ value: 16.5, position: null, heightFrom: null });
  });
});

describe('a pressure typed as one', () => {
  it('comes apart at the slash', () => {
    expect(splitPressure('120/80')).toEqual({ systolic: '120', diastolic: '80' });
    expect(splitPressure('120/')).toEqual({ systolic: '120', diastolic: '' });
    expect(splitPressure('120')).toBeNull();
    expect(splitPressure('1/2/3')).toBeNull();
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MedicationBody } from '../../shared/records/charting.ts';
import { PART_NAMES, readPrescription } from './prescription.ts';

const parts = MedicationBody.pick({ medication: true, dose: true, route: true, frequency: true, durationDays: true, reason: true });

describe('a prescription', () => {
  it('follows the line until a part is corrected by hand', () => {
    expect(readPrescription('amoxicillin 500 mg oral tid 7d', {}).body).toEqual({ medication: { text: 'amoxicillin' }, dose: '500 mg', route: 'oral', frequency: 'three times daily', durationDays: 7 });
    const corrected = readPrescription('amoxicillin 500 mg oral tid 7d', { dose: '250 mg', durationDays: '5' });
    expect(corrected.body).toMatchObject({ dose: '250 mg', durationDays: 5, frequency: 'three times daily' });
  });

  it('says what is missing, by part', () => {
    expect(readPrescription('', {}).problems).toEqual({ drug: 'missing-drug', dose: 'missing-dose', frequency: 'missing-frequency' });
    expect(readPrescription('amox 500 tid', {}).problems).toEqual({ dose: 'missing-unit' });
    expect(readPrescription('amox 500 mg tid', { durationDays: 'a week' }).problems).toEqual({ durationDays: 'bad-days' });
    expect(readPrescription('amox 500 mg tid 7d with a lot of water', {}).problems).toEqual({ line: 'not-understood' });
  });

  it('lets a correction supply what the line lacks', () => {
    expect(readPrescription('amox 500 tid', { dose: '500 mg' }).body).toMatchObject({ dose: '500 mg' });
    expect(readPrescription('amox 500 mg tid 7d', { route: '' }).body).not.toHaveProperty('route');
  });

  it('gives only what the engine takes', () => {
    const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('500 mg', 'tid', '7', '0', '', ' '));
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.dictionary(fc.constantFrom(...PART_NAMES), text), (line, corrections) => {
        const { body } = readPrescription(line, corrections);
        expect(body === null || parts.safeParse(body).success).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

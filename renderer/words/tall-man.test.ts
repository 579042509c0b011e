import { expect, it } from 'vitest';
import { tallMan } from './tall-man.ts';

it('writes look-alike names in tall-man letters and leaves the rest', () => {
  expect(tallMan('Metronidazole 400 mg')).toBe('metroNIDAZOLE 400 mg');
  expect(tallMan('metformin; PREDNISOLONE')).toBe('metFORMIN; prednisoLONE');
  expect(tallMan('amoxicillin 500 mg')).toBe('amoxicillin 500 mg');
  expect(tallMan('')).toBe('');
});

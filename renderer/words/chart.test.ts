import { expect, it } from 'vitest';
import { elementWord, statusWord, typeWord } from './chart.ts';

it('names elements with or without their type, and takes unknown ones apart', () => {
  expect(elementWord('onsetDateTime')).toBe('Since');
  expect(elementWord('medicationCodeableConcept')).toBe('Medicine');
  expect(elementWord('birthDate')).toBe('Born');
  expect(elementWord('recordedDate')).toBe('Written');
  expect(elementWord('somethingNew')).toBe('Something new');
});

it('shows what it has no word for as it is', () => {
  expect(typeWord('MolecularSequence')).toBe('MolecularSequence');
  expect(statusWord('suspended')).toBe('suspended');
});

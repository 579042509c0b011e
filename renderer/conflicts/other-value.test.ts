import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { canBeTyped, otherValue } from './other-value.ts';

it.each([
  ['"active"', ' stopped ', '"stopped"'],
  ['5', '7,5', '7.5'],
  ['5', 'seven', null],
  ['{"coding":[{"code":"38341003"}],"text":"Hypertension"}', 'High blood pressure', '{"text":"High blood pressure"}'],
  ['{"value":62,"unit":"kg","code":"kg"}', '61.5', '{"value":61.5,"unit":"kg","code":"kg"}'],
  ['[{"text":"500 mg, three times daily"}]', '250 mg, twice daily', '[{"text":"250 mg, twice daily"}]'],
  ['[{"text":"a"},{"text":"b"}]', 'c', null],
  ['{"reference":"Patient/1"}', 'c', null],
  ['true', 'c', null],
  ['null', 'c', null],
  ['{', 'c', null],
  [null, 'c', null],
  ['"a"', '  ', null],
])('%s, %s: %s', (sample, typed, expected) => {
  expect(otherValue(sample, typed)).toBe(expected);
});

it('offers typing only where something could be typed', () => {
  expect(canBeTyped('"a"')).toBe(true);
  expect(canBeTyped('{"reference":"Patient/1"}')).toBe(false);
});

it('never makes anything but JSON', () => {
  fc.assert(
    fc.property(fc.json(), fc.string({ minLength: 1 }), (sample, typed) => {
      const text = otherValue(sample, typed);
      expect(() => JSON.parse(text ?? 'null') as unknown).not.toThrow();
    }),
  );
});

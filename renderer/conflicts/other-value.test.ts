import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canBeTyped, otherValue, startingText, unitedValue } from './other-value.ts';

describe('another value', () => {
  it.each([
    ['description', '"a"', ' b ', '"b"'],
    ['valueInteger', '5', '7,5', '7.5'],
    ['valueInteger', '5', 'seven', null],
    ['code', '{"coding":[{"code":"38341003"}],"text":"Hypertension"}', 'High blood pressure', '{"text":"High blood pressure"}'],
    ['valueQuantity', '{"value":62,"unit":"kg","code":"kg"}', '61.5', '{"value":61.5,"unit":"kg","code":"kg"}'],
    ['dosageInstruction', '[{"text":"500 mg, three times daily"}]', '250 mg, twice daily', '[{"text":"250 mg, twice daily"}]'],
    ['dosageInstruction', '[{"text":"a"},{"text":"b"}]', 'c', null],
    ['birthDate', '"1985-07-14"', '1985-07-15', '"1985-07-15"'],
    ['birthDate', '"1985-07-14"', 'last summer', null],
    ['status', '"active"', 'stopped', null],
    ['clinicalStatus', '{"coding":[{"code":"active"}]}', 'better', null],
    ['gender', '"female"', 'male', null],
    ['encounter', '{"reference":"Patient/1"}', 'c', null],
    ['active', 'true', 'c', null],
    ['description', 'null', 'c', null],
    ['description', '{', 'c', null],
    ['description', null, 'c', null],
    ['description', '"a"', '  ', null],
  ])('of %s, %s: %s', (field, sample, typed, expected) => {
    expect(otherValue(field, sample, typed)).toBe(expected);
  });

  it('is offered only where something could be typed', () => {
    expect(canBeTyped('description', '"a"')).toBe(true);
    expect(canBeTyped('birthDate', '"1985"')).toBe(true);
    expect(canBeTyped('status', '"active"')).toBe(false);
    expect(canBeTyped('encounter', '{"reference":"Patient/1"}')).toBe(false);
  });

  it('never makes anything but JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ minLength: 1 }), (sample, typed) => {
        const text = otherValue('description', sample, typed);
        expect(() => JSON.parse(text ?? 'null') as unknown).not.toThrow();
      }),
    );
  });

  it('begins with the words of the value that counts, with everybody\'s where words are free, and with its unit', () => {
    expect(startingText('dosageInstruction', ['[{"text":"2 mg"}]', '[{"text":"5 mg"}]'])).toEqual({ text: '2 mg', unit: null });
    expect(startingText('conclusion', ['"No fracture."', '"Fracture of the wrist."'])).toEqual({ text: 'No fracture.; Fracture of the wrist.', unit: null });
    expect(startingText('valueQuantity', ['{"value":62,"unit":"kg"}', null])).toEqual({ text: '62', unit: 'kg' });
    expect(startingText('telecom', [null])).toEqual({ text: '', unit: null });
  });
});

describe('all values together', () => {
  it('keeps every member once, those of the value that counts first', () => {
    const phone = (value: string) => `[{"system":"phone","value":"${value}"}]`;
    expect(unitedValue('telecom', [phone('1'), phone('2'), '[{"value":"1","system":"phone"}]'])).toBe('[{"value":"1","system":"phone"},{"system":"phone","value":"2"}]');
    expect(unitedValue('telecom', [null, phone('1')])).toBeNull();
  });

  it('is never two doses at once, nor anything that is no list', () => {
    expect(unitedValue('dosageInstruction', ['[{"text":"1 mg"}]', '[{"text":"2 mg"}]'])).toBeNull();
    expect(unitedValue('status', ['"active"', '"stopped"'])).toBeNull();
    expect(unitedValue('name', ['"a"', '["b"]'])).toBeNull();
  });
});

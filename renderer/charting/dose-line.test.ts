import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDoseLine } from './dose-line.ts';
import { plainNumber } from './dose-tokens.ts';

const parts = (line: string) => parseDoseLine(line).parts;

describe('a prescription in one line', () => {
  it('reads the example of the prescriber\'s guide', () => {
    expect(parseDoseLine('amoxicillin 500 mg oral tid 7d')).toEqual({
      parts: { drug: 'amoxicillin', dose: '500 mg', route: 'oral', frequency: 'three times daily', durationDays: 7, reason: '' },
      notUnderstood: [],
      rewritten: [],
      unitMissing: false,
    });
  });

  it.each([
    ['metronidazole 400mg tds 5/7', { dose: '400 mg', frequency: 'three times daily', durationDays: 5 }],
    ['amoxicillin by mouth 7 days 250 mg 3 times a day', { dose: '250 mg', route: 'oral', frequency: 'three times daily', durationDays: 7 }],
    ['salbutamol 2 puffs inh prn', { dose: '2 puffs', route: 'inhaled', frequency: 'when needed' }],
    ['paracetamol 500 mg 1-2 tabs q6h prn', { dose: '1-2 tablets of 500 mg', frequency: 'every 6 hours, when needed' }],
    ['paracetamol 2 tabs 500 mg qid', { dose: '2 tablets of 500 mg', frequency: 'four times daily' }],
    ['oral rehydration salts 1 sachet prn', { drug: 'oral rehydration salts', dose: '1 sachet' }],
    ['vitamin B12 1 mg im once monthly', { drug: 'vitamin B12', dose: '1 mg', route: 'intramuscular', frequency: 'once monthly' }],
    ['chloramphenicol 1 drop right eye every 2 hours for 5 days for conjunctivitis', { dose: '1 drop', route: 'right eye', frequency: 'every 2 hours', durationDays: 5, reason: 'conjunctivitis' }],
    ['metformin 500 mg bd for type 2 diabetes', { frequency: 'twice daily', reason: 'type 2 diabetes' }],
    ['ibuprofen 400 mg po for back pain tid 5d', { reason: 'back pain', frequency: 'three times daily', durationDays: 5 }],
    ['amlodipine 5 mg od x 3 months', { frequency: 'once daily', durationDays: 90 }],
  ])('%s', (line, expected) => {
    const read = parseDoseLine(line);
    expect(read.parts).toMatchObject(expected);
    expect(read.notUnderstood).toEqual([]);
  });

  it('writes out what is known to be misread, and says so', () => {
    expect(parts('levothyroxine 50 mcg od').dose).toBe('50 microgram');
    expect(parts('insulin glargine 10 U nocte')).toMatchObject({ dose: '10 units', frequency: 'at night' });
    expect(parts('digoxin .125 mg daily').dose).toBe('0.125 mg');
    expect(parts('warfarin 5.0 mg daily').dose).toBe('5 mg');
    expect(parts('prednisolone 2,5 mg mane').dose).toBe('2.5 mg');
    expect(parseDoseLine('insulin 10U nocte').rewritten).toEqual([{ typed: '10U', written: '10 units' }]);
    expect(parseDoseLine('warfarin 5.0 mg daily').rewritten).toEqual([{ typed: '5.0 mg', written: '5 mg' }]);
    expect(parseDoseLine('prednisolone 2,5 mg mane').rewritten).toEqual([]);
  });

  it('notices a missing unit', () => {
    expect(parseDoseLine('amox 500 tid 7d')).toMatchObject({ unitMissing: true, parts: { drug: 'amox', dose: '500' } });
  });

  it('never swallows a word', () => {
    expect(parseDoseLine('amoxicillin 500 mg tid 7d after each loose stool').notUnderstood).toEqual(['after', 'each', 'loose', 'stool']);
    expect(parseDoseLine('amoxicillin 500 mg 250 mg tid').notUnderstood).toEqual(['250', 'mg']);
    expect(parseDoseLine('amoxicillin 500 mg 7d 14d').notUnderstood).toEqual(['14d']);
  });

  it('refuses courses that no prescription has', () => {
    expect(parts('aspirin 75 mg od 0d').durationDays).toBeNull();
    expect(parts('aspirin 75 mg od 9999d').durationDays).toBeNull();
  });

  it('holds for whatever is typed: it ends, and the drug is the first word', () => {
    const word = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('500', 'mg', '5mg', 'tid', 'oral', '7d', 'for', 'x', '1-2', 'tabs', 'every', '6', 'hours', '.', ',', '-'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        const typed = words.join(' ').trim().split(/\s+/u).filter((each) => each !== '');
        const read = parseDoseLine(words.join(' '));
        expect(read.parts.drug.split(' ')[0]).toBe(typed[0] ?? '');
        for (const each of read.notUnderstood) expect(typed).toContain(each);
      }),
    );
  });

  it('keeps the value of a number', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 9999, noNaN: true }), fc.integer({ min: 0, max: 5 }), (value, zeros) => {
        const typed = `${value.toFixed(3)}${'0'.repeat(zeros)}`;
        expect(Number(plainNumber(typed))).toBe(Number(typed));
        expect(plainNumber(typed)).not.toMatch(/\.\d*0$/u);
      }),
    );
  });
});

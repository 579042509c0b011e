import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { CLINIC_NUMBER_SYSTEM } from './demographics.ts';
import type { JsonObject } from './json.ts';
import { foldText, nameWords, partTokens } from './name-words.ts';
import { numberKey, phoneKey, SEARCH_KEY_KINDS, searchKeys } from './search-keys.ts';

const seed = testSeedOf(process.env['OUTPOST_SEED']);
process.stdout.write(`search keys: OUTPOST_SEED=${seed}\n`);

const keysOf = (patient: JsonObject, kind: string) => searchKeys({ resourceType: 'Patient', ...patient }).filter((each) => each.kind === kind).map(({ key }) => key);
const named = (family: string, ...given: string[]) => keysOf({ name: [{ family, given }] }, 'name');

describe('names as words', () => {
  it.each([
    ['Núñez', 'nunez'],
    ['Đặng Thị', 'dang thi'],
    ['Straße Łukasz Søren Æsa', 'strasse lukasz soren aesa'],
    ['İpek ISIL', 'ipek isil'],
    ['Ọbịọra Ɗanladi Ƙasimu', 'obiora danladi kasimu'],
    ['Фёдоров Андрей', 'федоров андреи'],
    ['أحمد إبراهيم مُصْطَفَى', 'احمد ابراهيم مصطفي'],
    ['فاطمة', 'فاطمه'],
    ['ＭＡＲＹ', 'mary'],
  ])('%s is folded to %s', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it('punctuation within a word goes, between words it parts', () => {
    expect(nameWords("O'Neill-García,  Tódích’íi’nii (J.R.)")).toEqual(['oneill', 'garcia', 'todichiinii', 'jr']);
    expect(nameWords('🙂 —')).toEqual([]);
  });

  it('a name of several words is found by each and by all run together', () => {
    expect(partTokens('de la Cruz')).toEqual(['de', 'la', 'cruz', 'delacruz']);
    expect(partTokens("O'Brien")).toEqual(['obrien', 'brien']);
    expect(named('王', '秀英')).toEqual(['王', '秀英', '王秀英', '秀英王']);
    expect(named('Okafor', 'Mary')).toEqual(['okafor', 'mary']);
  });
});

describe('search keys', () => {
  it('come from every name in every script, and from the text where there is nothing else', () => {
    const name = [{ use: 'official', family: 'Щербаков', given: ['Юрий'] }, { family: 'Shcherbakov', given: ['Yuri'] }, { use: 'nickname', given: ['Yura'] }, { text: 'Old Name' }, { family: 'Kept', text: 'Not Read' }];
    expect(keysOf({ name }, 'name')).toEqual(['щербаков', 'юрии', 'shcherbakov', 'yuri', 'yura', 'old', 'name', 'oldname', 'kept']);
  });

  it('dates are kept with the precision they have, and no date is none', () => {
    for (const date of ['1985', '1985-07', '1985-07-14']) expect(keysOf({ birthDate: date }, 'birth')).toEqual([date]);
    for (const date of ['14/07/1985', '1985-13', '1985-02-30', 'yes', '', 1985]) expect(keysOf({ birthDate: date }, 'birth')).toEqual([]);
  });

  it('numbers lose their punctuation, and the running part of a clinic number stands by itself', () => {
    const identifier = [{ system: CLINIC_NUMBER_SYSTEM, value: 'K7A-0042-3' }, { value: '999-12-3456' }, { value: '' }, {}];
    expect(keysOf({ identifier }, 'number')).toEqual(['k7a00423', '42', '999123456']);
    expect(numberKey('OIL-10')).toBe(numberKey('011 1o'));
  });

  it('phones are written from the end, without trunk and international zeros', () => {
    expect(keysOf({ telecom: [{ system: 'phone', value: '+1 (928) 555-0142' }, { system: 'email', value: '5550142@example.org' }, { system: 'phone', value: '12' }] }, 'phone')).toEqual(['24105558291']);
    expect(phoneKey('0049 30 1234')).toBe(phoneKey('+49 (30) 1234'));
    expect(phoneKey('٠١٢٣')).toBe('');
  });

  it('any JSON whatever gives keys of the known kinds, bounded, folded and without repeats', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(fc.record({ name: value, birthDate: value, identifier: value, telecom: value }), (patient) => {
        const keys = searchKeys(patient as JsonObject);
        expect(new Set(keys.map(({ kind, key }) => `${kind} ${key}`)).size).toBe(keys.length);
        for (const { kind, key } of keys) expect(SEARCH_KEY_KINDS.includes(kind) && key.length > 0 && key.length <= 64).toBe(true);
      }),
      { seed },
    );
    const many = Array.from({ length: 10_000 }, (_, index) => ({ family: `Family${index} ${'x'.repeat(10_000)}`, given: [`G${index}`] }));
    expect(keysOf({ name: many }, 'name').length).toBeLessThanOrEqual(60);
    expect(Math.max(...keysOf({ name: many }, 'name').map((key) => key.length))).toBeLessThanOrEqual(64);
  });

  it('folding twice is folding once', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(foldText(foldText(text))).toBe(foldText(text));
    }), { seed });
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { compareDates, swappedDate } from './birth-dates.ts';
import { parseQuery } from './search-query.ts';

const seed = testSeedOf(process.env['OUTPOST_SEED']);
process.stdout.write(`search query: OUTPOST_SEED=${seed}\n`);

describe('a query', () => {
  it.each([
    ['1985-07-14', ['1985-07-14']],
    ['14-Jul-1985', ['1985-07-14']],
    ['14 July 1985', ['1985-07-14']],
    ['14jul1985', ['1985-07-14']],
    ['14 jul. 1985', ['1985-07-14']],
    ['July 14, 1985', ['1985-07-14']],
    ['14 de julio', []],
    ['14/7/1985', ['1985-07-14']],
    ['7/14/1985', ['1985-07-14']],
    ['14.07.1985', ['1985-07-14']],
    ['5/7/1985', ['1985-07-05', '1985-05-07']],
    ['14/7/85', ['1985-07-14', '2085-07-14']],
    ['Jul-1985', ['1985-07']],
    ['1985-07', ['1985-07']],
    ['7/1985', ['1985-07']],
    ['1985', ['1985']],
    ['19850714', ['1985-07-14']],
    ['14071985', ['1985-07-14']],
    ['15 août 1990', ['1990-08-15']],
    ['3 dic 2001', ['2001-12-03']],
    ['31/2/1985', []],
    ['0000-00-00', []],
    ['9999', []],
  ])('%s is a date: %j', (text, dates) => {
    expect(parseQuery(text).dates).toEqual(dates);
    expect(parseQuery(`Okafor ${text}`).words[0]).toBe('okafor');
    expect(parseQuery(`Okafor, ${text}`).dates).toEqual(dates);
  });

  it('what is surely a date is nothing else; four or eight digits stay numbers too', () => {
    expect(parseQuery('14-Jul-1985')).toMatchObject({ words: [], numbers: [], phones: [] });
    expect(parseQuery('1985')).toMatchObject({ words: [], numbers: ['1985'], phones: ['5891'] });
    expect(parseQuery('14071985').numbers).toEqual(['14071985']);
  });

  it('a given name is no month', () => {
    expect(parseQuery('ana 12 maria 85')).toMatchObject({ dates: [], words: ['ana', 'maria'] });
    expect(parseQuery('May 1985')).toMatchObject({ dates: ['1985'], words: ['may'] });
  });

  it('names, dates, numbers and phones may stand in any order', () => {
    expect(parseQuery("O'Neill 0142 seán 14/7/1985")).toEqual({ words: ['oneill', 'sean'], dates: ['1985-07-14'], numbers: ['0142', '142'], phones: ['2410'] });
    expect(parseQuery('K7A-0042-3')).toMatchObject({ words: [], dates: [], numbers: ['k7a00423'] });
    expect(parseQuery('+1 (928) 555-0142').phones[0]).toBe('24105558291');
    expect(parseQuery('928 555 0142').phones[0]).toBe('2410555829');
  });

  it.each(['', ' ', '\u0000', '%', '_', '"', "' OR 1=1 --", '*', 'NEAR("a" "b")', '\uD800', '\uFFFF', '🙂', '()', '../../etc', '{{}}', '\u202Eabc', 'a'.repeat(200), '9'.repeat(200)])('%j is read without harm', (text) => {
    const { words, dates, numbers, phones } = parseQuery(text);
    for (const list of [words, dates, numbers, phones]) expect(list.length).toBeLessThanOrEqual(8);
    expect(dates).toEqual([]);
  });

  it('any text gives bounded lists of folded words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { words, dates, numbers, phones } = parseQuery(text);
        expect(words.length <= 8 && dates.length <= 8 && numbers.length <= 4 && phones.length <= 4).toBe(true);
        for (const word of words) expect(word).toMatch(/^[\p{L}\p{N}]+$/u);
        for (const date of dates) expect(date).toMatch(/^\d{4}(-\d\d(-\d\d)?)?$/);
        for (const key of [...numbers, ...phones]) expect(key).toMatch(/^[\p{L}\p{N}]+$/u);
      }),
      { seed, numRuns: 1000 },
    );
  });
});

describe('dates compared', () => {
  it.each([
    ['1985-07-14', '1985-07-14', 'same'],
    ['1985', '1985-07-14', 'within'],
    ['1985-07-14', '1985-07', 'within'],
    ['1985-05-07', '1985-07-05', 'swapped'],
    ['1985-07-14', '1985-07-15', 'near'],
    ['1985-07-14', '1986-07-14', 'near'],
    ['1985-07-14', '1991-07-14', 'differs'],
    ['1985', '1986', 'differs'],
    ['1985-07', '1986-07-14', 'differs'],
  ] as const)('%s and %s: %s', (one, other, agreement) => {
    expect(compareDates(one, other)).toBe(agreement);
    expect(compareDates(other, one)).toBe(agreement);
  });

  it('day and month change places only where that is another day', () => {
    expect(swappedDate('1985-05-07')).toBe('1985-07-05');
    for (const date of ['1985-07-14', '1985-07-07', '1985-07', '1985']) expect(swappedDate(date)).toBeNull();
  });
});

describe('a name with digits behind it', () => {
  it('is read as a name and as a number, a card number only as a number', () => {
    expect(parseQuery("O'Hara248 Carroll471").words).toEqual(['ohara248', 'carroll471']);
    expect(parseQuery('ABCD1234')).toMatchObject({ words: ['abcd1234'], numbers: ['abcd1234'] });
    expect(parseQuery('K7F-0042-3')).toMatchObject({ words: [], numbers: ['k7f00423'] });
  });
});

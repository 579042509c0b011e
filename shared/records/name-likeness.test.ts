import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { beginningDistance, editDistance } from './edit-distance.ts';
import { likeness } from './name-likeness.ts';
import { foldText } from './name-words.ts';
import { soundKeys } from './sound-keys.ts';

const seed = testSeedOf(process.env['OUTPOST_SEED']);
process.stdout.write(`name likeness: OUTPOST_SEED=${seed}\n`);

/** The definition, without rows kept or limits. */
function alignment(left: string, right: string): number {
  const table = Array.from({ length: left.length + 1 }, (_, line) => Array.from({ length: right.length + 1 }, (_, column) => (line === 0 ? column : column === 0 ? line : 0)));
  for (let line = 1; line <= left.length; line += 1) {
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[line - 1] === right[column - 1];
      let cost = Math.min(table[line - 1]![column]! + 1, table[line]![column - 1]! + 1, table[line - 1]![column - 1]! + (same ? 0 : 1));
      if (line > 1 && column > 1 && left[line - 1] === right[column - 2] && left[line - 2] === right[column - 1]) cost = Math.min(cost, table[line - 2]![column - 2]! + 1);
      table[line]![column] = cost;
    }
  }
  return table[left.length]![right.length]!;
}

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'я'), maxLength: 12 });
const limit = fc.nat(6);

describe('edit distance', () => {
  it('is the definition, cut off at the limit', () => {
    fc.assert(fc.property(word, word, limit, (left, right, max) => {
      expect(editDistance(left, right, max)).toBe(Math.min(alignment(left, right), max + 1));
    }), { seed, numRuns: 3000 });
  });

  it('from a beginning is the least over all beginnings', () => {
    const least = (typed: string, whole: string): number => Math.min(...Array.from({ length: whole.length + 1 }, (_, end) => alignment(typed, whole.slice(0, end))));
    fc.assert(fc.property(word, word, limit, (typed, whole, max) => {
      expect(beginningDistance(typed, whole, max)).toBe(Math.min(least(typed, whole), max + 1));
    }), { seed, numRuns: 3000 });
  });

  it('takes texts of any length', () => {
    expect(editDistance('x'.repeat(500), 'x'.repeat(500), 2)).toBe(0);
    expect(editDistance('x'.repeat(500), 'y'.repeat(500), 2)).toBe(3);
    expect(beginningDistance('x'.repeat(500), 'x'.repeat(600), 2)).toBe(0);
  });
});

describe('how names sound', () => {
  it.each([
    ['Hernández', 'Ernandes'], ['Yusuf', 'Jusuf'], ['Yusuf', 'Youssef'], ['Kowalczyk', 'Kovalchik'], ['Mohammed', 'Muhamad'], ['Catherine', 'Kathryn'], ['Geoffrey', 'Jeffrey'],
    ['Philip', 'Filip'], ['Schmidt', 'Shmit'], ['Smith', 'Smythe'], ['Thomas', 'Tomas'], ['Meyer', 'Maier'], ['Jiménez', 'Ximenez'], ['Nguyễn', 'Nuyen'], ['Wright', 'Rite'],
    ['Hussein', 'Husayn'], ['Stephen', 'Stefan'], ['Ortiz', 'Ortis'], ['Thompson', 'Tomson'], ['Guillermo', 'Gillermo'], ['Michael', 'Mikael'], ['Xóchitl', 'Sochitl'], ['Knutson', 'Nutson'], ['Khadija', 'Kadidja'],
  ])('%s and %s sound alike', (one, other) => {
    const sounds = soundKeys(foldText(one));
    expect(soundKeys(foldText(other)).some((sound) => sounds.includes(sound))).toBe(true);
  });

  it.each([['Okafor', 'Begay'], ['Martin', 'Marin'], ['Garcia', 'Gomez'], ['Anna', 'Emma'], ['Singh', 'Kumar'], ['Ahmad', 'Omar']])('%s and %s do not', (one, other) => {
    const sounds = soundKeys(foldText(one));
    expect(soundKeys(foldText(other)).some((sound) => sounds.includes(sound))).toBe(false);
  });

  it('other scripts, digits and single sounds have no key', () => {
    for (const text of ['Мария', '王', 'a', 'mia', '', 'k7', "o'neill"]) expect(soundKeys(text)).toEqual([]);
  });
});

describe('likeness', () => {
  it('ranks equal over begun over misspelt over something else', () => {
    const of = (typed: string, token: string): number => likeness(typed, token).quality;
    expect(of('okafor', 'okafor')).toBe(1);
    expect(of('okaf', 'okafor')).toBeGreaterThan(of('ok', 'okafor'));
    expect(of('okafro', 'okafor')).toBeGreaterThan(of('okfaro', 'okafor'));
    expect(of('okofar', 'okafor')).toBeGreaterThan(of('obama', 'okafor'));
    expect(of('begay', 'okafor')).toBe(0);
  });

  it('says by what', () => {
    expect(likeness('maria', 'mariana').by).toBe('name');
    expect(likeness('marja', 'maria').by).toBe('sounds-like');
    expect(likeness('martiinez', 'martinez').by).toBe('sounds-like');
    expect(likeness('фёдров', 'фёдоров').by).toBe('spelt-like');
  });

  it('is between 0 and 1, and 1 only for the same', () => {
    fc.assert(
      fc.property(word, word, (typed, token) => {
        const { quality } = likeness(typed, token);
        expect(quality >= 0 && quality <= 1 && (quality === 1) === (typed === token)).toBe(true);
      }),
      { seed },
    );
  });
});

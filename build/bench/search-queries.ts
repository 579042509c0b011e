import { assertHolds } from '../../shared/base/result.ts';
import { partTokens } from '../../shared/records/name-words.ts';
import type { ReadHandle } from '../../main/store/store.ts';
import { nameVariants } from '../fixtures/name-variants.ts';
import { createSeededRandom } from '../fixtures/seeded-random.ts';

/** How staff ask for somebody, made from the people who are in the vault. */

export const WAYS = ['as on the card', 'first letters', 'misspelt', 'with the year of birth'] as const;
export type Way = (typeof WAYS)[number];
export type Query = {
  readonly way: Way;
  readonly text: string;
  /** Who is meant. */
  readonly patient: string;
  /** What a plain prefix search would be given. */
  readonly prefix: string;
};

const SEED = 13;
const FIRST_LETTERS = 4;

/** `count` queries of each way, in turn, of people with a name in Latin letters and a birth date. */
export function makeQueries(read: ReadHandle, count: number): readonly Query[] {
  const random = createSeededRandom(SEED);
  const people = read.all("SELECT record, family, given, birth FROM patient WHERE birth IS NOT NULL AND given <> '' AND family GLOB '[A-Z][a-z][a-z][a-z]*' ORDER BY record");
  assertHolds(people.length >= count, 'there are people enough to ask for');
  const step = Math.floor(people.length / count);
  return Array.from({ length: count }, (_, index) => people[index * step]).flatMap((row) => {
    const patient = String(row?.['record']);
    const [family, given] = [String(row?.['family']), String(row?.['given'])];
    const [word = family] = partTokens(family);
    const misspelt = random.pick(nameVariants(random, [given, family])).text;
    return [
      { way: 'as on the card', text: `${given} ${family}`, patient, prefix: word },
      { way: 'first letters', text: family.slice(0, FIRST_LETTERS), patient, prefix: word.slice(0, FIRST_LETTERS) },
      { way: 'misspelt', text: misspelt, patient, prefix: word },
      { way: 'with the year of birth', text: `${family} ${String(row?.['birth']).slice(0, 4)}`, patient, prefix: word },
    ] satisfies Query[];
  });
}

import { compareDates } from '../../shared/records/birth-dates.ts';
import type { PatientLine } from '../../shared/ipc/shapes.ts';
import { likeness, type Likeness } from '../../shared/records/name-likeness.ts';
import { nameWords } from '../../shared/records/name-words.ts';
import { NUMBER_PREFIX_MIN_CHARACTERS, PHONE_WHOLE_MIN_DIGITS } from '../../shared/records/search-keys.ts';
import type { SearchQuery } from '../../shared/records/search-query.ts';
import { soundKeys } from '../../shared/records/sound-keys.ts';
import type { SqlRow } from '../store/store.ts';
import type { NameDictionary } from './name-dictionary.ts';

/** How well one patient answers a query, and by what. Pure: rows in, score out. */

export type Reason = PatientLine['matchedBy'][number];
export type Ranked = {
  readonly row: SqlRow;
  readonly score: number;
  readonly reasons: readonly Reason[];
  /** Order among equals. */
  readonly tie: string;
};

/** What each kind of evidence is worth beside a name that agrees wholly, which is 1. */
const WORTH = {
  numberWhole: 2,
  numberBegins: 1,
  phoneWhole: 1.5,
  /** The same but for a country or area code on one side. */
  phoneLocal: 1.4,
  phoneEnds: 0.8,
  birth: { same: 0.6, within: 0.35, swapped: 0.4, near: 0.3, differs: -0.2 },
  /** Each word of the patient's name that was not typed. */
  wordLeftOut: -0.02,
  /** The first given name or the family name of today is among the words typed; a father's, a middle or a maiden name is not as good. */
  presentName: 0.03,
} as const;
const WORDS_LEFT_OUT_MAX = 5;
const SHORT_WORD_MAX_LENGTH = 2;
const SHORT_WORD_WEIGHT = 0.5;
const PRESENT_NAME_QUALITY_MIN = 0.7;
const JOINED_QUALITY_MIN = 0.8;
/** A patient found by names alone must answer this share of what was typed. */
const NAME_SCORE_MIN = 0.3;

export type Typed = SearchQuery & {
  /** How well the word at `index` stands for a token; worked out once for each pair. */
  likenessOf(index: number, token: string): Likeness;
};

export function prepare(query: SearchQuery, dictionary: NameDictionary): Typed {
  const words = query.words.map((word) => ({ word, sounds: soundKeys(word), known: new Map<string, Likeness>() }));
  return {
    ...query,
    likenessOf(index, token) {
      const { word, sounds, known } = words[index] ?? { word: '', sounds: [], known: new Map<string, Likeness>() };
      let found = known.get(token);
      if (found === undefined) known.set(token, (found = likeness(word, token, sounds, dictionary.soundsOf(token))));
      return found;
    },
  };
}

/** A candidate with the keys it is found by. */
export type Candidate = { readonly patient: string; readonly names: readonly string[]; readonly births: readonly string[]; readonly numbers: readonly string[]; readonly phones: readonly string[] };
export type Scored = { readonly patient: string; readonly score: number; readonly answered: number; readonly reasons: readonly Reason[] };

/** How well the keys answer the query; null where they do not. */
export function score(typed: Typed, candidate: Candidate): Scored | null {
  const names = scoreNames(typed, candidate.names);
  const number = Math.max(0, ...typed.numbers.map((wanted) => numberWorth(wanted, candidate.numbers)));
  const phone = Math.max(0, ...typed.phones.map((wanted) => phoneWorth(wanted, candidate.phones)));
  // Of two birth dates that are not settled either may be the one that was asked for.
  const birth = candidate.births.length === 0 ? 0 : Math.max(...candidate.births.map((filed) => birthWorth(typed.dates, filed, number > 0 || phone > 0)));
  if (names.score < NAME_SCORE_MIN && number === 0 && phone === 0 && birth <= 0) return null;
  const worth: [Reason, number][] = [...names.by, ['number', number], ['phone', phone], ['birth-date', birth]];
  const reasons = worth.filter(([, each]) => each > 0).sort((one, other) => other[1] - one[1]).map(([reason]) => reason);
  return { patient: candidate.patient, score: names.score + number + phone + birth, answered: names.answered, reasons };
}

/** Adds what the patient's line tells: names of today before names of once, whole names before longer ones. */
export function rank(typed: Typed, { score: byKeys, answered, reasons }: Scored, row: SqlRow): Ranked {
  const words = nameWords(`${String(row['family'])} ${String(row['given'])}`).length;
  const leftOut = Math.min(WORDS_LEFT_OUT_MAX, Math.max(0, words - answered));
  return {
    row,
    score: byKeys + leftOut * WORTH.wordLeftOut + presentNames(typed, row) * WORTH.presentName,
    reasons,
    tie: [row['family'], row['given'], row['birth'] ?? '', row['record']].map(String).join('\u0000'),
  };
}

/** Whether the words typed hold the first given name and the family name of today, each perhaps misspelt. */
function presentNames({ words, likenessOf }: Typed, row: SqlRow): number {
  const [called] = nameWords(String(row['given']));
  const isTyped = (name: string): boolean => words.some((_, index) => likenessOf(index, name).quality >= PRESENT_NAME_QUALITY_MIN);
  return (called !== undefined && isTyped(called) ? 1 : 0) + (nameWords(String(row['family'])).some(isTyped) ? 1 : 0);
}

type NameScore = { readonly score: number; readonly answered: number; readonly by: ReadonlyMap<Likeness['by'], number> };

/** Gives every token to one word at most, the best pair first; two words may also be one token run together. */
function scoreNames({ words, likenessOf }: Typed, tokens: readonly string[]): NameScore {
  const pairs = words.flatMap((_, index) => tokens.map((token) => ({ ...likenessOf(index, token), span: [index], token })));
  const joined = words.slice(1).flatMap((word, index) => {
    const both = `${words[index] ?? ''}${word}`;
    return tokens.filter((token) => token.startsWith(both.slice(0, 2)) && token.length >= both.length - 1).map((token) => ({ ...likeness(both, token, [], []), span: [index, index + 1], token }));
  });
  const offers = [...pairs, ...joined.filter(({ quality, by }) => quality >= JOINED_QUALITY_MIN && by !== 'sounds-like')].filter(({ quality }) => quality > 0);
  offers.sort((one, other) => other.quality - one.quality || other.span.length - one.span.length);
  const weights = words.map((word) => (word.length <= SHORT_WORD_MAX_LENGTH ? SHORT_WORD_WEIGHT : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const answered = new Set<number>();
  const given = new Set<string>();
  const by = new Map<Likeness['by'], number>();
  let score = 0;
  for (const offer of offers) {
    if (given.has(offer.token) || offer.span.some((index) => answered.has(index))) continue;
    given.add(offer.token);
    const weight = offer.span.reduce((sum, index) => sum + (weights[index] ?? 0), 0) / total;
    for (const index of offer.span) answered.add(index);
    score += offer.quality * weight;
    by.set(offer.by, Math.max(by.get(offer.by) ?? 0, offer.quality * weight));
  }
  return { score, answered: answered.size, by };
}

function numberWorth(wanted: string, numbers: readonly string[]): number {
  if (numbers.includes(wanted)) return WORTH.numberWhole;
  return wanted.length >= NUMBER_PREFIX_MIN_CHARACTERS && numbers.some((number) => number.startsWith(wanted)) ? WORTH.numberBegins : 0;
}

/** Both written from the last digit. */
function phoneWorth(wanted: string, phones: readonly string[]): number {
  const same = (phone: string): boolean => phone.startsWith(wanted) || (wanted.length >= PHONE_WHOLE_MIN_DIGITS && phone.length >= PHONE_WHOLE_MIN_DIGITS && wanted.startsWith(phone));
  if (phones.includes(wanted)) return WORTH.phoneWhole;
  if (!phones.some(same)) return 0;
  return wanted.length >= PHONE_WHOLE_MIN_DIGITS ? WORTH.phoneLocal : WORTH.phoneEnds;
}

/** The best reading counts. A date that differs speaks against, unless its digits were meant as a number. */
function birthWorth(dates: readonly string[], birth: string, digitsUsed: boolean): number {
  if (dates.length === 0) return 0;
  const best = Math.max(...dates.map((date) => WORTH.birth[compareDates(date, birth)]));
  return digitsUsed ? Math.max(0, best) : best;
}

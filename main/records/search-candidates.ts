import { compareDates, swappedDate } from '../../shared/records/birth-dates.ts';
import { NUMBER_PREFIX_MIN_CHARACTERS } from '../../shared/records/search-keys.ts';
import type { SearchQuery } from '../../shared/records/search-query.ts';
import type { ReadHandle } from '../store/store.ts';
import type { NameDictionary, TokenMatch } from './name-dictionary.ts';

/** Who may be meant: read cheaply and generously from the keys; `search-rank.ts` then looks at each one closely. */

const CANDIDATES_MAX = 200;
/** Rows of keys that one search may read. */
const POSTINGS_MAX = 12_000;
/** Two words run together count only where they are a known name, near enough. */
const PAIR_QUALITY_MIN = 0.8;
const NUMBERS_MAX_ROWS = 200;
const BIRTHS_MAX_ROWS = 1000;
/** Digits from the end by which phone numbers are compared; country and area codes come before them. */
const PHONE_COMPARED_DIGITS = 8;
/** Sorts after every key that begins with what stands before it. */
const AFTER = '\u{10FFFF}';

const BY_KEY = 'SELECT patient FROM search_key WHERE kind = ? AND key = ? LIMIT ?';
const BY_RANGE = 'SELECT patient FROM search_key WHERE kind = ? AND key >= ? AND key < ? LIMIT ?';

/** A word as typed, or two neighbours run together, with the tokens it may stand for. */
export type Term = { readonly text: string; readonly matches: readonly TokenMatch[] };

/** The words of the query, and the pairs of neighbours that are a known name when run together ("mc donald"). */
export function termsOf(words: readonly string[], dictionary: NameDictionary): { readonly singles: readonly Term[]; readonly pairs: readonly (Term | null)[] } {
  const singles = words.map((text) => ({ text, matches: dictionary.matches(text) }));
  const pairs = words.slice(1).map((word, index) => {
    const text = `${words[index] ?? ''}${word}`;
    const matches = dictionary.matches(text).filter(({ quality }) => quality >= PAIR_QUALITY_MIN);
    return matches.length === 0 ? null : { text, matches };
  });
  return { singles, pairs };
}

/** Ids of the likeliest candidates, at most `CANDIDATES_MAX`, in no particular order. */
export function candidates(read: ReadHandle, query: SearchQuery, terms: readonly Term[]): readonly string[] {
  const sure = new Set<string>();
  const keep = (rows: readonly { readonly [column: string]: unknown }[]): void => {
    for (const row of rows) sure.add(String(row['patient']));
  };
  for (const number of query.numbers) {
    keep(read.all(BY_KEY, 'number', number, NUMBERS_MAX_ROWS));
    if (number.length >= NUMBER_PREFIX_MIN_CHARACTERS) keep(read.all(BY_RANGE, 'number', number, `${number}${AFTER}`, NUMBERS_MAX_ROWS));
  }
  for (const phone of query.phones) {
    const end = phone.slice(0, PHONE_COMPARED_DIGITS);
    keep(read.all(BY_RANGE, 'phone', end, `${end}${AFTER}`, NUMBERS_MAX_ROWS));
  }
  const named = byNames(read, terms);
  if (named.length > 0 && sure.size === 0) return named.slice(0, CANDIDATES_MAX);
  for (const birth of birthsToRead(query.dates)) keep(read.all(BY_KEY, 'birth', birth, BIRTHS_MAX_ROWS));
  if (named.length === 0) for (const date of query.dates.filter(isPartial)) keep(read.all(BY_RANGE, 'birth', `${date}-`, `${date}-${AFTER}`, BIRTHS_MAX_ROWS));
  return [...new Set([...sure, ...named])].slice(0, CANDIDATES_MAX);
}

const isPartial = (date: string): boolean => date.length < 10;

/** Recorded just so, with day and month exchanged, or known less exactly. */
function birthsToRead(dates: readonly string[]): readonly string[] {
  return [...new Set(dates.flatMap((date) => [date, ...(isPartial(date) ? [] : [swappedDate(date) ?? date, date.slice(0, 7), date.slice(0, 4)])]))].filter((date) => dates.some((asked) => compareDates(asked, date) !== 'differs'));
}

/** Reads the tokens of all words, the likest and rarest first, until the budget is spent; the best patients first. */
function byNames(read: ReadHandle, terms: readonly Term[]): readonly string[] {
  const wanted = terms.flatMap(({ matches }, term) => matches.map((match) => ({ ...match, term })));
  wanted.sort((left, right) => Math.ceil(right.quality * 10) - Math.ceil(left.quality * 10) || left.patients - right.patients);
  const best = new Map<string, number[]>();
  let left = POSTINGS_MAX;
  for (const { token, quality, term } of wanted) {
    if (left <= 0) break;
    const rows = read.all(BY_KEY, 'name', token, left);
    left -= rows.length;
    for (const row of rows) {
      const patient = String(row['patient']);
      let found = best.get(patient);
      if (found === undefined) best.set(patient, (found = []));
      found[term] = Math.max(found[term] ?? 0, quality);
    }
  }
  const scored = [...best].map(([patient, found]) => ({ patient, score: found.reduce((sum, quality) => sum + (quality ?? 0), 0) }));
  scored.sort((one, other) => other.score - one.score || (one.patient < other.patient ? -1 : 1));
  return scored.map(({ patient }) => patient);
}

import { findDates } from './birth-dates.ts';
import { foldText, nameWords } from './name-words.ts';
import { numberKey, phoneEndKey } from './search-keys.ts';

/** What was typed into the search, read in every way it may be meant. */
export type SearchQuery = {
  /** Folded words of names, in the order typed. */
  readonly words: readonly string[];
  /** FHIR dates, any of which may be the birth date; the likeliest first. */
  readonly dates: readonly string[];
  /** Clinic and other numbers, as `numberKey` writes them. */
  readonly numbers: readonly string[];
  /** Ends of phone numbers, as `phoneEndKey` writes them. */
  readonly phones: readonly string[];
};

/** Machine-made names end in digits, and typing slips put one behind a name; it may be a number all the same. */
const NAME_WITH_DIGITS = /^\p{L}[\p{L}\p{M}'’-]{3,}\p{N}+$/u;
const WORDS_MAX = 8;
const NUMBERS_MAX = 4;

export function parseQuery(text: string): SearchQuery {
  const { dates, rest } = findDates(foldText(text));
  const terms = rest.split(/[\s,;]+/u).filter((term) => term !== '');
  const withDigits = terms.filter((term) => /\p{N}/u.test(term));
  const words = terms.filter((term) => !withDigits.includes(term) || NAME_WITH_DIGITS.test(term)).flatMap(nameWords);
  const digitsOnly = withDigits.filter((term) => /^[\d()+./-]+$/.test(term));
  const together = digitsOnly.length > 1 ? [digitsOnly.join('')] : [];
  return {
    words: words.slice(0, WORDS_MAX),
    dates,
    numbers: distinct(withDigits.map(numberKey).flatMap((number) => [number, number.replace(/^0+/, '')])).slice(0, NUMBERS_MAX),
    phones: distinct([...together, ...digitsOnly].map(phoneEndKey)).slice(0, NUMBERS_MAX),
  };
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].filter((value) => value !== '');
}

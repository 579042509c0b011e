import { COUNTED_UNITS, DURATION_DAYS, FREQUENCIES, MISREAD_UNITS, PHRASE_MAX_WORDS, ROUTES, UNITS } from './dose-vocabulary.ts';

/** One recognised run of words: what it means and how many words it took. */
export type Found<Value> = { readonly value: Value; readonly used: number };
export type Quantity = {
  /** Number and unit as they will be read: "500 mg", "1-2 tablets", "500" where the unit is missing. */
  readonly written: string;
  readonly unit: string | null;
  /** True where the way it was typed is known to be misread. */
  readonly misread: boolean;
};

const NUMBER = String.raw`(?:\d+(?:[.,]\d+)?|[.,]\d+)`;
const QUANTITY = new RegExp(`^(${NUMBER}(?:-${NUMBER})?)(.*)$`, 'u');
const JOINED_DURATION = /^(\d{1,4})(\/?[a-z]+|\/\d{1,2})$/u;
const EVERY_HOURS = /^(?:q|every )(\d{1,2}) ?h(?:ours?|ourly|rs?)?$/u;
const HOURS_IN_A_DAY = 24;
/** The longest course that MedicationBody takes. */
const DURATION_MAX_DAYS = 3650;

export function readRoute(words: readonly string[], index: number): Found<string> | null {
  return longestPhrase(words, index, (phrase) => ROUTES.get(phrase));
}

export function readFrequency(words: readonly string[], index: number): Found<string> | null {
  return longestPhrase(words, index, (phrase) => FREQUENCIES.get(phrase) ?? everyHours(phrase));
}

/** `7d`, `7/7`, `2 weeks`, each with or without "for" or "x" before it. */
export function readDuration(words: readonly string[], index: number): Found<number> | null {
  const lead = /^(?:for|x)$/iu.test(words[index] ?? '') ? 1 : 0;
  const count = (words[index + lead] ?? '').toLowerCase();
  const joined = JOINED_DURATION.exec(count);
  if (joined !== null) return days(Number(joined[1]), joined[2] ?? '', lead + 1);
  if (!/^\d{1,4}$/u.test(count)) return null;
  return days(Number(count), (words[index + lead + 1] ?? '').toLowerCase(), lead + 2);
}

/** `500 mg`, `500mg`, `1-2 tabs`, `,5 g`; a bare number is a quantity whose unit is missing. */
export function readQuantity(words: readonly string[], index: number): Found<Quantity> | null {
  const [, digits = '', joined = ''] = QUANTITY.exec(words[index] ?? '') ?? [];
  if (digits === '') return null;
  const typedUnit = (joined === '' ? (words[index + 1] ?? '') : joined).toLowerCase();
  const unit = UNITS.get(typedUnit) ?? null;
  if (joined !== '' && unit === null) return null;
  const number = plainNumber(digits);
  const misread = number !== digits.replaceAll(',', '.') || MISREAD_UNITS.has(typedUnit);
  return {
    value: { written: unit === null ? number : `${number} ${agreeing(unit, number)}`, unit, misread },
    used: joined === '' && unit !== null ? 2 : 1,
  };
}

/** "5.0" is read as 50 and ".5" as 5 (ISMP): no trailing zero, always a leading one, a point for a comma. */
export function plainNumber(typed: string): string {
  return typed
    .split('-')
    .map((part) => {
      const pointed = part.replace(',', '.');
      const led = pointed.startsWith('.') ? `0${pointed}` : pointed;
      return led.includes('.') ? led.replace(/0+$/u, '').replace(/\.$/u, '') : led;
    })
    .join('-');
}

function longestPhrase(words: readonly string[], index: number, meaning: (phrase: string) => string | undefined): Found<string> | null {
  for (let used = Math.min(PHRASE_MAX_WORDS, words.length - index); used > 0; used -= 1) {
    const value = meaning(words.slice(index, index + used).join(' ').toLowerCase());
    if (value !== undefined) return { value, used };
  }
  return null;
}

function everyHours(phrase: string): string | undefined {
  const hours = Number(EVERY_HOURS.exec(phrase)?.[1] ?? 0);
  if (hours < 1 || hours > HOURS_IN_A_DAY) return undefined;
  return hours === 1 ? 'every hour' : `every ${hours} hours`;
}

function days(count: number, unit: string, used: number): Found<number> | null {
  const value = count * (DURATION_DAYS.get(unit) ?? 0);
  return value >= 1 && value <= DURATION_MAX_DAYS ? { value, used } : null;
}

/** 1 tablet, 0.5 tablet, 2 tablets, 1-2 tablets. */
function agreeing(unit: string, number: string): string {
  const upper = Number(number.split('-').at(-1));
  return upper <= 1 ? unit : (COUNTED_UNITS.get(unit) ?? unit);
}

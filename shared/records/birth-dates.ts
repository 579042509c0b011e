/** Dates of birth as people type them, and how far two of them agree. All are FHIR R4 dates: year, month or day. */

const YEAR_MIN = 1870;
const YEAR_MAX = 2100;
const CENTURIES = ['19', '20'] as const;
const READINGS_MAX = 8;

/** Month names, folded: English, Spanish, French, Portuguese, German. At least three letters of one are a month. */
const MONTHS: readonly (readonly string[])[] = [
  ['january', 'enero', 'janvier', 'janeiro', 'januar'],
  ['february', 'febrero', 'fevrier', 'fevereiro', 'februar'],
  ['march', 'marzo', 'mars', 'marco', 'marz'],
  ['april', 'abril', 'avril'],
  ['may', 'mayo', 'mai', 'maio'],
  ['june', 'junio', 'juin', 'junho', 'juni'],
  ['july', 'julio', 'juillet', 'julho', 'juli'],
  ['august', 'agosto', 'aout'],
  ['september', 'septiembre', 'setembro', 'sept'],
  ['october', 'octubre', 'outubro', 'oktober'],
  ['november', 'noviembre', 'novembro'],
  ['december', 'diciembre', 'decembre', 'dezembro', 'dezember'],
];

const ALONE = String.raw`(?<![\p{L}\p{N}]|[\p{L}\p{N}][-/.])`;
const END = String.raw`(?![\p{L}\p{N}]|[-/.][\p{L}\p{N}])`;
const pattern = (source: string): RegExp => new RegExp(`${ALONE}${source}${END}`, 'gu');

type Reader = { readonly written: RegExp; readonly read: (parts: readonly string[]) => readonly string[] };

const READERS: readonly Reader[] = [
  { written: pattern(String.raw`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})`), read: ([year, month, day]) => date(year, month, day) },
  { written: pattern(String.raw`(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})`), read: ([one, other, year]) => years(year).flatMap((full) => [...date(full, other, one), ...date(full, one, other)]) },
  { written: pattern(String.raw`(\d{1,2})(?:st|nd|rd|th)?[-/. ]*(\p{L}{3,9})[-/., ]*(\d{4}|\d{2})`), read: ([day, name, year]) => years(year).flatMap((full) => date(full, monthOf(name), day)) },
  { written: pattern(String.raw`(\p{L}{3,9})[. ]+(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})`), read: ([name, day, year]) => date(year, monthOf(name), day) },
  { written: pattern(String.raw`(\p{L}{3,9})[-/.](\d{4})`), read: ([name, year]) => date(year, monthOf(name)) },
  { written: pattern(String.raw`(\d{4})[-/.](\d{1,2})`), read: ([year, month]) => date(year, month) },
  { written: pattern(String.raw`(\d{1,2})[-/.](\d{4})`), read: ([month, year]) => date(year, month) },
];
/** These may be something else as well, so they stay in the text. */
const AMBIGUOUS: readonly Reader[] = [
  { written: pattern(String.raw`(\d{4})(\d{2})(\d{2})`), read: ([year, month, day]) => date(year, month, day) },
  { written: pattern(String.raw`(\d{2})(\d{2})(\d{4})`), read: ([one, other, year]) => [...date(year, other, one), ...date(year, one, other)] },
  { written: pattern(String.raw`(\d{4})`), read: ([year]) => date(year) },
];

/** Every date that may be meant, the likeliest first (14/7 before 7/14), and the folded text without what is surely a date. */
export function findDates(folded: string): { readonly dates: readonly string[]; readonly rest: string } {
  const dates: string[] = [];
  let rest = folded;
  for (const { written, read } of READERS) {
    rest = rest.replace(written, (whole, ...found: readonly unknown[]) => {
      const readings = read(found.filter((part) => typeof part === 'string').map(String));
      dates.push(...readings);
      return readings.length === 0 ? whole : ' ';
    });
  }
  for (const { written, read } of AMBIGUOUS) for (const [, ...parts] of rest.matchAll(written)) dates.push(...read(parts));
  return { dates: [...new Set(dates)].slice(0, READINGS_MAX), rest };
}

/** The number of a month; text that is no month gives one that no year has. */
function monthOf(name: string | undefined): string {
  return String(MONTHS.findIndex((names) => names.some((month) => month.startsWith(name ?? '-'))) + 1);
}

function years(year: string | undefined): readonly string[] {
  if (year === undefined) return [];
  return year.length === 4 ? [year] : CENTURIES.map((century) => `${century}${year}`);
}

/** The FHIR date, or nothing where there is no such day. */
function date(year: string | undefined, month?: string, day?: string): readonly string[] {
  const [y, m, d] = [Number(year), Number(month ?? 1), Number(day ?? 1)];
  const real = new Date(Date.UTC(y, m - 1, d));
  if (!(y >= YEAR_MIN && y <= YEAR_MAX) || real.getUTCMonth() !== m - 1 || real.getUTCDate() !== d) return [];
  const two = (value: number): string => String(value).padStart(2, '0');
  return [[String(year), ...(month === undefined ? [] : [two(m)]), ...(day === undefined ? [] : [two(d)])].join('-')];
}

/**
 * `same`; `within`: one is known less exactly and holds the other; `swapped`: day and month changed places; `near`: one
 * digit is another; `differs`.
 */
export type DateAgreement = 'same' | 'within' | 'swapped' | 'near' | 'differs';

export function compareDates(one: string, other: string): DateAgreement {
  if (one === other) return 'same';
  if (one.startsWith(`${other}-`) || other.startsWith(`${one}-`)) return 'within';
  if (one.length !== other.length) return 'differs';
  if (swappedDate(one) === other) return 'swapped';
  const digits = [...one].filter((digit, index) => digit !== other[index]).length;
  return digits === 1 && one.length === 10 ? 'near' : 'differs';
}

/** Day and month exchanged; null where that is no date or the same one. */
export function swappedDate(full: string): string | null {
  const [year, month, day] = full.split('-');
  if (day === undefined || day === month) return null;
  return date(year, day, month)[0] ?? null;
}

import { type CivilDate, addMonths, daysBetween, partialDate } from '../ui/civil-date.ts';
import { formatWords } from '../words/ui.ts';

/** What was typed as a birth date or an age. `date` is a FHIR date of the precision that is known. */
export type BirthReading =
  | { readonly reads: 'empty' }
  | { readonly reads: 'date'; readonly date: string }
  | { readonly reads: 'problem'; readonly problem: 'not-read' | 'future' | 'too-old' };

/** The longest human life on record is 122 years. */
const AGE_MAX_YEARS = 125;
const DAYS_PER_WEEK = 7;
const MONTHS_PER_YEAR = 12;
const MS_PER_DAY = 86_400_000;
const MONTHS: readonly string[] = formatWords.months.map((month) => month.toLowerCase());

/**
 * Reads `14-Jul-1985`, `14 july 1985`, `1985-07-14`, `7/14/1985` (month first, as in the United States), `Jul 1985`,
 * `1985`, or an age: `41y`, `41 years`, `8m`, `3w`, `10d`. An age gives a date no more exact than it is: years give a
 * year, months a month, weeks and days a day.
 */
export function readBirth(text: string, today: CivilDate): BirthReading {
  const typed = text.normalize('NFKC').trim().toLowerCase().replace(/[,\s]+/g, ' ');
  if (typed === '') return { reads: 'empty' };
  const date = fromAge(typed, today) ?? fromDate(typed);
  const read = date === null ? null : partialDate(date);
  if (date === null || read === null) return { reads: 'problem', problem: 'not-read' };
  const earliest: CivilDate = { year: read.year, month: read.month ?? 1, day: read.day ?? 1 };
  if (daysBetween(earliest, today) < 0) return { reads: 'problem', problem: 'future' };
  if (today.year - read.year > AGE_MAX_YEARS) return { reads: 'problem', problem: 'too-old' };
  return { reads: 'date', date };
}

function fromAge(typed: string, today: CivilDate): string | null {
  const match = /^(\d{1,3}) ?(y|yr|yrs|years?|m|mo|months?|w|wk|weeks?|d|days?)$/.exec(typed);
  if (match === null) return null;
  const count = Number(match[1]);
  const unit = match[2]?.[0];
  if (unit === 'y') return pad(today.year - count, 4);
  if (unit === 'm') {
    const { year, month } = addMonths(today, -count);
    return count >= 2 * MONTHS_PER_YEAR ? pad(year, 4) : `${pad(year, 4)}-${pad(month, 2)}`;
  }
  const day = new Date(Date.UTC(today.year, today.month - 1, today.day) - count * (unit === 'w' ? DAYS_PER_WEEK : 1) * MS_PER_DAY);
  return unit === 'w' ? day.toISOString().slice(0, 7) : day.toISOString().slice(0, 10);
}

function fromDate(typed: string): string | null {
  const iso = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(typed);
  if (iso !== null) return join(iso[1], iso[2], iso[3]);
  const slashes = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(typed);
  if (slashes !== null) return join(slashes[3], slashes[1], slashes[2]);
  const named = /^(?:(\d{1,2})[ .-]*)?(\p{L}{3,})[ .-]*(\d{4})$/u.exec(typed) ?? null;
  if (named !== null) return join(named[3], monthNumber(named[2]), named[1]);
  const monthFirst = /^(\p{L}{3,}) (\d{1,2})(?:st|nd|rd|th)? (\d{4})$/u.exec(typed);
  if (monthFirst !== null) return join(monthFirst[3], monthNumber(monthFirst[1]), monthFirst[2]);
  return null;
}

function monthNumber(name: string | undefined): string {
  return String(MONTHS.findIndex((month) => name?.startsWith(month) === true) + 1);
}

function join(year: string | undefined, month: string | undefined, day: string | undefined): string {
  return [year, month, day].filter((part) => part !== undefined).map((part, index) => pad(Number(part), index === 0 ? 4 : 2)).join('-');
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

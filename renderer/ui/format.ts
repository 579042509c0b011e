import { formatWords } from '../words/ui.ts';
import { type CivilDate, addMonths, civilDateAt, daysBetween, partialDate } from './civil-date.ts';
import { nameWords } from './person-name.ts';

/** How the window writes dates, times, ages, names and numbers. Pure: time and zone come in. */

const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 86_400_000;
const HOURS_SHOWN_UP_TO_DAYS = 2;
const DAYS_SHOWN_UP_TO_DAYS = 28;
const DAYS_PER_WEEK = 7;
const MONTHS_PER_YEAR = 12;
const MONTHS_SHOWN_UP_TO_MONTHS = 24;
const CHILD_UP_TO_YEARS = 18;
const DAYS_AGO_UP_TO_DAYS = 90;
const DAYS_PER_MONTH = 30.44;
const BYTES_PER_STEP = 1000;

const two = (value: number): string => String(value).padStart(2, '0');

/** `14-Jul-2026`, `3-Mar-2026`. */
export function formatDate(at: number, zone: string): string {
  return civilText(civilDateAt(at, zone));
}

/** `09:30`, 24 hours. */
export function formatTime(at: number, zone: string): string {
  const { hour, minute } = clockParts(at, zone);
  return `${two(hour)}:${two(minute)}`;
}

/** `14-Jul-2026 09:30`. */
export function formatDateTime(at: number, zone: string): string {
  return `${formatDate(at, zone)} ${formatTime(at, zone)}`;
}

/** A FHIR date with its precision: `14-Jul-1985`, `Jul-1985`, `1985`; "Not known" for null, the text itself where it is no date. */
export function formatPartialDate(text: string | null): string {
  if (text === null) return formatWords.notKnown;
  const date = partialDate(text);
  if (date === null) return text;
  if (date.month === null) return String(date.year);
  const month = formatWords.months[date.month - 1] ?? '';
  return date.day === null ? `${month}-${date.year}` : civilText({ year: date.year, month: date.month, day: date.day });
}

/**
 * Age in the unit that matters (NHS CUI patient banner): days to 4 weeks, weeks to 1 year, months to 2 years,
 * years and months to 18 years, then years. A birth date without its day or month gives "about". Null where unknown
 * or in the future.
 */
export function formatAge(birthDate: string | null, now: number, zone: string): string | null {
  const birth = birthDate === null ? null : partialDate(birthDate);
  if (birth === null) return null;
  const today = civilDateAt(now, zone);
  const { years: y, months: m, weeks: w, days: d } = formatWords.age;
  if (birth.month === null) return birth.year > today.year ? null : formatWords.about(`${today.year - birth.year}${y}`);
  const born: CivilDate = { year: birth.year, month: birth.month, day: birth.day ?? 1 };
  const days = daysBetween(born, today);
  if (days < 0) return null;
  const months = wholeMonths(born, today);
  const years = Math.floor(months / MONTHS_PER_YEAR);
  if (birth.day === null) return formatWords.about(years >= 2 ? `${years}${y}` : `${months}${m}`);
  if (days === 0) return formatWords.newborn;
  if (days < DAYS_SHOWN_UP_TO_DAYS) return `${days}${d}`;
  if (years < 1) return `${Math.floor(days / DAYS_PER_WEEK)}${w}`;
  if (months < MONTHS_SHOWN_UP_TO_MONTHS) return `${months}${m}`;
  if (years < CHILD_UP_TO_YEARS) return months % MONTHS_PER_YEAR === 0 ? `${years}${y}` : `${years}${y} ${months % MONTHS_PER_YEAR}${m}`;
  return `${years}${y}`;
}

/** `OKAFOR, Chidinma (Mrs)`: family name in capitals, so that it is never taken for the given one. */
export function formatName(name: { readonly family: string; readonly given: string; readonly prefix: string | null }): string {
  const family = name.family.toLocaleUpperCase();
  const given = name.given === '' ? '' : `, ${name.given}`;
  return `${family}${given}${name.prefix === null || name.prefix === '' ? '' : ` (${name.prefix})`}`;
}

/** FHIR AdministrativeGender in words; codes of other systems stay as they are. */
export function formatSex(sex: string): string {
  const words: Readonly<Record<string, string>> = formatWords.sex;
  return words[sex] ?? sex;
}

/** A length of time in its largest unit: `40 s`, `9 min`, `3 h`, `2 d`, `4 months`, `2 y`; in a narrow column `4 mo`. */
export function formatDuration(ms: number, column: 'wide' | 'narrow' = 'wide'): string {
  const { seconds, minutes, hours, days, monthsBrief, years } = formatWords.duration;
  const months = column === 'narrow' ? monthsBrief : formatWords.duration.months;
  const size = Math.max(0, ms);
  if (size < MS_PER_MINUTE) return `${Math.floor(size / MS_PER_SECOND)} ${seconds}`;
  if (size < MS_PER_HOUR) return `${Math.floor(size / MS_PER_MINUTE)} ${minutes}`;
  if (size < HOURS_SHOWN_UP_TO_DAYS * MS_PER_DAY) return `${Math.floor(size / MS_PER_HOUR)} ${hours}`;
  const wholeDays = Math.floor(size / MS_PER_DAY);
  if (wholeDays < DAYS_AGO_UP_TO_DAYS) return `${wholeDays} ${days}`;
  const wholeMonthsLong = Math.floor(wholeDays / DAYS_PER_MONTH);
  return wholeMonthsLong < MONTHS_SHOWN_UP_TO_MONTHS ? `${wholeMonthsLong} ${months}` : `${Math.floor(wholeMonthsLong / MONTHS_PER_YEAR)} ${years}`;
}

/** `just now`, `3 h ago`, `in 2 d` for what a wrong clock or a plan puts ahead. */
export function formatAgo(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < MS_PER_SECOND) return formatWords.justNow;
  return ms >= 0 ? formatWords.ago(formatDuration(ms)) : formatWords.inFuture(formatDuration(-ms));
}

/** Bytes in steps of 1000, two digits or more: `640 B`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= BYTES_PER_STEP && step < formatWords.bytes.length - 1) {
    value /= BYTES_PER_STEP;
    step += 1;
  }
  const digits = step === 0 || value >= 10 ? 0 : 1;
  return `${formatNumber(value, digits)} ${formatWords.bytes[step] ?? ''}`;
}

/** Digits grouped by thousands; at most this many decimals, never a trailing zero, always a leading one (ISMP). */
export function formatNumber(value: number, decimals = 0): string {
  return new Intl.NumberFormat('en-US', { maximumFractionDigits: decimals }).format(value);
}

const UNITS: Readonly<Record<string, string>> = { 'mm[Hg]': 'mmHg', Cel: '°C', '[degF]': '°F', '/min': '/min', '{beats}/min': '/min', '{score}': '', 'kg/m2': 'kg/m²', ug: 'microgram', '[lb_av]': 'lb', '[in_i]': 'in', '[IU]': 'units' };

/** A UCUM unit as people write it; codes that need no change stay as they are. */
export function formatUnit(ucum: string): string {
  return UNITS[ucum] ?? ucum;
}

/** Initials of a person for a face on the lock screen: two letters at most. */
export function initials(name: string): string {
  const words = nameWords(name);
  const first = words[0] ?? '';
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  return `${[...first][0] ?? ''}${[...last][0] ?? ''}`.toLocaleUpperCase();
}

function civilText({ year, month, day }: CivilDate): string {
  return `${day}-${formatWords.months[month - 1] ?? ''}-${year}`;
}

function wholeMonths(from: CivilDate, to: CivilDate): number {
  const months = (to.year - from.year) * MONTHS_PER_YEAR + to.month - from.month;
  return daysBetween(addMonths(from, months), to) < 0 ? months - 1 : months;
}

function clockParts(at: number, zone: string): { readonly hour: number; readonly minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hour: 'numeric', minute: 'numeric', hourCycle: 'h23' }).formatToParts(at);
  const number = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return { hour: number('hour'), minute: number('minute') };
}

export type Precision = 'year' | 'month' | 'day' | 'time';

const PATTERN = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/**
 * Reads a FHIR R4 date, dateTime or instant of any precision (hl7.org/fhir/R4/datatypes.html#dateTime). `ms` is the
 * start of the known period in UTC, or the instant itself; null where the text is none of these or no such day exists.
 */
export function parsePartialDate(text: string): { readonly ms: number; readonly precision: Precision } | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, , , zone] = match;
  if (hour !== undefined) {
    const ms = Date.parse(zone === undefined ? `${text}Z` : text);
    return Number.isNaN(ms) ? null : { ms, precision: 'time' };
  }
  const ms = Date.parse(`${year}-${month ?? '01'}-${day ?? '01'}T00:00:00Z`);
  if (Number.isNaN(ms) || (day !== undefined && !isRealDay(ms, Number(day)))) return null;
  return { ms, precision: day !== undefined ? 'day' : month !== undefined ? 'month' : 'year' };
}

function isRealDay(ms: number, day: number): boolean {
  return Math.floor(ms / 86_400_000) === Math.floor(Date.UTC(new Date(ms).getUTCFullYear(), new Date(ms).getUTCMonth(), day) / 86_400_000);
}

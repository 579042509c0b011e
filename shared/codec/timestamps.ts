/** Dates and instants as FHIR writes them, taken apart into numbers that stand near each other. */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3})?(Z|[+-][0-9]{2}:[0-9]{2})$/;
/** Four-digit years. */
const FIRST_MS = -62_167_219_200_000;
const LAST_MS = 253_402_300_799_999;

/** Days since 1970-01-01 of a full date, null for any other text. */
export function dayOf(text: string): number | null {
  if (!DATE.test(text)) return null;
  const ms = Date.parse(`${text}T00:00:00.000Z`);
  return Number.isNaN(ms) || dayText(ms / DAY_MS) !== text ? null : ms / DAY_MS;
}

/** Null for a day without a four-digit year. */
export function dayText(day: number): string | null {
  const ms = day * DAY_MS;
  return ms < FIRST_MS || ms > LAST_MS ? null : new Date(ms).toISOString().slice(0, 10);
}

export type Instant = {
  /** Seconds, or milliseconds where it is written with them, since 1970 in UTC. */
  readonly value: number;
  readonly hasMilliseconds: boolean;
  /** Minutes east of UTC, or null where it is written with Z. */
  readonly offset: number | null;
};

/** Null for any other text, and where writing it again would not give the same one. */
export function instantOf(text: string): Instant | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, fraction, zone = 'Z'] = match;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const offset = zone === 'Z' ? null : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const instant = { value: fraction === undefined ? ms / 1000 : ms, hasMilliseconds: fraction !== undefined, offset };
  return instantText(instant) === text ? instant : null;
}

/** Null where it has no four-digit year or no such offset. */
export function instantText({ value, hasMilliseconds, offset }: Instant): string | null {
  const local = (hasMilliseconds ? value : value * 1000) + (offset ?? 0) * MINUTE_MS;
  if (!(local >= FIRST_MS && local <= LAST_MS) || Math.abs(offset ?? 0) >= 100 * 60) return null;
  const text = new Date(local).toISOString().slice(0, hasMilliseconds ? 23 : 19);
  if (offset === null) return `${text}Z`;
  const minutes = Math.abs(offset);
  return `${text}${offset < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

import { isJsonObject, listOf, type JsonObject } from './json.ts';
import { parsePartialDate } from './partial-date.ts';

/** Whom an appointment (FHIR R4 Appointment) takes, and from when until when: epoch milliseconds, the end not included. */
export type Booking = { readonly actor: string; readonly startsAt: number; readonly endsAt: number };

/** States in which somebody is expected. */
const EXPECTED: ReadonlySet<unknown> = new Set(['booked', 'arrived', 'checked-in']);
/** A longer one is a stay, not a slot; bounds what has to be looked at for an overlap. */
export const BOOKING_MAX_MS = 24 * 60 * 60_000;
const ACTORS_MAX = 20;
const MS_PER_MINUTE = 60_000;

/** Nobody, where the appointment does not stand or does not say when. */
export function bookingsOf(appointment: JsonObject): readonly Booking[] {
  const { status, start, end, minutesDuration, participant } = appointment;
  const startsAt = instant(start);
  if (!EXPECTED.has(status) || startsAt === null) return [];
  const endsAt = instant(end) ?? (typeof minutesDuration === 'number' ? startsAt + minutesDuration * MS_PER_MINUTE : null);
  if (endsAt === null || endsAt <= startsAt || endsAt - startsAt > BOOKING_MAX_MS) return [];
  const actors = listOf(participant).slice(0, ACTORS_MAX).flatMap((each) => {
    if (!isJsonObject(each) || each['status'] === 'declined') return [];
    const actor = each['actor'];
    return isJsonObject(actor) && typeof actor['reference'] === 'string' && SCARCE.test(actor['reference']) ? [actor['reference']] : [];
  });
  return [...new Set(actors)].map((actor) => ({ actor, startsAt, endsAt }));
}

/** Those who cannot be in two places, and rooms that hold one. */
const SCARCE = /(^|\/)(Patient|Practitioner|PractitionerRole|Location|Device)\/[^/]+$|^urn:uuid:/;

function instant(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const date = parsePartialDate(value);
  return date?.precision === 'time' ? date.ms : null;
}

/** Says that another appointment at the same time is meant so; a FHIR extension, so that whoever does not know it keeps it. */
export const BESIDE_URL = 'urn:outpost:beside';

export function standsBeside(appointment: JsonObject, other: string): boolean {
  return listOf(appointment['extension']).some((each) => isJsonObject(each) && each['url'] === BESIDE_URL && isJsonObject(each['valueReference']) && each['valueReference']['reference'] === `Appointment/${other}`);
}

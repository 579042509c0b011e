/** Ids that are made of others, taken apart: what travels of them is the part that nobody knows yet. */

/** A record id made by an entry (shared/base/ids.ts, RFC 9562 section 5.8), as segment, sequence and part. */
export type MadeBy = { readonly segment: string; readonly sequence: number; readonly part: number };

const VERSION_AT = 14;
const VARIANT_AT = 19;
/** Two bits of the number stand before these eleven digits, and two digits of the part behind. */
const SEQUENCE_LOW_DIGITS = 12;
const LOW_SCALE = 2 ** 48;

const digitAt = (text: string, at: number): number => Number.parseInt(text.charAt(at), 16);

/** Null for any other UUID. Only lower-case UUIDs are given. */
export function madeBy(uuid: string): MadeBy | null {
  const variant = digitAt(uuid, VARIANT_AT);
  if (uuid.charAt(VERSION_AT) !== '8' || variant >> 2 !== 0b10) return null;
  const second = digitAt(uuid, VARIANT_AT + 1);
  const segment = uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(15, 18) + (((variant & 3) << 2) | (second >> 2)).toString(16);
  const low = uuid.slice(21, 23) + uuid.slice(24, 36);
  return { segment, sequence: (second & 3) * LOW_SCALE + Number.parseInt(low.slice(0, SEQUENCE_LOW_DIGITS), 16), part: Number.parseInt(low.slice(SEQUENCE_LOW_DIGITS), 16) };
}

/** The record id that such an entry makes. */
export function recordIdFrom({ segment, sequence, part }: MadeBy): string {
  const nibble = digitAt(segment, 15);
  const high = Math.floor(sequence / LOW_SCALE) & 3;
  const low = (sequence % LOW_SCALE).toString(16).padStart(SEQUENCE_LOW_DIGITS, '0') + part.toString(16).padStart(2, '0');
  const second = ((nibble & 3) << 2) | high;
  return `${segment.slice(0, 8)}-${segment.slice(8, 12)}-8${segment.slice(12, 15)}-${(0b1000 | (nibble >> 2)).toString(16)}${second.toString(16)}${low.slice(0, 2)}-${low.slice(2)}`;
}

export const SEQUENCE_LIMIT = 2 ** 50;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const UUID_CHARACTERS = 36;

export function isUuid(text: string): boolean {
  return text.length === UUID_CHARACTERS && UUID.test(text);
}

export function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const ENTRY = /^[0-9a-f]{16}\.(?:0|[1-9][0-9]{0,14})$/;
const SEGMENT_CHARACTERS = 16;

/** `segment.sequence`, or null for another text. */
export function splitEntry(text: string): { readonly segment: string; readonly sequence: number } | null {
  if (text.charAt(SEGMENT_CHARACTERS) !== '.' || !ENTRY.test(text)) return null;
  return { segment: text.slice(0, SEGMENT_CHARACTERS), sequence: Number(text.slice(SEGMENT_CHARACTERS + 1)) };
}

import { z } from 'zod';

const SEGMENT_HEX_LENGTH = 16;

/** 64 random bits, hexadecimal: one run of one device's ledger, opened at every process start (sync protocol 2.1). */
export const SegmentId = z.string().regex(/^[0-9a-f]{16}$/).brand<'SegmentId'>();
export type SegmentId = z.infer<typeof SegmentId>;

/** `segment.sequence`, the sequence contiguous from 0 within its segment: the identity of one ledger entry. */
export const EntryId = z.string().regex(/^[0-9a-f]{16}\.(0|[1-9][0-9]{0,14})$/).brand<'EntryId'>();
export type EntryId = z.infer<typeof EntryId>;

/** A record (a FHIR resource of the chart), as a lower-case UUID; of any version and variant, since widely used sources number theirs freely. */
export const RecordId = z.guid().toLowerCase().brand<'RecordId'>();
export type RecordId = z.infer<typeof RecordId>;

export const DeviceId = z.string().regex(/^[0-9a-f]{16}$/).brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

/** A member of staff. Never reused, 45 CFR 164.312(a)(2)(i). */
export const UserId = z.string().regex(/^[0-9a-f]{16}$/).brand<'UserId'>();
export type UserId = z.infer<typeof UserId>;

export function entryId(segment: SegmentId, sequence: number): EntryId {
  return `${segment}.${sequence}` as EntryId;
}

export function splitEntryId(id: EntryId): { readonly segment: SegmentId; readonly sequence: number } {
  return {
    segment: id.slice(0, SEGMENT_HEX_LENGTH) as SegmentId,
    sequence: Number(id.slice(SEGMENT_HEX_LENGTH + 1)),
  };
}

const PARTS_PER_ENTRY = 256;
/** Sequences that differ in the last 12 digits of a record id alone. */
const LOW_SEQUENCES = 2 ** 40;

/**
 * The id of a record made by an entry: a UUID version 8 (RFC 9562 section 5.8) of the 64-bit segment, the
 * 50-bit sequence and an 8-bit part for entries that make several records, so that no random id travels.
 */
export function recordIdOf(id: EntryId, part = 0): RecordId {
  const { segment, sequence } = splitEntryId(id);
  if (part < 0 || part >= PARTS_PER_ENTRY) throw new Error('an entry makes at most 256 records');
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  // The variant (binary 10), the segment's last 4 bits, and the 10 bits of the sequence above 40.
  const middle = 0x8000 | (Number.parseInt(segment.slice(15), 16) << 10) | Math.floor(sequence / LOW_SEQUENCES);
  return `${segment.slice(0, 8)}-${segment.slice(8, 12)}-8${segment.slice(12, 15)}-${hex(middle, 4)}-${hex(sequence % LOW_SEQUENCES, 10)}${hex(part, 2)}` as RecordId;
}

import { z } from 'zod';
import { utf8 } from '../base/bytes.ts';
import { entryId, EntryId, RecordId, SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import { HybridTime } from './hybrid-clock.ts';

/**
 * One entry of a device's append-only ledger. The header is public to the chain: its hash covers the header's
 * canonical text (RFC 8785) and a salted commitment to the body, so that a body can be erased by law and the chain
 * still verifies. Who, role, device, addresses and site stand in the body of the `session.open` entry that
 * `session` points to within the same segment; `segment.open` names the device.
 */
export const HEADER_VERSION = 1;
export const HASH_BYTES = 32;
export const SALT_BYTES = 16;
export const PARENTS_MAX = 100;
const hex32 = z.string().regex(/^[0-9a-f]{64}$/);

export const Header = z.looseObject({
  /** When it was written: wall clock, epoch milliseconds. */
  at: z.int(),
  /** SHA-256(0x02 || salt || body), hexadecimal; null where the kind has no body. */
  body: hex32.nullable(),
  clock: HybridTime,
  /** Whether the wall clock was believed: behind the trusted floor or jumped means suspect. */
  clockState: z.enum(['ok', 'suspect']),
  /** Version of the policies and the rule that permitted or refused, such as `1/nurse-charts`. */
  decision: z.string().max(200),
  kind: z.string().regex(/^[a-z][a-z.-]{0,63}$/),
  /** Lowest reader version that can fold the entry; an older reader keeps it opaque and passes it on. */
  minReader: z.int().min(1),
  /** Milliseconds of the monotonic clock since the segment was opened. */
  monotonic: z.int().min(0),
  /** Minutes east of UTC. */
  offset: z.int().min(-1440).max(1440),
  /** Entries whose values this one supersedes. */
  parents: z.array(EntryId).max(PARENTS_MAX),
  patient: RecordId.nullable(),
  /** Purpose of use (HL7 v3 PurposeOfUse); a code of a newer version is kept. */
  purpose: z.string().regex(/^[A-Z][A-Za-z0-9_-]{0,63}$/),
  /** The record that is set, seen or exported; null where the entry makes its own. */
  record: RecordId.nullable(),
  segment: SegmentId,
  sequence: z.int().min(0),
  /** Sequence of the `session.open` entry in the same segment; null outside any session. */
  session: z.int().min(0).nullable(),
  v: z.literal(HEADER_VERSION),
  /** IANA time zone name. */
  zone: z.string().min(1).max(64),
});
export type Header = z.infer<typeof Header>;

/** An entry as it is stored and shipped. The header text is kept to the byte; unknown header fields survive in it. */
export type Entry = {
  readonly header: Header;
  readonly headerText: string;
  readonly salt: Uint8Array;
  /** Null where there never was a body, or where it has been erased. */
  readonly body: Uint8Array | null;
  /** SHA-256(0x00 || previous hash || header text). */
  readonly hash: Uint8Array;
};

export const READER_VERSION = 1;
const LEAF = Uint8Array.of(0);
const BODY = Uint8Array.of(2);
export const CHAIN_START = new Uint8Array(HASH_BYTES);

export function idOf(header: Header): EntryId {
  return entryId(header.segment, header.sequence);
}

export function bodyCommitment(sha256: Sha256, salt: Uint8Array, body: Uint8Array): Uint8Array {
  return sha256(BODY, salt, body);
}

export function chainHash(sha256: Sha256, previous: Uint8Array, headerText: string): Uint8Array {
  return sha256(LEAF, previous, utf8(headerText));
}

/**
 * The canonical text (RFC 8785) of a header made by this version. The keys are written in sorted order and every
 * value is an integer or a string without lone surrogates, so JSON.stringify already is the canonical form; a test
 * compares it with the reference implementation.
 */
export function headerText(header: Header): string {
  const { at, body, clock, clockState, decision, kind, minReader, monotonic, offset, parents, patient, purpose, record, segment, sequence, session, v, zone } = header;
  return JSON.stringify({ at, body, clock, clockState, decision, kind, minReader, monotonic, offset, parents, patient, purpose, record, segment, sequence, session, v, zone });
}

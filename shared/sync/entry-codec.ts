import { z } from 'zod';
import { equalBytes, fromHex, toHex } from '../base/bytes.ts';
import { SegmentId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Sha256 } from '../base/world.ts';
import type { HeaderFields } from '../codec/header-text.ts';
import { bodyCommitment, chainHash, SALT_BYTES } from '../ledger/entry.ts';
import type { Run } from './envelope.ts';
import { ENTRY_HEADER_MAX_BYTES, ENTRY_MAX_BYTES } from './limits.ts';
import { byteWriter, MalformedBytes, readAll, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/** What travels of an entry. */
export type EntryParts = {
  readonly headerText: string;
  readonly salt: Uint8Array;
  /** Null where there never was a body, or where it has been erased. */
  readonly body: Uint8Array | null;
};

/** An entry as it arrived, its chain hash computed here and its body checked against the header's commitment. */
export type WireEntry = EntryParts & {
  readonly segment: SegmentId;
  readonly sequence: number;
  readonly kind: string;
  /** Whose chart it belongs to, by the header's own word; null for an entry of no patient. */
  readonly patient: string | null;
  readonly hash: Uint8Array;
  /** The values of which the header text was put together here, and in its canonical form. */
  readonly fields?: HeaderFields;
};

/** The little of a header that carrying an entry needs; all else is opaque to sync and kept to the byte. */
const WireHeader = z.object({
  segment: SegmentId,
  sequence: z.int().min(0),
  kind: z.string().min(1).max(64),
  body: z.string().regex(/^[0-9a-f]{64}$/).nullable(),
  patient: z.string().max(64).nullable().optional(),
});

export type RunFault = 'MALFORMED' | 'BAD_HASH';

const BODY_NONE = 0;
const BODY_PRESENT = 1;
const COMMITMENT_KEY = '"body":"';
const HASH_HEX_CHARACTERS = 64;

/**
 * Where the header text holds the commitment to this very body, it is left out on the wire and computed by the
 * receiver: 32 bytes that no compressor can shrink. -1 where it must travel (no body, an erased one, another text).
 */
function commitmentOffset(sha256: Sha256, entry: EntryParts): number {
  if (entry.body === null) return -1;
  const key = entry.headerText.indexOf(COMMITMENT_KEY);
  if (key < 0) return -1;
  const at = key + COMMITMENT_KEY.length;
  return entry.headerText.slice(at, at + HASH_HEX_CHARACTERS) === toHex(bodyCommitment(sha256, entry.salt, entry.body)) ? at : -1;
}

/** Codec 1: the header texts of a run together, then the salts, then the bodies, so that like stands beside like. */
export function writeEntries(writer: ByteWriter, sha256: Sha256, entries: readonly EntryParts[]): ByteWriter {
  for (const entry of entries) {
    const at = commitmentOffset(sha256, entry);
    writer.uint(at + 1);
    writer.text(at < 0 ? entry.headerText : entry.headerText.slice(0, at) + entry.headerText.slice(at + HASH_HEX_CHARACTERS));
  }
  for (const { salt } of entries) writer.bytes(salt);
  for (const { body } of entries) {
    if (body === null) writer.uint(BODY_NONE);
    else writer.uint(BODY_PRESENT).bytes(body);
  }
  return writer;
}

export function encodeEntries(sha256: Sha256, entries: readonly EntryParts[]): Uint8Array<ArrayBuffer> {
  return writeEntries(byteWriter(), sha256, entries).done();
}

export function readEntries(reader: ByteReader, sha256: Sha256, count: number): EntryParts[] {
  const heads: { at: number; text: string }[] = [];
  for (let index = 0; index < count; index += 1) heads.push({ at: reader.uint(ENTRY_HEADER_MAX_BYTES) - 1, text: reader.text(ENTRY_HEADER_MAX_BYTES) });
  const salts = heads.map(() => {
    const salt = reader.bytes(SALT_BYTES);
    if (salt.length !== SALT_BYTES && salt.length !== 0) throw new MalformedBytes('salt of another length');
    return salt;
  });
  return heads.map(({ at, text }, index) => {
    const salt = salts[index] ?? new Uint8Array();
    const body = reader.uint(BODY_PRESENT) === BODY_PRESENT ? reader.bytes(ENTRY_MAX_BYTES) : null;
    if (at < 0) return { headerText: text, salt, body };
    if (body === null || at > text.length) throw new MalformedBytes('commitment left out without a body');
    return { headerText: text.slice(0, at) + toHex(bodyCommitment(sha256, salt, body)) + text.slice(at), salt, body };
  });
}

export function decodeEntries(sha256: Sha256, bytes: Uint8Array, count: number): EntryParts[] | null {
  return readAll(bytes, (reader) => readEntries(reader, sha256, count));
}

function parseHeader(text: string): z.infer<typeof WireHeader> | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  // One spelling per header: a second key of the same name, or spare white space, would let two readers differ.
  if (JSON.stringify(parsed) !== text) return null;
  const header = WireHeader.safeParse(parsed);
  return header.success ? header.data : null;
}

/** What sync itself reads of a header, once it is found to be of this place and its commitment to hold. */
export function checkHeader(sha256: Sha256, segment: SegmentId, sequence: number, { headerText, salt, body }: EntryParts): Result<Pick<WireEntry, 'kind' | 'patient'>, RunFault> {
  const header = parseHeader(headerText);
  if (header === null || header.segment !== segment || header.sequence !== sequence) return refuse('MALFORMED', { sequence });
  if (body !== null && (header.body === null || !equalBytes(fromHex(header.body), bodyCommitment(sha256, salt, body)))) return refuse('BAD_HASH', { sequence });
  return ok({ kind: header.kind, patient: header.patient ?? null });
}

/**
 * Computes a run's chain from its `previous` hash.
 * MALFORMED: a header that does not read, or another segment or sequence than promised.
 * BAD_HASH: a body that is not the one its header commits to.
 */
export function chainRun(sha256: Sha256, run: Omit<Run, 'head'>, parts: readonly EntryParts[]): Result<readonly WireEntry[], RunFault> {
  if (parts.length !== run.count) return refuse('MALFORMED', { expected: run.count, found: parts.length });
  const entries: WireEntry[] = [];
  let hash = run.previous;
  for (const [index, part] of parts.entries()) {
    const sequence = run.from + index;
    const header = checkHeader(sha256, run.segment, sequence, part);
    if (!header.ok) return header;
    hash = chainHash(sha256, hash, part.headerText);
    entries.push({ ...part, segment: run.segment, sequence, ...header.value, hash });
  }
  return ok(entries);
}

/** Computes a run's chain and checks that it ends as the run says (BAD_HASH where it does not). */
export function checkRun(sha256: Sha256, run: Run, parts: readonly EntryParts[]): Result<readonly WireEntry[], RunFault> {
  const entries = chainRun(sha256, run, parts);
  if (!entries.ok) return entries;
  const head = entries.value.at(-1)?.hash ?? run.previous;
  return equalBytes(head, run.head) ? entries : refuse('BAD_HASH', { sequence: run.from + run.count - 1 });
}

import { equalBytes, fromHex } from '../base/bytes.ts';
import type { DeviceId } from '../base/ids.ts';
import {
  decodeBatchHeader, deviceId, encodeBatchHeader, expectByte, HASH_BYTES, organizationId, SIGNATURE_BYTES, signedBytes,
  type Attestation, type BatchHeader, type OrganizationId, type Run,
} from './envelope.ts';
import { BATCH_ENTRIES_MAX } from './limits.ts';
import type { Sealed, Verify } from './sealing.ts';
import type { Sha256 } from '../base/world.ts';
import { byteWriter, MalformedBytes, readAll, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/** The authors' own words, as they travel with entries that others hand over. */

/** What a batch proves of its author, once its signature has been found good. */
export function attestationOf(sha256: Sha256, batch: Sealed): Attestation {
  return { header: batch.header, sealedHash: sha256(batch.sealed), signature: batch.signature };
}

/** Whether the author signed exactly this; the header's own content is the caller's to compare. */
export function attestationHolds(verify: Verify, authorKey: Uint8Array, { header, sealedHash, signature }: Attestation): boolean {
  return verify(authorKey, signedBytes('batch', header, sealedHash), signature);
}

const ABSENT = 0;
const PRESENT = 1;
/** The author's batch began before the run, so the hash before it has to travel as well. */
const PRESENT_BEFORE = 2;

/**
 * In a page an attestation ends where its run ends, so that run and author tell most of its header: what travels is
 * codec, author, first sequence, sealed hash and signature, and the hash before the batch where the run begins later.
 */
export function writeAttestation(writer: ByteWriter, run: Run, attestation: Attestation | null): ByteWriter {
  const header = attestation === null ? null : decodeBatchHeader(attestation.header);
  if (attestation === null || header === null) return writer.uint(ABSENT);
  // A log that somebody altered holds entries that their author did not sign: they go without his word, and their chain shows it.
  if (!equalBytes(header.head, run.head)) return writer.uint(ABSENT);
  if (header.segment !== run.segment || header.from + header.count !== run.from + run.count) throw new Error('broken assumption: an attestation ends with its run');
  const same = header.from === run.from;
  writer.uint(same ? PRESENT : PRESENT_BEFORE).uint(header.codec).fixed(fromHex(header.device)).uint(header.from);
  if (!same) writer.fixed(header.previous);
  return writer.fixed(attestation.sealedHash).fixed(attestation.signature);
}

/** An author's word as it came with a run, its header rebuilt with the run's own hashes: it holds only over exactly these entries. */
export type AuthorsWord = { readonly author: DeviceId; readonly attestation: Attestation };

export function readAttestation(reader: ByteReader, organization: OrganizationId, run: Run): AuthorsWord | null {
  const presence = reader.uint(PRESENT_BEFORE);
  if (presence === ABSENT) return null;
  const codec = reader.uint();
  const author = deviceId(reader);
  const from = reader.uint();
  const count = run.from + run.count - from;
  if (count < 1 || count > BATCH_ENTRIES_MAX || (presence === PRESENT) !== (from === run.from)) throw new MalformedBytes('attestation beside its run');
  const previous = presence === PRESENT ? run.previous : reader.fixed(HASH_BYTES);
  const header = encodeBatchHeader({ codec, organization, device: author, segment: run.segment, from, count, previous, head: run.head });
  return { author, attestation: { header, sealedHash: reader.fixed(HASH_BYTES), signature: reader.fixed(SIGNATURE_BYTES) } };
}

/**
 * What a device says in the clear of another device's entries that it hands over: they end where the attestation ends,
 * and begin at `from`.
 */
export type CarriedHeader = {
  readonly codec: number;
  readonly organization: OrganizationId;
  /** Whose connection and signature it is. */
  readonly carrier: DeviceId;
  readonly attestation: Attestation;
  readonly from: number;
  /** Chain hash before the first entry. */
  readonly previous: Uint8Array;
};

const CARRIED = 0x43;
const CARRIED_VERSION = 2;
const ATTESTED_HEADER_MAX_BYTES = 256;

export function encodeCarriedHeader({ codec, organization, carrier, attestation, from, previous }: CarriedHeader): Uint8Array<ArrayBuffer> {
  return byteWriter().fixed(Uint8Array.of(CARRIED_VERSION, CARRIED)).uint(codec).fixed(fromHex(organization)).fixed(fromHex(carrier))
    .bytes(attestation.header).fixed(attestation.sealedHash).fixed(attestation.signature).uint(from).fixed(previous).done();
}

export function decodeCarriedHeader(bytes: Uint8Array): CarriedHeader | null {
  return readAll(bytes, (reader) => {
    expectByte(reader, CARRIED_VERSION);
    expectByte(reader, CARRIED);
    const codec = reader.uint();
    return {
      codec, organization: organizationId(reader), carrier: deviceId(reader),
      attestation: { header: reader.bytes(ATTESTED_HEADER_MAX_BYTES), sealedHash: reader.fixed(HASH_BYTES), signature: reader.fixed(SIGNATURE_BYTES) },
      from: reader.uint(), previous: reader.fixed(HASH_BYTES),
    };
  });
}

/** The author's run as it is handed over; null where header and attestation do not fit together. */
export function carriedRun({ organization, attestation, from, previous }: CarriedHeader): BatchHeader | null {
  const header = decodeBatchHeader(attestation.header);
  if (header === null || header.organization !== organization) return null;
  const count = header.from + header.count - from;
  if (count < 1 || count > BATCH_ENTRIES_MAX) return null;
  return { ...header, from, count, previous };
}

import { z } from 'zod';
import { concatBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import { DeviceId, SegmentId } from '../base/ids.ts';
import { BATCH_ENTRIES_MAX } from './limits.ts';
import { byteWriter, MalformedBytes, readAll, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/** The organisation, 64 random bits, hexadecimal, drawn when its authority is made. */
export const OrganizationId = z.string().regex(/^[0-9a-f]{16}$/).brand<'OrganizationId'>();
export type OrganizationId = z.infer<typeof OrganizationId>;

/** One life of the hub's log, 64 random bits, hexadecimal; a new one is drawn when the hub finds itself restored from a backup. */
export const HubEpoch = z.string().regex(/^[0-9a-f]{16}$/).brand<'HubEpoch'>();
export type HubEpoch = z.infer<typeof HubEpoch>;

/**
 * How far a device has read the hub's log. `mark` is the first 8 bytes (hexadecimal) of the log's running hash at
 * `lsn`; a hub that does not find it there has lost entries since and must begin a new epoch.
 */
export const Cursor = z.strictObject({ epoch: HubEpoch, lsn: z.int().min(0), mark: z.string().regex(/^[0-9a-f]{16}$/) });
export type Cursor = z.infer<typeof Cursor>;

export const ID_BYTES = 8;
export const HASH_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Consecutive entries of one segment: sequences `from` to `from + count - 1`. Hashes are those of the ledger's chain. */
export type Run = {
  readonly segment: SegmentId;
  readonly from: number;
  readonly count: number;
  /** Chain hash before the first entry. */
  readonly previous: Uint8Array;
  /** Chain hash of the last entry. The hashes between do not travel: the receiver computes them. */
  readonly head: Uint8Array;
};

/** What a batch says of itself in the clear: the additional authenticated data of its seal, covered by its signature. */
export type BatchHeader = Run & {
  readonly codec: number;
  readonly organization: OrganizationId;
  /** Whose entries these are and whose key signs; not necessarily the device that hands them over. */
  readonly device: DeviceId;
};

/**
 * An author's signed word that its chain up to `header.from + header.count` is what the header says: the header in the
 * clear and the signature of the batch in which it first sent those entries, and the hash of that batch's sealed text.
 * Whoever holds the entries can check it with the author's key, whoever handed them over.
 */
export type Attestation = { readonly header: Uint8Array; readonly sealedHash: Uint8Array; readonly signature: Uint8Array };

/** The hub's word, given only after its durable commit, that it holds the first `length` entries of a segment. */
export type Receipt = {
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  readonly epoch: HubEpoch;
  readonly segment: SegmentId;
  /** Contiguous entries held, sequences 0 to length - 1. */
  readonly length: number;
  /** Chain hash of the last of them. */
  readonly head: Uint8Array;
  /** The hub's log sequence number of the last of them. */
  readonly lsn: number;
  /** Hub's clock, epoch milliseconds. */
  readonly receivedAt: number;
};
export type SignedReceipt = Receipt & { readonly signature: Uint8Array };

/** First byte of every shape here; it has not changed since protocol version 1. */
const SHAPE_VERSION = 1;
const BATCH = 0x42;
const RECEIPT = 0x52;

export function expectByte(reader: ByteReader, value: number): void {
  if (reader.fixed(1)[0] !== value) throw new MalformedBytes('unexpected version or shape');
}

function opening(shape: number): ByteWriter {
  return byteWriter().fixed(Uint8Array.of(SHAPE_VERSION, shape));
}

function expectOpening(reader: ByteReader, shape: number): void {
  expectByte(reader, SHAPE_VERSION);
  expectByte(reader, shape);
}

export const hexId = (reader: ByteReader): string => toHex(reader.fixed(ID_BYTES));
/** Exactly eight bytes always are a well-formed id. */
export const segmentId = (reader: ByteReader): SegmentId => SegmentId.parse(hexId(reader));
export const deviceId = (reader: ByteReader): DeviceId => DeviceId.parse(hexId(reader));
export const organizationId = (reader: ByteReader): OrganizationId => OrganizationId.parse(hexId(reader));
export const hubEpoch = (reader: ByteReader): HubEpoch => HubEpoch.parse(hexId(reader));

export function writeRun(writer: ByteWriter, run: Run): ByteWriter {
  return writer.fixed(fromHex(run.segment)).uint(run.from).uint(run.count).fixed(run.previous).fixed(run.head);
}

export function readRun(reader: ByteReader): Run {
  const run = { segment: segmentId(reader), from: reader.uint(), count: reader.uint(BATCH_ENTRIES_MAX), previous: reader.fixed(HASH_BYTES), head: reader.fixed(HASH_BYTES) };
  if (run.count === 0) throw new MalformedBytes('empty run');
  return run;
}

export function writeCursor(writer: ByteWriter, cursor: Cursor): ByteWriter {
  return writer.fixed(fromHex(cursor.epoch)).uint(cursor.lsn).fixed(fromHex(cursor.mark));
}

export function readCursor(reader: ByteReader): Cursor {
  return { epoch: hubEpoch(reader), lsn: reader.uint(), mark: hexId(reader) };
}

export function encodeBatchHeader(header: BatchHeader): Uint8Array<ArrayBuffer> {
  const writer = opening(BATCH).uint(header.codec).fixed(fromHex(header.organization)).fixed(fromHex(header.device));
  return writeRun(writer, header).done();
}

export function decodeBatchHeader(bytes: Uint8Array): BatchHeader | null {
  return readAll(bytes, (reader) => {
    expectOpening(reader, BATCH);
    const codec = reader.uint();
    return { codec, organization: organizationId(reader), device: deviceId(reader), ...readRun(reader) };
  });
}

export function encodeReceipt(receipt: Receipt): Uint8Array<ArrayBuffer> {
  return opening(RECEIPT)
    .fixed(fromHex(receipt.organization))
    .fixed(fromHex(receipt.device))
    .fixed(fromHex(receipt.epoch))
    .fixed(fromHex(receipt.segment))
    .uint(receipt.length)
    .fixed(receipt.head)
    .uint(receipt.lsn)
    .uint(receipt.receivedAt)
    .done();
}

export function decodeReceipt(bytes: Uint8Array): Receipt | null {
  return readAll(bytes, (reader) => {
    expectOpening(reader, RECEIPT);
    return {
      organization: organizationId(reader),
      device: deviceId(reader),
      epoch: hubEpoch(reader),
      segment: segmentId(reader),
      length: reader.uint(),
      head: reader.fixed(HASH_BYTES),
      lsn: reader.uint(),
      receivedAt: reader.uint(),
    };
  });
}

const DOMAINS = {
  batch: utf8('outpost-sync/1 batch\0'),
  page: utf8('outpost-sync/1 page\0'),
  receipt: utf8('outpost-sync/1 receipt\0'),
  carried: utf8('outpost-sync/2 carried\0'),
  renewal: utf8('outpost-sync/1 renewal\0'),
  enrolment: utf8('outpost-enrol/1 request\0'),
} as const;

/** The bytes an Ed25519 signature of this protocol covers; the domain keeps one shape from passing for another. */
export function signedBytes(domain: keyof typeof DOMAINS, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatBytes(DOMAINS[domain], ...parts);
}

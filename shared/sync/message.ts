import { z } from 'zod';
import { concatBytes, fromHex, fromUtf8, toHex, utf8 } from '../base/bytes.ts';
import { DeviceId, SegmentId } from '../base/ids.ts';
import { decodeOrderMessage, encodeOrderMessage, HelloOrders, type OrderMessage } from '../orders/messages.ts';
import { Cursor, decodeReceipt, encodeReceipt, HubEpoch, ID_BYTES, OrganizationId, readCursor, SIGNATURE_BYTES, writeCursor, type SignedReceipt } from './envelope.ts';
import { HELLO_SEGMENTS_MAX, MESSAGE_MAX_BYTES, PAGE_MAX_BYTES, WHERE_SEGMENTS_MAX } from './limits.ts';
import type { Sealed } from './sealing.ts';
import { byteWriter, MalformedBytes, readAll, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/**
 * The messages of `outpost-sync/1`: one type byte, then JSON where a message is rare and binary where it is not.
 * Types from 0x80 on may be ignored by a peer that does not know them; any other unknown type ends the connection.
 */
const TYPE = { hello: 1, hi: 2, where: 3, positions: 4, push: 5, receipt: 6, rejected: 7, pull: 8, page: 9, news: 10, ping: 11, pong: 12, renew: 13, renewed: 14, refused: 15 } as const;
const OPTIONAL_TYPE_FROM = 0x80;
const PEM_MAX_CHARACTERS = 8192;
const ENVELOPE_HEADER_MAX_BYTES = 512;
const SAMPLE_MAX = Number.MAX_SAFE_INTEGER;

/** How much of a segment the hub holds: contiguous entries from 0. */
export type Position = { readonly segment: SegmentId; readonly length: number };
const JsonPosition = z.strictObject({ segment: SegmentId, length: z.int().min(0) });

/** Codecs the sender reads, best first; codec 1 alone where nothing is said. */
const Codecs = z.array(z.int()).max(16).optional();

const Hello = z.looseObject({
  /** Protocol versions the device speaks, best first. */
  versions: z.array(z.int()).min(1).max(16),
  organization: OrganizationId,
  device: DeviceId,
  application: z.string().max(64),
  cursor: Cursor.nullable(),
  /** Segments with entries that the device holds no receipt for, with the length its receipts do cover. */
  segments: z.array(JsonPosition).max(HELLO_SEGMENTS_MAX),
  /** Device's clock when this was sent, epoch milliseconds. */
  at: z.int(),
  codecs: Codecs,
  /** What it holds of the organisation's orders; absent from a device that knows none, which is sent none. */
  orders: HelloOrders.optional(),
});
export type Hello = z.infer<typeof Hello>;

const Hi = z.looseObject({
  version: z.int(),
  organization: OrganizationId,
  epoch: HubEpoch,
  /** Latest sequence number of the hub's log. */
  latest: z.int().min(0),
  /** Where the device's cursor stands in this epoch; lsn 0 if it must read anew. */
  cursor: Cursor,
  positions: z.array(JsonPosition).max(HELLO_SEGMENTS_MAX),
  /** Entries of this device that the hub holds in all: a device that has receipts for another number asks about every segment. */
  held: z.int().min(0),
  /** Hub's clock when the HELLO came and when this left, epoch milliseconds. */
  receivedAt: z.int(),
  sentAt: z.int(),
  codecs: Codecs,
});
export type Hi = z.infer<typeof Hi>;

/** Why the hub did not take a batch. The batch may be sent again only after GAP (from where the hub says) or a fault of the line. */
export const REJECTION_CODES = [
  'GAP', 'FORK', 'QUARANTINED', 'BAD_HASH', 'MALFORMED', 'BAD_SIGNATURE', 'BAD_SEAL', 'OTHER_DEVICE', 'OTHER_ORGANIZATION', 'OTHER_OWNER', 'UNKNOWN_CODEC',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];
const Rejected = z.looseObject({ code: z.enum(REJECTION_CODES).catch('MALFORMED'), segment: SegmentId, from: z.int().min(0), length: z.int().min(0) });
export type Rejected = z.infer<typeof Rejected>;

/** Why the hub ends the conversation. */
export const REFUSAL_CODES = ['NOT_AUTHENTICATED', 'CERTIFICATE_EXPIRED', 'DEVICE_REVOKED', 'DEVICE_UNKNOWN', 'OTHER_ORGANIZATION', 'VERSION', 'PROTOCOL_ERROR', 'BUSY', 'ENROLMENT_REFUSED'] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];
const Refused = z.looseObject({ code: z.enum(REFUSAL_CODES).catch('PROTOCOL_ERROR') });
export type Refused = z.infer<typeof Refused>;

/** A certificate request (PKCS #10, PEM) and the device's Ed25519 signature (hexadecimal) over it, domain `renewal`. */
const Renew = z.looseObject({ request: z.string().max(PEM_MAX_CHARACTERS), signature: z.string().regex(/^[0-9a-f]{128}$/) });
const Renewed = z.looseObject({ certificate: z.string().max(PEM_MAX_CHARACTERS) });

export type Message =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'hi'; readonly hi: Hi }
  /** Segments asked about, each with the length the device's receipts cover; answered by positions, and by a receipt wherever the hub holds more. */
  | { readonly type: 'where'; readonly segments: readonly Position[] }
  | { readonly type: 'positions'; readonly positions: readonly Position[] }
  | { readonly type: 'push'; readonly batch: Sealed }
  | { readonly type: 'receipt'; readonly receipt: SignedReceipt }
  | { readonly type: 'rejected'; readonly rejected: Rejected }
  /** `own`: also send entries of this very device, because it was restored from a backup and lacks some. */
  | { readonly type: 'pull'; readonly cursor: Cursor; readonly maxBytes: number; readonly own: boolean }
  | { readonly type: 'page'; readonly page: Sealed }
  | { readonly type: 'news'; readonly latest: number }
  | { readonly type: 'ping'; readonly at: number }
  /** Echo of the ping's time, and the hub's. */
  | { readonly type: 'pong'; readonly at: number; readonly hubAt: number }
  | { readonly type: 'renew'; readonly request: string; readonly signature: string }
  | { readonly type: 'renewed'; readonly certificate: string }
  | { readonly type: 'refused'; readonly refused: Refused }
  /** The organisation's orders (shared/orders/messages.ts): optional, from 0x80 on. */
  | OrderMessage;

const json = (type: number, value: unknown): Uint8Array<ArrayBuffer> => concatBytes(Uint8Array.of(type), utf8(JSON.stringify(value)));
const binary = (type: number): ByteWriter => byteWriter().fixed(Uint8Array.of(type));
const writeSealed = (type: number, { header, sealed, signature }: Sealed): Uint8Array<ArrayBuffer> => binary(type).bytes(header).fixed(signature).bytes(sealed).done();

function writePositions(type: number, positions: readonly Position[]): Uint8Array<ArrayBuffer> {
  const writer = binary(type).uint(positions.length);
  for (const { segment, length } of positions) writer.fixed(fromHex(segment)).uint(length);
  return writer.done();
}

export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  switch (message.type) {
    case 'hello': return json(TYPE.hello, message.hello);
    case 'hi': return json(TYPE.hi, message.hi);
    case 'where': return writePositions(TYPE.where, message.segments);
    case 'positions': return writePositions(TYPE.positions, message.positions);
    case 'push': return writeSealed(TYPE.push, message.batch);
    case 'receipt': return binary(TYPE.receipt).bytes(encodeReceipt(message.receipt)).fixed(message.receipt.signature).done();
    case 'rejected': return json(TYPE.rejected, message.rejected);
    case 'pull': return writeCursor(binary(TYPE.pull), message.cursor).uint(message.maxBytes).uint(message.own ? 1 : 0).done();
    case 'page': return writeSealed(TYPE.page, message.page);
    case 'news': return binary(TYPE.news).uint(message.latest).done();
    case 'ping': return binary(TYPE.ping).uint(message.at).done();
    case 'pong': return binary(TYPE.pong).uint(message.at).uint(message.hubAt).done();
    case 'renew': return json(TYPE.renew, { request: message.request, signature: message.signature });
    case 'renewed': return json(TYPE.renewed, { certificate: message.certificate });
    case 'refused': return json(TYPE.refused, message.refused);
    default: return encodeOrderMessage(message);
  }
}

function parseJson<Value>(schema: z.ZodType<Value>, bytes: Uint8Array): Value | null {
  try {
    const parsed = schema.safeParse(JSON.parse(fromUtf8(bytes)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function readSealed(reader: ByteReader): Sealed {
  const header = reader.bytes(ENVELOPE_HEADER_MAX_BYTES);
  return { header, signature: reader.fixed(SIGNATURE_BYTES), sealed: reader.bytes(MESSAGE_MAX_BYTES) };
}

function readReceipt(reader: ByteReader): SignedReceipt {
  const receipt = decodeReceipt(reader.bytes(ENVELOPE_HEADER_MAX_BYTES));
  if (receipt === null) throw new MalformedBytes('not a receipt');
  return { ...receipt, signature: reader.fixed(SIGNATURE_BYTES) };
}

function readPositions(reader: ByteReader): Position[] {
  const count = reader.uint(WHERE_SEGMENTS_MAX);
  const positions: Position[] = [];
  for (let index = 0; index < count; index += 1) positions.push({ segment: SegmentId.parse(toHex(reader.fixed(ID_BYTES))), length: reader.uint() });
  return positions;
}

function decodeBody(type: number, body: Uint8Array): Message | null {
  const some = <Value>(value: Value | null, make: (value: Value) => Message): Message | null => (value === null ? null : make(value));
  switch (type) {
    case TYPE.hello: return some(parseJson(Hello, body), (hello) => ({ type: 'hello', hello }));
    case TYPE.hi: return some(parseJson(Hi, body), (hi) => ({ type: 'hi', hi }));
    case TYPE.where: return some(readAll(body, readPositions), (segments) => ({ type: 'where', segments }));
    case TYPE.positions: return some(readAll(body, readPositions), (positions) => ({ type: 'positions', positions }));
    case TYPE.push: return some(readAll(body, readSealed), (batch) => ({ type: 'push', batch }));
    case TYPE.receipt:
      return some(readAll(body, readReceipt), (receipt) => ({ type: 'receipt', receipt }));
    case TYPE.rejected: return some(parseJson(Rejected, body), (rejected) => ({ type: 'rejected', rejected }));
    case TYPE.pull:
      return some(readAll(body, (reader) => ({ cursor: readCursor(reader), maxBytes: reader.uint(PAGE_MAX_BYTES), own: reader.uint(1) === 1 })), (pull) => ({ type: 'pull', ...pull }));
    case TYPE.page: return some(readAll(body, readSealed), (page) => ({ type: 'page', page }));
    case TYPE.news: return some(readAll(body, (reader) => reader.uint()), (latest) => ({ type: 'news', latest }));
    case TYPE.ping: return some(readAll(body, (reader) => reader.uint(SAMPLE_MAX)), (at) => ({ type: 'ping', at }));
    case TYPE.pong: return some(readAll(body, (reader) => ({ at: reader.uint(SAMPLE_MAX), hubAt: reader.uint(SAMPLE_MAX) })), (sample) => ({ type: 'pong', ...sample }));
    case TYPE.renew: return some(parseJson(Renew, body), ({ request, signature }) => ({ type: 'renew', request, signature }));
    case TYPE.renewed: return some(parseJson(Renewed, body), ({ certificate }) => ({ type: 'renewed', certificate }));
    case TYPE.refused: return some(parseJson(Refused, body), (refused) => ({ type: 'refused', refused }));
    default: return null;
  }
}

/** A message, `ignore` for an optional one of a later version, or `malformed`. */
export function decodeMessage(bytes: Uint8Array): Message | 'ignore' | 'malformed' {
  const type = bytes[0];
  if (type === undefined) return 'malformed';
  if (type >= OPTIONAL_TYPE_FROM) return decodeOrderMessage(type, bytes.subarray(1));
  return decodeBody(type, bytes.subarray(1)) ?? 'malformed';
}

import type { z } from 'zod';
import { concatBytes, fromHex, fromUtf8, toHex, utf8 } from '../base/bytes.ts';
import type { RecordId, SegmentId } from '../base/ids.ts';
import { decodeOrderMessage, encodeOrderMessage } from '../orders/messages.ts';
import { readBundle, writeBundle } from './bundle.ts';
import { decodeReceipt, encodeReceipt, readCursor, segmentId, SIGNATURE_BYTES, writeCursor, type SignedReceipt } from './envelope.ts';
import { MESSAGE_MAX_BYTES, OFFER_SEGMENTS_MAX, PAGE_MAX_BYTES, ROLLED_HEAD_BYTES, SCOPE_PATIENTS_MAX, WHERE_SEGMENTS_MAX } from './limits.ts';
import { Hello, Hi, Refused, Rejected, Renew, Renewed, Scope, type Message, type Position, type Rolled } from './message.ts';
import { readPatient, readStream, writePatient, writeStream } from './page-header.ts';
import type { Resident } from './scope.ts';
import type { Sealed } from './sealing.ts';
import { byteWriter, MalformedBytes, readAll, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/**
 * The messages of `outpost-sync/1`: one type byte, then JSON where a message is rare and binary where it is not. Types
 * up to 15 are version 1, those from 16 to 127 version 2: nobody sends them before version 2 has been agreed upon.
 * Types from 0x80 on may be ignored by a peer that does not know them; any other unknown type ends the connection.
 */
const TYPE = {
  hello: 1, hi: 2, where: 3, positions: 4, push: 5, receipt: 6, rejected: 7, pull: 8, page: 9, news: 10, ping: 11, pong: 12, renew: 13, renewed: 14, refused: 15,
  offer: 16, wanted: 17, carry: 18, taken: 19, read: 20, roll: 21, rolled: 22, scope: 23, entered: 24, evicted: 25, bundle: 26, residents: 27,
} as const;
const OPTIONAL_TYPE_FROM = 0x80;
const ENVELOPE_HEADER_MAX_BYTES = 512;
const SAMPLE_MAX = Number.MAX_SAFE_INTEGER;
/** Stands for "from the beginning" in a ROLL. */
const BEFORE_ALL = '0'.repeat(16);
const json = (type: number, value: unknown): Uint8Array<ArrayBuffer> => concatBytes(Uint8Array.of(type), utf8(JSON.stringify(value)));
const binary = (type: number): ByteWriter => byteWriter().fixed(Uint8Array.of(type));
const writeSealed = (type: number, { header, sealed, signature }: Sealed): Uint8Array<ArrayBuffer> => binary(type).bytes(header).fixed(signature).bytes(sealed).done();

function writePositions(type: number, positions: readonly Position[]): Uint8Array<ArrayBuffer> {
  const writer = binary(type).uint(positions.length);
  for (const { segment, length } of positions) writer.fixed(fromHex(segment)).uint(length);
  return writer.done();
}

function writeRolled(segments: readonly Rolled[], more: boolean): Uint8Array<ArrayBuffer> {
  const writer = binary(TYPE.rolled).uint(more ? 1 : 0).uint(segments.length);
  for (const { segment, length, head } of segments) writer.fixed(fromHex(segment)).uint(length).fixed(fromHex(head));
  return writer.done();
}

function writeResidents(residents: readonly Resident[], more: boolean): Uint8Array<ArrayBuffer> {
  const writer = binary(TYPE.residents).uint(more ? 1 : 0).uint(residents.length);
  for (const { patient, apart } of residents) writePatient(writer, patient).uint(apart ? 1 : 0);
  return writer.done();
}

export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  switch (message.type) {
    case 'hello': return json(TYPE.hello, message.hello);
    case 'hi': return json(TYPE.hi, message.hi);
    case 'where': return writePositions(TYPE.where, message.segments);
    case 'positions': return writePositions(TYPE.positions, message.positions);
    case 'push': return writeSealed(TYPE.push, message.batch);
    case 'bundle': return writeBundle(binary(TYPE.bundle), message.bundle).done();
    case 'receipt': return binary(TYPE.receipt).bytes(encodeReceipt(message.receipt)).fixed(message.receipt.signature).done();
    case 'rejected': return json(TYPE.rejected, message.rejected);
    case 'pull': return writeCursor(binary(TYPE.pull), message.cursor).uint(message.maxBytes).uint(message.own ? 1 : 0).done();
    case 'page': return writeSealed(TYPE.page, message.page);
    case 'news': return message.urgent === null ? binary(TYPE.news).uint(message.latest).done() : binary(TYPE.news).uint(message.latest).uint(message.urgent).done();
    case 'ping': return binary(TYPE.ping).uint(message.at).done();
    case 'pong': return binary(TYPE.pong).uint(message.at).uint(message.hubAt).done();
    case 'renew': return json(TYPE.renew, { request: message.request, signature: message.signature });
    case 'renewed': return json(TYPE.renewed, { certificate: message.certificate });
    case 'refused': return json(TYPE.refused, message.refused);
    case 'offer': return writePositions(TYPE.offer, message.segments);
    case 'wanted': return writePositions(TYPE.wanted, message.segments);
    case 'carry': return writeSealed(TYPE.carry, message.batch);
    case 'taken': return binary(TYPE.taken).fixed(fromHex(message.segment)).uint(message.length).done();
    case 'read': return writeStream(binary(TYPE.read), message.stream).uint(message.maxBytes).done();
    case 'roll': return binary(TYPE.roll).fixed(fromHex(message.after ?? BEFORE_ALL)).done();
    case 'rolled': return writeRolled(message.segments, message.more);
    case 'scope': return json(TYPE.scope, message.scope);
    case 'entered': return writePatient(binary(TYPE.entered), message.patient).uint(message.version).done();
    case 'evicted': return writePatient(binary(TYPE.evicted), message.patient).uint(message.version).done();
    case 'residents': return writeResidents(message.residents, message.more);
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

const readPositions = (max: number) => (reader: ByteReader): Position[] => {
  const count = reader.uint(max);
  const positions: Position[] = [];
  for (let index = 0; index < count; index += 1) positions.push({ segment: segmentId(reader), length: reader.uint() });
  return positions;
};

function readRolled(reader: ByteReader): { readonly more: boolean; readonly segments: readonly Rolled[] } {
  const more = reader.uint(1) === 1;
  const count = reader.uint(OFFER_SEGMENTS_MAX);
  const segments: Rolled[] = [];
  for (let index = 0; index < count; index += 1) segments.push({ segment: segmentId(reader), length: reader.uint(), head: toHex(reader.fixed(ROLLED_HEAD_BYTES)) });
  return { more, segments };
}

function readResidents(reader: ByteReader): { readonly more: boolean; readonly residents: readonly Resident[] } {
  const more = reader.uint(1) === 1;
  const count = reader.uint(SCOPE_PATIENTS_MAX);
  const residents: Resident[] = [];
  for (let index = 0; index < count; index += 1) residents.push({ patient: readPatient(reader), apart: reader.uint(1) === 1 });
  return { more, residents };
}

const readSettled = (reader: ByteReader): { readonly patient: RecordId; readonly version: number } => ({ patient: readPatient(reader), version: reader.uint() });

function readRoll(reader: ByteReader): SegmentId | null {
  const after = segmentId(reader);
  return after === BEFORE_ALL ? null : after;
}

function decodeBody(type: number, body: Uint8Array): Message | null {
  const some = <Value>(value: Value | null, make: (value: Value) => Message): Message | null => (value === null ? null : make(value));
  switch (type) {
    case TYPE.hello: return some(parseJson(Hello, body), (hello) => ({ type: 'hello', hello }));
    case TYPE.hi: return some(parseJson(Hi, body), (hi) => ({ type: 'hi', hi }));
    case TYPE.where: return some(readAll(body, readPositions(WHERE_SEGMENTS_MAX)), (segments) => ({ type: 'where', segments }));
    case TYPE.positions: return some(readAll(body, readPositions(WHERE_SEGMENTS_MAX)), (positions) => ({ type: 'positions', positions }));
    case TYPE.push: return some(readAll(body, readSealed), (batch) => ({ type: 'push', batch }));
    case TYPE.bundle: return some(readAll(body, readBundle), (bundle) => ({ type: 'bundle', bundle }));
    case TYPE.receipt:
      return some(readAll(body, readReceipt), (receipt) => ({ type: 'receipt', receipt }));
    case TYPE.rejected: return some(parseJson(Rejected, body), (rejected) => ({ type: 'rejected', rejected }));
    case TYPE.pull:
      return some(readAll(body, (reader) => ({ cursor: readCursor(reader), maxBytes: reader.uint(PAGE_MAX_BYTES), own: reader.uint(1) === 1 })), (pull) => ({ type: 'pull', ...pull }));
    case TYPE.page: return some(readAll(body, readSealed), (page) => ({ type: 'page', page }));
    case TYPE.news: return some(readAll(body, (reader) => ({ latest: reader.uint(), urgent: reader.remaining() === 0 ? null : reader.uint() })), (news) => ({ type: 'news', ...news }));
    case TYPE.ping: return some(readAll(body, (reader) => reader.uint(SAMPLE_MAX)), (at) => ({ type: 'ping', at }));
    case TYPE.pong: return some(readAll(body, (reader) => ({ at: reader.uint(SAMPLE_MAX), hubAt: reader.uint(SAMPLE_MAX) })), (sample) => ({ type: 'pong', ...sample }));
    case TYPE.renew: return some(parseJson(Renew, body), ({ request, signature }) => ({ type: 'renew', request, signature }));
    case TYPE.renewed: return some(parseJson(Renewed, body), ({ certificate }) => ({ type: 'renewed', certificate }));
    case TYPE.refused: return some(parseJson(Refused, body), (refused) => ({ type: 'refused', refused }));
    case TYPE.offer: return some(readAll(body, readPositions(OFFER_SEGMENTS_MAX)), (segments) => ({ type: 'offer', segments }));
    case TYPE.wanted: return some(readAll(body, readPositions(OFFER_SEGMENTS_MAX)), (segments) => ({ type: 'wanted', segments }));
    case TYPE.carry: return some(readAll(body, readSealed), (batch) => ({ type: 'carry', batch }));
    case TYPE.taken: return some(readAll(body, (reader) => ({ segment: segmentId(reader), length: reader.uint() })), (taken) => ({ type: 'taken', ...taken }));
    case TYPE.read: return some(readAll(body, (reader) => ({ stream: readStream(reader), maxBytes: reader.uint(PAGE_MAX_BYTES) })), (read) => ({ type: 'read', ...read }));
    case TYPE.roll: return some(readAll(body, (reader) => ({ after: readRoll(reader) })), ({ after }) => ({ type: 'roll', after }));
    case TYPE.rolled: return some(readAll(body, readRolled), (rolled) => ({ type: 'rolled', ...rolled }));
    case TYPE.scope: return some(parseJson(Scope, body), (scope) => ({ type: 'scope', scope }));
    case TYPE.entered: return some(readAll(body, readSettled), (settled) => ({ type: 'entered', ...settled }));
    case TYPE.evicted: return some(readAll(body, readSettled), (settled) => ({ type: 'evicted', ...settled }));
    case TYPE.residents: return some(readAll(body, readResidents), (residents) => ({ type: 'residents', ...residents }));
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

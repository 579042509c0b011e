import { z } from 'zod';
import { concatBytes, fromHex, fromUtf8, toHex, utf8 } from '../base/bytes.ts';
import { SegmentId } from '../base/ids.ts';
import { HASH_BYTES, ID_BYTES, SIGNATURE_BYTES } from '../sync/envelope.ts';
import { MESSAGE_MAX_BYTES } from '../sync/limits.ts';
import { byteWriter, MalformedBytes, readAll, type ByteReader, type ByteWriter } from '../sync/wire-bytes.ts';
import type { SegmentHead, StatedHeads } from './heads.ts';
import { OrderKindName, type SignedOrder } from './order.ts';

/**
 * Orders on the line of `outpost-sync`. Types from 0x80 on, so that a peer without orders passes them over. HELLO
 * carries what the device holds (its `orders` field); a hub answers a HELLO without it as ever.
 */
const TYPE = { order: 0x80, taken: 0x81, wanted: 0x82, heads: 0x83, headsDiffer: 0x84, headsList: 0x85, contradicted: 0x86 } as const;
export const HEADS_LIST_MAX = 256;
const CODE_MAX_CHARACTERS = 64;
/** Kinds a HELLO may name: those there are, and room for later ones. */
const HELLO_ORDERS_MAX = 32;

/** What the device holds of each kind. */
export const HelloOrders = z.array(z.looseObject({ kind: OrderKindName, version: z.int().min(1) })).max(HELLO_ORDERS_MAX);
export type HelloOrders = z.infer<typeof HelloOrders>;

/**
 * What became of an order: `applied` (now or before); `kept`, not understood here; `refused`, with the rule; `begun`
 * and `done` of one that takes its time, which is the kill order alone.
 */
export const ORDER_OUTCOMES = ['applied', 'kept', 'refused', 'begun', 'done'] as const;
export type OrderOutcome = (typeof ORDER_OUTCOMES)[number];
const Taken = z.looseObject({ kind: OrderKindName, version: z.int().min(1), outcome: z.enum(ORDER_OUTCOMES), code: z.string().max(CODE_MAX_CHARACTERS).nullable() });
export type Taken = { readonly kind: string; readonly version: number; readonly outcome: OrderOutcome; readonly code: string | null };

export type OrderMessage =
  /** From the hub: to be followed. From the device: what it holds, for a hub that lost it. */
  | { readonly type: 'order'; readonly order: SignedOrder }
  | { readonly type: 'order-taken'; readonly taken: Taken }
  /** The hub lost an order that the device holds. */
  | { readonly type: 'order-wanted'; readonly kind: string }
  /** What the device has receipts for, signed by it (heads.ts). */
  | { readonly type: 'heads'; readonly heads: StatedHeads; readonly signature: Uint8Array }
  /** The hub holds something else: the device lists its heads one by one. */
  | { readonly type: 'heads-differ' }
  | { readonly type: 'heads-list'; readonly heads: readonly SegmentHead[]; readonly last: boolean }
  /** These two histories cannot both be true. `length`: where they differ. */
  | { readonly type: 'contradicted'; readonly segment: SegmentId; readonly length: number };

const TYPES: ReadonlySet<string> = new Set(['order', 'order-taken', 'order-wanted', 'heads', 'heads-differ', 'heads-list', 'contradicted']);

export function isOrderMessage<Other extends { readonly type: string }>(message: OrderMessage | Other): message is OrderMessage {
  return TYPES.has(message.type);
}

const binary = (type: number): ByteWriter => byteWriter().fixed(Uint8Array.of(type));
const json = (type: number, value: unknown): Uint8Array<ArrayBuffer> => concatBytes(Uint8Array.of(type), utf8(JSON.stringify(value)));

export function encodeOrderMessage(message: OrderMessage): Uint8Array<ArrayBuffer> {
  switch (message.type) {
    case 'order': return binary(TYPE.order).fixed(message.order.signature).text(message.order.text).done();
    case 'order-taken': return json(TYPE.taken, message.taken);
    case 'order-wanted': return json(TYPE.wanted, { kind: message.kind });
    case 'heads': {
      const { segments, entries, digest, at } = message.heads;
      return binary(TYPE.heads).uint(segments).uint(entries).fixed(digest).uint(at).fixed(message.signature).done();
    }
    case 'heads-differ': return binary(TYPE.headsDiffer).done();
    case 'heads-list': {
      const writer = binary(TYPE.headsList).uint(message.last ? 1 : 0).uint(message.heads.length);
      for (const { segment, length, head } of message.heads) writer.fixed(fromHex(segment)).uint(length).fixed(head);
      return writer.done();
    }
    case 'contradicted': return binary(TYPE.contradicted).fixed(fromHex(message.segment)).uint(message.length).done();
  }
}

/** `ignore`: of a later version. `malformed`: one of these types that does not read. */
export function decodeOrderMessage(type: number, body: Uint8Array): OrderMessage | 'ignore' | 'malformed' {
  switch (type) {
    case TYPE.order: return made(readAll(body, readOrder), (order) => ({ type: 'order', order }));
    case TYPE.taken: return made(parseJson(Taken, body), (taken) => ({ type: 'order-taken', taken }));
    case TYPE.wanted: return made(parseJson(z.looseObject({ kind: OrderKindName }), body), ({ kind }) => ({ type: 'order-wanted', kind }));
    case TYPE.heads: return made(readAll(body, readHeads), (heads) => ({ type: 'heads', ...heads }));
    case TYPE.headsDiffer: return body.length === 0 ? { type: 'heads-differ' } : 'malformed';
    case TYPE.headsList: return made(readAll(body, readHeadsList), (list) => ({ type: 'heads-list', ...list }));
    case TYPE.contradicted: return made(readAll(body, (reader) => ({ segment: readSegment(reader), length: reader.uint() })), (where) => ({ type: 'contradicted', ...where }));
    default: return 'ignore';
  }
}

function made<Value>(value: Value | null, make: (value: Value) => OrderMessage): OrderMessage | 'malformed' {
  return value === null ? 'malformed' : make(value);
}

function parseJson<Value>(schema: z.ZodType<Value>, bytes: Uint8Array): Value | null {
  try {
    return schema.safeParse(JSON.parse(fromUtf8(bytes))).data ?? null;
  } catch {
    return null;
  }
}

const readSegment = (reader: ByteReader): SegmentId => SegmentId.parse(toHex(reader.fixed(ID_BYTES)));

function readOrder(reader: ByteReader): SignedOrder {
  return { signature: reader.fixed(SIGNATURE_BYTES), text: reader.text(MESSAGE_MAX_BYTES) };
}

function readHeads(reader: ByteReader): { readonly heads: StatedHeads; readonly signature: Uint8Array } {
  const heads = { segments: reader.uint(), entries: reader.uint(), digest: reader.fixed(HASH_BYTES), at: reader.uint() };
  return { heads, signature: reader.fixed(SIGNATURE_BYTES) };
}

function readHeadsList(reader: ByteReader): { readonly heads: readonly SegmentHead[]; readonly last: boolean } {
  const last = reader.uint(1) === 1;
  const count = reader.uint(HEADS_LIST_MAX);
  const heads: SegmentHead[] = [];
  for (let index = 0; index < count; index += 1) heads.push({ segment: readSegment(reader), length: reader.uint(), head: reader.fixed(HASH_BYTES) });
  if (count === 0 && !last) throw new MalformedBytes('a list that neither ends nor goes on');
  return { heads, last };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORDER_DEVICE, ORDER_ORGANIZATION, sha256WithNode, testAuthority } from '../../build/fixtures/test-orders.ts';
import { utf8 } from '../base/bytes.ts';
import { SegmentId } from '../base/ids.ts';
import { headsMessage, headsOf, type SegmentHead } from './heads.ts';
import { decodeOrderMessage, encodeOrderMessage, HEADS_LIST_MAX, isOrderMessage, ORDER_OUTCOMES, type OrderMessage } from './messages.ts';

const segment = (number: number): SegmentId => SegmentId.parse(number.toString(16).padStart(16, '0'));
const head = (number: number, length = number): SegmentHead => ({ segment: segment(number), length, head: new Uint8Array(32).fill(number & 0xff) });
const authority = testAuthority();

const SAMPLES: readonly OrderMessage[] = [
  { type: 'order', order: authority.order({ kind: 'roster' }) },
  ...ORDER_OUTCOMES.map((outcome): OrderMessage => ({ type: 'order-taken', taken: { kind: 'policy', version: 7, outcome, code: outcome === 'refused' ? 'LOCKS_OUT' : null } })),
  { type: 'order-wanted', kind: 'roster' },
  { type: 'heads', heads: { ...headsOf(sha256WithNode, [head(1), head(2)]), at: 1_790_000_000_000 }, signature: new Uint8Array(64).fill(7) },
  { type: 'heads-differ' },
  { type: 'heads-list', heads: [head(1), head(2)], last: false },
  { type: 'heads-list', heads: [], last: true },
  { type: 'contradicted', segment: segment(9), length: 41 },
];

const decode = (bytes: Uint8Array): ReturnType<typeof decodeOrderMessage> => decodeOrderMessage(bytes[0]!, bytes.subarray(1));

describe('messages of orders', () => {
  it.each(SAMPLES)('ORD-6 $type is read as it was written, and its type may be passed over by who does not know it', (message) => {
    const bytes = encodeOrderMessage(message);
    expect(bytes[0]).toBeGreaterThanOrEqual(0x80);
    expect(decode(bytes)).toEqual(message);
    expect(isOrderMessage(message)).toBe(true);
  });

  it.each(SAMPLES)('ORD-6 $type cut short or with a byte more does not read', (message) => {
    const bytes = encodeOrderMessage(message);
    if (bytes.length < 20_000) for (let length = 1; length < bytes.length; length += 1) if (!(message.type === 'order' && length > 70)) expect(decode(bytes.subarray(0, length))).toBe('malformed');
    expect(decode(Uint8Array.from([...bytes, 0x7d]))).toBe('malformed');
  });

  it('ORD-6 types nobody here knows are passed over', () => {
    for (const type of [0x87, 0x90, 0xff]) expect(decodeOrderMessage(type, utf8('{}'))).toBe('ignore');
    expect(isOrderMessage({ type: 'hello' })).toBe(false);
  });

  it('ORD-6 no bytes whatever do more than not read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0x80, max: 0x87 }), fc.uint8Array({ maxLength: 200 }), (type, body) => {
        const read = decodeOrderMessage(type, body);
        expect(typeof read === 'string' || isOrderMessage(read)).toBe(true);
      }),
    );
  });

  it('ORD-6 lists of heads are bounded and do not go on for nothing', () => {
    const many = Array.from({ length: HEADS_LIST_MAX + 1 }, (_, index) => head(index + 1));
    expect(decode(encodeOrderMessage({ type: 'heads-list', heads: many.slice(1), last: true }))).toMatchObject({ last: true });
    expect(decode(encodeOrderMessage({ type: 'heads-list', heads: many, last: true }))).toBe('malformed');
    expect(decode(encodeOrderMessage({ type: 'heads-list', heads: [], last: false }))).toBe('malformed');
  });
});

describe('what a device and central hold in common', () => {
  it('ORD-23 the digest does not depend on the order of the list, and on everything else', () => {
    const list = [head(3, 5), head(1, 2), head(2, 9)];
    const known = headsOf(sha256WithNode, list);
    expect(known).toMatchObject({ segments: 3, entries: 16 });
    expect(headsOf(sha256WithNode, list.toReversed())).toEqual(known);
    expect(headsOf(sha256WithNode, [...list, head(4, 0)])).toEqual(known);
    const changes = [list.slice(1), [head(3, 6), ...list.slice(1)], [{ ...head(3, 5), head: new Uint8Array(32) }, ...list.slice(1)], [{ ...head(3, 5), segment: segment(4) }, ...list.slice(1)]];
    for (const other of changes) expect(headsOf(sha256WithNode, other).digest).not.toEqual(known.digest);
  });

  it('ORD-23 what is signed names organisation, device, counts, digest and time', () => {
    const heads = { ...headsOf(sha256WithNode, [head(1)]), at: 5 };
    const message = headsMessage(ORDER_ORGANIZATION, ORDER_DEVICE, heads);
    for (const other of [{ ...heads, at: 6 }, { ...heads, entries: 2 }, { ...heads, segments: 2 }, { ...heads, digest: new Uint8Array(32) }]) expect(headsMessage(ORDER_ORGANIZATION, ORDER_DEVICE, other)).not.toEqual(message);
  });
});

import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ISSUED_AT, ORDER_DEVICE, ORDER_ORGANIZATION, orderContext, OTHER_DEVICE, SAMPLE_CONTENT, sha256WithNode, testAuthority } from '../../build/fixtures/test-orders.ts';
import { utf8 } from '../base/bytes.ts';
import { OrganizationId, signedBytes } from '../sync/envelope.ts';
import { ORDER_KINDS, type OrderKind } from './contents.ts';
import { ISSUE_LEAD_MAX_MS, judgeOrder, orderDigest } from './judge.ts';
import { ORDER_TEXT_MAX_BYTES, parseOrder, type SignedOrder } from './order.ts';

const KINDS = Object.keys(ORDER_KINDS) as OrderKind[];
const authority = testAuthority();
const context = orderContext(authority);
const faultOf = (signed: SignedOrder, changes: Parameters<typeof orderContext>[1] = {}): string => {
  const judged = judgeOrder(orderContext(authority, changes), signed);
  return judged.ok ? judged.value.standing : judged.fault.code;
};

describe.each(KINDS)('an order of kind %s', (kind) => {
  const signed = authority.order({ kind });

  it('ORD-1 of the pinned key is read whole', () => {
    const judged = judgeOrder(context, signed);
    expect(judged).toMatchObject({ ok: true, value: { standing: 'new', order: { kind, version: 1, content: SAMPLE_CONTENT[kind] }, digest: orderDigest(sha256WithNode, signed.text) } });
    expect(canonicalize(JSON.parse(signed.text))).toBe(signed.text);
  });

  it('ORD-1 with any character changed, left out or put in is refused', () => {
    // Long texts at every hundredth place or so: each place costs a signature.
    const stride = Math.ceil(signed.text.length / 400);
    for (let at = 0; at < signed.text.length; at += stride) {
      const [before, character, after] = [signed.text.slice(0, at), signed.text[at]!, signed.text.slice(at + 1)];
      for (const text of [`${before}${String.fromCharCode(character.charCodeAt(0) ^ 1)}${after}`, `${before}${after}`, `${before}${character}${character}${after}`, before]) {
        expect(faultOf({ ...signed, text })).toBe('BAD_SIGNATURE');
      }
    }
    expect(faultOf({ ...signed, text: `${signed.text} ` })).toBe('BAD_SIGNATURE');
  });

  it('ORD-1 with any bit of the signature changed, or none of it, is refused', () => {
    for (let at = 0; at < signed.signature.length * 8; at += 1) {
      const signature = Uint8Array.from(signed.signature);
      signature[at >> 3] = (signature[at >> 3] ?? 0) ^ (1 << (at & 7));
      expect(faultOf({ ...signed, signature })).toBe('BAD_SIGNATURE');
    }
    for (const signature of [new Uint8Array(0), new Uint8Array(64), signed.signature.subarray(1)]) expect(faultOf({ ...signed, signature })).toBe('BAD_SIGNATURE');
  });

  it('ORD-1 of another key, or signed for another purpose, is refused', () => {
    expect(faultOf(testAuthority().order({ kind }))).toBe('BAD_SIGNATURE');
    for (const domain of ['receipt', 'page', 'batch', 'renewal'] as const) {
      expect(faultOf({ text: signed.text, signature: authority.sign(signedBytes(domain, utf8(signed.text))) })).toBe('BAD_SIGNATURE');
    }
    expect(faultOf({ text: signed.text, signature: authority.sign(utf8(signed.text)) })).toBe('BAD_SIGNATURE');
  });

  it('ORD-2 of another organisation, or to another device, is refused by name', () => {
    expect(faultOf(authority.order({ kind, organization: OrganizationId.parse('00000000000000ab') }))).toBe('OTHER_ORGANIZATION');
    expect(faultOf(authority.order({ kind, audience: OTHER_DEVICE }))).toBe('OTHER_AUDIENCE');
    const wrongWay = ORDER_KINDS[kind].audience === 'all' ? ORDER_DEVICE : ('all' as const);
    expect(faultOf(authority.order({ kind, audience: wrongWay }))).toBe('MALFORMED');
  });

  it('ORD-2 with content of another kind is refused', () => {
    for (const other of KINDS) {
      if (other === kind) continue;
      const judged = judgeOrder(context, authority.order({ kind, content: SAMPLE_CONTENT[other] }));
      // A policy bundle is judged when it is loaded; here any content will do for it.
      if (judged.ok) expect(kind).toBe('policy');
      else expect(judged.fault.code).toBe('MALFORMED');
    }
    for (const content of [null, 7, 'x', []]) expect(faultOf(authority.order({ kind, content }))).toBe('MALFORMED');
  });

  it('ORD-3 of a lower version is refused, the same again is known, another of the same version contradicts', () => {
    const held = { [kind]: { version: 5, digest: orderDigest(sha256WithNode, authority.order({ kind, version: 5 }).text) } };
    for (const version of [1, 2, 3, 4]) expect(faultOf(authority.order({ kind, version }), { holding: held })).toBe('OLD_VERSION');
    expect(faultOf(authority.order({ kind, version: 5 }), { holding: held })).toBe('held');
    expect(faultOf(authority.order({ kind, version: 5, issuedAt: ISSUED_AT - 1 }), { holding: held })).toBe('CONTRADICTS');
    expect(faultOf(authority.order({ kind, version: 6 }), { holding: held })).toBe('new');
  });

  it('ORD-4 dated ahead of central\'s clock, or past its end, is refused', () => {
    const now = ISSUED_AT;
    expect(faultOf(authority.order({ kind, issuedAt: now + ISSUE_LEAD_MAX_MS }), { now })).toBe('new');
    expect(faultOf(authority.order({ kind, issuedAt: now + ISSUE_LEAD_MAX_MS + 1 }), { now })).toBe('FROM_FUTURE');
    expect(faultOf(authority.order({ kind, expiresAt: now + 1 }), { now })).toBe('new');
    expect(faultOf(authority.order({ kind, expiresAt: now }), { now })).toBe('EXPIRED');
    expect(faultOf(authority.order({ kind, issuedAt: now + 9e9 }), { now, hubNow: null })).toBe('new');
    const kept = authority.order({ kind, expiresAt: now });
    expect(faultOf(kept, { now: now + 9e9, holding: { [kind]: { version: 1, digest: orderDigest(sha256WithNode, kept.text) } } })).toBe('held');
  });

  it('ORD-5 of a later form is kept unread', () => {
    expect(faultOf(authority.order({ kind, v: 2, content: { anything: true } }))).toBe('unknown');
  });
});

describe('orders', () => {
  it('ORD-5 of a kind nobody here knows are kept unread, under the same rules of sender, audience and version', () => {
    const unknown = authority.order({ kind: 'tea-break', version: 3, content: { at: 'four' } });
    expect(faultOf(unknown)).toBe('unknown');
    expect(faultOf(unknown, { holding: { 'tea-break': { version: 4, digest: '' } } })).toBe('OLD_VERSION');
    expect(faultOf(authority.order({ kind: 'tea-break', audience: OTHER_DEVICE }))).toBe('OTHER_AUDIENCE');
    for (const kind of ['toString', '__proto__', 'constructor', 'Roster', 'roster ', '']) expect(['unknown', 'MALFORMED']).toContain(faultOf(authority.order({ kind })));
    expect(faultOf(authority.order({ kind: '__proto__' }))).toBe('MALFORMED');
  });

  it('ORD-2 above the largest size are refused before anything else', () => {
    const text = 'x'.repeat(ORDER_TEXT_MAX_BYTES);
    expect(faultOf({ text, signature: new Uint8Array(64) })).toBe('BAD_SIGNATURE');
    expect(faultOf({ text: `${text}x`, signature: new Uint8Array(64) })).toBe('TOO_LARGE');
    expect(faultOf({ text: 'é'.repeat(ORDER_TEXT_MAX_BYTES / 2 + 1), signature: new Uint8Array(64) })).toBe('TOO_LARGE');
  });

  it('ORD-2 whose text is signed and no order are refused', () => {
    const signedText = (text: string): SignedOrder => ({ text, signature: authority.sign(Buffer.concat([utf8('outpost-orders/1 order\0'), utf8(text)])) });
    const good = authority.order({ kind: 'kill' });
    expect(faultOf(signedText(good.text))).toBe('new');
    const value = JSON.parse(good.text) as Record<string, unknown>;
    const texts = ['', 'null', '[]', '{}', '"kill"', JSON.stringify(value, null, 1), good.text.replace('{', '{"a":1,"a":2,'), JSON.stringify({ ...value, version: 0 }), JSON.stringify({ ...value, version: 1.5 })];
    for (const key of Object.keys(value)) texts.push(canonicalize(Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)))!);
    for (const text of texts) expect([text, faultOf(signedText(text))]).toEqual([text, 'MALFORMED']);
  });

  it('ORD-2 anything at all that is signed is judged without a crash', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, kind) => {
        const judged = judgeOrder(context, authority.order({ kind, content: value }));
        expect(judged.ok || judged.fault.code === 'MALFORMED').toBe(true);
        expect(parseOrder(JSON.stringify(value))).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it('ORD-9 a state of a later version keeps its holder out, a doubled name or id refuses the roster', () => {
    const person = { user: '00000000000000a1', login: 'ada', name: 'Ada Obi', role: 'nurse', state: 'active' };
    const rosterOf = (...staff: readonly object[]) => judgeOrder(context, authority.order({ kind: 'roster', organization: ORDER_ORGANIZATION, content: { staff, devices: [] } }));
    expect(rosterOf({ ...person, state: 'on-leave' })).toMatchObject({ ok: true, value: { order: { content: { staff: [{ state: 'suspended' }] } } } });
    expect(rosterOf(person, { ...person, user: '00000000000000a2', login: 'ben' }).ok).toBe(true);
    expect(rosterOf(person, { ...person, login: 'ben' }).ok).toBe(false);
    expect(rosterOf(person, { ...person, user: '00000000000000a2', login: ' ADA' }).ok).toBe(false);
  });
});

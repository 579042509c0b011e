import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelCrypto, modelKey, sha256 } from '../../build/sim/model-world.ts';
import { DeviceId, RecordId, SegmentId } from '../base/ids.ts';
import { carriedRun, decodeCarriedHeader, encodeCarriedHeader } from './attestation.ts';
import { decodeBatchHeader, decodeReceipt, encodeBatchHeader, encodeReceipt, HubEpoch, OrganizationId } from './envelope.ts';
import { printEnrolmentCode, readEnrolmentCode } from './enrolment-code.ts';
import { decodeJson, encodeJson, EnrolAnswer, EnrolRequest, signEnrolment, verifyEnrolment } from './enrolment.ts';
import type { Message } from './message.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import { decodePageHeader, encodePageHeader, type PageHeader, type Stream } from './page-header.ts';
import { signRenewal, verifyRenewal } from './renewal.ts';

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));
const segment = hex(8).map((text) => SegmentId.parse(text));
const device = hex(8).map((text) => DeviceId.parse(text));
const organization = hex(8).map((text) => OrganizationId.parse(text));
const epoch = hex(8).map((text) => HubEpoch.parse(text));
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const cursor = fc.record({ epoch, lsn: fc.maxSafeNat(), mark: hex(8) });
const count = fc.integer({ min: 1, max: 1000 });
const sealed = fc.record({ header: fc.uint8Array({ maxLength: 200 }), signature: bytes(64), sealed: fc.uint8Array({ maxLength: 2000 }) });
const receipt = fc.record({ organization, device, epoch, segment, length: fc.maxSafeNat(), head: bytes(32), lsn: fc.maxSafeNat(), receivedAt: fc.maxSafeNat() });
const position = fc.record({ segment, length: fc.maxSafeNat() });

const patient = fc.uuid().map((text) => RecordId.parse(text));
const stream: fc.Arbitrary<Stream> = fc.oneof(
  fc.record({ kind: fc.constant('log' as const), after: cursor, urgentSeen: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('urgent' as const), epoch, after: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('patient' as const), epoch, patient, after: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('segment' as const), segment, from: fc.maxSafeNat() }),
);

const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const), hello: fc.record({ versions: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), organization, device, application: fc.string({ maxLength: 64 }), cursor: fc.option(cursor), seen: fc.option(cursor), earlier: fc.array(cursor, { maxLength: 16 }), segments: fc.array(position, { maxLength: 5 }), at: fc.maxSafeNat() }) }),
  fc.record({ type: fc.constant('hi' as const), hi: fc.record({ version: fc.nat(), organization, epoch, latest: fc.nat(), urgent: fc.nat(), cursor, positions: fc.array(position, { maxLength: 5 }), held: fc.nat(), holds: hex(32), receivedAt: fc.nat(), sentAt: fc.nat() }) }),
  fc.record({ type: fc.constant('where' as const), segments: fc.array(position, { maxLength: 10 }) }),
  fc.record({ type: fc.constant('positions' as const), positions: fc.array(position, { maxLength: 10 }) }),
  fc.record({ type: fc.constant('push' as const), batch: sealed }),
  fc.record({ type: fc.constant('bundle' as const), bundle: fc.record({ codec: fc.nat(), runs: fc.uniqueArray(fc.record({ segment, from: fc.maxSafeNat(), count: fc.integer({ min: 1, max: 60 }), head: bytes(32), signature: bytes(64) }), { minLength: 1, maxLength: 32, selector: (run) => run.segment }), sealed: fc.uint8Array({ maxLength: 200 }) }) }),
  fc.record({ type: fc.constant('receipt' as const), receipt: fc.tuple(receipt, bytes(64)).map(([said, signature]) => ({ ...said, signature })) }),
  fc.record({ type: fc.constant('rejected' as const), rejected: fc.record({ code: fc.constantFrom('GAP' as const, 'FORK' as const), segment, from: fc.nat(), length: fc.nat() }) }),
  fc.record({ type: fc.constant('pull' as const), cursor, maxBytes: fc.nat({ max: 256 * 1024 }), own: fc.boolean() }),
  fc.record({ type: fc.constant('page' as const), page: sealed }),
  fc.record({ type: fc.constant('news' as const), latest: fc.nat(), urgent: fc.option(fc.nat()) }),
  fc.record({ type: fc.constant('ping' as const), at: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('pong' as const), at: fc.maxSafeNat(), hubAt: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('renew' as const), request: fc.string(), signature: hex(64) }),
  fc.record({ type: fc.constant('renewed' as const), certificate: fc.string() }),
  fc.record({ type: fc.constant('refused' as const), refused: fc.record({ code: fc.constantFrom('BUSY' as const, 'VERSION' as const) }) }),
  fc.record({ type: fc.constantFrom('offer' as const, 'wanted' as const), segments: fc.array(position, { maxLength: 10 }) }),
  fc.record({ type: fc.constant('carry' as const), batch: sealed }),
  fc.record({ type: fc.constant('taken' as const), segment, length: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('read' as const), stream, maxBytes: fc.nat({ max: 256 * 1024 }) }),
  fc.record({ type: fc.constant('roll' as const), after: fc.option(segment) }),
  fc.record({ type: fc.constant('rolled' as const), segments: fc.array(fc.record({ segment, length: fc.maxSafeNat(), head: hex(8) }), { maxLength: 10 }), more: fc.boolean() }),
  fc.record({ type: fc.constant('scope' as const), scope: fc.record({ changes: fc.array(fc.record({ patient, version: fc.integer({ min: 1 }), upTo: fc.option(fc.nat()) }), { minLength: 1, maxLength: 5 }) }) }),
  fc.record({ type: fc.constantFrom('entered' as const, 'evicted' as const), patient, version: fc.maxSafeNat() }),
);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? Buffer.from(each).toString('hex') : each)));

describe('messages', () => {
  it('SYN-2 every message reads back as it was written', () => {
    fc.assert(fc.property(anyMessage, (message) => {
      expect(plain(decodeMessage(encodeMessage(message)))).toEqual(plain(message));
    }));
  });

  it('SYN-2 cut anywhere, or changed anywhere, a message reads as some message or not at all, and never throws', () => {
    fc.assert(fc.property(anyMessage, fc.nat(), fc.nat({ max: 255 }), (message, at, to) => {
      const encoded = encodeMessage(message);
      decodeMessage(encoded.subarray(0, at % encoded.length));
      encoded[at % encoded.length] = to;
      decodeMessage(encoded);
    }));
  });

  it('SYN-2 unknown types are ignored from 0x80 on and malformed below', () => {
    expect(decodeMessage(Uint8Array.of(0xf0, 1, 2, 3))).toBe('ignore');
    expect(decodeMessage(Uint8Array.of(0x7f, 1, 2, 3))).toBe('malformed');
    expect(decodeMessage(new Uint8Array())).toBe('malformed');
  });

  it('SYN-2 codes of a later version count as the nearest we know', () => {
    const refused = decodeMessage(Uint8Array.of(15, ...Buffer.from('{"code":"NEW_REASON"}')));
    expect(refused).toEqual({ type: 'refused', refused: { code: 'PROTOCOL_ERROR' } });
  });
});

describe('envelopes', () => {
  it('SYN-6 headers and receipts read back as they were written, and not cut or with something added', () => {
    const batch = fc.record({ codec: fc.nat(), organization, device, segment, from: fc.maxSafeNat(), count, previous: bytes(32), head: bytes(32) });
    const page: fc.Arbitrary<PageHeader> = fc
      .record({ codec: fc.nat(), organization, device, stream, next: fc.maxSafeNat(), mark: hex(8), last: fc.maxSafeNat(), count: fc.nat({ max: 1000 }) })
      .map((header) => ({ ...header, version: 2 as const, mark: header.stream.kind === 'segment' ? null : header.mark }));
    const oldPage: fc.Arbitrary<PageHeader> = page.chain((header) => cursor.map((after) => ({ ...header, version: 1 as const, stream: { kind: 'log' as const, after, urgentSeen: 0 }, mark: '0123456789abcdef' })));
    const carried = fc
      .record({ codec: fc.nat(), organization, carrier: device, header: fc.uint8Array({ maxLength: 200 }), sealedHash: bytes(32), signature: bytes(64), from: fc.maxSafeNat(), previous: bytes(32) })
      .map(({ header, sealedHash, signature, ...rest }) => ({ ...rest, attestation: { header, sealedHash, signature } }));
    fc.assert(fc.property(batch, page, oldPage, carried, receipt, fc.nat(), (header, pageHeader, oldHeader, carriedHeader, said, at) => {
      for (const [encoded, decode, value] of [
        [encodeBatchHeader(header), decodeBatchHeader, header],
        [encodePageHeader(pageHeader), decodePageHeader, pageHeader],
        [encodePageHeader(oldHeader), decodePageHeader, oldHeader],
        [encodeCarriedHeader(carriedHeader), decodeCarriedHeader, carriedHeader],
        [encodeReceipt(said), decodeReceipt, said],
      ] as const) {
        expect(plain(decode(encoded))).toEqual(plain(value));
        expect(decode(encoded.subarray(0, at % encoded.length))).toBeNull();
        expect(decode(Buffer.concat([encoded, Uint8Array.of(0)]))).toBeNull();
      }
    }));
  });

  it('SYN-81 what a carrier hands over ends where the author\'s word ends, and is of the same organisation', () => {
    const author = { codec: 1, organization: OrganizationId.parse('00000000000000aa'), device: DeviceId.parse('00000000000000d1'), segment: SegmentId.parse('00000000000000f1'), from: 20, count: 5, previous: new Uint8Array(32), head: new Uint8Array(32).fill(1) };
    const attestation = { header: encodeBatchHeader(author), sealedHash: new Uint8Array(32), signature: new Uint8Array(64) };
    const carried = { codec: 2, organization: author.organization, carrier: DeviceId.parse('00000000000000d2'), attestation, from: 10, previous: new Uint8Array(32).fill(2) };
    expect(carriedRun(carried)).toMatchObject({ device: author.device, segment: author.segment, from: 10, count: 15, head: author.head, previous: carried.previous });
    expect(carriedRun({ ...carried, from: 25 })).toBeNull();
    expect(carriedRun({ ...carried, organization: OrganizationId.parse('00000000000000bb') })).toBeNull();
    expect(carriedRun({ ...carried, attestation: { ...attestation, header: new Uint8Array(3) } })).toBeNull();
    expect(carriedRun({ ...carried, attestation: { ...attestation, header: encodeBatchHeader({ ...author, from: 5000 }) }, from: 0 })).toBeNull();
  });

  it('SYN-6 one shape never reads as another', () => {
    fc.assert(fc.property(receipt, (said) => {
      expect(decodeBatchHeader(encodeReceipt(said))).toBeNull();
      expect(decodePageHeader(encodeReceipt(said))).toBeNull();
    }));
  });
});

describe('enrolment', () => {
  const code = fc.record({
    host: fc.constantFrom('127.0.0.1', 'central.clinic.example', 'fe80::1', 'x', `${'a'.repeat(96)}.org`),
    port: fc.integer({ min: 1, max: 65_535 }), authorityFingerprint: bytes(32), secret: bytes(16),
  });

  it('SYN-26 a printed code reads back, in either case, with spaces, and with the letters that look alike', () => {
    fc.assert(fc.property(code, (made) => {
      const text = printEnrolmentCode(sha256, made);
      expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{1,5})+$/);
      expect(text.length).toBeLessThanOrEqual(400);
      for (const typed of [text, text.toLowerCase(), text.replaceAll('-', ' '), text.replaceAll('0', 'o').replaceAll('1', 'l')]) {
        const read = readEnrolmentCode(sha256, typed);
        expect(read.ok && plain(read.value)).toEqual(plain(made));
      }
    }));
  });

  it('SYN-26 one wrong character is found out', () => {
    fc.assert(fc.property(code, fc.nat(), fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), (made, at, to) => {
      const text = printEnrolmentCode(sha256, made);
      const index = at % text.length;
      if (text[index] === '-' || text[index] === to) return;
      expect(readEnrolmentCode(sha256, text.slice(0, index) + to + text.slice(index + 1)).ok).toBe(false);
    }));
  });

  it('SYN-26 noise is not a code', () => {
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => {
      expect(readEnrolmentCode(sha256, text)).toEqual({ ok: false, fault: { code: 'MISTYPED' } });
    }));
  });

  it('SYN-26 the request is bound to secret, device, keys and certificate request by the signing key', () => {
    const crypto = modelCrypto(modelKey('device'));
    const signable = { secret: '00'.repeat(16), device: DeviceId.parse('00000000000000d1'), request: 'PEM', sealingKey: '11'.repeat(32) };
    const request = EnrolRequest.parse({ ...signable, deviceName: 'Desk', signingKey: Buffer.from(modelKey('device')).toString('hex'), proof: Buffer.from(signEnrolment(crypto.sign, signable)).toString('hex') });
    expect(verifyEnrolment(crypto.verify, request)).toBe(true);
    for (const change of [{ secret: '01'.repeat(16) }, { device: DeviceId.parse('00000000000000d2') }, { request: 'PEN' }, { sealingKey: '12'.repeat(32) }]) {
      expect(verifyEnrolment(crypto.verify, { ...request, ...change })).toBe(false);
    }
    expect(decodeJson(EnrolAnswer, encodeJson({ refused: true }))).toEqual({ refused: true });
    expect(decodeJson(EnrolAnswer, encodeJson({ refused: false }))).toBeNull();
    expect(decodeJson(EnrolAnswer, Uint8Array.of(0xff))).toBeNull();
  });

  it('SYN-28 a renewal signed by another key does not hold', () => {
    const signature = signRenewal(modelCrypto(modelKey('device')).sign, 'PEM');
    const { verify } = modelCrypto(modelKey('any'));
    expect(verifyRenewal(verify, modelKey('device'), 'PEM', signature)).toBe(true);
    expect(verifyRenewal(verify, modelKey('other'), 'PEM', signature)).toBe(false);
    expect(verifyRenewal(verify, modelKey('device'), 'PEN', signature)).toBe(false);
  });
});

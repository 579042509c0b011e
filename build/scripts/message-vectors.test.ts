import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeMessageVectors } from '../fixtures/message-vectors.ts';
import { VECTOR_DEVICE, VECTOR_KEYS, VECTOR_ORGANIZATION, vectorRuns } from '../fixtures/sync-vectors.ts';
import { createSyncCrypto, ed25519PublicKey, sha256, verifyEd25519 } from '../../central/hub/cipher.ts';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { headersOf } from '../../shared/sync/bundle.ts';
import { codecNamed } from '../../shared/sync/codec.ts';
import { encodeBatchHeader } from '../../shared/sync/envelope.ts';
import { decodeJson, EnrolAnswer, EnrolRequest, verifyEnrolment } from '../../shared/sync/enrolment.ts';
import { readEnrolmentCode } from '../../shared/sync/enrolment-code.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import { openRuns } from '../../shared/sync/sealing.ts';

const textOf = (name: string): string => readFileSync(new URL(`../../docs/vectors/${name}`, import.meta.url), 'utf8');
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_, each: unknown) => (each instanceof Uint8Array ? toHex(each) : each)));

describe('vectors for another central', () => {
  it('SYN-280 are what the shipped code writes, to the byte', async () => {
    for (const [name, text] of await makeMessageVectors()) expect([name, textOf(name)]).toEqual([name, text]);
  });

  it('SYN-280 every message reads as its fields and can be written again', () => {
    const { messages } = JSON.parse(textOf('messages.json')) as { messages: readonly { fields: { type: string }; message: string }[] };
    for (const { fields, message } of messages) {
      const read = decodeMessage(fromHex(message));
      if (typeof read === 'string') throw new Error(`${fields.type} is ${read}`);
      expect(plain(read)).toEqual(fields);
      expect(decodeMessage(encodeMessage(read))).toEqual(read);
    }
    const carryingEntries = [5, 6, 9, 18, 26];
    const types = new Set(messages.map(({ message }) => Number.parseInt(message.slice(0, 2), 16)));
    for (const type of [...Array.from({ length: 26 }, (_, index) => index + 1).filter((each) => !carryingEntries.includes(each)), 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86]) expect([type, types.has(type)]).toEqual([type, true]);
  });

  it('SYN-280 a bundle of codec 1 opens to its entries', async () => {
    const { bundle: vector } = JSON.parse(textOf('bundle-codec-1.json')) as { bundle: { message: string; headers: readonly string[] } };
    const message = decodeMessage(fromHex(vector.message));
    if (typeof message === 'string' || message.type !== 'bundle') throw new Error('not a bundle');
    const headers = headersOf(message.bundle, VECTOR_ORGANIZATION, VECTOR_DEVICE, [])!;
    expect(headers.map((header) => toHex(encodeBatchHeader(header)))).toEqual(vector.headers);
    const crypto = createSyncCrypto({ openWith: VECTOR_KEYS.organizationSealing, signWith: VECTOR_KEYS.hubSigning });
    const content = await openRuns(crypto, ed25519PublicKey(VECTOR_KEYS.deviceSigning), { headers: headers.map(encodeBatchHeader), signatures: message.bundle.runs.map(({ signature }) => signature), sealed: message.bundle.sealed });
    if (!content.ok) throw new Error(content.fault.code);
    const read = codecNamed(1)!.decodeBatch(crypto, headers, content.value);
    expect(read.ok && read.value.map(({ entries }) => entries.map(({ headerText }) => headerText))).toEqual(vectorRuns().map(({ entries }) => entries.map(({ headerText }) => headerText)));
  });

  it('SYN-280 the code reads, and the request proves the signing key', () => {
    const vector = JSON.parse(textOf('enrolment.json')) as { code: { text: string; host: string; port: number; secret: string }; request: string; answers: readonly string[]; proof: string; signed: string };
    const code = readEnrolmentCode(sha256, vector.code.text);
    expect(code).toMatchObject({ ok: true, value: { host: vector.code.host, port: vector.code.port } });
    const request = decodeJson(EnrolRequest, fromHex(vector.request))!;
    expect([request.secret, request.proof, verifyEnrolment(verifyEd25519, request)]).toEqual([vector.code.secret, vector.proof, true]);
    expect(verifyEd25519(fromHex(request.signingKey), fromHex(vector.signed), fromHex(vector.proof))).toBe(true);
    expect(vector.answers.map((answer) => Object.keys(decodeJson(EnrolAnswer, fromHex(answer)) ?? {}))).toEqual([['enrolled'], ['refused']]);
  });
});

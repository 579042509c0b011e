import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeVectors, vectorCrypto, VECTOR_DEVICE, VECTOR_KEYS, VECTOR_ORGANIZATION, VECTOR_READER, vectorRuns } from '../fixtures/sync-vectors.ts';
import { createModelHub } from '../sim/model-hub.ts';
import { createDice } from '../sim/model-world.ts';
import { createSyncCrypto, ed25519PublicKey, sha256, x25519PublicKey } from '../../central/hub/cipher.ts';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { attestationHolds, decodeCarriedHeader } from '../../shared/sync/attestation.ts';
import { readPage } from '../../shared/sync/attested-page.ts';
import { headersOf } from '../../shared/sync/bundle.ts';
import { codecNamed, type CheckedRun } from '../../shared/sync/codec.ts';
import { decodeBatchHeader, encodeBatchHeader, encodeReceipt, signedBytes } from '../../shared/sync/envelope.ts';
import { createFrameReader } from '../../shared/sync/frame.ts';
import { createHubConversation } from '../../shared/sync/hub-core.ts';
import type { HubOutput } from '../../shared/sync/hub-output.ts';
import { MESSAGE_MAX_BYTES } from '../../shared/sync/limits.ts';
import type { Message } from '../../shared/sync/message.ts';
import { decodeMessage } from '../../shared/sync/message-codec.ts';
import { decodePageHeader } from '../../shared/sync/page-header.ts';
import { open, openRuns } from '../../shared/sync/sealing.ts';

const textOf = (name: string): string => readFileSync(new URL(`../../docs/vectors/${name}`, import.meta.url), 'utf8');
/** What is looked at of each file, as it is written. */
type Files = {
  readonly batch: { readonly batches: readonly { readonly header: string; readonly content: string; readonly message: string }[] };
  readonly bundle: { readonly bundle: { readonly headers: readonly string[]; readonly message: string } };
  readonly page: { readonly pages: readonly { readonly fields: object; readonly message: string }[] };
  readonly receipt: { readonly receipt: { readonly message: string } };
  readonly attestation: { readonly attestation: { readonly signed: string; readonly signature: string; readonly carry: string } };
  readonly frames: { readonly messages: readonly { readonly lane: number; readonly message: string; readonly frames: readonly string[] }[] };
  readonly refused: { readonly batches: readonly { readonly code: string; readonly why: string; readonly message: string }[] };
};
const fileOf = <Name extends keyof Files>(name: Name): Files[Name] => JSON.parse(textOf(`${name}.json`)) as Files[Name];
const deviceKey = ed25519PublicKey(VECTOR_KEYS.deviceSigning);
const hubCrypto = createSyncCrypto({ openWith: VECTOR_KEYS.organizationSealing, signWith: VECTOR_KEYS.hubSigning });
const readerCrypto = createSyncCrypto({ openWith: VECTOR_KEYS.readerSealing, signWith: VECTOR_KEYS.readerSigning });
const runs = vectorRuns();
const plain = ({ entries }: Pick<CheckedRun, 'entries'>) => entries.map(({ headerText, salt, body, hash }) => [headerText, toHex(salt), body === null ? null : toHex(body), toHex(hash)]);
const written = (index: number) => runs[index]!.entries.map(({ headerText, salt, body, hash }) => [headerText, toHex(salt), body === null ? null : toHex(body), toHex(hash)]);

function messageOf<Type extends Message['type']>(hex: string, type: Type): Extract<Message, { type: Type }> {
  const message = decodeMessage(fromHex(hex));
  if (typeof message === 'string' || message.type !== type) throw new Error(`not a ${type}`);
  return message as Extract<Message, { type: Type }>;
}

async function answered(messages: readonly Message[]): Promise<readonly HubOutput[]> {
  const store = createModelHub([VECTOR_DEVICE, VECTOR_READER], createDice(1));
  store.device = async (device) => ({ device, name: device, signingKey: device === VECTOR_DEVICE ? deviceKey : ed25519PublicKey(VECTOR_KEYS.readerSigning), sealingKey: x25519PublicKey(VECTOR_KEYS.readerSealing), state: 'active' });
  const conversation = createHubConversation({ organization: VECTOR_ORGANIZATION, device: VECTOR_DEVICE, access: 'sync', store, crypto: hubCrypto, now: () => 1, renew: async () => null });
  await conversation.message({ type: 'hello', hello: { versions: [2], organization: VECTOR_ORGANIZATION, device: VECTOR_DEVICE, application: 'test', cursor: null, segments: [], at: 0 } });
  const outputs: HubOutput[] = [];
  for (const message of messages) outputs.push(...(await conversation.message(message)));
  return outputs;
}
const inOneWord = (outputs: readonly HubOutput[]): string[] =>
  outputs.flatMap((output) => (output.do !== 'send' ? [] : output.message.type === 'receipt' ? [`receipt ${output.message.receipt.length}`] : output.message.type === 'rejected' ? [output.message.rejected.code] : [output.message.type]));

describe('test vectors', () => {
  it('SYN-68 are what the shipped code writes, to the byte', async () => {
    // A newer Zstandard may pack codec 1 otherwise: then node build/scripts/sync-vectors.ts, and no other value changes.
    for (const [name, text] of await makeVectors()) expect([name, textOf(name)]).toEqual([name, text]);
  });

  it('SYN-68 batches of either codec open to the entries, and a hub takes them', async () => {
    for (const vector of fileOf('batch').batches) {
      const { batch } = messageOf(vector.message, 'push');
      const header = decodeBatchHeader(batch.header)!;
      expect(toHex(encodeBatchHeader(header))).toBe(vector.header);
      const content = await open(hubCrypto, 'batch', deviceKey, batch);
      if (!content.ok) throw new Error(content.fault.code);
      expect(toHex(content.value)).toBe(vector.content);
      const read = codecNamed(header.codec)!.decodeBatch(hubCrypto, [header], content.value);
      expect(read.ok && read.value.map(plain)).toEqual([written(0)]);
      expect(inOneWord(await answered([messageOf(vector.message, 'push')]))).toEqual(['receipt 5']);
    }
  });

  it('SYN-68 the bundle opens with the headers that are put together, and a hub takes every run', async () => {
    const vector = fileOf('bundle').bundle;
    const { bundle } = messageOf(vector.message, 'bundle');
    const headers = headersOf(bundle, VECTOR_ORGANIZATION, VECTOR_DEVICE, [])!;
    expect(headers.map((header) => toHex(encodeBatchHeader(header)))).toEqual(vector.headers);
    const content = await openRuns(hubCrypto, deviceKey, { headers: headers.map(encodeBatchHeader), signatures: bundle.runs.map(({ signature }) => signature), sealed: bundle.sealed });
    if (!content.ok) throw new Error(content.fault.code);
    const read = codecNamed(2)!.decodeBatch(hubCrypto, headers, content.value);
    expect(read.ok && read.value.map(plain)).toEqual([written(0), written(1)]);
    expect(inOneWord(await answered([messageOf(vector.message, 'bundle')]))).toEqual(['receipt 5', 'receipt 2']);
  });

  it('SYN-68 pages of either version open to the entries and their authors\' words', async () => {
    for (const vector of fileOf('page').pages) {
      const { page } = messageOf(vector.message, 'page');
      const header = decodePageHeader(page.header)!;
      expect(header).toEqual(vector.fields);
      const inside = await open(readerCrypto, 'page', ed25519PublicKey(VECTOR_KEYS.hubSigning), page);
      if (!inside.ok) throw new Error(inside.fault.code);
      const read = readPage(readerCrypto, codecNamed(header.codec)!, header, inside.value);
      if (!read.ok) throw new Error(read.fault.code);
      expect(read.value.map(plain)).toEqual([written(0), written(1)]);
      for (const { author, attestation } of read.value) {
        expect(author).toBe(header.version === 1 ? null : VECTOR_DEVICE);
        if (attestation !== null) expect(attestationHolds(readerCrypto.verify, deviceKey, attestation)).toBe(true);
      }
    }
  });

  it('SYN-68 receipt, author\'s word and what is carried under it hold', async () => {
    const { receipt } = messageOf(fileOf('receipt').receipt.message, 'receipt');
    expect(readerCrypto.verify(ed25519PublicKey(VECTOR_KEYS.hubSigning), signedBytes('receipt', encodeReceipt(receipt)), receipt.signature)).toBe(true);
    const vector = fileOf('attestation').attestation;
    expect(readerCrypto.verify(deviceKey, fromHex(vector.signed), fromHex(vector.signature))).toBe(true);
    const { batch } = messageOf(vector.carry, 'carry');
    const carried = decodeCarriedHeader(batch.header)!;
    expect(toHex(carried.attestation.signature)).toBe(vector.signature);
    expect((await open(hubCrypto, 'carried', ed25519PublicKey(VECTOR_KEYS.readerSigning), batch)).ok).toBe(true);
  });

  it('SYN-68 frames put together again are the message, in one piece or byte by byte', () => {
    for (const { message, frames, lane } of fileOf('frames').messages) {
      for (const step of [1, 4096]) {
        const reader = createFrameReader(MESSAGE_MAX_BYTES);
        const line = fromHex(frames.join(''));
        const found: string[] = [];
        for (let at = 0; at < line.length; at += step) {
          const read = reader.push(line.subarray(at, at + step));
          if (read.ok) found.push(...read.value.map(toHex));
        }
        expect(found).toEqual([message]);
        expect(frames.every((frame) => Number.parseInt(frame.slice(4, 6), 16) === lane)).toBe(true);
      }
    }
  });

  it('SYN-68 what is wrong in one way is refused by that name, and what is right is taken behind it', async () => {
    const [good] = fileOf('batch').batches;
    const seen = new Set<string>();
    for (const { code, why, message } of fileOf('refused').batches) {
      seen.add(code);
      expect([why, ...inOneWord(await answered([messageOf(message, 'push'), messageOf(good!.message, 'push')]))]).toEqual([why, code, 'receipt 5']);
    }
    expect(seen.size).toBe(8);
  });

  it('SYN-68 seals with a one-time key that nobody can know are opened all the same', async () => {
    const crypto = vectorCrypto(VECTOR_KEYS.readerSealing, VECTOR_KEYS.deviceSigning);
    const shipped = createSyncCrypto({ openWith: VECTOR_KEYS.readerSealing, signWith: VECTOR_KEYS.deviceSigning });
    const [info, aad, text] = ['info', 'aad', 'text'].map((word) => sha256(Buffer.from(word))) as [Uint8Array, Uint8Array, Uint8Array];
    for (const by of [crypto, shipped]) expect(toHex((await readerCrypto.hpke.open(info, aad, await by.hpke.seal(x25519PublicKey(VECTOR_KEYS.readerSealing), info, aad, text)))!)).toBe(toHex(text));
  });
});

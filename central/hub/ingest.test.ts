import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headerOf, newSegment, openTestHub, pushed, said, testChain, testDevice, type TestDevice, type TestHub } from '../../build/fixtures/test-batches.ts';
import { sha256 } from '../../build/sim/model-world.ts';
import { fromHex } from '../../shared/base/bytes.ts';
import { encodeEntries } from '../../shared/sync/entry-codec.ts';
import { encodeBatchHeader, encodeReceipt, OrganizationId, signedBytes } from '../../shared/sync/envelope.ts';
import type { HubConversation } from '../../shared/sync/hub-core.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import { pad, seal, type Sealed } from '../../shared/sync/sealing.ts';
import { byteWriter } from '../../shared/sync/wire-bytes.ts';
import { verifyEd25519, zstd } from './cipher.ts';

let hub: TestHub;
let device: TestDevice;
let conversation: HubConversation;

beforeEach(async () => {
  hub = openTestHub();
  device = testDevice();
  hub.admit(device);
  conversation = await hub.converse(device);
});
afterEach(() => hub.close());

const held = (): number => Number(hub.database.get('SELECT count(*) AS held FROM op')?.['held']);
const events = (): string[] => hub.database.all('SELECT code FROM event ORDER BY id').map((row) => String(row['code']));

async function batchOf(length: number, from = 0): Promise<{ chain: ReturnType<typeof testChain>; batch: Sealed }> {
  const chain = testChain(device.device, newSegment(), length);
  return { chain, batch: await hub.batch(device, headerOf(device.device, chain, from, length), chain.slice(from)) };
}

describe('ingest', () => {
  it('SYN-13 a batch is held and receipted with the hub\'s signature over segment, length, head and number', async () => {
    const { chain, batch } = await batchOf(5);
    const [answer, ...rest] = await conversation.message({ type: 'push', batch });
    expect(rest).toEqual([{ do: 'news', news: { latest: 5, urgent: 0 } }]);
    if (answer?.do !== 'send' || answer.message.type !== 'receipt') throw new Error('no receipt');
    const { receipt } = answer.message;
    expect(receipt).toMatchObject({ segment: chain[0]!.segment, length: 5, head: new Uint8Array(chain[4]!.hash), lsn: 5 });
    expect(verifyEd25519(hub.signingKey, signedBytes('receipt', encodeReceipt(receipt)), receipt.signature)).toBe(true);
    expect(verifyEd25519(hub.signingKey, signedBytes('receipt', encodeReceipt({ ...receipt, length: 6 })), receipt.signature)).toBe(false);
    expect(held()).toBe(5);
  });

  it('SYN-8 a replayed batch is acknowledged again, applied once, and noted', async () => {
    const { batch } = await batchOf(5);
    expect(await pushed(conversation, batch)).toBe('receipt 5');
    expect(await pushed(conversation, batch)).toBe('receipt 5');
    expect(await pushed(await hub.converse(device), batch)).toBe('receipt 5');
    expect(held()).toBe(5);
    expect(events()).toEqual(['REPLAY', 'REPLAY']);
  });

  it('SYN-8 of a batch that overlaps what is held only the rest is appended', async () => {
    const chain = testChain(device.device, newSegment(), 9);
    const part = (from: number, to: number) => hub.batch(device, headerOf(device.device, chain, from, to), chain.slice(from, to));
    expect(await pushed(conversation, await part(0, 4))).toBe('receipt 4');
    expect(await pushed(conversation, await part(2, 9))).toBe('receipt 9');
    expect(await pushed(conversation, await part(1, 3))).toBe('receipt 9');
    expect(held()).toBe(9);
  });

  it('SYN-9 a batch beyond a gap is refused with the position to go on from, and is taken once the gap is filled', async () => {
    const chain = testChain(device.device, newSegment(), 9);
    const part = (from: number, to: number) => hub.batch(device, headerOf(device.device, chain, from, to), chain.slice(from, to));
    await pushed(conversation, await part(0, 3));
    const [answer] = said(await conversation.message({ type: 'push', batch: await part(6, 9) }));
    expect(answer).toMatchObject({ type: 'rejected', rejected: { code: 'GAP', from: 6, length: 3 } });
    expect(held()).toBe(3);
    expect(await pushed(conversation, await part(3, 6))).toBe('receipt 6');
    expect(await pushed(conversation, await part(6, 9))).toBe('receipt 9');
  });

  it('SYN-9 a segment whose beginning never came is a gap', async () => {
    const { batch } = await batchOf(6, 3);
    expect(await pushed(conversation, batch)).toBe('GAP');
    expect(held()).toBe(0);
  });

  it('SYN-5 one flipped bit in any byte of a batch refuses it by name and applies nothing', async () => {
    const { batch } = await batchOf(2);
    const message = encodeMessage({ type: 'push', batch });
    const outcomes = new Map<string, number>();
    for (let index = 1; index < message.length; index += 1) {
      const flipped = message.slice();
      flipped[index] = (flipped[index] ?? 0) ^ (1 << (index % 8));
      const decoded = decodeMessage(flipped);
      if (decoded === 'ignore') throw new Error('a push is never ignored');
      const outcome = decoded === 'malformed' ? 'malformed' : await pushed(conversation, (decoded as { batch: Sealed }).batch);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].filter((outcome) => !['malformed', 'BAD_SIGNATURE', 'OTHER_DEVICE', 'OTHER_ORGANIZATION', 'UNKNOWN_CODEC', 'PROTOCOL_ERROR'].includes(outcome))).toEqual([]);
    expect(outcomes.get('BAD_SIGNATURE')).toBeGreaterThan(300);
    expect(held()).toBe(0);
    expect(await pushed(conversation, batch)).toBe('receipt 2');
  });

  it('SYN-5 a batch cut short at any byte does not read', async () => {
    const { batch } = await batchOf(2);
    const message = encodeMessage({ type: 'push', batch });
    for (let length = 1; length < message.length; length += 1) expect(decodeMessage(message.subarray(0, length))).toBe('malformed');
  });

  it('SYN-5 changed sealed bytes under a fresh signature fail the seal, not the chain', async () => {
    const { chain } = await batchOf(2);
    const header = encodeBatchHeader(headerOf(device.device, chain, 0, 2));
    const made = await seal(device.crypto, 'batch', hub.sealingKey, header, pad(zstd.compress(encodeEntries(sha256, chain), 'quick')));
    for (const index of [0, 31, 32, 100, made.sealed.length - 1]) {
      const sealed = made.sealed.slice();
      sealed[index] = (sealed[index] ?? 0) ^ 1;
      expect(await pushed(conversation, { header, sealed, signature: device.crypto.sign(signedBytes('batch', header, sha256(sealed))) })).toBe('BAD_SEAL');
    }
  });

  it('SYN-6 signed by another device, sealed for another organisation, or carried by another connection: refused by name', async () => {
    const other = testDevice();
    hub.admit(other);
    const { chain, batch } = await batchOf(3);
    const header = headerOf(device.device, chain, 0, 3);
    expect(await pushed(conversation, await hub.batch(other, header, chain))).toBe('BAD_SIGNATURE');
    expect(await pushed(await hub.converse(other), batch)).toBe('OTHER_DEVICE');
    const elsewhere = { ...header, organization: OrganizationId.parse('00000000000000bb') };
    expect(await pushed(conversation, await hub.batch(device, elsewhere, chain))).toBe('OTHER_ORGANIZATION');
    const sealedElsewhere = await seal(device.crypto, 'batch', other.sealingKey, encodeBatchHeader(header), pad(zstd.compress(encodeEntries(sha256, chain), 'quick')));
    expect(await pushed(conversation, sealedElsewhere)).toBe('BAD_SEAL');
    expect(held()).toBe(0);
  });

  it('SYN-6 a seal taken from one header and put under another is refused although it is signed', async () => {
    const { chain, batch } = await batchOf(3);
    const header = encodeBatchHeader({ ...headerOf(device.device, chain, 0, 3), segment: newSegment() });
    expect(await pushed(conversation, { header, sealed: batch.sealed, signature: device.crypto.sign(signedBytes('batch', header, sha256(batch.sealed))) })).toBe('BAD_SEAL');
  });

  it('SYN-4 entries that are not what the head says are refused: changed, reordered, left out, added, another body', async () => {
    const { chain } = await batchOf(4);
    const header = headerOf(device.device, chain, 0, 4);
    const [a, b, c, d] = chain as [(typeof chain)[0], (typeof chain)[0], (typeof chain)[0], (typeof chain)[0]];
    const edited = { ...c, headerText: c.headerText.replace('"at":17', '"at":18') };
    for (const [entries, code] of [
      [[a, b, edited, d], 'BAD_HASH'],
      [[a, c, b, d], 'MALFORMED'],
      [[a, b, c], 'MALFORMED'],
      [[a, b, c, d, d], 'MALFORMED'],
      [[a, b, { ...c, body: fromHex('00') }, d], 'BAD_HASH'],
      [[a, b, { ...c, salt: new Uint8Array(16) }, d], 'BAD_HASH'],
      [[a, b, { ...c, headerText: `${c.headerText} ` }, d], 'MALFORMED'],
      [[a, b, { ...c, headerText: c.headerText.replace('{', '{"segment":"0000000000000000",') }, d], 'MALFORMED'],
    ] as const) {
      expect(await pushed(conversation, await hub.batch(device, header, entries))).toBe(code);
    }
    expect(held()).toBe(0);
  });

  it('SYN-3 a bomb inside the seal is not unpacked', async () => {
    const { chain } = await batchOf(2);
    const bomb = zstd.compress(new Uint8Array(64 * 1024 * 1024), 'quick');
    expect(await pushed(conversation, await seal(device.crypto, 'batch', hub.sealingKey, encodeBatchHeader(headerOf(device.device, chain, 0, 2)), pad(bomb)))).toBe('MALFORMED');
    const endless = byteWriter().uint(0).uint(Number.MAX_SAFE_INTEGER).done();
    expect(await pushed(conversation, await hub.batch(device, headerOf(device.device, chain, 0, 2), [], endless))).toBe('MALFORMED');
  });

  it('SYN-10 another history under held ids closes the segment, keeps the batch, and leaves other segments alone', async () => {
    const segment = newSegment();
    const [one, other] = [testChain(device.device, segment, 4), testChain(device.device, segment, 6)];
    expect(await pushed(conversation, await hub.batch(device, headerOf(device.device, one, 0, 4), one))).toBe('receipt 4');
    expect(await pushed(conversation, await hub.batch(device, headerOf(device.device, other, 2, 6), other.slice(2)))).toBe('FORK');
    expect(await pushed(conversation, await hub.batch(device, headerOf(device.device, one, 0, 4), one))).toBe('QUARANTINED');
    expect(hub.database.get('SELECT count(*) AS kept FROM quarantine')).toEqual({ kept: 1 });
    const { batch } = await batchOf(3);
    expect(await pushed(conversation, batch)).toBe('receipt 3');
    expect(events()).toEqual(['FORK', 'QUARANTINED']);
    expect(held()).toBe(7);
  });

  it('SYN-11 nobody adds to another device\'s segment or opens one in its name', async () => {
    const other = testDevice();
    hub.admit(other);
    const { chain, batch } = await batchOf(3);
    await pushed(conversation, batch);
    const theirs = await hub.converse(other);
    const longer = [...chain, ...testChain(other.device, chain[0]!.segment, 4).slice(3)];
    expect(await pushed(theirs, await hub.batch(other, { ...headerOf(other.device, chain, 1, 3), device: other.device }, longer.slice(1, 3)))).toBe('OTHER_OWNER');
    const inOurName = testChain(device.device, newSegment(), 2);
    expect(await pushed(theirs, await hub.batch(other, headerOf(other.device, inOurName, 0, 2), inOurName))).toBe('OTHER_OWNER');
    const unopened = testChain(device.device, newSegment(), 3).slice(1).map((entry, index) => ({ ...entry, sequence: index }));
    expect(await pushed(conversation, await hub.batch(device, { ...headerOf(device.device, unopened, 0, 2), from: 0 }, unopened))).toBe('MALFORMED');
    expect(held()).toBe(3);
  });

  it('SYN-12 kinds nobody knows are stored and passed on to the byte', async () => {
    const other = testDevice();
    hub.admit(other);
    const chain = testChain(device.device, newSegment(), 200);
    expect(chain.some(({ kind }) => kind === 'from.the.future')).toBe(true);
    await pushed(conversation, await hub.batch(device, headerOf(device.device, chain, 0, 200), chain));
    const rows = hub.database.all('SELECT lsn, sequence, header, salt, body FROM op ORDER BY lsn');
    expect(rows.map((row) => [row['lsn'], row['sequence'], row['header']])).toEqual(chain.map((entry, index) => [index + 1, index, entry.headerText]));
    expect(rows.every((row, index) => Buffer.compare(row['body'] as Uint8Array, chain[index]!.body!) === 0)).toBe(true);
  });

  it('SYN-12 news that come while a device is being greeted reach it behind the greeting', async () => {
    const other = testDevice();
    hub.admit(other);
    const fresh = hub.conversation(other);
    const hello = { versions: [1], organization: OrganizationId.parse('00000000000000aa'), device: other.device, application: 'test', cursor: null, segments: [], at: 0 };
    const greeting = fresh.message({ type: 'hello', hello });
    expect(fresh.news({ latest: 7, urgent: 0 })).toEqual([]);
    expect(said(await greeting).map(({ type }) => type)).toEqual(['hi', 'news']);
    expect(fresh.news({ latest: 7, urgent: 0 })).toEqual([]);
    expect(said(fresh.news({ latest: 8, urgent: 0 }))).toEqual([{ type: 'news', latest: 8, urgent: null }]);
  });

  it('SYN-29 a device revoked in mid-conversation is refused by name at its next word', async () => {
    const { batch } = await batchOf(3);
    hub.database.write(() => hub.database.run("UPDATE device SET state = 'revoked'"));
    expect(await conversation.message({ type: 'push', batch })).toEqual([{ do: 'send', message: { type: 'refused', refused: { code: 'DEVICE_REVOKED' } }, lane: 0 }, { do: 'close' }]);
    expect(held()).toBe(0);
  });

  it('SYN-2 whoever speaks out of turn is refused: before HELLO, HELLO twice, messages only a hub sends', async () => {
    const refused = [{ do: 'send', message: { type: 'refused', refused: { code: 'PROTOCOL_ERROR' } }, lane: 0 }, { do: 'close' }];
    expect(await conversation.message({ type: 'news', latest: 1, urgent: null })).toEqual(refused);
    const hello = { versions: [1], organization: OrganizationId.parse('00000000000000aa'), device: device.device, application: 'test', cursor: null, segments: [], at: 0 };
    expect(await conversation.message({ type: 'hello', hello })).toEqual(refused);
    expect(await conversation.message({ type: 'pull', cursor: { epoch: 'ffffffffffffffff' as never, lsn: 4, mark: '0123456789abcdef' }, maxBytes: 1000, own: false })).toEqual([{ ...refused[0], message: { type: 'refused', refused: { code: 'BUSY' } } }, refused[1]]);
  });
});

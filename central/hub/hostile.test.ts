import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { headerOf, newSegment, openTestHub, said, testChain, testDevice, TEST_ORGANIZATION, type TestDevice, type TestHub } from '../../build/fixtures/test-batches.ts';
import { createDice, modelEntry, sha256 } from '../../build/sim/model-world.ts';
import { concatBytes, utf8 } from '../../shared/base/bytes.ts';
import { attestationOf, encodeCarriedHeader, type CarriedHeader } from '../../shared/sync/attestation.ts';
import { codecNamed, CODECS_READ } from '../../shared/sync/codec.ts';
import { encodeEntries, type WireEntry } from '../../shared/sync/entry-codec.ts';
import { encodeBatchHeader, OrganizationId, signedBytes, type BatchHeader } from '../../shared/sync/envelope.ts';
import type { HubConversation } from '../../shared/sync/hub-core.ts';
import { BATCH_RAW_MAX_BYTES, ENTRY_MAX_BYTES } from '../../shared/sync/limits.ts';
import type { Message } from '../../shared/sync/message.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import { pad, seal, type Sealed } from '../../shared/sync/sealing.ts';
import { byteWriter } from '../../shared/sync/wire-bytes.ts';
import { zstd } from './cipher.ts';

/**
 * Every way in which a batch can be wrong, on the real core with real keys and a real database: refused by name, nothing
 * applied, the sender told where it stands, and what it sends next is taken.
 */

let hub: TestHub;
let device: TestDevice;
let other: TestDevice;
let conversation: HubConversation;
/** What the hub holds of the segment under attack, and what comes next of it. */
let chain: WireEntry[];
const HELD = 4;
/** Bytes of a body, so that every byte of a batch can be tried. */
const SMALL = 12;

const held = (): number => Number(hub.database.get('SELECT count(*) AS held FROM op')?.['held']);
const greet = async (by: TestDevice): Promise<HubConversation> => {
  const fresh = hub.conversation(by);
  await fresh.message({ type: 'hello', hello: { versions: [2], organization: TEST_ORGANIZATION, device: by.device, application: 'test', cursor: null, segments: [], at: 0, codecs: [...CODECS_READ] } });
  return fresh;
};

beforeAll(() => {
  hub = openTestHub();
});
afterAll(() => hub.close());
beforeEach(async () => {
  [device, other] = [testDevice(), testDevice()];
  hub.admit(device);
  hub.admit(other);
  conversation = await greet(device);
  chain = testChain(device.device, newSegment(), HELD + 6, SMALL);
  await conversation.message({ type: 'push', batch: await batchOf(0, HELD) });
});

const run = (from: number, to: number): BatchHeader => headerOf(device.device, chain, from, to);
const contentOf = (header: BatchHeader, entries: readonly WireEntry[], codec = 1): Uint8Array => codecNamed(codec)!.encodeBatch({ sha256, compression: zstd }, [{ run: header, entries, seed: null }], 'quick');
async function sealed(header: BatchHeader, content: Uint8Array, by: TestDevice = device, to = hub.sealingKey): Promise<Sealed> {
  return seal(by.crypto, 'batch', to, encodeBatchHeader(header), pad(content));
}
const batchOf = (from: number, to: number, codec = 1): Promise<Sealed> => sealed({ ...run(from, to), codec }, contentOf(run(from, to), chain.slice(from, to), codec));
/** Signed anew, so that only what is inside can give it away. */
const resigned = (batch: Sealed, changes: Partial<Sealed>): Sealed => {
  const made = { ...batch, ...changes };
  return { ...made, signature: device.crypto.sign(signedBytes('batch', made.header, sha256(made.sealed))) };
};
const bomb = (bytes: number): Uint8Array => zstd.compress(new Uint8Array(bytes), 'quick');
/** The header of a real one, with something in it replaced. */
const changed = (header: BatchHeader, changes: Partial<BatchHeader>): BatchHeader => ({ ...header, ...changes });
const relink = (entries: readonly WireEntry[], change: (entry: WireEntry, index: number) => { headerText?: string; body?: Uint8Array | null; salt?: Uint8Array }): WireEntry[] => entries.map((entry, index) => ({ ...entry, ...change(entry, index) }));
const UNUSED_ORGANIZATION = OrganizationId.parse('00000000000000bb');

type Answer = { readonly what: string; readonly message: Message | undefined };
async function answerTo(batch: Sealed): Promise<Answer> {
  const [message] = said(await conversation.message({ type: 'push', batch }));
  const what = message?.type === 'rejected' ? message.rejected.code : message?.type === 'refused' ? message.refused.code : message?.type === 'receipt' ? `receipt ${message.receipt.length}` : 'nothing';
  return { what, message };
}

/** After whatever was tried: nothing of it is there, and the next good batch is taken, on this line or the next. */
async function unharmed(before: number, sameLine: boolean): Promise<void> {
  expect(held()).toBe(before);
  if (!sameLine) conversation = await greet(device);
  expect((await answerTo(await batchOf(HELD, HELD + 6))).what).toBe(`receipt ${HELD + 6}`);
  expect(held()).toBe(before + 6);
}

type Attack = readonly [name: string, code: string, make: () => Promise<Sealed>];
const attacks: readonly Attack[] = [
  ['signed by another device', 'BAD_SIGNATURE', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), chain.slice(HELD)), other)],
  ['in the name of another device', 'OTHER_DEVICE', async () => sealed(changed(run(HELD, HELD + 6), { device: other.device }), contentOf(run(HELD, HELD + 6), chain.slice(HELD)))],
  ['of another organisation', 'OTHER_ORGANIZATION', async () => sealed(changed(run(HELD, HELD + 6), { organization: UNUSED_ORGANIZATION }), contentOf(run(HELD, HELD + 6), chain.slice(HELD)))],
  ['sealed to another key', 'BAD_SEAL', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), chain.slice(HELD)), device, other.sealingKey)],
  ['whose signature is that of another batch', 'BAD_SIGNATURE', async () => ({ ...(await batchOf(HELD, HELD + 6)), signature: (await batchOf(HELD, HELD + 5)).signature })],
  ['whose seal is that of another batch, signed anew', 'BAD_SEAL', async () => resigned(await batchOf(HELD, HELD + 6), { sealed: (await batchOf(HELD, HELD + 5)).sealed })],
  ['under another header, signed anew', 'BAD_SEAL', async () => resigned(await batchOf(HELD, HELD + 6), { header: encodeBatchHeader(run(HELD, HELD + 5)) })],
  ['with a byte of its seal changed, signed anew', 'BAD_SEAL', async () => {
    const batch = await batchOf(HELD, HELD + 6);
    return resigned(batch, { sealed: batch.sealed.map((byte, index) => (index === 40 ? byte ^ 1 : byte)) });
  }],
  ['without a seal, signed anew', 'BAD_SEAL', async () => resigned(await batchOf(HELD, HELD + 6), { sealed: new Uint8Array() })],
  ['of a codec of the future', 'UNKNOWN_CODEC', async () => sealed(changed(run(HELD, HELD + 6), { codec: 99 }), contentOf(run(HELD, HELD + 6), chain.slice(HELD)))],
  ['with a gap before it', 'GAP', async () => batchOf(HELD + 2, HELD + 6)],
  ['from the end of all numbers', 'MALFORMED', async () => sealed(changed(run(HELD, HELD + 6), { from: Number.MAX_SAFE_INTEGER - 5 }), contentOf(run(HELD, HELD + 6), chain.slice(HELD)))],
  ['that claims to begin elsewhere', 'MALFORMED', async () => sealed(changed(run(HELD, HELD + 6), { from: HELD + 1 }), contentOf(run(HELD, HELD + 6), chain.slice(HELD)))],
  ['of entries of another segment', 'MALFORMED', async () => sealed(changed(run(HELD, HELD + 6), { segment: newSegment() }), contentOf(run(HELD, HELD + 6), chain.slice(HELD)))],
  ['with another head', 'BAD_HASH', async () => sealed(changed(run(HELD, HELD + 6), { head: new Uint8Array(32) }), contentOf(run(HELD, HELD + 6), chain.slice(HELD)))],
  ['with one entry left out', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), chain.slice(HELD + 1)))],
  ['with one entry twice', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), [...chain.slice(HELD), chain.at(-1)!]))],
  ['with two entries in each other\'s place', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), [chain[HELD + 1]!, chain[HELD]!, ...chain.slice(HELD + 2)]))],
  ['with another body under a commitment', 'BAD_HASH', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), relink(chain.slice(HELD), (_, index) => (index === 3 ? { body: utf8('{"note":"another"}') } : {}))))],
  ['with another salt', 'BAD_HASH', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), relink(chain.slice(HELD), (_, index) => (index === 3 ? { salt: new Uint8Array(16) } : {}))))],
  ['with one word of a header changed', 'BAD_HASH', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), relink(chain.slice(HELD), ({ headerText }, index) => (index === 3 ? { headerText: headerText.replace('"TREAT"', '"ETREAT"') } : {}))))],
  ['with spare white space in a header', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), relink(chain.slice(HELD), ({ headerText }, index) => (index === 3 ? { headerText: `${headerText} ` } : {}))))],
  ['with a key twice in a header', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), relink(chain.slice(HELD), ({ headerText }, index) => (index === 3 ? { headerText: headerText.replace('{', '{"at":1,') } : {}))))],
  ['with a header that is no JSON', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), contentOf(run(HELD, HELD + 6), relink(chain.slice(HELD), (_, index) => (index === 3 ? { headerText: 'not at all' } : {}))))],
  ['with a bomb inside', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), bomb(64 * 1024 * 1024))],
  ['with a bomb just above what may be unpacked', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), bomb(BATCH_RAW_MAX_BYTES + 1))],
  ['with a bomb inside a columnar batch', 'MALFORMED', async () => sealed(changed(run(HELD, HELD + 6), { codec: 2 }), bomb(64 * 1024 * 1024))],
  ['that promises an entry without end', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), zstd.compress(byteWriter().uint(0).uint(Number.MAX_SAFE_INTEGER).done(), 'quick'))],
  ['with a header longer than any may be', 'MALFORMED', async () => sealed(changed(run(HELD, HELD + 6), { count: 1 }), zstd.compress(encodeEntries(sha256, [{ headerText: 'x'.repeat(20_000), salt: new Uint8Array(), body: null }]), 'quick'))],
  ['with a body larger than any may be', 'MALFORMED', async () => sealed(changed(run(HELD, HELD + 6), { count: 1 }), zstd.compress(concatBytes(byteWriter().uint(0).text(chain[HELD]!.headerText).bytes(new Uint8Array()).uint(1).uint(ENTRY_MAX_BYTES + 1).done(), new Uint8Array(ENTRY_MAX_BYTES + 1)), 'quick'))],
  ['that is no Zstandard frame', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), utf8('GET / HTTP/1.1\r\n\r\n'))],
  ['of nothing', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), new Uint8Array())],
  ['with bytes behind its entries', 'MALFORMED', async () => sealed(run(HELD, HELD + 6), zstd.compress(concatBytes(encodeEntries(sha256, chain.slice(HELD)), Uint8Array.of(0)), 'quick'))],
];

describe('a batch', () => {
  it.each(attacks)('SYN-102 %s is refused as %s: nothing applied, the sender told, the queue goes on', async (_, code, make) => {
    const before = held();
    const batch = await make();
    const { what, message } = await answerTo(batch);
    expect(what).toBe(code);
    // Told by name and with where to go on.
    if (message?.type === 'rejected') expect(message.rejected.length).toBe(message.rejected.segment === chain[0]!.segment ? HELD : 0);
    expect(hub.database.all('SELECT code FROM event WHERE device = ? ORDER BY id', device.device).map((row) => row['code'])).toContain(code);
    await unharmed(before, true);
  });

  it('SYN-102 from the past is taken for what it is: the same again is acknowledged and applied no second time, another one is a fork', async () => {
    const first = await batchOf(0, HELD);
    await answerTo(await batchOf(HELD, HELD + 6));
    const before = held();
    expect((await answerTo(first)).what).toBe(`receipt ${HELD + 6}`);
    expect((await answerTo(await batchOf(2, HELD + 3))).what).toBe(`receipt ${HELD + 6}`);
    expect(held()).toBe(before);
    const elsewhere = modelEntry(device.device, chain[0]!.segment, 2, chain[1]!.hash, createDice(99), 70);
    expect((await answerTo(await sealed({ ...run(2, 3), head: elsewhere.hash }, contentOf({ ...run(2, 3), head: elsewhere.hash }, [elsewhere])))).what).toBe('FORK');
    expect((await answerTo(first)).what).toBe('QUARANTINED');
    expect(held()).toBe(before);
    // Kept whole, and another segment goes on.
    expect(hub.database.get('SELECT count(*) AS kept FROM quarantine WHERE segment = ?', chain[0]!.segment)).toEqual({ kept: 1 });
    chain = testChain(device.device, newSegment(), 3);
    expect((await answerTo(await batchOf(0, 3))).what).toBe('receipt 3');
  });

  it('SYN-102 whose times lie in 1970 or in 2096, whose kinds and fields nobody knows, is kept to the byte: a clock loses nothing', async () => {
    const strange = chain.slice(HELD).map((entry, index) => {
      const header = { ...(JSON.parse(entry.headerText) as Record<string, unknown>), at: index % 2 === 0 ? 0 : 4_000_000_000_000, kind: 'from.the.future', minReader: 99, zz: { new: [1, 'ä'] } };
      return { ...entry, headerText: JSON.stringify(header) };
    });
    let hash = chain[HELD - 1]!.hash;
    for (const entry of strange) hash = sha256(Uint8Array.of(0), hash, utf8(entry.headerText));
    const header = { ...run(HELD, HELD + 6), head: hash };
    expect((await answerTo(await sealed(header, contentOf(header, strange)))).what).toBe(`receipt ${HELD + 6}`);
    const kept = hub.database.all('SELECT header FROM op JOIN segment ON segment.ref = op.segment WHERE segment.id = ? ORDER BY sequence', chain[0]!.segment).map((row) => row['header']);
    expect(kept.slice(HELD)).toEqual(strange.map(({ headerText }) => headerText));
  });

  it('SYN-102 with any byte flipped, left out, doubled or changed places with the next is refused', { timeout: 60_000 }, async () => {
    const before = held();
    const message = encodeMessage({ type: 'push', batch: await batchOf(HELD, HELD + 1, 2) });
    const variants = [
      (at: number) => message.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte)),
      (at: number) => concatBytes(message.subarray(0, at), message.subarray(at + 1)),
      (at: number) => concatBytes(message.subarray(0, at + 1), message.subarray(at)),
      (at: number) => message.map((byte, index) => (index === at ? (message[at + 1] ?? byte) : index === at + 1 ? (message[at] ?? byte) : byte)),
      (at: number) => message.subarray(0, at),
    ];
    const outcomes = new Map<string, number>();
    for (const [number, variant] of variants.entries()) {
      // Every byte is flipped; what only moves bytes about is tried at every fourth.
      for (let at = 1; at < message.length; at += number === 0 ? 1 : 4) {
        const bytes = variant(at);
        // Two like neighbours may change places.
        if (Buffer.compare(bytes, message) === 0) continue;
        const decoded = decodeMessage(bytes);
        const outcome = typeof decoded === 'string' ? decoded : decoded.type === 'push' ? (await answerTo(decoded.batch)).what : `as ${decoded.type}`;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    expect([...outcomes.keys()].filter((outcome) => !['malformed', 'BAD_SIGNATURE', 'OTHER_DEVICE', 'OTHER_ORGANIZATION', 'UNKNOWN_CODEC', 'PROTOCOL_ERROR'].includes(outcome))).toEqual([]);
    expect(outcomes.get('BAD_SIGNATURE')).toBeGreaterThan(message.length / 2);
    await unharmed(before, false);
  });

  it.each(CODECS_READ)('SYN-102 with any byte of its content changed under a good signature and seal is refused or says the same, in codec %i', { timeout: 60_000 }, async (codec) => {
    const outcomes = new Map<string, number>();
    // The chain hashes its headers, so the smallest batch says as much as a large one.
    const length = contentOf(run(HELD, HELD + 1), chain.slice(HELD, HELD + 1), codec).length;
    for (let at = 0; at < length; at += 1) {
      const content = contentOf(run(HELD, HELD + 1), chain.slice(HELD, HELD + 1), codec);
      const header = changed(run(HELD, HELD + 1), { codec });
      const { what } = await answerTo(await sealed(header, content.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte))));
      outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
      if (!what.startsWith('receipt')) continue;
      // A byte that does not count (of the frame's own header, say) brings the very same entries.
      const kept = hub.database.all('SELECT header FROM op JOIN segment ON segment.ref = op.segment WHERE segment.id = ? ORDER BY sequence', chain[0]!.segment).map((row) => row['header']);
      expect(kept).toEqual(chain.slice(0, HELD + 1).map(({ headerText }) => headerText));
      chain = testChain(device.device, newSegment(), HELD + 6, SMALL);
      await conversation.message({ type: 'push', batch: await batchOf(0, HELD) });
    }
    expect([...outcomes.keys()].filter((outcome) => !['MALFORMED', 'BAD_HASH', `receipt ${HELD + 1}`].includes(outcome))).toEqual([]);
    expect(outcomes.get('BAD_HASH') ?? 0).toBeGreaterThan(0);
    await unharmed(held(), true);
  });

  it('SYN-102 a header that does not read ends the conversation, and the next one goes on', async () => {
    const before = held();
    const batch = await batchOf(HELD, HELD + 6);
    for (const header of [new Uint8Array(), Uint8Array.of(9, ...batch.header.subarray(1)), concatBytes(batch.header, Uint8Array.of(0)), encodeBatchHeader(changed(run(HELD, HELD + 6), { count: 0 }))]) {
      expect((await answerTo(resigned(batch, { header }))).what).toBe('PROTOCOL_ERROR');
      expect(held()).toBe(before);
    }
    await unharmed(before, false);
  });
});

describe('a batch that another device hands over', () => {
  it.each<[string, string, (header: CarriedHeader) => CarriedHeader]>([
    ['by a signature nobody made', 'BAD_ATTESTATION', (header) => ({ ...header, attestation: { ...header.attestation, signature: new Uint8Array(64) } })],
    ['over another seal', 'BAD_ATTESTATION', (header) => ({ ...header, attestation: { ...header.attestation, sealedHash: new Uint8Array(32) } })],
    ['over another head', 'BAD_ATTESTATION', (header) => ({ ...header, attestation: { ...header.attestation, header: encodeBatchHeader({ ...run(HELD, HELD + 6), head: new Uint8Array(32) }) } })],
    ['of an author nobody knows', 'UNKNOWN_AUTHOR', (header) => ({ ...header, attestation: { ...header.attestation, header: encodeBatchHeader({ ...run(HELD, HELD + 6), device: testDevice().device }) } })],
    ['as if it were somebody else\'s connection', 'OTHER_DEVICE', (header) => ({ ...header, carrier: device.device })],
    ['with another hash before it', 'BAD_HASH', (header) => ({ ...header, previous: new Uint8Array(32) })],
    ['of a codec of the future', 'UNKNOWN_CODEC', (header) => ({ ...header, codec: 99 })],
  ])('SYN-102 %s is refused as %s', async (_, code, change) => {
    const before = held();
    const carrierLine = await greet(other);
    const word = attestationOf(sha256, await batchOf(HELD, HELD + 6));
    const plain: CarriedHeader = { codec: 1, organization: TEST_ORGANIZATION, carrier: other.device, attestation: word, from: HELD, previous: chain[HELD - 1]!.hash };
    const give = async (header: CarriedHeader): Promise<Message | undefined> => {
      const batch = await seal(other.crypto, 'carried', hub.sealingKey, encodeCarriedHeader(header), pad(contentOf(run(HELD, HELD + 6), chain.slice(HELD))));
      return said(await carrierLine.message({ type: 'carry', batch }))[0];
    };
    expect(await give(change(plain))).toMatchObject({ type: 'rejected', rejected: { code } });
    expect(held()).toBe(before);
    expect(await give(plain)).toEqual({ type: 'taken', segment: chain[0]!.segment, length: HELD + 6 });
    expect(held()).toBe(before + 6);
  });

  it('SYN-102 with any byte flipped is refused, and nobody\'s history changes', { timeout: 60_000 }, async () => {
    const before = held();
    const word = attestationOf(sha256, await batchOf(HELD, HELD + 1));
    const header: CarriedHeader = { codec: 1, organization: TEST_ORGANIZATION, carrier: other.device, attestation: word, from: HELD, previous: chain[HELD - 1]!.hash };
    const message = encodeMessage({ type: 'carry', batch: await seal(other.crypto, 'carried', hub.sealingKey, encodeCarriedHeader(header), pad(contentOf(run(HELD, HELD + 1), chain.slice(HELD, HELD + 1)))) });
    const outcomes = new Set<string>();
    let line = await greet(other);
    for (let at = 1; at < message.length; at += 1) {
      const decoded = decodeMessage(message.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte)));
      if (typeof decoded === 'string') continue;
      const [answer] = said(await line.message(decoded));
      if (answer?.type === 'refused') line = await greet(other);
      outcomes.add(answer?.type === 'rejected' ? answer.rejected.code : (answer?.type ?? 'nothing'));
    }
    expect([...outcomes].filter((outcome) => !['BAD_SIGNATURE', 'BAD_ATTESTATION', 'UNKNOWN_AUTHOR', 'OTHER_DEVICE', 'OTHER_ORGANIZATION', 'UNKNOWN_CODEC', 'refused'].includes(outcome))).toEqual([]);
    expect(held()).toBe(before);
  });
});

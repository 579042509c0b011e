import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headerOf, newSegment, openTestHub, pushed, said, testChain, testDevice, TEST_ORGANIZATION, type TestDevice, type TestHub } from '../../build/fixtures/test-batches.ts';
import { sha256 } from '../../build/sim/model-world.ts';
import type { ContextRun } from '../../shared/codec/context.ts';
import { bundleOf, type Bundle } from '../../shared/sync/bundle.ts';
import { codecNamed } from '../../shared/sync/codec.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import { encodeBatchHeader } from '../../shared/sync/envelope.ts';
import type { HubConversation } from '../../shared/sync/hub-core.ts';
import { decodeMessage, encodeMessage } from '../../shared/sync/message-codec.ts';
import { pad, sealRuns } from '../../shared/sync/sealing.ts';
import { zstd } from './cipher.ts';

let hub: TestHub;
let device: TestDevice;
let conversation: HubConversation;

async function greeted(by: TestDevice): Promise<HubConversation> {
  const begun = hub.conversation(by);
  await begun.message({ type: 'hello', hello: { versions: [2, 1], organization: TEST_ORGANIZATION, device: by.device, application: 'test', cursor: null, segments: [], at: 0, scope: 0 } });
  return begun;
}

beforeEach(async () => {
  hub = openTestHub();
  device = testDevice();
  hub.admit(device);
  conversation = await greeted(device);
});
afterEach(() => hub.close());

type Part = { readonly chain: readonly WireEntry[]; readonly from: number; readonly to: number };
const chainOf = (length: number): readonly WireEntry[] => testChain(device.device, newSegment(), length);
const whole = (length: number): Part => ({ chain: chainOf(length), from: 0, to: length });

const contextOf = ({ chain, from, to }: Part): ContextRun => ({ run: headerOf(device.device, chain, from, to), entries: chain.slice(from, to) });

async function bundle(parts: readonly Part[], codec = 2, by = device, context: readonly Part[] = []): Promise<Bundle> {
  const headers = parts.map(({ chain, from, to }) => ({ ...headerOf(device.device, chain, from, to), codec }));
  const filled = parts.map(({ chain, from, to }, index) => ({ run: headers[index]!, entries: chain.slice(from, to), seed: null }));
  const content = codecNamed(codec)!.encodeBatch({ sha256, compression: zstd }, filled, 'quick', context.map(contextOf));
  return bundleOf(headers, await sealRuns(by.crypto, hub.sealingKey, headers.map(encodeBatchHeader), pad(content)));
}

/** One word for each answer. */
async function answersTo(sent: Bundle, to = conversation): Promise<string[]> {
  return said(await to.message({ type: 'bundle', bundle: sent })).map((answer) =>
    answer.type === 'receipt' ? `receipt ${answer.receipt.length}` : answer.type === 'rejected' ? answer.rejected.code : answer.type === 'refused' ? answer.refused.code : answer.type);
}

const held = (): number => Number(hub.database.get('SELECT count(*) AS held FROM op')?.['held']);
const events = (): string[] => hub.database.all('SELECT code FROM event ORDER BY id').map((row) => String(row['code']));

describe('batches in short', () => {
  it.each([1, 2])('SYN-66 runs of several segments are held and receipted each, and go on where they ended, in codec %i', async (codec) => {
    const [first, second, third] = [chainOf(9), chainOf(4), chainOf(1)];
    expect(await answersTo(await bundle([{ chain: first, from: 0, to: 5 }, { chain: second, from: 0, to: 4 }], codec))).toEqual(['receipt 5', 'receipt 4']);
    expect(await answersTo(await bundle([{ chain: third, from: 0, to: 1 }, { chain: first, from: 5, to: 9 }], codec))).toEqual(['receipt 1', 'receipt 9']);
    expect(held()).toBe(14);
    expect(events()).toEqual([]);
  });

  it('SYN-66 a bundle of one run is the batch itself without what the hub knows already', async () => {
    const part = whole(3);
    const header = { ...headerOf(device.device, part.chain, 0, 3), codec: 2 };
    const short = await bundle([part]);
    const [run] = short.runs;
    const inFull = { header: encodeBatchHeader(header), sealed: short.sealed, signature: run!.signature };
    expect(encodeMessage({ type: 'push', batch: inFull }).length - encodeMessage({ type: 'bundle', bundle: short }).length).toBeGreaterThanOrEqual(50);
    expect(await pushed(conversation, inFull)).toBe('receipt 3');
    expect(await answersTo(short)).toEqual(['receipt 3']);
    expect(events()).toEqual(['REPLAY']);
  });

  it('SYN-66 a run that does not begin where the hub\'s segment ends is asked for in full, with all that came beside it', async () => {
    const chain = chainOf(9);
    await answersTo(await bundle([{ chain, from: 0, to: 4 }]));
    for (const [from, to] of [[6, 9], [2, 9], [1, 3]] as const) {
      expect(await answersTo(await bundle([whole(2), { chain, from, to }]))).toEqual(['UNKNOWN_PREVIOUS', 'UNKNOWN_PREVIOUS']);
    }
    expect(held()).toBe(4);
    expect(events()).toEqual([]);
    const inFull = async (from: number, to: number): Promise<string> => pushed(conversation, await hub.batch(device, headerOf(device.device, chain, from, to), chain.slice(from, to)));
    expect([await inFull(6, 9), await inFull(2, 9)]).toEqual(['GAP', 'receipt 9']);
  });

  it('SYN-66 another history of a segment is asked for in full, and refused then with the whole batch as evidence', async () => {
    const segment = newSegment();
    const [one, two] = [testChain(device.device, segment, 6), testChain(device.device, segment, 6)];
    await answersTo(await bundle([{ chain: one, from: 0, to: 6 }]));
    expect(await answersTo(await bundle([{ chain: two, from: 0, to: 3 }, whole(1)]))).toEqual(['UNKNOWN_PREVIOUS', 'receipt 1']);
    expect(hub.database.get('SELECT count(*) AS kept FROM quarantine')?.['kept']).toBe(0);
    expect(await pushed(conversation, await hub.batch(device, headerOf(device.device, two, 0, 3), two.slice(0, 3)))).toBe('FORK');
    expect(hub.database.get('SELECT count(*) AS kept FROM quarantine')?.['kept']).toBe(1);
  });

  it('SYN-256 a bundle that goes on from what the hub holds of its author is held and receipted like any other', async () => {
    const [first, second] = [chainOf(9), chainOf(4)];
    await answersTo(await bundle([{ chain: first, from: 0, to: 5 }, { chain: second, from: 0, to: 3 }]));
    const context = [{ chain: first, from: 1, to: 5 }, { chain: second, from: 0, to: 3 }];
    expect(await answersTo(await bundle([{ chain: first, from: 5, to: 9 }, { chain: second, from: 3, to: 4 }], 2, device, context))).toEqual(['receipt 9', 'receipt 4']);
    expect(held()).toBe(13);
    expect(events()).toEqual([]);
  });

  it('SYN-256 what goes on from entries the hub does not hold as they were is asked for in full, and nothing of it applied', async () => {
    const [chain, unknown] = [chainOf(9), chainOf(2)];
    const fork = testChain(device.device, chain[0]!.segment, 4);
    await answersTo(await bundle([{ chain, from: 0, to: 4 }]));
    const other = testDevice();
    hub.admit(other);
    const theirs = testChain(other.device, newSegment(), 2);
    const filled = { run: headerOf(other.device, theirs, 0, 2), entries: theirs, seed: null };
    const header = { ...filled.run, codec: 2 };
    const sealed = await sealRuns(other.crypto, hub.sealingKey, [encodeBatchHeader(header)], pad(codecNamed(2)!.encodeBatch({ sha256, compression: zstd }, [filled], 'quick')));
    expect(await answersTo(bundleOf([header], sealed), await greeted(other))).toEqual(['receipt 2']);
    const contexts: readonly (readonly Part[])[] = [
      [{ chain: unknown, from: 0, to: 2 }], [{ chain: theirs, from: 0, to: 2 }], [{ chain: fork, from: 0, to: 4 }], [{ chain, from: 2, to: 5 }], [{ chain, from: 6, to: 8 }],
      [{ chain, from: 0, to: 4 }, { chain: unknown, from: 0, to: 1 }], [{ chain: chain.map((entry, index) => (index === 1 ? { ...entry, body: null } : entry)), from: 0, to: 4 }],
    ];
    for (const context of contexts) expect(await answersTo(await bundle([{ chain, from: 4, to: 9 }, whole(1)], 2, device, context))).toEqual(['UNKNOWN_PREVIOUS', 'UNKNOWN_PREVIOUS']);
    expect([held(), events()]).toEqual([6, []]);
    expect(await pushed(conversation, await hub.batch(device, headerOf(device.device, chain, 4, 9), chain.slice(4, 9)))).toBe('receipt 9');
  });

  it('SYN-256 a batch in full stands by itself: one that goes on from anything is refused', async () => {
    const chain = chainOf(9);
    await answersTo(await bundle([{ chain, from: 0, to: 4 }]));
    const short = await bundle([{ chain, from: 4, to: 9 }], 2, device, [{ chain, from: 0, to: 4 }]);
    const inFull = { header: encodeBatchHeader({ ...headerOf(device.device, chain, 4, 9), codec: 2 }), sealed: short.sealed, signature: short.runs[0]!.signature };
    expect(await pushed(conversation, inFull)).toBe('MALFORMED');
    expect(held()).toBe(4);
  });

  it('SYN-66 version 1 does not know it', async () => {
    expect(await answersTo(await bundle([whole(1)]), await hub.converse(device))).toEqual(['PROTOCOL_ERROR']);
  });

  it('SYN-67 signed by another device, or with the run of another one\'s segment: refused, and nothing applied', async () => {
    const other = testDevice();
    hub.admit(other);
    const part = whole(3);
    expect(await answersTo(await bundle([part], 2, other))).toEqual(['BAD_SIGNATURE']);
    expect(await answersTo(await bundle([part]), await greeted(other))).toEqual(['BAD_SIGNATURE']);
    await answersTo(await bundle([part]));
    const theirs = { ...(await bundle([part])), codec: 2 };
    expect(await answersTo({ ...theirs, runs: theirs.runs.map((run) => ({ ...run, from: 3 })) }, await greeted(other))).toEqual(['UNKNOWN_PREVIOUS']);
    expect(held()).toBe(3);
  });

  it('SYN-67 runs left out, exchanged, added or signed for one another: refused together', async () => {
    const [one, two, three] = [whole(2), whole(3), whole(1)];
    const sent = await bundle([one, two]);
    const [first, second] = sent.runs;
    const [third] = (await bundle([three])).runs;
    for (const runs of [[first!], [second!], [second!, first!], [first!, second!, third!], [{ ...first!, signature: second!.signature }, second!], [first!, { ...second!, count: 2 }], [first!, { ...second!, head: first!.head }]]) {
      expect(new Set(await answersTo({ ...sent, runs })).size).toBe(1);
      expect((await answersTo({ ...sent, runs }))[0]).toMatch(/^BAD_SIGNATURE$|^BAD_SEAL$/);
    }
    expect(await answersTo({ ...sent, codec: 1 })).toEqual(['BAD_SIGNATURE', 'BAD_SIGNATURE']);
    expect(await answersTo({ ...sent, codec: 77 })).toEqual(['UNKNOWN_CODEC', 'UNKNOWN_CODEC']);
    expect(held()).toBe(0);
    expect(await answersTo(sent)).toEqual(['receipt 2', 'receipt 3']);
  });

  it('SYN-67 one flipped bit in any byte refuses all of it by name and applies nothing; cut anywhere, it does not read or is refused', async () => {
    const sent = await bundle([whole(1), whole(1)]);
    const message = encodeMessage({ type: 'bundle', bundle: sent });
    const outcomes = new Set<string>();
    const tried = async (bytes: Uint8Array): Promise<void> => {
      const decoded = decodeMessage(bytes);
      if (typeof decoded !== 'string' && decoded.type === 'bundle') for (const answer of await answersTo(decoded.bundle)) outcomes.add(answer);
    };
    for (let index = 1; index < message.length; index += 1) {
      const flipped = message.slice();
      flipped[index] = (flipped[index] ?? 0) ^ (1 << (index % 8));
      await tried(flipped);
      await tried(message.subarray(0, index));
    }
    expect([...outcomes].toSorted()).toEqual(['BAD_SIGNATURE', 'UNKNOWN_CODEC', 'UNKNOWN_PREVIOUS']);
    expect(held()).toBe(0);
    expect(await answersTo(sent)).toEqual(['receipt 1', 'receipt 1']);
  });
});

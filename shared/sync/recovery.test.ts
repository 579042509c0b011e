import { beforeEach, describe, expect, it } from 'vitest';
import { exchange, MODEL_ORGANIZATION, type Seen } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed, modelCrypto, modelEntry, modelKey, sha256 } from '../../build/sim/model-world.ts';
import type { SegmentId } from '../base/ids.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { attestationHolds, carriedRun, encodeCarriedHeader, type CarriedHeader } from './attestation.ts';
import { codecNamed } from './codec.ts';
import type { WireEntry } from './entry-codec.ts';
import { decodeBatchHeader, encodeBatchHeader, signedBytes } from './envelope.ts';
import { createHubConversation, type HubConversation } from './hub-core.ts';
import { OFFER_SEGMENTS_MAX } from './limits.ts';
import type { Message } from './message.ts';
import { decodePageHeader } from './page-header.ts';
import { pad, seal } from './sealing.ts';

const names = [1, 2, 3].map(deviceNamed);
let dice = createDice(7);
let hub: SeedHub;
let author: ModelDevice;
let peer: ModelDevice;
beforeEach(() => {
  dice = createDice(7);
  hub = createModelHub(names, dice);
  [author, peer] = names.map((name) => createModelDevice(name, dice, true)) as [ModelDevice, ModelDevice];
  author.openSegment();
  peer.openSegment();
});

const write = (disk: ModelDevice, count: number, bytes = 100): void => {
  for (let left = count; left > 0; left -= 1) disk.write(bytes);
};
const sync = async (...disks: readonly ModelDevice[]): Promise<void> => {
  for (const disk of disks) await exchange({ device: disk, hub });
};
/** Every entry the hub holds of a segment is what the disk holds of it. */
const holdsAll = (disk: ModelDevice): boolean => [...disk.segments].every(([segment, entries]) => hub.holds(segment, entries.length, entries.at(-1)!.hash));
const refusals = (events: readonly { readonly do: string }[]) => events.filter((event) => event.do === 'refused');

describe('a hub restored from a backup', () => {
  it('SYN-86 gets back what a third party holds of a workstation that is no more, although that one never comes again', async () => {
    await sync(author, peer);
    const goBack = hub.backup!();
    write(author, 50);
    await sync(author, peer);
    goBack();
    // The author's machine is lost; the peer alone has read it.
    const { events } = await exchange({ device: peer, hub });
    expect(refusals(events)).toEqual([]);
    expect([holdsAll(peer), peer.backfillOwed()]).toEqual([true, true]);
    await sync(peer);
    expect(peer.backfillOwed()).toBe(false);
    expect(hub.log.map(({ lsn }) => lsn)).toEqual(hub.log.map((_, index) => index + 1));
    // And a third, new one reads it from the hub, still under the author's word.
    const third = createModelDevice(names[2]!, dice, true);
    third.openSegment();
    await sync(third);
    for (const { segment } of author.ownSegments()) {
      expect(third.segments.get(segment)).toHaveLength(author.segments.get(segment)!.length);
      const word = third.foreignEntries(segment, 0)!.attestation;
      expect(attestationHolds(modelCrypto(modelKey('any')).verify, modelKey(`${author.device} signs`), word)).toBe(true);
    }
  });

  it('SYN-86 is offered every segment, however many there are, and asks for those it lacks', async () => {
    for (let start = 0; start < 3 * OFFER_SEGMENTS_MAX; start += 1) author.openSegment();
    await sync(author, peer);
    hub = createModelHub(names, createDice(99));
    const { seen } = await exchange({ device: peer, hub });
    const offered = seen.flatMap(({ message }) => (message?.type === 'offer' ? message.segments : []));
    expect(new Set(offered.map(({ segment }) => segment)).size).toBe(3 * OFFER_SEGMENTS_MAX + 1);
    expect(holdsAll(peer)).toBe(true);
    await sync(peer);
    expect(peer.backfillOwed()).toBe(false);
  });

  it('SYN-225 what was given back is owed until the hub still has it at a later connection, so that a second loss is made good', async () => {
    await sync(author, peer);
    const goBack = hub.backup!();
    write(author, 50);
    await sync(author, peer);
    goBack();
    await sync(peer);
    expect([holdsAll(peer), peer.backfillOwed()]).toEqual([true, true]);
    // A standby that lagged behind what was carried takes over, with the log that the peer's cursor stands on.
    goBack();
    expect(holdsAll(peer)).toBe(false);
    await sync(peer);
    expect([holdsAll(peer), peer.backfillOwed()]).toEqual([true, true]);
    await sync(peer);
    expect([holdsAll(peer), peer.backfillOwed()]).toEqual([true, false]);
  });

  it.each<[string, (each: Seen) => boolean]>([
    ['the offer', ({ message }) => message?.type === 'offer'],
    ['the answer to it', ({ message }) => message?.type === 'wanted'],
    ['a carried batch', ({ message }) => message?.type === 'carry'],
    ['the word that it was taken', ({ message }) => message?.type === 'taken'],
  ])('SYN-86 a back-fill that loses %s with the line is repeated at the next', async (_, cutBefore) => {
    const goBack = hub.backup!();
    write(author, 50);
    await sync(author, peer);
    goBack();
    await exchange({ device: peer, hub, cutBefore });
    expect(peer.backfillOwed()).toBe(true);
    const { events } = await exchange({ device: peer, hub });
    expect(refusals(events)).toEqual([]);
    expect(holdsAll(peer)).toBe(true);
    await sync(peer);
    expect(peer.backfillOwed()).toBe(false);
    const quiet = await exchange({ device: peer, hub });
    expect(quiet.said('device')).not.toContain('offer');
  });

  it('SYN-86 a workstation that owes nothing offers nothing, be it new or only behind', async () => {
    const first = await exchange({ device: peer, hub });
    expect(first.said('device')).not.toContain('offer');
    write(author, 10);
    await sync(author);
    expect((await exchange({ device: peer, hub })).said('device')).not.toContain('offer');
  });

  it('SYN-93 is found out by what was read ahead of the cursor, and gets that back too', async () => {
    author.openSegment(0);
    await sync(author, peer);
    const goBack = hub.backup!();
    write(author, 1000);
    await sync(author);
    author.write(50, 0);
    await sync(author);
    // The peer reads the urgent entry that lies far ahead; before the first page of the log comes the line is cut.
    await exchange({ device: peer, hub, cutBefore: ({ message }) => message?.type === 'page' && decodePageHeader(message.page.header)?.stream.kind === 'log' });
    const urgent = author.ownSegments().find(({ lane }) => lane === 0)!;
    expect(peer.segments.get(urgent.segment)).toHaveLength(urgent.length);
    goBack();
    const { events } = await exchange({ device: peer, hub });
    expect(refusals(events)).toEqual([]);
    expect(hub.holds(urgent.segment, urgent.length, author.segments.get(urgent.segment)!.at(-1)!.hash)).toBe(true);
    expect(peer.seen()).toBeNull();
  });

  it('SYN-87 a workstation goes on from the last place both know, not from the first entry', async () => {
    write(author, 2000);
    await sync(author, peer);
    // The peer reads on a little and a little, so that it remembers places.
    for (let round = 0; round < 40; round += 1) {
      write(author, 5);
      await sync(author, peer);
    }
    const goBack = hub.backup!();
    const backedUpAt = hub.log.length;
    write(author, 60);
    await sync(author, peer);
    goBack();
    const { events, seen } = await exchange({ device: peer, hub });
    const hi = seen.find(({ message }) => message?.type === 'hi')!.message as Extract<Message, { type: 'hi' }>;
    expect(hi.hi.cursor.lsn).toBeGreaterThan(backedUpAt - 400);
    expect(hi.hi.cursor.lsn).toBeLessThanOrEqual(backedUpAt);
    const read = events.reduce((total, event) => total + (event.do === 'received' ? event.received.applied + event.received.duplicates : 0), 0);
    expect(read).toBeLessThan(600);
    expect(holdsAll(peer)).toBe(true);
  });

  it('SYN-88 a conversation that began before the restore ends by name, and the next one goes on', async () => {
    write(author, 400, 900);
    let went = false;
    const goBack = hub.backup!();
    const { events } = await exchange({
      device: author,
      hub,
      meanwhile: ({ message }) => {
        if (message?.type !== 'receipt' || went) return;
        went = true;
        goBack();
        void hub.greet(peer.device, { cursors: [{ epoch: message.receipt.epoch, lsn: 5000, mark: 'f'.repeat(16) }], seen: null, scope: 0, scopeMark: null }, []);
      },
    });
    expect(events.at(-1)).toMatchObject({ do: 'close', fault: { code: 'OFFLINE', detail: { refusal: 'RESTORED' } } });
    await sync(author);
    expect(holdsAll(author)).toBe(true);
  });
});

describe('a workstation restored from a backup', () => {
  it('SYN-89 reads its own lost entries back, from wherever they are in the log, and writes on in a new segment', async () => {
    const goBack = author.backup();
    write(author, 30);
    author.openSegment();
    write(author, 30);
    await sync(author);
    // It has even read beyond them, so that no page of the log would bring them.
    write(peer, 10);
    await sync(peer, author);
    const lost = new Map([...author.segments].map(([segment, entries]) => [segment, entries.length]));
    goBack();
    author.openSegment();
    const fresh = author.ownSegments().at(-1)!.segment;
    write(author, 3);
    const { events } = await exchange({ device: author, hub });
    expect(refusals(events)).toEqual([{ do: 'refused', what: 'own ledger', code: 'ROLLED_BACK', healing: true }]);
    for (const [segment, length] of lost) expect(author.segments.get(segment)).toHaveLength(length);
    expect(lost.has(fresh)).toBe(false);
    expect(author.unsent()).toBe(0);
    expect(holdsAll(author)).toBe(true);
    expect(events.filter((event) => event.do === 'acknowledged').length).toBeGreaterThan(0);
  });

  it('SYN-89 what it lost is read back in pieces, and a cut line only interrupts that', async () => {
    const goBack = author.backup();
    author.openSegment();
    write(author, 3000, 200);
    await sync(author);
    goBack();
    author.openSegment();
    let pages = 0;
    await exchange({ device: author, hub, cutBefore: ({ message }) => message?.type === 'page' && (pages += 1) > 1 });
    await sync(author);
    expect(author.unsent()).toBe(0);
    expect(holdsAll(author)).toBe(true);
    expect([...author.segments.values()].reduce((total, { length }) => total + length, 0)).toBe(hub.log.filter(({ segment }) => author.segments.has(segment)).length);
  });

  it('SYN-89 two copies of one workstation run side by side: no id is used twice and nothing is a fork', async () => {
    await sync(author);
    const copy = createModelDevice(author.device, createDice(31), true);
    author.openSegment();
    copy.openSegment();
    write(author, 20);
    write(copy, 20);
    const both = [await exchange({ device: author, hub }), await exchange({ device: copy, hub }), await exchange({ device: author, hub })];
    expect(both.flatMap(({ events }) => refusals(events)).every((event) => 'code' in event && event.code === 'ROLLED_BACK')).toBe(true);
    expect(hub.events.filter(({ code }) => code === 'FORK')).toEqual([]);
    expect(holdsAll(author) && holdsAll(copy)).toBe(true);
  });
});

describe('two machines that go on with one open segment from the same memory', () => {
  it.each([[1, 2], [2, 1], [3, 3]])('SYN-97 the one that comes second, with %i entries after %i, is told: its segment is closed on both sides and kept as evidence, all others go on', async (later, first) => {
    const [one, other] = [0, 1].map(() => {
      const twin = createModelDevice(names[0]!, createDice(7), true);
      twin.openSegment();
      return twin;
    }) as [ModelDevice, ModelDevice];
    expect(one.ownSegments()).toEqual(other.ownSegments());
    const shared = one.ownSegments()[0]!.segment;
    write(one, first, 100);
    write(other, later, 160);
    await exchange({ device: one, hub });
    other.openSegment();
    write(other, 5);
    const { events, core } = await exchange({ device: other, hub });
    expect(refusals(events).filter((event) => 'what' in event && event.what === shared)).toEqual([expect.objectContaining({ code: 'FORK' })]);
    expect(core.view().settled).toBe(true);
    expect(hub.events.map(({ code }) => code)).toContain('FORK');
    // What the other wrote apart from that is sent and acknowledged.
    expect(other.unsent()).toBe(later + 1);
    expect(hub.holds(other.ownSegments()[1]!.segment, 6, other.segments.get(other.ownSegments()[1]!.segment)!.at(-1)!.hash)).toBe(true);
  });
});

describe('what a carrier hands over', () => {
  const carrierCrypto = modelCrypto(modelKey(`${names[1]!} signs`));
  const hubCrypto = { ...modelCrypto(modelKey('hub signs')), hpke: modelCrypto(modelKey('organization opens')).hpke };
  let conversation: HubConversation;
  let segment: SegmentId;

  beforeEach(async () => {
    write(author, 20);
    await sync(author, peer);
    segment = author.ownSegments()[0]!.segment;
    hub = createModelHub(names.slice(0, 2), createDice(11));
    conversation = createHubConversation({ organization: MODEL_ORGANIZATION, device: peer.device, access: 'sync', store: hub, crypto: hubCrypto, now: () => 1, renew: async () => null });
    await conversation.message({ type: 'hello', hello: { versions: [2], organization: MODEL_ORGANIZATION, device: peer.device, application: 'test', cursor: null, segments: [], at: 0 } });
  });

  type Forgery = { readonly header?: (header: CarriedHeader) => CarriedHeader; readonly entries?: (entries: readonly WireEntry[]) => readonly WireEntry[] };
  const carried = async ({ header: change, entries: alter }: Forgery = {}): Promise<string> => {
    const foreign = peer.foreignEntries(segment, 0)!;
    const codec = codecNamed(1)!;
    const plain = { codec: 1, organization: MODEL_ORGANIZATION, carrier: peer.device, attestation: foreign.attestation, from: 0, previous: foreign.previous };
    const header = change?.(plain) ?? plain;
    const run = carriedRun(header) ?? { segment, from: 0, count: foreign.entries.length, previous: foreign.previous, head: new Uint8Array(32) };
    const entries = alter?.(author.segments.get(segment)!) ?? foreign.entries;
    const batch = await seal({ ...carrierCrypto, hpke: hubCrypto.hpke }, 'carried', modelKey('organization opens'), encodeCarriedHeader(header), pad(codec.encodeBatch({ sha256, compression: carrierCrypto.compression }, [{ run, entries, seed: null }], 'quick')));
    const [answer] = await conversation.message({ type: 'carry', batch });
    if (answer?.do !== 'send') return 'nothing';
    const { message } = answer;
    return message.type === 'rejected' ? message.rejected.code : message.type === 'taken' ? `taken ${message.length}` : message.type === 'refused' ? message.refused.code : message.type;
  };

  it('SYN-81 is taken under the author\'s word, once, and the author goes on where it ends', async () => {
    expect(await carried()).toBe('taken 21');
    expect(await carried()).toBe('taken 21');
    expect(hub.log).toHaveLength(21);
    write(author, 5);
    const { events, seen } = await exchange({ device: author, hub });
    expect(refusals(events)).toEqual([]);
    const [push] = seen.flatMap(({ message }) => (message?.type === 'bundle' ? message.bundle.runs : []));
    expect(push).toMatchObject({ segment, from: 21 });
  });

  it('SYN-81 with a signature that is not the author\'s, over other entries, or of an author nobody knows: refused by name, nothing applied', async () => {
    const word = peer.foreignEntries(segment, 0)!.attestation;
    const signed = decodeBatchHeader(word.header)!;
    const forged = modelCrypto(modelKey(`${peer.device} signs`));
    expect(await carried({ header: (header) => ({ ...header, attestation: { ...word, signature: forged.sign(word.header) } }) })).toBe('BAD_ATTESTATION');
    expect(await carried({ header: (header) => ({ ...header, attestation: { ...word, sealedHash: new Uint8Array(32) } }) })).toBe('BAD_ATTESTATION');
    expect(await carried({ header: (header) => ({ ...header, attestation: { ...word, header: encodeBatchHeader({ ...signed, head: new Uint8Array(32) }) } }) })).toBe('BAD_ATTESTATION');
    expect(await carried({ header: (header) => ({ ...header, attestation: { ...word, header: encodeBatchHeader({ ...signed, device: names[2]! }) } }) })).toBe('UNKNOWN_AUTHOR');
    expect(await carried({ header: (header) => ({ ...header, carrier: author.device }) })).toBe('OTHER_DEVICE');
    expect(await carried({ entries: (entries) => entries.map((entry, index) => (index === 7 ? { ...entry, headerText: entry.headerText.replace('"TREAT"', '"ETREAT"') } : entry)) })).toBe('BAD_HASH');
    expect(await carried({ entries: (entries) => entries.slice(1) })).toBe('MALFORMED');
    expect(hub.log).toHaveLength(0);
    expect(await carried()).toBe('taken 21');
  });

  it('SYN-81 beyond a gap it is refused with the place to go on from', async () => {
    expect(await carried({ header: (header) => ({ ...header, from: 5, previous: author.segments.get(segment)![4]!.hash }), entries: (entries) => entries.slice(5) })).toBe('GAP');
    expect(hub.log).toHaveLength(0);
  });

  it('SYN-81 of an author who has been revoked since it is taken all the same', async () => {
    const { device } = hub;
    hub.device = async (id) => {
      const record = await device(id);
      return record !== null && id === author.device ? { ...record, state: 'revoked' } : record;
    };
    expect(await carried()).toBe('taken 21');
  });

  it('SYN-81 that contradicts what the hub holds of the author is a fork: closed, kept, told, and other segments go on', async () => {
    expect(await carried()).toBe('taken 21');
    // The author signed two histories under one id, as no workstation does that draws its segments at random.
    const held = author.segments.get(segment)!;
    const other = [...held.slice(0, 10), modelEntry(author.device, segment, 10, held[9]!.hash, createDice(1234), 100)];
    const header = encodeBatchHeader({ codec: 1, organization: MODEL_ORGANIZATION, device: author.device, segment, from: 0, count: 11, previous: CHAIN_START, head: other[10]!.hash });
    const sealedHash = new Uint8Array(32);
    const attestation = { header, sealedHash, signature: modelCrypto(modelKey(`${author.device} signs`)).sign(signedBytes('batch', header, sealedHash)) };
    expect(await carried({ header: (plain) => ({ ...plain, attestation }), entries: () => other })).toBe('FORK');
    expect(hub.events.at(-1)).toMatchObject({ code: 'FORK', what: `${segment} from 0 of ${author.device}` });
    expect(await carried()).toBe('QUARANTINED');
    expect(hub.log).toHaveLength(21);
    peer.openSegment();
    await sync(peer);
    expect(holdsAll(peer)).toBe(true);
  });
});

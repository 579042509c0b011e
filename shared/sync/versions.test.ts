import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exchange, MODEL_ORGANIZATION } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed } from '../../build/sim/model-world.ts';
import { createSyncCrypto, ed25519PublicKey, sha256, x25519PublicKey } from '../../build/fixtures/test-central.ts';
import { fromHex, utf8 } from '../base/bytes.ts';
import { DeviceId, SegmentId } from '../base/ids.ts';
import { ok } from '../base/result.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { createDeviceCore } from './device-core.ts';
import { createDeviceSession, type DeviceEvent } from './device-session.ts';
import type { DeviceStore } from './device-store.ts';
import { encodeReceipt, OrganizationId, signedBytes } from './envelope.ts';
import { createFrameReader, framesOf } from './frame.ts';
import { createHubConversation } from './hub-core.ts';
import { createHubSession } from './hub-session.ts';
import { MESSAGE_MAX_BYTES, NO_PROGRESS_MS, PAGE_MIN_BYTES, PROTOCOL_VERSION, PROTOCOL_VERSIONS, UNACKNOWLEDGED_MAX_BYTES } from './limits.ts';
import type { Message } from './message.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';

const names = [deviceNamed(1), deviceNamed(2)];
let hub: SeedHub;
let one: ModelDevice;
let other: ModelDevice;
beforeEach(() => {
  const dice = createDice(17);
  hub = createModelHub(names, dice);
  [one, other] = names.map((name) => createModelDevice(name, dice, true)) as [ModelDevice, ModelDevice];
  for (const disk of [one, other]) {
    disk.openSegment();
    disk.openSegment(0);
    for (let count = 0; count < 30; count += 1) disk.write(200, count % 10 === 0 ? 0 : 1);
  }
});
const NEXT = PROTOCOL_VERSION + 1;

describe('versions side by side', () => {
  it.each<[string, readonly number[], readonly number[], number]>([
    ['a workstation of version 1 with this central', [1], PROTOCOL_VERSIONS, 1],
    ['this workstation with a central of version 1', PROTOCOL_VERSIONS, [1], 1],
    ['a workstation of the next version with this central', [NEXT, PROTOCOL_VERSION, 1], PROTOCOL_VERSIONS, PROTOCOL_VERSION],
    ['this workstation with a central of the next version', PROTOCOL_VERSIONS, [NEXT, PROTOCOL_VERSION, 1], PROTOCOL_VERSION],
    ['this workstation with a central two versions on, which still takes it', PROTOCOL_VERSIONS, [NEXT + 1, NEXT, PROTOCOL_VERSION], PROTOCOL_VERSION],
  ])('SYN-94 %s', async (_, deviceVersions, hubVersions, agreed) => {
    await exchange({ device: other, hub });
    const { seen, events } = await exchange({ device: one, hub, deviceVersions, hubVersions });
    expect(seen.find(({ message }) => message?.type === 'hi')?.message).toMatchObject({ hi: { version: agreed } });
    expect(events.filter((event) => event.do === 'refused' || event.do === 'close')).toEqual([]);
    expect(one.unsent()).toBe(0);
    for (const [segment, entries] of other.segments) expect(one.segments.get(segment)).toHaveLength(entries.length);
  });

  it('SYN-94 with no version in common it is refused by that name, and nothing is lost', async () => {
    const { events } = await exchange({ device: one, hub, deviceVersions: [NEXT + 2], hubVersions: PROTOCOL_VERSIONS });
    expect(events.at(-1)).toMatchObject({ do: 'close', fault: { code: 'SERVER_REFUSED', detail: { refusal: 'VERSION' } } });
    expect(one.unsent()).toBe(32);
  });

  it('SYN-94 in version 1 nobody says anything that version 1 does not know', async () => {
    const since2 = new Set(['offer', 'wanted', 'carry', 'taken', 'read', 'roll', 'rolled', 'scope', 'entered', 'evicted']);
    await exchange({ device: other, hub });
    const goBack = hub.backup!();
    other.write(100);
    await exchange({ device: other, hub });
    await exchange({ device: one, hub });
    goBack();
    for (const [deviceVersions, hubVersions] of [[[1], PROTOCOL_VERSIONS], [PROTOCOL_VERSIONS, [1]]] as const) {
      const { seen } = await exchange({ device: one, hub, deviceVersions, hubVersions });
      const pages = seen.flatMap(({ message }) => (message?.type === 'page' ? [message.page.header[0]] : []));
      expect(seen.filter(({ message }) => message !== null && since2.has(message.type))).toEqual([]);
      expect(pages.every((version) => version === 1)).toBe(true);
      expect(seen.filter(({ message }) => message?.type === 'news' && message.urgent !== null)).toEqual([]);
    }
    // What is owed stays owed until a hub comes that can take it.
    expect(one.backfillOwed()).toBe(true);
    await exchange({ device: one, hub });
    await exchange({ device: one, hub });
    expect(one.backfillOwed()).toBe(false);
  });

  it('SYN-94 messages from 0x80 on that nobody here knows are passed over, in either direction', async () => {
    await exchange({ device: one, hub });
    const conversation = createHubConversation({ organization: MODEL_ORGANIZATION, device: one.device, access: 'sync', store: hub, crypto: createSyncCrypto({ openWith: new Uint8Array(32).fill(1), signWith: new Uint8Array(32).fill(2) }), now: () => 1, renew: async () => null });
    const written: Uint8Array[] = [];
    const session = createHubSession({ conversation, write: async (frame) => void written.push(frame), onNews: () => undefined, onClose: () => undefined });
    for (const bytes of [Uint8Array.of(0xff, 1, 2, 3), encodeMessage({ type: 'hello', hello: { versions: [2], organization: MODEL_ORGANIZATION, device: one.device, application: 'test', cursor: null, segments: [], at: 0 } }), Uint8Array.of(0xfe)]) {
      for (const frame of framesOf(bytes)) await session.push(frame);
    }
    const reader = createFrameReader(MESSAGE_MAX_BYTES);
    const said = written.flatMap((frame) => {
      const read = reader.push(frame);
      return read.ok ? read.value.map((each) => (decodeMessage(each) as Message).type) : [];
    });
    expect(said).toEqual(['hi']);
  });

  it('SYN-12 entries of kinds and header fields nobody here knows pass unchanged between both', async () => {
    for (let count = 0; count < 100; count += 1) one.write(50);
    expect([...one.segments.values()].flat().some(({ kind }) => kind === 'from.the.future')).toBe(true);
    await exchange({ device: one, hub });
    await exchange({ device: other, hub });
    for (const [segment, entries] of one.segments) expect(other.segments.get(segment)?.map(({ headerText }) => headerText)).toEqual(entries.map(({ headerText }) => headerText));
  });
});

const Entry = z.object({ header: z.string(), salt: z.string(), body: z.string().nullable(), hash: z.string() });
const Segments = z.array(z.object({ device: DeviceId, segment: SegmentId, entries: z.array(Entry) }));
const Recording = z.object({
  organization: OrganizationId, device: DeviceId, otherDevice: DeviceId, wall: z.number(),
  privateKeys: z.object({ organizationSealing: z.string(), hubSigning: z.string(), deviceSigning: z.string(), deviceSealing: z.string(), otherSigning: z.string(), otherSealing: z.string() }),
  before: Segments, sent: Segments, fromDevice: z.array(z.string()), fromHub: z.array(z.string()),
});

describe('a conversation recorded with Outpost 0.1.0', () => {
  const recording = Recording.parse(JSON.parse(readFileSync(new URL('../../docs/vectors/version-1.json', import.meta.url), 'utf8')));
  const keys = Object.fromEntries(Object.entries(recording.privateKeys).map(([name, key]) => [name, fromHex(key)])) as Record<keyof typeof recording.privateKeys, Uint8Array>;
  const messagesOf = (frames: readonly string[]): Message[] => {
    const reader = createFrameReader(MESSAGE_MAX_BYTES);
    return frames.flatMap((frame) => {
      const read = reader.push(fromHex(frame));
      return read.ok ? read.value.map((bytes) => decodeMessage(bytes) as Message) : [];
    });
  };
  const [hi] = messagesOf(recording.fromHub);
  if (hi?.type !== 'hi') throw new Error('the recording begins with HI');
  const parts = (entries: z.infer<typeof Entry>[], segment: SegmentId) =>
    entries.map(({ header, salt, body, hash }, sequence) => ({
      headerText: header, salt: fromHex(salt), body: body === null ? null : fromHex(body), hash: fromHex(hash), segment, sequence, kind: String((JSON.parse(header) as { kind: string }).kind), patient: null,
    }));

  it('SYN-94 its bytes are understood: this central gives the same greeting, receipts over the same heads, and the same entries', async () => {
    const dice = { ...createDice(1), hex: () => hi.hi.epoch };
    const store = createModelHub([recording.device, recording.otherDevice], dice);
    for (const { device, segment, entries } of recording.before) {
      const run = { segment, from: 0, count: entries.length, previous: CHAIN_START, head: fromHex(entries.at(-1)!.hash) };
      const attestation = { header: new Uint8Array(), sealedHash: new Uint8Array(32), signature: new Uint8Array(64) };
      await store.ingest(
        { header: { codec: 1, organization: recording.organization, device, ...run }, entries: parts(entries, segment), seed: null, attestation, carrier: null, lane: 1, sealed: { header: new Uint8Array(), sealed: new Uint8Array(), signature: new Uint8Array() } },
        () => ({ do: 'append', skip: 0 }), recording.wall,
      );
    }
    store.device = async (device) => ({ device, name: device, signingKey: ed25519PublicKey(keys.deviceSigning), sealingKey: x25519PublicKey(keys.deviceSealing), state: 'active' });
    const written: string[] = [];
    const session = createHubSession({
      conversation: createHubConversation({ organization: recording.organization, device: recording.device, access: 'sync', store, crypto: createSyncCrypto({ openWith: keys.organizationSealing, signWith: keys.hubSigning }), now: () => recording.wall, renew: async () => null }),
      write: async (frame) => void written.push(Buffer.from(frame).toString('hex')), onNews: () => undefined, onClose: () => undefined,
    });
    for (const frame of recording.fromDevice) await session.push(fromHex(frame));
    const [then, now] = [messagesOf(recording.fromHub), messagesOf(written)];
    expect(now.map(({ type }) => type)).toEqual(then.map(({ type }) => type));
    // What 0.1.0 reads of HI is what it was, whatever else stands there.
    expect(now[0]).toMatchObject({ hi: { ...hi.hi } });
    const receipts = (messages: readonly Message[]) => messages.flatMap((message) => (message.type === 'receipt' ? [Buffer.from(encodeReceipt(message.receipt)).toString('hex')] : []));
    expect(receipts(now)).toEqual(receipts(then));
    const pages = (messages: readonly Message[]) => messages.flatMap((message) => (message.type === 'page' ? [Buffer.from(message.page.header).toString('hex')] : []));
    expect(pages(now)).toEqual(pages(then));
  });

  it('SYN-94 its central is understood: this workstation takes the receipts and the entries it sent then', async () => {
    const crypto = createSyncCrypto({ openWith: keys.deviceSealing, signWith: keys.deviceSigning });
    const held = new Map(recording.sent.map(({ segment, entries }) => [segment, parts(entries, segment)]));
    const taken: string[] = [];
    const received: string[] = [];
    const store: DeviceStore = {
      ...createModelDevice(recording.device, createDice(1), false),
      ownSegments: () => [...held].map(([segment, entries]) => ({ segment, lane: 1, length: entries.length, head: entries.at(-1)!.hash, acknowledged: 0 })),
      unacknowledged: () => [...held].map(([segment, entries]) => ({ segment, lane: 1, length: entries.length, head: entries.at(-1)!.hash, acknowledged: 0 })),
      ownEntries: (segment, from) => ({ previous: from === 0 ? CHAIN_START : held.get(segment)![from - 1]!.hash, entries: held.get(segment)!.slice(from), seed: null }),
      acknowledge(receipt) {
        taken.push(`${receipt.segment} ${receipt.length} ${Buffer.from(receipt.head).toString('hex')}`);
        return ok(null);
      },
      receive(runs) {
        for (const { entries } of runs) received.push(...entries.map(({ headerText }) => headerText));
        return ok({ applied: received.length, duplicates: 0, parked: 0, patients: [], closed: [] });
      },
    };
    const events: DeviceEvent[] = [];
    const core = createDeviceCore({
      organization: recording.organization, device: recording.device, application: 'outpost', store, sha256, compression: crypto.compression, recoverOwn: false, verify: crypto.verify,
      verifyReceipt: (receipt) => crypto.verify(ed25519PublicKey(keys.hubSigning), signedBytes('receipt', encodeReceipt(receipt)), receipt.signature),
      batchTargetBytes: 32_768, windowBytes: UNACKNOWLEDGED_MAX_BYTES, pageBytes: PAGE_MIN_BYTES, noProgressMs: NO_PROGRESS_MS,
    });
    const session = createDeviceSession({
      core, crypto, organization: recording.organization, device: recording.device, organizationSealingKey: x25519PublicKey(keys.organizationSealing), hubSigningKey: ed25519PublicKey(keys.hubSigning),
      now: () => ({ wall: recording.wall, steady: 0 }), write: async () => undefined, onEvent: (event) => void events.push(event),
    });
    session.start();
    for (const frame of recording.fromHub) await session.push(fromHex(frame));
    expect(events.filter((event) => event.do === 'close' || event.do === 'refused')).toEqual([]);
    expect(taken).toEqual(recording.sent.map(({ segment, entries }) => `${segment} ${entries.length} ${entries.at(-1)!.hash}`));
    expect(received).toEqual(recording.before.flatMap(({ entries }) => entries.map(({ header }) => header)));
    expect(utf8(received[0]!).length).toBeGreaterThan(100);
  });
});

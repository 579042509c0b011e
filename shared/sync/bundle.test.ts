import { beforeEach, describe, expect, it } from 'vitest';
import { exchange, type Exchanged } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed } from '../../build/sim/model-world.ts';
import type { SegmentId } from '../base/ids.ts';
import { LANE } from '../ledger/lanes.ts';
import { decodeBatchHeader } from './envelope.ts';
import { BATCH_SEALED_TARGET_BYTES, BUNDLE_RUNS_MAX, CODEC_COLUMNS, CODEC_PLAIN_ZSTD } from './limits.ts';

const names = [deviceNamed(1), deviceNamed(2)];
let hub: SeedHub;
let disk: ModelDevice;
beforeEach(() => {
  const dice = createDice(23);
  hub = createModelHub(names, dice);
  disk = createModelDevice(names[0]!, dice, true);
});

const bundles = ({ seen }: Exchanged): (readonly SegmentId[])[] => seen.flatMap(({ message }) => (message?.type === 'bundle' ? [message.bundle.runs.map(({ segment }) => segment)] : []));
const inFull = ({ seen }: Exchanged): SegmentId[] => seen.flatMap(({ message }) => (message?.type === 'push' ? [decodeBatchHeader(message.batch.header)!.segment] : []));

describe('batches in short', () => {
  it('SYN-66 what many segments of a lane have unsent goes out together, no more of them and no larger than a bundle may be', async () => {
    for (let start = 0; start < 3 * BUNDLE_RUNS_MAX; start += 1) disk.openSegment();
    const sent = await exchange({ device: disk, hub });
    expect(inFull(sent)).toEqual([]);
    const together = bundles(sent);
    expect(Math.max(...together.map(({ length }) => length))).toBe(BUNDLE_RUNS_MAX);
    expect(together.length).toBeLessThan(6);
    expect(together.flat().toSorted()).toEqual([...disk.segments.keys()].toSorted());
    for (const { message } of sent.seen) if (message?.type === 'bundle') expect(message.bundle.sealed.length).toBeLessThanOrEqual(BATCH_SEALED_TARGET_BYTES);
    expect(disk.unsent()).toBe(0);
  });

  it('SYN-66 lanes are not put together: what is urgent waits for nothing else to be packed', async () => {
    for (const lane of [LANE.urgent, LANE.clinical, LANE.reads, LANE.bulk]) for (let count = 0; count < 2; count += 1) disk.openSegment(lane);
    const lanes = new Map(disk.ownSegments().map(({ segment, lane }) => [segment, lane]));
    const sent = await exchange({ device: disk, hub });
    for (const segments of bundles(sent)) expect(new Set(segments.map((segment) => lanes.get(segment))).size).toBe(1);
    expect(disk.unsent()).toBe(0);
  });

  it('SYN-66 a large entry goes alone, and what waits behind it is not read for its sake', async () => {
    disk.openSegment();
    disk.openSegment();
    disk.write(300_000);
    const sent = await exchange({ device: disk, hub });
    expect(bundles(sent).map(({ length }) => length)).toEqual([2, 1]);
    expect(disk.unsent()).toBe(0);
  });

  it('SYN-66 what the hub cannot tell in short it is sent in full, and the others go on together', async () => {
    disk.openSegment();
    disk.openSegment();
    await exchange({ device: disk, hub });
    disk.write(100);
    const [doubted] = [...disk.segments.keys()].slice(-1);
    // A hub that has forgotten where this one segment ends.
    const forgetful: SeedHub = { ...hub, held: async (device, asked) => (await hub.held(device, asked)).filter(({ segment }) => segment !== doubted) };
    const sent = await exchange({ device: disk, hub: forgetful });
    expect(sent.seen.flatMap(({ message }) => (message?.type === 'rejected' ? [message.rejected.code] : []))).toEqual(['UNKNOWN_PREVIOUS']);
    expect(inFull(sent)).toEqual([doubted]);
    expect(sent.events.filter(({ do: what }) => what === 'refused' || what === 'close')).toEqual([]);
    expect(disk.unsent()).toBe(0);
  });

  it('SYN-66 a hub that understands neither form is asked three times and no more', async () => {
    disk.openSegment();
    await exchange({ device: disk, hub });
    disk.write(100);
    const [segment] = [...disk.segments.keys()];
    const deaf: SeedHub = { ...hub, held: async () => [], ingest: async () => ({ outcome: 'rejected', decision: { do: 'reject', code: 'UNKNOWN_PREVIOUS', quarantine: false }, length: 1 }) };
    const sent = await exchange({ device: disk, hub: deaf });
    expect(sent.events).toContainEqual({ do: 'refused', what: segment, code: 'UNKNOWN_PREVIOUS' });
    expect(inFull(sent)).toHaveLength(3);
    expect(disk.unsent()).toBeGreaterThan(0);
  });

  const contexts = (): { readonly hub: SeedHub; readonly read: SegmentId[] } => {
    const read: SegmentId[] = [];
    const slice: SeedHub['slice'] = (query) => {
      if (query.stream.kind === 'segment') read.push(query.stream.segment);
      return hub.slice(query);
    };
    return { hub: { ...hub, slice }, read };
  };
  const codecs = [CODEC_COLUMNS, CODEC_PLAIN_ZSTD];

  it('SYN-257 each bundle goes on from the one before it in its lane, on the same connection', async () => {
    disk.openSegment();
    for (let count = 0; count < 24; count += 1) disk.write(300);
    const watched = contexts();
    const sent = await exchange({ device: disk, hub: watched.hub, batchTargetBytes: 2048, codecs });
    expect(bundles(sent).length).toBeGreaterThan(2);
    expect(watched.read).toEqual(bundles(sent).slice(0, -1).flat());
    expect(disk.unsent()).toBe(0);
    disk.write(300);
    await exchange({ device: disk, hub: watched.hub, batchTargetBytes: 2048, codecs });
    expect(watched.read.length).toBe(bundles(sent).length - 1);
    expect(disk.unsent()).toBe(0);
  });

  it('SYN-257 where the hub does not have what a bundle goes on from, everything is sent all the same, in full', async () => {
    disk.openSegment();
    for (let count = 0; count < 24; count += 1) disk.write(300);
    const forgetful: SeedHub = { ...hub, slice: (query) => (query.stream.kind === 'segment' ? Promise.resolve(null) : hub.slice(query)) };
    const sent = await exchange({ device: disk, hub: forgetful, batchTargetBytes: 2048, codecs });
    expect(sent.seen.flatMap(({ message }) => (message?.type === 'rejected' ? [message.rejected.code] : []))).toContain('UNKNOWN_PREVIOUS');
    expect(inFull(sent).length).toBeGreaterThan(0);
    expect(sent.events.filter(({ do: what }) => what === 'refused' || what === 'close')).toEqual([]);
    expect(disk.unsent()).toBe(0);
  });

  it('SYN-94 a central of version 1 gets every batch in full', async () => {
    for (let start = 0; start < 5; start += 1) disk.openSegment();
    const sent = await exchange({ device: disk, hub, hubVersions: [1] });
    expect(bundles(sent)).toEqual([]);
    expect(inFull(sent)).toHaveLength(5);
  });

  it('SYN-67 what comes together is in nobody\'s name but its author\'s afterwards: each run has its own word', async () => {
    for (let start = 0; start < 3; start += 1) disk.openSegment();
    await exchange({ device: disk, hub });
    const reader = createModelDevice(names[1]!, createDice(5), true);
    await exchange({ device: reader, hub });
    for (const segment of disk.segments.keys()) expect(reader.foreignEntries(segment, 0)?.attestation.signature).toHaveLength(64);
  });
});

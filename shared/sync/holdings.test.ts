import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { exchange, type Exchanged } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed, sha256 } from '../../build/sim/model-world.ts';
import { SegmentId } from '../base/ids.ts';
import { holdingsDigest } from './holdings.ts';

const name = deviceNamed(1);
let hub: SeedHub;
let device: ModelDevice;
beforeEach(() => {
  hub = createModelHub([name, deviceNamed(2)], createDice(5));
  device = createModelDevice(name, createDice(6), true);
  device.openSegment();
});

const sync = (options: Partial<Parameters<typeof exchange>[0]> = {}): Promise<Exchanged> => exchange({ device, hub, ...options });
const write = (count: number): void => {
  for (let left = count; left > 0; left -= 1) device.write(40);
};
const hubHasAll = (): boolean => device.ownSegments().every(({ segment, length, head }) => hub.holds(segment, length, head));
/** As main/sync/sync-light.ts says it. */
const allSent = (): boolean => device.unsent() === 0 && device.missing() === 0;

describe('what the hub holds of a device', () => {
  it('SYN-170 is one value: SHA-256 over each segment, its length and its head, in order of the ids', () => {
    const [first, second] = ['00000000000000aa', 'ff00000000000000'].map((id) => SegmentId.parse(id)) as [SegmentId, SegmentId];
    const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const byHand = createHash('sha256').update(Buffer.from(`00000000000000aa05${'01'.repeat(32)}ff00000000000000ac02${'02'.repeat(32)}`, 'hex')).digest('hex');
    expect(byHand).toBe('e77b155be619f2443a99dad26cde6797d3d9757a1152687f1b25743b7288dfde');
    expect(holdingsDigest(sha256, [{ segment: second, length: 300, head: other }, { segment: first, length: 5, head: one }])).toBe(byHand);
    expect(holdingsDigest(sha256, [{ segment: first, length: 0, head: one }])).toBe(createHash('sha256').digest('hex'));
  });

  it('SYN-171 costs nothing to compare where both mean the same, however much has been written', async () => {
    for (let start = 0; start < 100; start += 1) device.openSegment();
    write(20);
    await sync();
    await sync();
    const quiet = await sync();
    expect(quiet.said('device')).toEqual(['hello']);
    expect(quiet.core.view().settled).toBe(true);
    expect(allSent()).toBe(true);
  });

  it('SYN-172 two restores that add up to the number of entries expected are found out: all is sent again, all is read back', async () => {
    write(1);
    await sync();
    const [deviceBack, hubBack] = [device.backup(), hub.backup!()];
    // Two entries that the hub will have lost, and a segment of two that the workstation will have.
    write(2);
    await sync();
    const kept = device.backup();
    hubBack();
    deviceBack();
    device.openSegment();
    write(1);
    const lostSegment = device.ownSegments().at(-1)!.segment;
    await sync();
    kept();
    expect(device.segments.has(lostSegment)).toBe(false);
    // By number both agree: four acknowledged, four held.
    expect(device.ownSegments().reduce((sum, { acknowledged }) => sum + acknowledged, 0)).toBe(hub.log.length);
    expect(device.unsent()).toBe(0);
    expect(hubHasAll()).toBe(false);

    const { events, core } = await sync();
    expect(events).toContainEqual({ do: 'refused', what: 'own ledger', code: 'ROLLED_BACK', healing: true });
    expect(core.view().settled).toBe(true);
    expect(device.segments.get(lostSegment)).toHaveLength(2);
    expect(hubHasAll() && allSent()).toBe(true);
  });

  it('SYN-173 from the greeting on, until it is known what differs, nothing is "all sent", though the line ends there', async () => {
    write(3);
    const hubBack = hub.backup!();
    await sync();
    hubBack();
    expect(allSent()).toBe(true);
    await sync({ cutBefore: ({ message }) => message?.type === 'rolled' });
    expect(device.missing()).toBeGreaterThan(0);
    expect(allSent()).toBe(false);
    await sync();
    expect(hubHasAll() && allSent()).toBe(true);
  });

  it('SYN-174 another history of a segment that was sent whole is found out, though both are equally long', async () => {
    const twin = createModelDevice(name, createDice(6), true);
    twin.openSegment();
    twin.write(90);
    const before = hub.backup!();
    write(1);
    await sync();
    before();
    await exchange({ device: twin, hub });
    const shared = device.ownSegments()[0]!.segment;
    device.openSegment();
    const { events, core } = await sync();
    expect(events.filter((event) => event.do === 'refused' && event.what === shared)).toEqual([expect.objectContaining({ code: 'FORK' })]);
    expect(device.ownSegments()[0]!.closed).toBe(true);
    expect(hub.events.map(({ code }) => code)).toContain('FORK');
    expect(core.view().settled).toBe(true);
    // Both leave it out of what they compare: the next greeting is short again, and says no second time what is known.
    await sync();
    const next = await sync();
    expect(next.said('device')).toEqual(['hello']);
    expect(next.events.filter((event) => event.do === 'refused')).toEqual([]);
  });

  it('SYN-176 entries that somebody else handed over while our own batch of them was refused are asked about, and settled in this conversation', async () => {
    write(2);
    const { segment } = device.ownSegments()[0]!;
    // The hub cannot read what this device sends; a colleague brings the same entries meanwhile.
    const reached: number[] = [];
    const refusing: SeedHub = {
      ...hub,
      async ingest(batch, decide, receivedAt) {
        if (reached.length > 0) return hub.ingest(batch, decide, receivedAt);
        const { held } = (await hub.ingest(batch, decide, receivedAt)) as Extract<Awaited<ReturnType<SeedHub['ingest']>>, { outcome: 'held' }>;
        reached.push(held.length);
        return { outcome: 'rejected', decision: { do: 'reject', code: 'BAD_HASH', quarantine: false }, length: held.length };
      },
    };
    const { core, said } = await exchange({ device, hub: refusing });
    expect(reached).toEqual([3]);
    expect(said('device')).toContain('where');
    expect(core.view().settled).toBe(true);
    expect(device.receipts.get(segment)?.length).toBe(3);
    expect(allSent()).toBe(true);
  });

  it('SYN-175 of a closed segment the hub is asked for its length each time: what it loses of it is unsent, although it is not sent again', async () => {
    write(2);
    await sync();
    expect(device.unsent()).toBe(0);
    const twin = createModelDevice(name, createDice(6), true);
    twin.openSegment();
    twin.write(90);
    hub = createModelHub([name], createDice(9));
    await exchange({ device: twin, hub });
    await sync();
    expect(device.ownSegments()[0]!.closed).toBe(true);
    hub = createModelHub([name], createDice(10));
    const { said } = await sync();
    expect(said('device')).not.toContain('push');
    expect(device.unsent()).toBeGreaterThan(0);
  });
});

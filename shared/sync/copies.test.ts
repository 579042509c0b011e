import { beforeEach, describe, expect, it } from 'vitest';
import { exchange, type Exchanged } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed } from '../../build/sim/model-world.ts';

const name = deviceNamed(1);
let hub: SeedHub;
beforeEach(() => {
  hub = createModelHub([name, deviceNamed(2)], createDice(5));
});

/** Machines that go on from one memory: the same entries so far, in the same segment. */
function copies(count: number, common: number): ModelDevice[] {
  return Array.from({ length: count }, () => {
    const copy = createModelDevice(name, createDice(6), true);
    copy.openSegment();
    write(copy, common, 40);
    return copy;
  });
}
const write = (device: ModelDevice, count: number, bytes: number): void => {
  for (let left = count; left > 0; left -= 1) device.write(bytes);
};
const sync = (device: ModelDevice, options: Partial<Parameters<typeof exchange>[0]> = {}): Promise<Exchanged> => exchange({ device, hub, ...options });
const shared = (device: ModelDevice) => device.ownSegments()[0]!;
/** As main/sync/sync-light.ts says it. */
const allSent = (device: ModelDevice): boolean => device.unsent() === 0 && device.missing() === 0;
const hubHasAll = (device: ModelDevice): boolean => device.ownSegments().every(({ segment, length, head }) => hub.holds(segment, length, head));

describe('copies of a running machine', () => {
  it.each([[0, 'as long'], [3, 'longer']])('SYN-220 what receipts cover is unsent as far as the hub has lost it to the other copy, whose history is %i entries longer', async (more) => {
    const [one, other] = copies(2, 4) as [ModelDevice, ModelDevice];
    await sync(one);
    const lagging = hub.backup!();
    write(one, 3, 60);
    await sync(one);
    expect(hubHasAll(one) && allSent(one)).toBe(true);
    lagging();
    write(other, 3 + more, 90);
    await sync(other);
    const { core } = await sync(one);
    expect(core.view().settled).toBe(true);
    expect(allSent(one)).toBe(false);
    // Up to where the two part, and no further, the hub holds what this one wrote.
    expect(shared(one)).toMatchObject({ closed: true, length: 8, acknowledged: 5 });
    expect(one.missing()).toBe(0);
  });

  it.each(['hi', 'receipt', 'rolled', 'page'])('SYN-220 a line that ends before the %s that would say so leaves nothing "all sent" that is not', async (type) => {
    const [one, other] = copies(2, 4) as [ModelDevice, ModelDevice];
    await sync(one);
    const lagging = hub.backup!();
    write(one, 3, 60);
    await sync(one);
    lagging();
    write(other, 6, 90);
    await sync(other);
    let greeted = false;
    await sync(one, {
      cutBefore: ({ from, message }) => {
        const ends = message?.type === type;
        greeted ||= !ends && from === 'hub' && message?.type === 'hi';
        return ends;
      },
    });
    // Before it has been greeted it cannot know.
    expect(allSent(one)).toBe(!greeted);
    await sync(one);
    expect(shared(one).acknowledged).toBe(5);
    expect(allSent(one)).toBe(false);
  });

  it('SYN-221 of a closed segment the history is compared at each greeting, and read only where it is another than the last time', async () => {
    const [one, second, third] = copies(3, 4) as [ModelDevice, ModelDevice, ModelDevice];
    await sync(one);
    const early = hub.backup!();
    write(one, 1, 60);
    await sync(one);
    const late = hub.backup!();
    write(second, 3, 90);
    write(third, 1, 60);
    write(third, 5, 90);
    late();
    await sync(third);
    write(one, 1, 70);
    one.openSegment();
    await sync(one);
    // The third copy wrote what this one did up to 6 entries.
    expect(shared(one)).toMatchObject({ closed: true, acknowledged: 6 });
    await sync(one);
    expect((await sync(one)).said('device')).toEqual(['hello']);
    expect(shared(one).acknowledged).toBe(6);
    early();
    await sync(second);
    await sync(one);
    expect(shared(one)).toMatchObject({ closed: true, acknowledged: 5 });
    await sync(one);
    expect((await sync(one)).said('device')).not.toContain('read');
    expect(shared(one).acknowledged).toBe(5);
  });

  it('SYN-222 a segment that the hub has in quarantine is closed for good: what is written next goes by another and arrives', async () => {
    const [one, other] = copies(2, 4) as [ModelDevice, ModelDevice];
    await sync(one);
    write(one, 1, 60);
    await sync(one);
    write(other, 2, 90);
    const { events: told } = await sync(other);
    expect(told).toContainEqual(expect.objectContaining({ do: 'refused', code: 'FORK' }));
    expect(shared(one).closed).toBe(false);
    write(one, 1, 60);
    const { events, core } = await sync(one);
    expect(events).toContainEqual({ do: 'refused', what: shared(one).segment, code: 'QUARANTINED' });
    expect(core.view().settled).toBe(true);
    expect(shared(one)).toMatchObject({ closed: true, length: 7, acknowledged: 6 });
    one.openSegment();
    write(one, 2, 60);
    const next = await sync(one);
    expect(next.events.filter((event) => event.do === 'refused')).toEqual([]);
    expect(next.core.view().settled).toBe(true);
    expect(one.unsent()).toBe(1);
  });

  it('SYN-224 a receipt for more than this device has written is an answer too: what else was written is read, and nothing waits for the line to end', async () => {
    const [one, other] = copies(2, 4) as [ModelDevice, ModelDevice];
    write(other, 2, 90);
    let first = true;
    const overtaken: SeedHub = {
      ...hub,
      async ingest(batch, decide, receivedAt) {
        if (first) {
          first = false;
          await sync(other);
        }
        return hub.ingest(batch, decide, receivedAt);
      },
    };
    const { core, events } = await exchange({ device: one, hub: overtaken });
    expect(events.filter((event) => event.do === 'refused' && event.code === 'FORK')).toEqual([]);
    expect(core.view().settled).toBe(true);
    expect(shared(one)).toMatchObject({ length: 7, acknowledged: 7 });
    expect(hubHasAll(one) && allSent(one)).toBe(true);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { exchange, type Seen } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed } from '../../build/sim/model-world.ts';
import { LANE, LANES } from '../ledger/lanes.ts';
import { decodeBatchHeader } from './envelope.ts';
import { FIRST_FLIGHT_MAX_BYTES, URGENT_AHEAD_ENTRIES } from './limits.ts';
import { decodePageHeader } from './page-header.ts';

const dice = createDice(5);
let hub: SeedHub;
let writer: ModelDevice;
let reader: ModelDevice;
beforeEach(() => {
  hub = createModelHub([deviceNamed(1), deviceNamed(2)], dice);
  [writer, reader] = [1, 2].map((number) => createModelDevice(deviceNamed(number), dice, true)) as [ModelDevice, ModelDevice];
  for (const lane of LANES) writer.openSegment(lane);
  reader.openSegment();
});

const laneOfPush = (disk: ModelDevice, { message }: Seen): number | null => {
  const header = message?.type === 'push' ? decodeBatchHeader(message.batch.header) : message?.type === 'bundle' ? message.bundle.runs[0] : null;
  return header === null || header === undefined ? null : (disk.ownSegments().find(({ segment }) => segment === header.segment)?.lane ?? null);
};
const streamsOf = (seen: readonly Seen[]): string[] => seen.flatMap(({ message }) => (message?.type === 'page' ? [decodePageHeader(message.page.header)!.stream.kind] : []));

describe('urgent things first', () => {
  it('SYN-83 batches go out lane by lane, the urgent one before all others', async () => {
    for (const lane of LANES.toReversed()) for (let count = 0; count < 60; count += 1) writer.write(800, lane);
    const { seen } = await exchange({ device: writer, hub, batchTargetBytes: 4096 });
    const order = seen.flatMap((each) => laneOfPush(writer, each) ?? []);
    expect(order).toEqual(order.toSorted((left, right) => left - right));
    expect(new Set(order)).toEqual(new Set(LANES));
    expect(writer.unsent()).toBe(0);
  });

  it('SYN-83 lane 0 is held by the hub before lane 1 is, although lane 1 was under way first', async () => {
    await exchange({ device: writer, hub });
    for (let count = 0; count < 400; count += 1) writer.write(900, LANE.clinical);
    let written = 0;
    let allUrgentAt = -1;
    const { seen } = await exchange({
      device: writer,
      hub,
      meanwhile: (each, { localChange }) => {
        // In the middle of the third clinical batch somebody notes ten allergies.
        if (each.from === 'device' && each.lane === LANE.clinical && written < 10 && hub.log.length > 100) {
          for (; written < 10; written += 1) writer.write(300, LANE.urgent);
          localChange();
        }
      },
    });
    const receipts = seen.flatMap(({ message }, at) => (message?.type === 'receipt' ? [{ at, lane: writer.ownSegments().find(({ segment }) => segment === message.receipt.segment)!.lane, length: message.receipt.length }] : []));
    allUrgentAt = receipts.find(({ lane, length }) => lane === LANE.urgent && length === 11)!.at;
    const clinicalAt = receipts.findLast(({ lane }) => lane === LANE.clinical)!.at;
    expect(allUrgentAt).toBeLessThan(clinicalAt);
    // No more than one batch of the bulk that was being written came between.
    const urgentLsn = hub.log.findLastIndex(({ segment }) => writer.ownSegments().find((own) => own.segment === segment)?.lane === LANE.urgent);
    expect(urgentLsn).toBeLessThan(350);
    expect(written).toBe(10);
  });

  it('SYN-84 an urgent batch goes out with the HELLO, in the same flight, and is taken once', async () => {
    writer.write(200, LANE.urgent);
    const { seen } = await exchange({ device: writer, hub });
    const fromDevice = seen.filter(({ from, message }) => from === 'device' && message !== null);
    const hiAt = seen.findIndex(({ message }) => message?.type === 'hi');
    const pushAt = seen.findIndex((each) => laneOfPush(writer, each) === LANE.urgent);
    expect(fromDevice.map(({ message }) => message!.type).slice(0, 2)).toEqual(['hello', 'push']);
    expect(pushAt).toBeLessThan(hiAt + 2);
    expect(seen.filter((each) => laneOfPush(writer, each) === LANE.urgent)).toHaveLength(1);
    expect(writer.unsent()).toBe(0);
  });

  it('SYN-84 a first flight the hub holds already, or cannot join on, costs nothing but itself', async () => {
    writer.write(200, LANE.urgent);
    // The receipt of this one is lost.
    await exchange({ device: writer, hub, cutBefore: ({ message }) => message?.type === 'receipt' });
    expect(writer.unsent()).toBeGreaterThan(0);
    const again = await exchange({ device: writer, hub });
    expect(again.events.filter((event) => event.do === 'refused')).toEqual([]);
    expect(writer.unsent()).toBe(0);
    expect(hub.log.filter(({ segment }) => segment === writer.ownSegments()[0]!.segment)).toHaveLength(2);
    // A hub restored to before that: the first flight is a gap there.
    const other = createModelHub([deviceNamed(1)], dice);
    writer.write(200, LANE.urgent);
    const { events } = await exchange({ device: writer, hub: other });
    expect(events.filter((event) => event.do === 'refused')).toEqual([]);
    expect(writer.unsent()).toBe(0);
    expect(other.log.filter(({ segment }) => segment === writer.ownSegments()[0]!.segment).map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
  });

  it('SYN-84 an urgent entry too large for the first flight follows the greeting', async () => {
    writer.write(4 * FIRST_FLIGHT_MAX_BYTES, LANE.urgent);
    const { said } = await exchange({ device: writer, hub });
    expect(said('device')[0]).toBe('hello');
    expect(writer.unsent()).toBe(0);
  });
});

describe('reading urgent things first', () => {
  /** A device that has nothing yet would read a seed. */
  const readSomething = async (): Promise<void> => {
    writer.write(100, LANE.clinical);
    await exchange({ device: writer, hub });
    await exchange({ device: reader, hub });
  };

  it('SYN-85 urgent entries far ahead in the log are read before what lies between, and not again with it', async () => {
    await readSomething();
    for (let count = 0; count < 20 * URGENT_AHEAD_ENTRIES; count += 1) writer.write(200, LANE.clinical);
    await exchange({ device: writer, hub });
    for (let count = 0; count < 5; count += 1) writer.write(200, LANE.urgent);
    await exchange({ device: writer, hub });
    const { seen, events } = await exchange({ device: reader, hub });
    expect(streamsOf(seen)[0]).toBe('urgent');
    expect(streamsOf(seen).filter((kind) => kind === 'urgent')).toHaveLength(1);
    const received = events.flatMap((event) => (event.do === 'received' ? [event.received] : []));
    expect(received[0]).toMatchObject({ applied: 5 });
    expect(received.reduce((total, { duplicates }) => total + duplicates, 0)).toBe(0);
    for (const { segment, length } of writer.ownSegments()) expect(reader.segments.get(segment)).toHaveLength(length);
  });

  it('SYN-85 an urgent page overtakes a page of the log that is on the line', async () => {
    await readSomething();
    for (let count = 0; count < 2000; count += 1) writer.write(900, LANE.clinical);
    await exchange({ device: writer, hub });
    let noted = false;
    let urgentAt = -1;
    let logAt = -1;
    let clinicalFrames = 0;
    const { seen } = await exchange({
      device: reader,
      hub,
      meanwhile: (each, session) => {
        if (each.from === 'hub' && each.lane === 1) clinicalFrames += 1;
        if (noted || clinicalFrames < 30) return;
        noted = true;
        writer.write(100, LANE.urgent);
        // What the hub takes meanwhile from the other's line.
        void exchange({ device: writer, hub }).then(() => session.news(hub.log.length, hub.log.length));
      },
    });
    const after = seen.slice(seen.findIndex(({ message }) => message?.type === 'news'));
    urgentAt = after.findIndex(({ message }) => message?.type === 'page' && decodePageHeader(message.page.header)?.stream.kind === 'urgent');
    logAt = after.findLastIndex(({ message }) => message?.type === 'page' && decodePageHeader(message.page.header)?.stream.kind === 'log');
    expect(urgentAt).toBeGreaterThan(0);
    expect(urgentAt).toBeLessThan(logAt);
    // Asked for and answered within a few frames, whatever lay on the line.
    expect(after.slice(0, urgentAt).filter(({ from }) => from === 'hub').length).toBeLessThan(12);
  });

  it('SYN-85 an urgent entry that the next page brings anyway is not asked for twice', async () => {
    await exchange({ device: reader, hub });
    writer.write(100, LANE.urgent);
    writer.write(100, LANE.clinical);
    await exchange({ device: writer, hub });
    const { seen } = await exchange({ device: reader, hub });
    expect(streamsOf(seen)).toEqual(['log']);
  });
});

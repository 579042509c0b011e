import { beforeEach, describe, expect, it } from 'vitest';
import { exchange, type Exchanged } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed } from '../../build/sim/model-world.ts';
import { encodeMessage } from './message-codec.ts';

/** Defects that others shipped, on the shipped cores; those that need a real ledger are in main/sync/field-lessons.test.ts. */
const names = [1, 2].map(deviceNamed);
let hub: SeedHub;
let author: ModelDevice;
let reader: ModelDevice;
beforeEach(() => {
  const dice = createDice(11);
  hub = createModelHub(names, dice);
  [author, reader] = names.map((name) => createModelDevice(name, dice, true)) as [ModelDevice, ModelDevice];
  author.openSegment();
  reader.openSegment();
});

const write = (disk: ModelDevice, count: number, bytes = 40): void => {
  for (let left = count; left > 0; left -= 1) disk.write(bytes);
};
const sync = (device: ModelDevice): Promise<Exchanged> => exchange({ device, hub });
const received = ({ events }: Exchanged) => events.flatMap((event) => (event.do === 'received' ? [event.received] : []));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const applied = (done: Exchanged): number => sum(received(done).map((each) => each.applied));
const bytesOf = ({ seen }: Exchanged): number => sum(seen.map(({ message }) => (message === null ? 0 : encodeMessage(message).length)));

describe('field lessons', () => {
  it('SYN-194 D5 reading that breaks off goes on behind its last page, and no page is read twice', async () => {
    write(author, 900, 400);
    await sync(author);
    let pages = 0;
    const first = await exchange({ device: reader, hub, cutBefore: ({ message }) => message?.type === 'page' && (pages += 1) > 3 });
    expect(pages).toBe(4);
    expect(received(first)).toHaveLength(3);
    const kept = applied(first);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(900);
    const rest = await sync(reader);
    expect(kept + applied(rest)).toBe(author.segments.values().next().value!.length);
    expect(sum(received(rest).map(({ duplicates }) => duplicates))).toBe(0);
  });

  it('SYN-195 D6 where nothing changed, a conversation costs the same however much is held', async () => {
    const quiet = async (segments: number): Promise<number> => {
      for (let segment = 0; segment < segments; segment += 1) {
        author.openSegment();
        write(author, 10);
        await sync(author);
      }
      await sync(reader);
      await sync(author);
      return Math.max(bytesOf(await sync(author)), bytesOf(await sync(reader)));
    };
    const little = await quiet(12);
    const much = await quiet(108);
    expect(hub.log.length).toBeGreaterThan(1200);
    // Ten times as much is held. Places passed in the log are named ever more sparsely, so their number grows with its logarithm.
    expect(much).toBeLessThan(little * 1.25);
    expect(much).toBeLessThan(1024);
  });

  it('SYN-197 D8 when one workstation is restored from a backup, that one alone catches up', async () => {
    write(author, 50);
    await sync(author);
    const goBack = author.backup();
    write(author, 300);
    await sync(author);
    await sync(reader);
    const [epoch, cursor] = [reader.cursor()?.epoch, reader.cursor()];
    goBack();
    author.openSegment();
    write(author, 2);
    // With what the reader wrote meanwhile: its opening.
    expect(applied(await sync(author))).toBe(301);
    const after = await sync(reader);
    expect(received(after).map(({ duplicates }) => duplicates)).toEqual([0]);
    // What the restored one wrote since: its opening and two entries.
    expect(applied(after)).toBe(3);
    expect(reader.cursor()).toMatchObject({ epoch });
    expect(reader.cursor()?.lsn).toBe((cursor?.lsn ?? 0) + 3);
    expect(after.said('device').filter((type) => type === 'offer' || type === 'carry')).toEqual([]);
  });
});

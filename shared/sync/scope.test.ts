import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exchange, type ExchangeOptions } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed } from '../../build/sim/model-world.ts';
import { createSqliteHub } from '../../build/sim/sqlite-hub.ts';
import { RecordId } from '../base/ids.ts';
import { EVERYTHING, type ScopeRule } from './scope.ts';

const names = [1, 2, 3].map(deviceNamed);
const patient = (number: number): RecordId => RecordId.parse(`00000000-0000-8000-8000-${number.toString().padStart(12, '0')}`);
const [ada, ben, cho] = [patient(1), patient(2), patient(3)];
const only = (changes: Partial<ScopeRule>): ScopeRule => ({ everything: false, catchments: [], patients: [], ...changes });

type World = { hub: SeedHub; writers: readonly [ModelDevice, ModelDevice]; reader: ModelDevice };
const hubs: SeedHub[] = [];
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close?.();
});

async function world(make = createModelHub, seed = 3): Promise<World> {
  const dice = createDice(seed);
  const hub = make(names, dice);
  hubs.push(hub);
  const disks = names.map((name) => createModelDevice(name, dice, true));
  for (const disk of disks) disk.openSegment();
  await hub.setCatchment(names[0]!, 'north');
  await hub.setCatchment(names[1]!, 'south');
  return { hub, writers: [disks[0]!, disks[1]!], reader: disks[2]! };
}

/** Of whom this device holds anything that others wrote, bodies and all. */
function heldOf(disk: ModelDevice): Map<string | null, number> {
  const own = new Set(disk.ownSegments().map(({ segment }) => segment));
  const held = new Map<string | null, number>();
  for (const [segment, entries] of disk.segments) {
    if (own.has(segment)) continue;
    for (const entry of entries) if (entry !== undefined && entry.body !== null) held.set(entry.patient, (held.get(entry.patient) ?? 0) + 1);
  }
  return held;
}
const people = (disk: ModelDevice): string[] => [...heldOf(disk).keys()].filter((each) => each !== null).toSorted();
const refusals = (events: readonly { readonly do: string }[]) => events.filter((event) => event.do === 'refused' || event.do === 'close');

let at: World;
const sync = async (disk: ModelDevice, options: Partial<ExchangeOptions> = {}) => exchange({ device: disk, hub: at.hub, ...options });

describe.each([['modelled', createModelHub], ['on SQLite', createSqliteHub]])('scopes, with a hub %s', (_, make) => {
  beforeEach(async () => {
    at = await world(make);
  });

  it('SYN-98 a device reads of its catchments and of those named to it, and what is of no patient; of others nothing', async () => {
    const { hub, writers: [north, south], reader } = at;
    await hub.setScope(reader.device, only({ catchments: ['north'], patients: [cho] }));
    for (let round = 0; round < 3; round += 1) {
      north.write(50, 1, ada);
      south.write(50, 1, ben);
      south.write(50, 1, cho);
      south.write(50);
      await sync(north);
      await sync(south);
      expect(refusals((await sync(reader)).events)).toEqual([]);
    }
    expect(people(reader)).toEqual([ada, cho]);
    expect(heldOf(reader)).toEqual(new Map([[null, 5], [ada, 3], [cho, 3]]));
  });

  it('SYN-98 everything is the scope of whoever is not told otherwise', async () => {
    const { writers: [north, south], reader } = at;
    north.write(50, 1, ada);
    south.write(50, 1, ben);
    await sync(north);
    await sync(south);
    const { seen } = await sync(reader);
    expect(people(reader)).toEqual([ada, ben]);
    expect(seen.some(({ message }) => message?.type === 'scope' || (message?.type === 'hi' && message.hi.partial !== undefined))).toBe(false);
  });

  it('SYN-99 who comes into scope comes with all their past, each entry once, and with what is written from then on', async () => {
    const { hub, writers: [north, south], reader } = at;
    await hub.setScope(reader.device, only({ catchments: ['north'] }));
    for (let count = 0; count < 40; count += 1) south.write(2000, 1, ben);
    north.write(50, 1, ada);
    await sync(south);
    await sync(north);
    await sync(reader);
    expect(people(reader)).toEqual([ada]);
    await hub.setScope(reader.device, only({ catchments: ['north'], patients: [ben] }));
    south.write(50, 1, ben);
    await sync(south);
    const { events, said } = await sync(reader);
    expect(refusals(events)).toEqual([]);
    expect(said('device')).toContain('entered');
    expect(heldOf(reader).get(ben)).toBe(41);
    expect(events.reduce((total, event) => total + (event.do === 'received' ? event.received.duplicates : 0), 0)).toBe(0);
    expect((await sync(reader)).said('hub')).not.toContain('scope');
  });

  it('SYN-162 the past of who comes in is asked for when the log has been read so far, so that it finds its segments begun', async () => {
    const { hub, writers: [north, south], reader } = at;
    for (let count = 0; count < 60; count += 1) {
      north.write(2000, 1, ada);
      south.write(50, 1, ben);
    }
    await sync(south);
    await sync(north);
    await hub.setScope(reader.device, only({ patients: [ada] }));
    await sync(reader, { cutBefore: ({ message }) => message?.type === 'page' });
    await hub.setScope(reader.device, only({ patients: [ada, ben] }));
    const { seen } = await sync(reader);
    const kinds = seen.flatMap(({ message }) => (message?.type === 'read' ? [message.stream.kind] : []));
    expect(kinds.filter((kind) => kind === 'log').length).toBeGreaterThan(1);
    expect(kinds.indexOf('patient')).toBeGreaterThan(kinds.lastIndexOf('log'));
    expect(heldOf(reader)).toEqual(new Map([[null, 2], [ada, 60], [ben, 60]]));
  });

  it('SYN-99 who is seen in a catchment for the first time comes into the scope of its devices, past and all', async () => {
    const { hub, writers: [north, south], reader } = at;
    await hub.setScope(reader.device, only({ catchments: ['north'] }));
    for (let count = 0; count < 5; count += 1) south.write(50, 1, ben);
    await sync(south);
    await sync(reader);
    expect(people(reader)).toEqual([]);
    // The referral: the patient is seen in the north.
    north.write(50, 1, ben);
    await sync(north);
    await sync(reader);
    expect(heldOf(reader).get(ben)).toBe(6);
  });

  it('SYN-100 who leaves is removed once nothing about them is unsent, and this is told; from then on nothing of them comes', async () => {
    const { hub, writers: [north, south], reader } = at;
    north.write(50, 1, ada);
    south.write(50, 1, ben);
    await sync(north);
    await sync(south);
    await sync(reader);
    expect(people(reader)).toEqual([ada, ben]);
    await hub.setScope(reader.device, only({ catchments: ['north'] }));
    const mine = reader.write(50, 1, ben);
    // The line breaks before what was written about them is acknowledged.
    await sync(reader, { cutBefore: ({ message }) => message?.type === 'receipt' });
    expect(people(reader)).toEqual([ada, ben]);
    const { events, said } = await sync(reader);
    expect(events).toContainEqual({ do: 'evicted', patient: ben });
    expect(said('device')).toContain('evicted');
    expect(people(reader)).toEqual([ada]);
    // Its own words stay its own.
    expect(reader.segments.get(mine.segment)?.[mine.sequence]?.body).not.toBeNull();
    south.write(50, 1, ben);
    await sync(south);
    await sync(reader);
    expect(people(reader)).toEqual([ada]);
  });

  it('SYN-100 who comes back is whole again', async () => {
    const { hub, writers: [, south], reader } = at;
    for (let count = 0; count < 4; count += 1) south.write(50, 1, ben);
    await sync(south);
    await sync(reader);
    await hub.setScope(reader.device, only({}));
    await sync(reader);
    expect(people(reader)).toEqual([]);
    south.write(50, 1, ben);
    await sync(south);
    await sync(reader);
    await hub.setScope(reader.device, EVERYTHING);
    expect(refusals((await sync(reader)).events)).toEqual([]);
    expect(heldOf(reader).get(ben)).toBe(5);
  });

  it.each(['scope', 'page', 'entered', 'evicted'])('SYN-101 a line cut before %s only puts it off', async (type) => {
    const { hub, writers: [north, south], reader } = at;
    for (let count = 0; count < 30; count += 1) {
      north.write(1500, 1, ada);
      south.write(1500, 1, ben);
    }
    await sync(north);
    await sync(south);
    await hub.setScope(reader.device, only({ patients: [ada] }));
    await sync(reader);
    await hub.setScope(reader.device, only({ patients: [ben] }));
    await sync(reader, { cutBefore: ({ message }) => message?.type === type });
    expect(refusals((await sync(reader)).events)).toEqual([]);
    expect(heldOf(reader)).toEqual(new Map([[null, 2], [ben, 30]]));
    expect((await sync(reader)).said('hub')).not.toContain('scope');
  });

  it('SYN-101 a device restored from a backup hears again of what it then lacks, and of whom it then should not hold', async () => {
    const { hub, writers: [north, south], reader } = at;
    north.write(50, 1, ada);
    south.write(50, 1, ben);
    await sync(north);
    await sync(south);
    await hub.setScope(reader.device, only({ patients: [ada] }));
    await sync(reader);
    const goBack = reader.backup();
    await hub.setScope(reader.device, only({ patients: [ben] }));
    await sync(reader);
    expect(people(reader)).toEqual([ben]);
    goBack();
    reader.openSegment();
    await sync(reader);
    expect(people(reader)).toEqual([ben]);
  });

  it('SYN-101 a device that cannot remove anybody, or speaks version 1, is refused while its scope is not everything', async () => {
    const { hub, reader } = at;
    await hub.setScope(reader.device, only({ patients: [ada] }));
    for (const device of [{ ...reader, cursor: reader.cursor, scope: null }, reader]) {
      const { events } = await exchange({ device, hub, ...(device === reader ? { deviceVersions: [1] } : {}) });
      expect(events.at(-1)).toMatchObject({ do: 'close', fault: { code: 'SERVER_REFUSED', detail: { refusal: 'VERSION' } } });
    }
  });

  it('SYN-98 SYN-100 whatever is written, decided and cut, in the end a device holds exactly those of its scope', { timeout: 60_000 }, async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), by: fc.integer({ min: 0, max: 2 }), about: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: fc.constant('decide' as const), everything: fc.boolean(), catchments: fc.subarray(['north', 'south']), patients: fc.subarray([1, 2, 3, 4]) }),
      fc.record({ do: fc.constant('sync' as const), who: fc.integer({ min: 0, max: 2 }), cutAfter: fc.option(fc.integer({ min: 1, max: 12 })) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 2 ** 30 }), async (steps, seed) => {
        at = await world(make, seed);
        const { hub, writers, reader } = at;
        const disks = [...writers, reader];
        let rule = EVERYTHING;
        const writtenBy = new Map<string, Set<string>>();
        for (const each of steps) {
          if (each.do === 'write') disks[each.by]!.write(40, 1, patient(each.about));
          else if (each.do === 'decide') {
            rule = each.everything ? EVERYTHING : only({ catchments: each.catchments, patients: each.patients.map(patient) });
            await hub.setScope(reader.device, rule);
          } else {
            let left = each.cutAfter ?? Number.POSITIVE_INFINITY;
            await exchange({ device: disks[each.who]!, hub, cutBefore: ({ message }) => message !== null && (left -= 1) < 0 });
          }
        }
        for (const disk of [...disks, ...disks, reader]) expect(refusals((await exchange({ device: disk, hub })).events)).toEqual([]);
        for (const [disk, place] of [[writers[0], 'north'], [writers[1], 'south'], [reader, '']] as const) {
          for (const { segment } of disk.ownSegments()) for (const { patient: about } of disk.segments.get(segment)!) if (about !== null) writtenBy.set(about, (writtenBy.get(about) ?? new Set<string>()).add(place));
        }
        const byOthers = [...writtenBy].filter(([, places]) => places.has('north') || places.has('south'));
        const wanted = byOthers.filter(([about, places]) => rule.everything || rule.patients.some((each) => each === about) || [...places].some((place) => rule.catchments.includes(place)));
        expect(people(reader)).toEqual(wanted.map(([about]) => about).toSorted());
        for (const [about] of wanted) {
          const all = writers.reduce((total, disk) => total + disk.ownSegments().reduce((sum, { segment }) => sum + disk.segments.get(segment)!.filter((entry) => entry.patient === about).length, 0), 0);
          expect(heldOf(reader).get(about)).toBe(all);
        }
      }),
      { numRuns: make === createModelHub ? 150 : 25 },
    );
  });
});

it.each(['entered', 'evicted'])('SYN-232 %s that is lost with its line is settled at the next greeting', async (type) => {
  at = await world();
  const { hub, writers: [, south], reader } = at;
  south.write(50, 1, ben);
  south.write(50, 1, ada);
  await sync(south);
  await sync(reader);
  await hub.setScope(reader.device, only({ patients: [ada] }));
  if (type === 'entered') {
    await sync(reader);
    await hub.setScope(reader.device, only({ patients: [ada, ben] }));
  }
  const { said } = await sync(reader, { cutBefore: ({ message }) => message?.type === type });
  expect(said('device')).not.toContain(type);
  expect(people(reader)).toEqual(type === 'entered' ? [ada, ben] : [ada]);
  const settled = async (): Promise<unknown> => (await hub.greet(reader.device, { cursors: [reader.cursor()!], seen: null, scope: reader.scope!.version(), scopeMark: reader.scope!.mark() }, [])).scope;
  expect(await settled()).toMatchObject({ known: true, asks: false });
  expect(hub.member!(reader.device, ben)).toMatchObject({ state: type === 'entered' ? 'in' : 'out' });
});

/** Backed up under one rule, told another, put back: whatever the device did in between, this hub knows nothing of it. */
describe('a hub restored to before a decision', () => {
  it('SYN-230 asks whom the device holds, removes whom its rule does not want and brings whom it lacks', async () => {
    at = await world();
    const { hub, writers: [north, south], reader } = at;
    north.write(50, 1, ada);
    south.write(50, 1, ben);
    south.write(50, 1, cho);
    for (const disk of [north, south, reader]) await sync(disk);
    await hub.setScope(reader.device, only({ patients: [ada, ben] }));
    await sync(reader);
    const goBack = hub.backup!();
    await hub.setScope(reader.device, only({ patients: [cho] }));
    await sync(reader);
    expect(people(reader)).toEqual([cho]);
    goBack();
    const { said } = await sync(reader);
    expect(said('device')).toContain('residents');
    expect(people(reader)).toEqual([ada, ben]);
    expect((await sync(reader)).said('device')).not.toContain('residents');
  });

  it('SYN-231 where another one is made then, numbers of the lost decisions are not taken for the new ones', async () => {
    at = await world();
    const { hub, writers: [north, south], reader } = at;
    for (const patients of [ada, ben, cho]) for (const disk of [north, south]) disk.write(50, 1, patients);
    const goBack = hub.backup!();
    for (const disk of [north, south]) await sync(disk);
    await hub.setScope(reader.device, only({ patients: [ada] }));
    await sync(reader);
    goBack();
    await hub.setScope(reader.device, only({ patients: [ben] }));
    for (const disk of [north, south, reader, north, south, reader]) expect(refusals((await sync(disk)).events)).toEqual([]);
    expect(heldOf(reader)).toEqual(new Map([[null, 2], [ben, 2]]));
  });

  it('SYN-231 while what the device read under the rule that was taken back may be lost, it is given back before it goes', async () => {
    at = await world();
    const { hub, writers: [north, south], reader } = at;
    north.write(50, 1, ada);
    await sync(north);
    await sync(reader);
    await hub.setScope(reader.device, only({ patients: [ada] }));
    const goBack = hub.backup!();
    await hub.setScope(reader.device, EVERYTHING);
    south.write(50, 1, ben);
    await sync(south);
    await sync(reader);
    expect(people(reader)).toEqual([ada, ben]);
    goBack();
    // Who wrote it is gone.
    await sync(reader);
    await sync(reader);
    expect(people(reader)).toEqual([ada]);
    await sync(north);
    expect(people(north)).toEqual([ben]);
  });
});

it('SYN-235 what neighbours brought is left out of the pages, the cursor passes it, and who holds a part is sent everything of theirs', async () => {
  at = await world();
  const { hub, writers: [north, south], reader } = at;
  for (let count = 0; count < 4; count += 1) {
    north.write(50, 1, ada);
    south.write(50, 1, ben);
  }
  await sync(north);
  await sync(south);
  const [segment] = [...north.segments.keys()];
  const named = { ...reader, beyond: () => [{ segment: segment!, length: 3 }] };
  const { events } = await exchange({ device: named, hub, cutBefore: ({ message }) => message?.type === 'page' });
  expect(events.filter((event) => event.do === 'refused')).toEqual([]);
  const asked: number[] = [];
  const counting = { ...named, receive: (...[runs, places]: Parameters<ModelDevice['receive']>) => (asked.push(...runs.filter(({ run }) => run.segment === segment).map(({ run }) => run.from)), reader.receive(runs, { ...places, gaps: true })) };
  await exchange({ device: { ...counting, cursor: reader.cursor }, hub });
  expect(asked).toEqual([3]);
  expect(reader.cursor()?.lsn).toBe(10);
  // The same words of one that was narrowed meanwhile, to whom somebody comes back.
  await hub.setScope(reader.device, only({ patients: [ben] }));
  await sync(reader);
  expect(people(reader)).toEqual([ben]);
  await hub.setScope(reader.device, only({ patients: [ada, ben] }));
  const again = { ...reader, cursor: reader.cursor, beyond: () => [{ segment: segment!, length: 5 }] };
  expect(refusals((await exchange({ device: again, hub })).events)).toEqual([]);
  expect(heldOf(reader).get(ada)).toBe(4);
});

it('SYN-236 a narrowed device is told of some patients at a time, and does each lot in one transaction', async () => {
  at = await world();
  const { hub, writers: [north], reader } = at;
  for (let number = 1; number <= 70; number += 1) north.write(20, 1, patient(number));
  await sync(north);
  await sync(reader);
  await hub.setScope(reader.device, only({ patients: [ada] }));
  const lots: number[] = [];
  const scope = { ...reader.scope!, evict: (patients: readonly RecordId[]) => (lots.push(patients.length), reader.scope!.evict(patients)) };
  const { events } = await exchange({ device: { ...reader, cursor: reader.cursor, scope }, hub });
  expect(refusals(events)).toEqual([]);
  expect(lots).toEqual([32, 32, 5]);
  expect(people(reader)).toEqual([ada]);
});

it('SYN-165 a hub restored to before a scope was decided gives back whatever the device had let go, and may decide anew', async () => {
  at = await world();
  const { hub, writers: [north, south], reader } = at;
  for (let count = 0; count < 3; count += 1) {
    north.write(50, 1, ada);
    south.write(50, 1, ben);
  }
  await sync(north);
  await sync(south);
  await sync(reader);
  const goBack = hub.backup!();
  await hub.setScope(reader.device, only({ patients: [ada] }));
  south.write(50, 1, ben);
  await sync(south);
  await sync(reader);
  expect(people(reader)).toEqual([ada]);
  goBack();
  for (const disk of [south, reader, north, reader]) expect(refusals((await sync(disk)).events)).toEqual([]);
  expect(heldOf(reader)).toEqual(new Map([[null, 2], [ada, 3], [ben, 4]]));
  expect(reader.scope?.version()).toBe(0);
  await hub.setScope(reader.device, only({ patients: [ben] }));
  await sync(reader);
  expect(people(reader)).toEqual([ben]);
});

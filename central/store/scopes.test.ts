import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { onEachDatabase } from '../../build/fixtures/each-database.ts';
import { testDrivers, type TestDatabase } from '../../build/fixtures/test-databases.ts';
import { exchange } from '../../build/fixtures/test-exchange.ts';
import { createModelDevice, type ModelDevice } from '../../build/sim/model-device.ts';
import { createModelHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed, modelKey, type Dice } from '../../build/sim/model-world.ts';
import { fromHex } from '../../shared/base/bytes.ts';
import { RecordId, type DeviceId } from '../../shared/base/ids.ts';
import type { HubStore, ScopeAdministration } from '../../shared/sync/hub-store.ts';
import { EVERYTHING, type ScopeRule } from '../../shared/sync/scope.ts';
import { createHubLog } from './hub-log.ts';
import { createScopeAdministration } from './scope-decisions.ts';
import type { Sql } from './sql.ts';

/** What the rules of shared/sync/scope.ts come to on each database, beside the same hub in a few Maps. */
const names = [1, 2, 3].map(deviceNamed);
const [north, south, reader] = names as [DeviceId, DeviceId, DeviceId];
const patient = (number: number): RecordId => RecordId.parse(`00000000-0000-8000-8000-${number.toString().padStart(12, '0')}`);

type Hub = HubStore & ScopeAdministration;

async function hubOn(sql: Sql, dice: Dice): Promise<Hub> {
  for (const device of names) await sql.write('devices', (tx) => tx.run("INSERT INTO device (id, name, signing_key, sealing_key, state, enrolled_at) VALUES (?, ?, ?, ?, 'active', 0)", device, device, modelKey(`${device} signs`), modelKey(`${device} opens`)));
  return { ...createHubLog(sql, { now: () => 0 }, { bytes: (count) => fromHex(dice.hex(count)) }), ...createScopeAdministration(sql) };
}

/** Of whom a device holds what of others, by entries that still have their bodies. */
function heldOf(disk: ModelDevice): Record<string, number> {
  const own = new Set(disk.ownSegments().map(({ segment }) => segment));
  const held: Record<string, number> = {};
  for (const [segment, entries] of disk.segments) {
    if (own.has(segment)) continue;
    // Holes, of a chain that is held in part, are passed over by forEach alone.
    entries.forEach(({ patient: about, body }) => {
      if (about !== null && body !== null) held[about] = (held[about] ?? 0) + 1;
    });
  }
  return held;
}

type Step =
  | { readonly do: 'write'; readonly by: number; readonly about: number }
  | { readonly do: 'decide'; readonly rule: ScopeRule }
  | { readonly do: 'move'; readonly place: string }
  | { readonly do: 'sync'; readonly who: number; readonly cutAfter: number | null };

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), by: fc.integer({ min: 0, max: 2 }), about: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('decide' as const), rule: fc.record({ everything: fc.boolean(), catchments: fc.subarray(['north', 'south']), patients: fc.subarray([1, 2, 3, 4].map(patient)) }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), place: fc.constantFrom('north', 'south') }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('sync' as const), who: fc.integer({ min: 0, max: 2 }), cutAfter: fc.option(fc.integer({ min: 1, max: 12 })) }) },
  ),
  { minLength: 10, maxLength: 24 },
);

/** What each device holds in the end; how far a cut line got on the way is a matter of the database's speed. */
async function played(hub: Hub, dice: Dice, program: readonly Step[]): Promise<unknown[]> {
  const disks = names.map((name) => createModelDevice(name, dice, true));
  for (const disk of disks) disk.openSegment();
  await hub.setCatchment(north, 'north');
  await hub.setCatchment(south, 'south');
  const sync = async (disk: ModelDevice, cutAfter: number | null): Promise<readonly { readonly do: string }[]> => {
    let left = cutAfter ?? Number.POSITIVE_INFINITY;
    const { events } = await exchange({ device: disk, hub, cutBefore: ({ message }) => message !== null && (left -= 1) < 0 });
    return events.filter((event) => event.do === 'refused' || event.do === 'close');
  };
  for (const step of program) {
    if (step.do === 'write') disks[step.by]!.write(40, 1, patient(step.about));
    else if (step.do === 'decide') await hub.setScope(reader, step.rule.everything ? EVERYTHING : step.rule);
    else if (step.do === 'move') {
      // Where somebody was seen is said by the place of the moment in which it arrives.
      await sync(disks[0]!, null);
      await hub.setCatchment(north, step.place);
    }
    else await sync(disks[step.who]!, step.cutAfter);
  }
  const refused: unknown[] = [];
  for (const disk of [...disks, ...disks, disks[2]!]) refused.push(...(await sync(disk, null)));
  return [refused, ...disks.map(heldOf)];
}

onEachDatabase(testDrivers('scopes'), ({ fresh, another }) => {
  let database: TestDatabase;
  beforeEach(() => {
    database = fresh();
  });

  it('SYN-98 SYN-99 SYN-100 SYN-101 whatever is decided, written and cut, in the end a device holds what the rules say', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 2 ** 30 }), async (program, seed) => {
        const here = await played(await hubOn(await (await another()).open(), createDice(seed)), createDice(seed), program);
        expect(here[0]).toEqual([]);
        expect(here).toEqual(await played(createModelHub(names, createDice(seed)), createDice(seed), program));
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });

  it('SYN-99 SYN-101 while one process decides and two take in, nobody of the catchment is missed and no change has the number of another', async () => {
    const dice = createDice(11);
    const one = await hubOn(await database.open(), dice);
    const two = { ...createHubLog(await database.open(), { now: () => 0 }, { bytes: (count) => fromHex(dice.hex(count)) }) };
    const disks = names.map((name) => createModelDevice(name, dice, true));
    for (const disk of disks) disk.openSegment();
    await one.setCatchment(north, 'north');
    await one.setCatchment(south, 'south');
    const people = Array.from({ length: 30 }, (_, index) => patient(index + 1));
    for (const [index, each] of people.entries()) disks[index % 2]!.write(40, 1, each);
    await Promise.all([
      exchange({ device: disks[0]!, hub: one }),
      exchange({ device: disks[1]!, hub: two }),
      one.setScope(reader, { everything: false, catchments: ['north'], patients: [people[1]!] }),
    ]);
    await exchange({ device: disks[2]!, hub: two });
    expect(Object.keys(heldOf(disks[2]!)).toSorted()).toEqual(people.filter((_, index) => index % 2 === 0 || index === 1).toSorted());
    const sql = await database.open();
    expect(await sql.get('SELECT count(*) AS twice FROM (SELECT version FROM scope_member WHERE version > 0 GROUP BY device, version HAVING count(*) > 1) AS same')).toEqual({ twice: 0 });
  });
});

import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { exchange } from '../../build/fixtures/test-exchange.ts';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { createModelHub, type SeedHub } from '../../build/sim/model-hub.ts';
import { createDice, deviceNamed, modelKey } from '../../build/sim/model-world.ts';
import { recordIdOf, type DeviceId, type RecordId } from '../../shared/base/ids.ts';
import { EVERYTHING, type ScopeRule } from '../../shared/sync/scope.ts';
import { compareProjection, projectionLines } from '../ledger/ledger.ts';
import { createDeviceStore } from './device-store.ts';

/** The shipped vault as a device of modelled organisations: narrowed, widened, cut off and restored from backups. */
const names = [1, 2, 3, 4].map(deviceNamed);
const CHART = ['record', 'head', 'conflict', 'measurement', 'patient', 'search_key', 'person_key', 'parked'] as const;
const open = new Set<TestLedger>();
afterEach(() => {
  for (const test of open) test.close();
  open.clear();
});

type Station = { test: TestLedger; readonly device: DeviceId };

function station(index: number): Station {
  const device = names[index]!;
  const test = openTestLedger({ device, signingKey: modelKey(`${device} signs`) });
  open.add(test);
  return { test, device };
}

/** The vault as it is now; what is given back puts it there again and opens it. */
function backup(of: Station): () => void {
  const { path } = of.test;
  const [file, copy] = [join(path, 'vault.db'), join(path, 'vault.db.noon')];
  of.test.store.checkpoint();
  copyFileSync(file, copy);
  return () => {
    of.test.store.close();
    rmSync(`${file}-wal`, { force: true });
    copyFileSync(copy, file);
    open.delete(of.test);
    const again = openTestLedger({ device: of.device, signingKey: modelKey(`${of.device} signs`), folder: path, clock: of.test.clock });
    const { close } = of.test;
    // The folder is the first one's to remove.
    of.test = { ...again, close: () => (again.close(), close()) };
    open.add(of.test);
  };
}

const sync = (of: Station, hub: SeedHub, cutAfter = Number.POSITIVE_INFINITY) => {
  let left = cutAfter;
  return exchange({ device: { ...createDeviceStore(of.test.ledger, () => null), device: of.device }, hub, cutBefore: ({ message }) => message !== null && (left -= 1) < 0 });
};
const written = (of: Station, drafts: Parameters<TestLedger['ledger']['append']>[1]) => {
  const outcome = of.test.ledger.append(of.test.grant, drafts);
  if (!outcome.ok) throw new Error(outcome.fault.code);
  return outcome.value[0]!.entry;
};
const register = (by: Station, family: string): RecordId => recordIdOf(written(by, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family, given: 'Test', birthDate: '1985-07-14', sex: 'female' }, number: 'K7-0042-3' } }]));
const allergy = (by: Station, patient: RecordId, text: string): void =>
  void written(by, [{ kind: 'allergy', patient, body: { patient, substance: { text }, category: 'medication', criticality: 'high', at: by.test.clock.now() } }]);
const rename = (by: Station, patient: RecordId, family: string): void =>
  void written(by, [{ kind: 'amend', patient, record: patient, parents: [], body: { fields: { name: JSON.stringify([{ use: 'official', family, given: ['Test'] }]) }, reason: 'test' } }]);
const chart = (of: Station) => projectionLines(of.test.ledger.read, CHART);
const people = (of: Station) => of.test.ledger.read.all('SELECT record FROM patient ORDER BY record').map((row) => String(row['record']));
function differences(of: Station): unknown {
  const steps = compareProjection(of.test.ledger.read, 7);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), by: fc.nat(2), about: fc.nat(2), renames: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('decide' as const), everything: fc.boolean(), catchments: fc.subarray(['north', 'south']), patients: fc.subarray([0, 1, 2]) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('sync' as const), who: fc.nat(2), cutAfter: fc.option(fc.integer({ min: 1, max: 14 })) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'backup' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restore' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'hub-backup' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'hub-restore' as const }) },
);

it('SYN-164 whatever is written, decided, cut and restored, in the end a vault shows those of its scope as a new one does, and nobody else', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 22 }), fc.integer({ min: 1, max: 2 ** 30 }), async (steps, seed) => {
      const hub = createModelHub(names, createDice(seed));
      const [north, south, reader] = [station(0), station(1), station(2)];
      await hub.setCatchment(north.device, 'north');
      await hub.setCatchment(south.device, 'south');
      const patients = [register(north, 'Okafor'), register(south, 'Okafor'), register(south, 'Lindqvist')];
      let rule: ScopeRule = EVERYTHING;
      let goBack: (() => void) | null = null;
      let hubGoesBack: (() => void) | null = null;
      for (const each of steps) {
        if (each.do === 'write') {
          const by = [north, south, reader][each.by]!;
          const patient = patients[each.about]!;
          // Of whom there is no chart here nobody writes.
          if (!people(by).includes(patient)) continue;
          if (each.renames) rename(by, patient, `Name ${each.by}`);
          else allergy(by, patient, `Allergy ${each.by}`);
        } else if (each.do === 'decide') {
          rule = each.everything ? EVERYTHING : { everything: false, catchments: each.catchments, patients: each.patients.map((index) => patients[index]!) };
          await hub.setScope(reader.device, rule);
        } else if (each.do === 'sync') {
          await sync([north, south, reader][each.who]!, hub, each.cutAfter ?? undefined);
        } else if (each.do === 'hub-backup') {
          const restore = hub.backup?.() ?? null;
          const then = rule;
          hubGoesBack = () => {
            restore?.();
            rule = then;
          };
        } else if (each.do === 'hub-restore') {
          hubGoesBack?.();
          hubGoesBack = null;
        } else if (each.do === 'backup') {
          goBack = backup(reader);
        } else {
          goBack?.();
          goBack = null;
        }
      }
      for (const each of [north, south, reader, north, south, reader, reader]) {
        const { events } = await sync(each, hub);
        expect(events.filter((event) => event.do === 'close' || (event.do === 'refused' && event.code !== 'ROLLED_BACK'))).toEqual([]);
      }
      const other = station(3);
      await hub.setScope(other.device, rule);
      await sync(other, hub);
      await sync(other, hub);
      expect(people(reader)).toEqual(people(other));
      expect(chart(reader)).toEqual(chart(other));
      for (const each of [reader, other]) expect(differences(each)).toEqual([]);
      const here = people(reader);
      for (const patient of patients.filter((each) => !here.includes(each))) {
        expect(reader.test.ledger.read.get('SELECT count(*) AS count FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE own = 0 AND patient = ? AND body IS NOT NULL', patient)).toEqual({ count: 0 });
      }
      for (const test of open) test.close();
      open.clear();
    }),
    { numRuns: Number(process.env['OUTPOST_RUNS'] ?? 8) },
  );
});

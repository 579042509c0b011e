import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import type { RecordId } from '../../shared/base/ids.ts';
import { EVERYTHING, type ScopeRule } from '../../shared/sync/scope.ts';
import { compareProjection, projectionLines } from '../ledger/ledger.ts';

/** Real workstations with the shipped sync, the shipped central on SQLite, TLS between them. */
let hub: TestCentral;
let north: TestWorkstation;
let desk: TestWorkstation;
const closing: (() => Promise<void>)[] = [];

async function enrolled(): Promise<TestWorkstation> {
  const station = openTestWorkstation();
  closing.push(() => station.close());
  expect(await station.enrol(await hub.code())).toMatchObject({ ok: true });
  return station;
}

beforeEach(async () => {
  hub = await startTestCentral();
  closing.push(() => hub.close());
  north = await enrolled();
  desk = await enrolled();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const only = (...patients: RecordId[]): ScopeRule => ({ everything: false, catchments: [], patients });
/** What an administrator of central decides; it takes effect with the workstation's next word, so that begins anew. */
async function narrow(station: TestWorkstation, rule: ScopeRule): Promise<void> {
  await hub.setScope(station.keys.deviceId, rule);
  await station.relock();
}
const synced = async (...stations: TestWorkstation[]): Promise<void> => {
  for (const station of stations) expect(await station.now()).toMatchObject({ ok: true, value: { allSent: true } });
};
const note = (station: TestWorkstation, patient: RecordId, text: string): void => {
  const written = station.test.ledger.append(station.test.grant, [{ kind: 'allergy', patient, body: { patient, substance: { text }, category: 'medication', criticality: 'high', at: station.test.clock.now() } }]);
  if (!written.ok) throw new Error(written.fault.code);
};
const families = (station: TestWorkstation) => station.test.ledger.read.all('SELECT family FROM patient ORDER BY family').map((row) => row['family']);
const chart = (station: TestWorkstation) => projectionLines(station.test.ledger.read, ['patient', 'record', 'head', 'search_key', 'person_key', 'conflict', 'measurement']);
const count = (station: TestWorkstation, sql: string, ...values: string[]) => Number(station.test.ledger.read.get(`SELECT count(*) AS count FROM ${sql}`, ...values)?.['count']);
const foreignBodies = (station: TestWorkstation, patient: RecordId) => count(station, 'ledger JOIN segment ON segment.ref = ledger.segment WHERE own = 0 AND patient = ? AND body IS NOT NULL', patient);
const standing = (station: TestWorkstation, patient: RecordId) => hub.look(async (sql) => (await sql.get('SELECT state FROM scope_member WHERE device = ? AND patient = ?', station.keys.deviceId, patient))?.['state']);
function holds(station: TestWorkstation): boolean {
  const steps = compareProjection(station.test.ledger.read, 500);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value.length === 0;
  }
}

describe('a workstation that holds some patients', () => {
  it('SYN-160 of whoever leaves the chart goes and what others wrote, the trail tells, central hears, and nothing of them comes', async () => {
    const [ada, ben] = [north.register('Okafor'), north.register('Lindqvist')];
    note(north, ben, 'Penicillin');
    await synced(north, desk);
    expect(families(desk)).toEqual(['Lindqvist', 'Okafor']);
    await narrow(desk, only(ada));
    await synced(desk);
    expect(families(desk)).toEqual(['Okafor']);
    expect(foreignBodies(desk, ben)).toBe(0);
    expect(count(desk, "ledger WHERE kind = 'scope.evicted' AND record = ?", ben)).toBe(1);
    expect(await standing(desk, ben)).toBe('out');
    note(north, ben, 'Latex');
    note(north, ada, 'Nuts');
    await synced(north, desk);
    expect(count(desk, 'ledger WHERE patient = ?', ben)).toBe(2);
    expect(count(desk, "record WHERE type = 'AllergyIntolerance'")).toBe(1);
    expect(holds(desk)).toBe(true);
    expect(await hub.verify()).toMatchObject({ ok: true });
  });

  it('SYN-161 who comes back is whole again, with what was written meanwhile and here before, and is charted on', async () => {
    const [ada, ben] = [north.register('Okafor'), north.register('Lindqvist')];
    await synced(north, desk);
    note(desk, ben, 'Penicillin');
    await synced(desk, north);
    await narrow(desk, only(ada));
    await synced(desk);
    note(north, ben, 'Latex');
    await synced(north);
    await narrow(desk, only(ada, ben));
    await synced(desk);
    expect(await standing(desk, ben)).toBe('in');
    expect(chart(desk)).toEqual(chart(north));
    expect(count(desk, "record WHERE type = 'AllergyIntolerance'")).toBe(2);
    note(desk, ben, 'Nuts');
    note(north, ada, 'Dust');
    await synced(desk, north, desk);
    expect(chart(desk)).toEqual(chart(north));
    await narrow(desk, EVERYTHING);
    const cho = north.register('Haugen');
    note(north, cho, 'Latex');
    await synced(north, desk);
    expect(chart(desk)).toEqual(chart(north));
    expect(holds(desk)).toBe(true);
  });

  it('SYN-162 a workstation that is new, and holds some patients from the first, reads those alone; a referral brings the past', async () => {
    const [ada, ben] = [north.register('Okafor'), north.register('Lindqvist')];
    note(north, ada, 'Nuts');
    note(north, ben, 'Latex');
    await synced(north);
    await narrow(desk, only(ada));
    await synced(desk);
    expect(families(desk)).toEqual(['Okafor']);
    expect(count(desk, 'ledger WHERE patient = ?', ben)).toBe(0);
    await narrow(desk, only(ada, ben));
    await synced(desk);
    expect(chart(desk)).toEqual(chart(north));
    expect(count(desk, 'gap')).toBe(0);
    expect(holds(desk)).toBe(true);
  });

  it('SYN-163 nobody is removed while something about them is unsent or being written; this holds up nobody else, and no sync', async () => {
    const [ada, ben, cho] = [north.register('Okafor'), north.register('Lindqvist'), north.register('Haugen')];
    await synced(north, desk);
    desk.test.ledger.keep((write) => (write.run("INSERT INTO draft (user, patient, body, saved_at) VALUES ('u', ?, '{}', 1)", ben), { ok: true, value: null }));
    note(desk, cho, 'Latex');
    await narrow(desk, only(ada));
    await synced(desk);
    expect(families(desk)).toEqual(['Lindqvist', 'Okafor']);
    expect(await standing(desk, ben)).toBe('leaving');
    desk.test.ledger.keep((write) => (write.run('DELETE FROM draft'), { ok: true, value: null }));
    note(desk, ben, 'Nuts');
    await synced(desk);
    await desk.until(() => families(desk).length === 1);
    await synced(desk, north);
    expect(await standing(desk, ben)).toBe('out');
    // What was written here is with everybody else.
    expect(count(north, "record WHERE type = 'AllergyIntolerance' AND patient = ?", ben)).toBe(1);
    expect(count(north, "record WHERE type = 'AllergyIntolerance' AND patient = ?", cho)).toBe(1);
  });
});

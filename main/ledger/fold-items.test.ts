import { afterEach, describe, expect, it } from 'vitest';
import { apart, type Apart } from '../../build/fixtures/apart.ts';
import type { TestLedger } from '../../build/fixtures/test-ledger.ts';
import { recordIdOf, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import { BESIDE_URL } from '../../shared/records/bookings.ts';
import { doubleBookedItem, NONE_KNOWN_ITEM, samePersonItem } from '../../shared/records/items.ts';
import { OTHER_PERSON_URL } from '../../shared/records/person-keys.ts';
import { compareProjection } from './ledger.ts';

const opened: Apart[] = [];
afterEach(() => {
  for (const world of opened.splice(0)) world.close();
});
function two(): { world: Apart; here: TestLedger; there: TestLedger } {
  const world = apart('Front desk', 'Room 2');
  opened.push(world);
  const [here, there] = world.stations as [TestLedger, TestLedger];
  return { world, here, there };
}

const items = (station: TestLedger) => station.ledger.read.all("SELECT record, element, patient, severity, basis FROM conflict WHERE element LIKE '#%' ORDER BY record, element");
const creation = (station: TestLedger, record: RecordId): EntryId => {
  const row = station.ledger.read.get('SELECT header FROM ledger WHERE position = (SELECT created FROM record WHERE id = ?)', record);
  const { segment, sequence } = JSON.parse(String(row?.['header'])) as { segment: string; sequence: number };
  return `${segment}.${sequence}` as EntryId;
};
/** Each station lists the same, and lists what a fold of its ledger gives. */
function expectAll(world: Apart, expected: readonly object[]): void {
  world.meet();
  for (const station of world.stations) {
    expect(items(station)).toEqual(expected);
    const comparison = compareProjection(station.store.read, 1000);
    let step = comparison.next();
    while (step.done !== true) step = comparison.next();
    expect(step.value).toEqual([]);
  }
}

describe('"no known allergies" beside an allergy', () => {
  const allergy = (world: Apart, station: TestLedger, parents: readonly EntryId[] = []) => world.chart(station, 'allergy', (patient) => ({ patient, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'high', at: 5 }), parents);
  const none = (world: Apart, station: TestLedger, parents: readonly EntryId[] = []) => world.chart(station, 'allergy.none', (patient) => ({ patient, at: 9 }), parents);

  it('LED-31 is an item where neither knew of the other, whatever their clocks say', () => {
    const { world, here, there } = two();
    const said = none(world, here);
    there.clock.advance(3_600_000);
    allergy(world, there);
    expectAll(world, [{ record: said, element: NONE_KNOWN_ITEM, patient: world.patient, severity: 'safety', basis: 'careful' }]);
  });

  it('LED-31 is none where the allergy was found knowing of it, here or elsewhere', () => {
    const { world, here, there } = two();
    const said = none(world, here);
    here.clock.advance(1000);
    allergy(world, here);
    world.meet();
    expectAll(world, []);
    const again = two();
    const first = none(again.world, again.here);
    again.world.meet();
    allergy(again.world, again.there, [creation(again.there, first)]);
    expectAll(again.world, []);
    expect(said).not.toBe(first);
    expect(there.ledger.read.get("SELECT count(*) AS count FROM record WHERE type = 'AllergyIntolerance'")).toEqual({ count: 2 });
  });

  it('LED-31 is an item when it was said in spite of an allergy, until one of the two is withdrawn', () => {
    const { world, here } = two();
    const record = allergy(world, here);
    here.clock.advance(1000);
    const said = none(world, here, [creation(here, record)]);
    expectAll(world, [{ record: said, element: NONE_KNOWN_ITEM, patient: world.patient, severity: 'safety', basis: 'careful' }]);
    const withdraw = { kind: 'amend' as const, patient: world.patient, record: said, parents: [creation(here, said)], body: { fields: { verificationStatus: '{"coding":[{"code":"entered-in-error"}]}', clinicalStatus: null }, reason: 'asked again' } };
    expect(here.ledger.append(here.grant, [withdraw]).ok).toBe(true);
    expectAll(world, []);
  });
});

describe('amendments in parallel', () => {
  const amend = (station: TestLedger, world: Apart, record: RecordId, fields: Record<string, string>, parents: readonly EntryId[]): EntryId => {
    station.clock.advance(1000);
    const written = station.ledger.append(station.grant, [{ kind: 'amend', patient: world.patient, record, parents, body: { fields, reason: 'looked again' } }]);
    return written.ok ? written.value[0]!.entry : ('' as EntryId);
  };

  it('LED-32 of what is never edited are an item, until somebody has seen both', () => {
    const { world, here, there } = two();
    const encounter = world.chart(here, 'encounter', (patient) => ({ patient, class: 'AMB', at: 1 }));
    const note = world.chart(here, 'note', (patient) => ({ patient, encounter, soap: { subjective: 'Cough', objective: '', assessment: '', plan: '' }, at: 2 }));
    world.meet();
    const made = creation(here, note);
    const one = amend(here, world, note, { docStatus: '"amended"' }, [made]);
    const other = amend(there, world, note, { description: '"Seen with her sister"' }, [made]);
    expectAll(world, [{ record: note, element: '#amended', patient: world.patient, severity: 'review', basis: 'newest' }]);
    amend(there, world, note, {}, [one, other]);
    expectAll(world, []);
    amend(here, world, note, { description: '"Seen with her brother"' }, [other, one]);
    expectAll(world, [{ record: note, element: '#amended', patient: world.patient, severity: 'review', basis: 'newest' }]);
  });

  it('LED-32 of which one knew of the other are none, and neither are two of one workstation', () => {
    const { world, here, there } = two();
    const encounter = world.chart(here, 'encounter', (patient) => ({ patient, class: 'AMB', at: 1 }));
    world.meet();
    const made = creation(here, encounter);
    const one = amend(here, world, encounter, { status: '"finished"' }, [made]);
    const second = amend(here, world, encounter, { priority: '{"text":"routine"}' }, [made]);
    expectAll(world, []);
    amend(there, world, encounter, { reasonCode: '[{"text":"cough"}]' }, [made, one, second]);
    expectAll(world, []);
  });
});

describe('two appointments at one time', () => {
  const DOCTOR = 'Practitioner/11111111-1111-4111-8111-111111111111';
  const book = (station: TestLedger, world: Apart, start: string, end: string, change: object = {}): RecordId => {
    station.clock.advance(1000);
    const body = { resourceType: 'Appointment', status: 'booked', start, end, participant: [{ actor: { reference: DOCTOR }, status: 'accepted' }], ...change };
    const written = station.ledger.append(station.grant, [{ kind: 'resource', patient: world.patient, body }]);
    return recordIdOf(written.ok ? written.value[0]!.entry : ('' as EntryId));
  };
  const pair = (one: RecordId, other: RecordId) => ({ record: one < other ? other : one, element: doubleBookedItem(one < other ? one : other) });
  const say = (station: TestLedger, world: Apart, record: RecordId, fields: Record<string, string>) =>
    station.ledger.append(station.grant, [{ kind: 'amend', patient: world.patient, record, parents: [creation(station, record)], body: { fields, reason: 'called them' } }]);

  it('LED-34 of one person are an item while both stand, and none once one is moved, cancelled or meant so', () => {
    const { world, here, there } = two();
    const one = book(here, world, '2026-12-01T09:00:00Z', '2026-12-01T09:30:00Z');
    const other = book(there, world, '2026-12-01T09:20:00Z', '2026-12-01T09:40:00Z');
    const item = { ...pair(one, other), patient: world.patient, severity: 'review', basis: 'newest' };
    expectAll(world, [item]);
    say(here, world, one, { end: '"2026-12-01T09:20:00Z"' });
    expectAll(world, []);
    const third = book(there, world, '2026-12-01T09:30:00Z', '2026-12-01T09:45:00Z', { minutesDuration: 15 });
    expectAll(world, [{ ...pair(other, third), patient: world.patient, severity: 'review', basis: 'newest' }]);
    say(here, world, other, { extension: JSON.stringify([{ url: BESIDE_URL, valueReference: { reference: `Appointment/${third}` } }]) });
    expectAll(world, []);
  });

  it('LED-34 of different people, one after the other, called off, declined or without an end are none', () => {
    const { world, here, there } = two();
    book(here, world, '2026-12-01T09:00:00Z', '2026-12-01T09:30:00Z');
    book(there, world, '2026-12-01T09:30:00Z', '2026-12-01T10:00:00Z');
    book(there, world, '2026-12-01T09:10:00Z', '2026-12-01T09:20:00Z', { status: 'cancelled' });
    book(there, world, '2026-12-01T09:10:00Z', '2026-12-01T09:20:00Z', { participant: [{ actor: { reference: DOCTOR }, status: 'declined' }] });
    book(there, world, '2026-12-01T09:10:00Z', '2026-12-01T09:20:00Z', { participant: [{ actor: { reference: 'Practitioner/22222222-2222-4222-8222-222222222222' } }] });
    book(there, world, '2026-12-01T09:10:00Z', '', {});
    book(there, world, '2026-11-01', '2027-01-01', {});
    expectAll(world, []);
  });
});

describe('two charts of one person', () => {
  const register = (station: TestLedger, change: object = {}): RecordId => {
    station.clock.advance(1000);
    const demographics = { family: 'Begay', given: 'Thomas', birthDate: '1941-03-09', sex: 'male', ...change };
    const written = station.ledger.append(station.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics, number: `K${station.clock.now()}` } }]);
    return recordIdOf(written.ok ? written.value[0]!.entry : ('' as EntryId));
  };
  const pair = (one: RecordId, other: RecordId) => (one < other ? { record: other, element: samePersonItem(one), patient: other } : { record: one, element: samePersonItem(other), patient: one });
  const say = (station: TestLedger, record: RecordId, fields: Record<string, string>) =>
    station.ledger.append(station.grant, [{ kind: 'amend', patient: record, record, parents: [creation(station, record)], body: { fields, reason: 'asked him' } }]);

  it('LED-33 registered while apart with one name, birth date and sex are an item for review; with one number of the state it must be decided', () => {
    const { world, here, there } = two();
    const one = register(here);
    const other = register(there);
    expectAll(world, [{ ...pair(one, other), severity: 'review', basis: 'unsettled' }]);
    say(here, one, { identifier: '[{"system":"urn:outpost:national-id","value":"4411-0099"}]' });
    say(there, other, { identifier: '[{"system":"urn:outpost:national-id","value":"44110099"}]' });
    expectAll(world, [{ ...pair(one, other), severity: 'safety', basis: 'unsettled' }]);
  });

  it.each([
    ['the same person', (other: RecordId) => ({ link: JSON.stringify([{ other: { reference: `Patient/${other}` }, type: 'seealso' }]) })],
    ['another person', (other: RecordId) => ({ extension: JSON.stringify([{ url: OTHER_PERSON_URL, valueReference: { reference: `Patient/${other}` } }]) })],
  ])('LED-33 end being an item when somebody says that it is %s', (_what, fields) => {
    const { world, here, there } = two();
    const one = register(here);
    const other = register(there);
    world.meet();
    say(there, one, fields(other));
    expectAll(world, []);
  });

  it('LED-33 are told by nothing that half a village has in common', () => {
    const { world, here, there } = two();
    const namesakes = Array.from({ length: 8 }, (_, index) => register(index % 2 === 0 ? here : there));
    world.meet();
    expect(items(here)).toHaveLength(28);
    const ninth = register(there);
    expectAll(world, []);
    say(there, ninth, { birthDate: '"1941-03-10"' });
    world.meet();
    expect(items(here)).toHaveLength(28);
    expect(namesakes).toHaveLength(8);
  });

  it('LED-30 are found in a vault of version 0.1.0 when it is opened', () => {
    const { world, here, there } = two();
    register(here);
    register(there);
    world.meet();
    const before = items(here);
    expect(before).toHaveLength(1);
    here.store.transact((write) => {
      write.run('DELETE FROM conflict');
      write.run('DELETE FROM person_key');
      write.run("DELETE FROM local_state WHERE key = 'ledger.fold'");
      return ok(null);
    });
    const reopened = here.reopen();
    expect(items(reopened)).toEqual(before);
    reopened.store.close();
  });
});

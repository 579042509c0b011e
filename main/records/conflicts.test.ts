import { afterEach, describe, expect, it } from 'vitest';
import { apart, type Apart } from '../../build/fixtures/apart.ts';
import { openTestLedger, TEST_USER, testGrant, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { DeviceId, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import type { CallParsed } from '../../shared/ipc/contract.ts';
import { NONE_KNOWN_ITEM } from '../../shared/records/items.ts';
import { readAllergies, readBanner } from './banner.ts';
import { readChart } from './chart.ts';
import { amend, chart } from './charting.ts';
import { askAbout, resolveConflict, settleItem } from './conflict-decide.ts';
import type { Asker } from './conflict-questions.ts';
import { viewConflict } from './conflict-view.ts';
import { listConflicts } from './conflicts.ts';
import { createSearchCache, searchPatients } from './search.ts';

const ADA: Asker = { userId: TEST_USER, name: 'Ada Obi', role: 'nurse' };
const RUTH: Asker = { userId: TEST_USER, name: 'Ruth Mensah', role: 'physician' };
const opened: Apart[] = [];
afterEach(() => {
  for (const world of opened.splice(0)) world.close();
});
function stations(...names: readonly string[]): { world: Apart; here: TestLedger; there: TestLedger } {
  const world = apart(...names);
  opened.push(world);
  const [here, there] = world.stations as [TestLedger, TestLedger];
  return { world, here, there };
}

const grantFor = (station: TestLedger, patient: RecordId) => testGrant(station.grant.session, patient);
const page = (station: TestLedger, query: Partial<CallParsed<'conflicts.list'>> = {}, asker = ADA, maySee: (patient: RecordId) => boolean = () => true) =>
  listConflicts(station.ledger.read, { patient: null, severity: 'safety', after: null, limit: 20, ...query }, asker, maySee);
const change = (station: TestLedger, world: Apart, record: RecordId, fields: Record<string, string | null>, reason = 'what I was told') => {
  station.clock.advance(1000);
  const set = amend(station.ledger, station.grant, { record, patient: world.patient, fields, reason, seen: null });
  if (!set.ok) throw new Error(set.fault.code);
};
const allergy = (world: Apart, station: TestLedger, text = 'Penicillin'): RecordId => world.chart(station, 'allergy', (patient) => ({ patient, substance: { text }, category: 'medication', criticality: 'unable-to-assess', at: 1 }));
const seenOf = (station: TestLedger, record: RecordId, field: string) => viewConflict(station.ledger.read, record, field, ADA)!.values.map(({ by }) => by[0]!.entry);
const decide = (station: TestLedger, world: Apart, request: Partial<CallParsed<'conflicts.resolve'>> & { record: RecordId; field: string; value: string | null }, asker = ADA) =>
  resolveConflict(station.ledger, grantFor(station, world.patient), asker, { reason: 'asked the mother', ...request, seen: request.seen ?? seenOf(station, request.record, request.field) });

/** Three workstations set the criticality of one allergy while the line is down: high, low, low. */
function threeOpinions() {
  const { world } = stations('Station 1', 'Station 2', 'Station 3');
  const record = allergy(world, world.stations[0]!);
  world.meet();
  for (const [index, value] of ['"high"', '"low"', '"low"'].entries()) change(world.stations[index]!, world, record, { criticality: value }, `reason ${index}`);
  world.meet();
  return { world, record };
}

describe('conflicts', () => {
  it('REC-1 every different value is listed with its authors, what they saw before and why, and the most careful one counts', () => {
    const { world, record } = threeOpinions();
    for (const station of world.stations) {
      expect(page(station).conflicts).toMatchObject([{ kind: 'field', record, field: 'criticality', severity: 'safety', basis: 'careful', patientName: 'Okafor, Chidinma', title: 'Penicillin', asked: null }]);
      const view = viewConflict(station.ledger.read, record, 'criticality', ADA)!;
      expect(view.values.map(({ text, used, by }) => [text, used, by.length])).toEqual([['high', true, 1], ['low', false, 2]]);
      expect(view.values[0]).toMatchObject({ json: '"high"', site: 'Test site', reason: 'reason 0', correctedAt: null, by: [{ userName: 'Ada Obi', role: 'nurse', deviceName: 'Station 1' }], knew: [{ text: 'unable-to-assess', by: { deviceName: 'Station 1' } }] });
      expect(view.values[1]!.by.map(({ deviceName }) => deviceName).toSorted()).toEqual(['Station 2', 'Station 3']);
      expect(JSON.parse(String(station.ledger.read.get('SELECT resource FROM record WHERE id = ?', record)?.['resource']))).toMatchObject({ criticality: 'high' });
    }
  });

  it('REC-1 a time is corrected by what central said of that workstation\'s clock when it was opened', () => {
    const there = openTestLedger({ device: DeviceId.parse('00000000000000d9'), serverOffsetMs: -90_000 });
    const { world, here } = stations('Front desk', 'Room 2');
    change(here, world, world.patient, { birthDate: '"1985-07-15"' });
    world.tell(here, there);
    there.clock.advance(5000);
    const creation = there.ledger.read.get('SELECT header FROM ledger WHERE position = (SELECT created FROM record WHERE id = ?)', world.patient)?.['header'];
    const { segment, sequence } = JSON.parse(String(creation)) as { segment: string; sequence: number };
    expect(there.ledger.append(there.grant, [{ kind: 'amend', patient: world.patient, record: world.patient, parents: [`${segment}.${sequence}` as EntryId], body: { fields: { birthDate: '"1958-07-14"' }, reason: 'her card' } }]).ok).toBe(true);
    const values = viewConflict(there.ledger.read, world.patient, 'birthDate', ADA)!.values;
    expect(values.map(({ by, correctedAt }) => (correctedAt === null ? null : correctedAt - by[0]!.at)).toSorted()).toEqual([-90_000, null]);
    there.close();
  });

  it('REC-2 deciding needs every value seen, one entry of each is enough, and ends the conflict everywhere', () => {
    const { world, record } = threeOpinions();
    const second = world.stations[1]!;
    const seen = seenOf(second, record, 'criticality');
    expect(seen).toHaveLength(2);
    expect(decide(second, world, { record, field: 'criticality', value: '"low"', seen: seen.slice(0, 1) })).toMatchObject({ ok: false, fault: { code: 'CHANGED_MEANWHILE' } });
    expect(decide(second, world, { record, field: 'criticality', value: '"low"', reason: '' })).toMatchObject({ ok: false, fault: { code: 'EMPTY' } });
    const decided = decide(second, world, { record, field: 'criticality', value: '"low"' });
    expect(decided.ok).toBe(true);
    world.meet();
    for (const station of world.stations) expect(page(station).conflicts).toEqual([]);
    expect(decide(second, world, { record, field: 'criticality', value: '"high"', seen })).toMatchObject({ ok: false, fault: { code: 'CHANGED_MEANWHILE' } });
  });

  it('REC-5 a decision is taken back by deciding again, and only by who has seen it', () => {
    const { world, record } = threeOpinions();
    const [first, second] = world.stations as [TestLedger, TestLedger];
    const decided = decide(second, world, { record, field: 'criticality', value: '"low"' });
    world.meet();
    const again = decide(first, world, { record, field: 'criticality', value: '"high"', seen: decided.ok ? [decided.value.entry] : [], reason: 'wrong child' });
    expect(again.ok).toBe(true);
    world.meet();
    for (const station of world.stations) {
      expect(page(station).conflicts).toEqual([]);
      expect(readAllergies(station.ledger.read, world.patient).items).toMatchObject([{ criticality: 'high', conflict: false, contested: [] }]);
    }
  });

  it('REC-6 the list goes page by page, the oldest first, and a page is full whatever the caller may not see between', () => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    const records = Array.from({ length: 7 }, (_, index) => allergy(world, here, `Substance ${index}`));
    world.meet();
    for (const record of records) {
      change(here, world, record, { criticality: '"high"' });
      there.clock.set(here.clock.now());
      change(there, world, record, { criticality: '"low"' });
    }
    world.meet();
    const seen: string[] = [];
    let after: ReturnType<typeof page>['next'] = null;
    do {
      const { conflicts, next } = page(here, { limit: 3, after });
      seen.push(...conflicts.map(({ title }) => title));
      after = next;
    } while (after !== null);
    expect(seen).toEqual(records.map((_, index) => `Substance ${index}`));
    expect(page(here, { limit: 3 }, ADA, () => false)).toEqual({ conflicts: [], next: null });
    expect(page(here, { severity: 'review' })).toEqual({ conflicts: [], next: null });
  });

  it('REC-7 what nobody has to decide is kept for review, and is settled without a reason', () => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    change(here, world, world.patient, { telecom: '[{"system":"phone","value":"1"}]' });
    change(there, world, world.patient, { telecom: '[{"system":"phone","value":"2"}]' });
    world.meet();
    expect(page(here).conflicts).toEqual([]);
    expect(page(there, { severity: 'review' }).conflicts).toMatchObject([{ field: 'telecom', severity: 'review', basis: 'newest' }]);
    expect(decide(here, world, { record: world.patient, field: 'telecom', value: '[{"system":"phone","value":"1"},{"system":"phone","value":"2"}]', reason: '' }).ok).toBe(true);
    world.meet();
    expect(page(there, { severity: 'review' }).conflicts).toEqual([]);
  });

  it('REC-8 the halves of a state are one question, and are decided together', () => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    const record = allergy(world, here);
    world.meet();
    const state = (code: string) => `{"coding":[{"code":"${code}"}]}`;
    change(here, world, record, { clinicalStatus: state('inactive'), verificationStatus: state('refuted') });
    change(there, world, record, { criticality: '"high"' });
    world.meet();
    expect(page(here).conflicts.map(({ field }) => field)).toEqual(['clinicalStatus']);
    expect(readBanner(here.ledger.read, world.patient, TEST_USER, 0)).toMatchObject({ openConflicts: 1, allergies: { state: 'conflict' } });
    const view = viewConflict(here.ledger.read, record, 'clinicalStatus', ADA)!;
    expect(view).toMatchObject({ companionField: 'verificationStatus', values: [{ used: true, companion: expect.stringContaining('confirmed') }, { used: false, companion: expect.stringContaining('refuted') }] });
    expect(decide(here, world, { record, field: 'clinicalStatus', value: view.values[1]!.json }).ok).toBe(true);
    world.meet();
    for (const station of world.stations) {
      expect(page(station).conflicts).toEqual([]);
      expect(readAllergies(station.ledger.read, world.patient)).toMatchObject({ state: 'not-asked', items: [] });
    }
  });
});

describe('a question to a colleague', () => {
  it('REC-9 syncs, is shown to whom it asks, and is answered by deciding', () => {
    const { world, record } = threeOpinions();
    const [first, second, third] = world.stations as [TestLedger, TestLedger, TestLedger];
    const ask = { record, field: 'criticality', to: { name: null, role: 'physician' as const }, question: 'Which of the two did you hear?' };
    expect(viewConflict(first.ledger.read, record, 'criticality', RUTH)!.people).toEqual([{ name: 'Ada Obi', role: 'nurse' }]);
    const asked = askAbout(first.ledger, grantFor(first, world.patient), ADA, ask, first.clock.now(), -300);
    expect(asked.ok).toBe(true);
    world.meet();
    expect(page(third, {}, RUTH).conflicts[0]?.asked).toMatchObject({ question: ask.question, to: { name: null, role: 'physician' }, by: { userName: 'Ada Obi' }, mine: true });
    expect(page(second).conflicts[0]?.asked).toMatchObject({ mine: false });
    expect(askAbout(second.ledger, grantFor(second, world.patient), ADA, { ...ask, to: { name: 'Ruth Mensah', role: null } }, second.clock.now() + 9, -300).ok).toBe(true);
    world.meet();
    expect(viewConflict(third.ledger.read, record, 'criticality', RUTH)!.questions.map(({ to, mine }) => [to.name, mine])).toEqual([['Ruth Mensah', true], [null, true]]);
    expect(decide(third, world, { record, field: 'criticality', value: '"high"' }, RUTH).ok).toBe(true);
    world.meet();
    for (const station of world.stations) expect(station.ledger.read.all("SELECT status FROM record WHERE type = 'Task'")).toEqual([{ status: 'completed' }, { status: 'completed' }]);
    expect(askAbout(first.ledger, grantFor(first, world.patient), ADA, ask, 1, 0)).toMatchObject({ ok: false, fault: { code: 'CHANGED_MEANWHILE' } });
  });
});

describe('what is no field', () => {
  const settle = (station: TestLedger, patient: RecordId, record: RecordId, field: string, choice: CallParsed<'conflicts.settle'>['choice'], reason = 'asked again') =>
    settleItem(station.ledger, grantFor(station, patient), ADA, { record, field, choice, seen: seenOf(station, record, field), reason });

  it.each([
    ['allergy-stands', { state: 'list', items: [{ text: 'Penicillin' }] }],
    ['none-known', { state: 'none-known', items: [] }],
  ] as const)('REC-10 an allergy beside "none known" counts until a person says: %s', (choice, expected) => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    const body = { patient: world.patient, at: 1 };
    const none = chart(here.ledger, here.grant, { kind: 'allergy.none', body, mustBeOpen: false });
    chart(there.ledger, there.grant, { kind: 'allergy', body: { ...body, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'high' } as never, mustBeOpen: false });
    world.meet();
    const record = none.ok ? none.value.record : ('' as RecordId);
    for (const station of world.stations) {
      expect(readAllergies(station.ledger.read, world.patient)).toMatchObject({ state: 'conflict', items: [{ text: 'Penicillin' }] });
      expect(viewConflict(station.ledger.read, record, NONE_KNOWN_ITEM, ADA)!.values.map(({ text, used }) => [text, used])).toEqual([['Penicillin', true], ['No known allergies', false]]);
    }
    expect(settle(here, world.patient, record, NONE_KNOWN_ITEM, 'seen')).toMatchObject({ ok: false, fault: { code: 'MALFORMED' } });
    expect(settle(here, world.patient, record, NONE_KNOWN_ITEM, choice, '')).toMatchObject({ ok: false, fault: { code: 'EMPTY' } });
    expect(settle(here, world.patient, record, NONE_KNOWN_ITEM, choice).ok).toBe(true);
    world.meet();
    for (const station of world.stations) {
      expect(page(station).conflicts).toEqual([]);
      expect(readAllergies(station.ledger.read, world.patient)).toMatchObject(expected);
    }
  });

  it('REC-11 parallel amendments are shown both, and are done with once somebody has seen them', () => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    const encounter = world.chart(here, 'encounter', (patient) => ({ patient, class: 'AMB', at: 1 }));
    const note = world.chart(here, 'note', (patient) => ({ patient, encounter, soap: { subjective: 'Cough', objective: '', assessment: '', plan: '' }, at: 2 }));
    world.meet();
    change(here, world, note, { docStatus: '"amended"' }, 'typing error');
    change(there, world, note, { description: '"Seen with her sister"' }, 'forgot to say');
    world.meet();
    const view = viewConflict(there.ledger.read, note, '#amended', ADA)!;
    expect(view.values.map(({ text, reason }) => [text, reason]).toSorted()).toEqual([['description: Seen with her sister', 'forgot to say'], ['docStatus: amended', 'typing error']]);
    expect(settle(there, world.patient, note, '#amended', 'seen', '').ok).toBe(true);
    world.meet();
    for (const station of world.stations) expect(page(station, { severity: 'review' }).conflicts).toEqual([]);
  });

  it('REC-12 two charts of one person are linked, never merged: each names the other', () => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    const register = (station: TestLedger) => {
      const written = station.ledger.append(station.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Begay', given: 'Thomas', birthDate: '1941-03-09', sex: 'male', nationalId: '4411-0099' }, number: 'K1' } }]);
      return written.ok;
    };
    expect([register(here), register(there)]).toEqual([true, true]);
    world.meet();
    const [line] = page(here).conflicts;
    const view = viewConflict(here.ledger.read, line!.record, line!.field, ADA)!;
    expect(view).toMatchObject({ kind: 'same-person', values: [{ person: { family: 'Begay' } }, { person: { family: 'Begay' } }] });
    const [one, other] = view.values.map(({ person }) => person!.patient);
    expect(page(here, { patient: other! }).conflicts).toHaveLength(1);
    expect(page(here, {}, ADA, (patient) => patient === one).conflicts).toEqual([]);
    expect(settle(here, line!.record, line!.record, line!.field, 'same-person').ok).toBe(true);
    world.meet();
    for (const station of world.stations) {
      expect(page(station).conflicts).toEqual([]);
      expect(readBanner(station.ledger.read, one!, TEST_USER, 0)?.sameAs).toMatchObject([{ patient: other, number: 'K1' }]);
      expect(readBanner(station.ledger.read, other!, TEST_USER, 0)?.sameAs).toMatchObject([{ patient: one }]);
    }
  });
});

describe('two appointments at one time', () => {
  it.each([['cancel-one', 1], ['cancel-other', 1], ['meant-so', 2]] as const)('REC-14 are both shown, and %s leaves %i standing', (choice, standing) => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    const body = { resourceType: 'Appointment', status: 'booked', description: 'Check-up', start: '2026-12-01T09:00:00Z', end: '2026-12-01T09:30:00Z', participant: [{ actor: { reference: 'Practitioner/11111111-1111-4111-8111-111111111111' } }] };
    for (const station of [here, there]) expect(station.ledger.append(station.grant, [{ kind: 'resource', patient: world.patient, body }]).ok).toBe(true);
    world.meet();
    const [line] = page(there, { severity: 'review' }).conflicts;
    expect(line).toMatchObject({ kind: 'double-booked', type: 'Appointment', title: 'Check-up' });
    expect(viewConflict(there.ledger.read, line!.record, line!.field, ADA)!.values.map(({ text, json }) => [text, json])).toEqual([['Check-up', '"2026-12-01T09:00:00.000Z"'], ['Check-up', '"2026-12-01T09:00:00.000Z"']]);
    const settled = settleItem(there.ledger, grantFor(there, world.patient), ADA, { record: line!.record, field: line!.field, choice, seen: seenOf(there, line!.record, line!.field), reason: '' });
    expect(settled.ok).toBe(true);
    world.meet();
    for (const station of world.stations) {
      expect(page(station, { severity: 'review' }).conflicts).toEqual([]);
      expect(station.ledger.read.get("SELECT count(*) AS count FROM record WHERE type = 'Appointment' AND status = 'booked'")).toEqual({ count: standing });
    }
  });
});

describe('a patient with two names', () => {
  it('REC-15 is found by either, and by the one that was decided', () => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    change(here, world, world.patient, { name: '[{"family":"Begay","given":["Chidinma"]}]' });
    change(there, world, world.patient, { name: '[{"family":"Tsosie","given":["Chidinma"]}]', birthDate: '"1985-07-15"' });
    change(here, world, world.patient, { birthDate: '"1958-07-14"' });
    world.meet();
    const found = (station: TestLedger, text: string) => searchPatients(station.ledger.read, text, 10, createSearchCache(() => 0)).map(({ patient }) => patient);
    for (const station of world.stations) for (const text of ['begay', 'tsosie', '1985-07-15', '1958-07-14']) expect(found(station, text)).toEqual([world.patient]);
    expect(decide(here, world, { record: world.patient, field: 'name', value: '[{"family":"Begay","given":["Chidinma"]}]' }).ok).toBe(true);
    world.meet();
    for (const station of world.stations) expect([found(station, 'begay'), found(station, 'tsosie')]).toEqual([[world.patient], []]);
  });
});

describe('the chart', () => {
  it('REC-13 a field with several values shows all of them, the careful one first, or says that none is', () => {
    const { world, here, there } = stations('Front desk', 'Room 2');
    const encounter = world.chart(here, 'encounter', (patient) => ({ patient, class: 'AMB', at: 1 }));
    const medicine = world.chart(here, 'medication', (patient) => ({ patient, encounter, medication: { text: 'Warfarin' }, dose: '1 mg', frequency: 'daily', at: 1 }));
    const substance = allergy(world, here);
    world.chart(here, 'vitals', (patient) => ({ patient, encounter, values: { weight: 62 }, at: 1 }));
    world.meet();
    const weight = String(here.ledger.read.get("SELECT record FROM measurement WHERE code = '29463-7'")?.['record']) as RecordId;
    change(here, world, medicine, { dosageInstruction: '[{"text":"2 mg, daily"}]' });
    change(there, world, medicine, { dosageInstruction: '[{"text":"5 mg, daily"}]' });
    change(here, world, substance, { code: '{"text":"Amoxicillin"}' });
    change(there, world, substance, { code: '{"text":"Cefalexin"}' });
    change(here, world, weight, { valueQuantity: '{"value":26,"unit":"kg"}' });
    change(there, world, weight, { valueQuantity: '{"value":62.5,"unit":"kg"}' });
    change(here, world, world.patient, { birthDate: '"1958-07-14"' });
    change(there, world, world.patient, { birthDate: '"1985-07-15"' });
    world.meet();
    for (const station of world.stations) {
      const opened = readChart(station.ledger.read, world.patient, TEST_USER, 0)!;
      expect(opened.medications[0]?.contested).toMatchObject([{ field: 'dosageInstruction', basis: 'unsettled', severity: 'safety' }]);
      expect(opened.medications[0]?.contested[0]?.values.map(({ text }) => text).toSorted()).toEqual(['2 mg, daily', '5 mg, daily']);
      expect(opened.allergies.items.map(({ text }) => text).toSorted()).toEqual(['Amoxicillin', 'Cefalexin']);
      expect(opened.banner.weight?.contested?.values).toHaveLength(2);
      expect(opened.banner.contested).toMatchObject([{ field: 'birthDate', basis: 'unsettled' }]);
      expect(opened.banner.openConflicts).toBe(4);
    }
  });
});

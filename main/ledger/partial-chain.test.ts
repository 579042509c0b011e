import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { partOf } from '../../build/fixtures/test-parts.ts';
import { DeviceId, recordIdOf, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { allSegments, compareProjection, isOutOfScope, projectionLines, segmentById, type ArrivingRun } from './ledger.ts';

const OTHER = DeviceId.parse('00000000000000d2');
const THIRD = DeviceId.parse('00000000000000d3');
const CHART = ['record', 'head', 'conflict', 'measurement', 'patient', 'search_key', 'person_key', 'booking', 'imported_identity', 'encounter_name', 'parked'] as const;
const open: TestLedger[] = [];
afterEach(() => {
  for (const test of open.splice(0)) test.close();
});

function ledger(device?: DeviceId): TestLedger {
  const test = openTestLedger({ inMemory: true, ...(device === undefined ? {} : { device }) });
  open.push(test);
  return test;
}

function register(test: TestLedger, family: string): RecordId {
  const written = test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family, given: 'Test', birthDate: '1985-07-14', sex: 'female' }, number: 'K7-0042-3' } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return recordIdOf(written.value[0]!.entry);
}
const allergy = (test: TestLedger, patient: RecordId, substance: string): EntryId => {
  const written = test.ledger.append(test.grant, [{ kind: 'allergy', patient, body: { patient, substance: { text: substance }, category: 'medication', criticality: 'high', at: test.clock.now() } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return written.value[0]!.entry;
};
const visit = (test: TestLedger, patient: RecordId): EntryId => {
  const written = test.ledger.append(test.grant, [
    { kind: 'resource', patient, body: { resourceType: 'Encounter', id: 'e1', status: 'finished', class: { code: 'AMB' }, subject: { reference: `Patient/${patient}` } } },
    { kind: 'resource', patient, body: { resourceType: 'Observation', id: 'o1', status: 'final', code: { text: 'Weight' }, subject: { reference: `Patient/${patient}` }, encounter: { reference: 'Encounter/e1' }, effectiveDateTime: '2026-01-01', valueQuantity: { value: 70, unit: 'kg' } } },
    { kind: 'resource', patient, body: { resourceType: 'Appointment', id: 'a1', status: 'booked', start: '2026-03-01T10:00:00Z', end: '2026-03-01T10:30:00Z', participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }, { actor: { reference: 'Practitioner/p1' }, status: 'accepted' }] } },
    { kind: 'chart.viewed', patient, body: { what: 'chart' } },
  ]);
  if (!written.ok) throw new Error(written.fault.code);
  return written.value[1]!.entry;
};
const amend = (test: TestLedger, patient: RecordId, entry: EntryId, fields: Record<string, string>): void => {
  const written = test.ledger.append(test.grant, [{ kind: 'amend', patient, record: recordIdOf(entry), parents: [entry], body: { fields, reason: 'test' } }]);
  if (!written.ok) throw new Error(written.fault.code);
};
const take = (test: TestLedger, runs: readonly ArrivingRun[]) => test.ledger.receive(runs, () => undefined);
const chart = (test: TestLedger) => projectionLines(test.ledger.read, CHART);
function differences(test: TestLedger): unknown {
  const steps = compareProjection(test.ledger.read, 3);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
const bodies = (test: TestLedger, patient: RecordId, own: 0 | 1): number =>
  Number(test.ledger.read.get('SELECT count(*) AS count FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE patient = ? AND own = ? AND body IS NOT NULL', patient, own)?.['count']);
/** Everything of this workstation's own is with central. */
function sent(test: TestLedger): void {
  for (const { id, length, head, own } of allSegments(test.ledger.read)) if (own) test.ledger.acknowledge({ segment: id, length, head, text: '{}' });
}

describe('a part of the records', () => {
  it('LED-41 entries come without those of other patients, and are taken behind the hash that central says, if it may leave any out', () => {
    const [a, b] = [ledger(), ledger(OTHER)];
    const [ada, ben] = [register(a, 'Okafor'), register(a, 'Lindqvist')];
    visit(a, ben);
    visit(a, ada);
    const runs = partOf(a, (patient) => patient !== ben);
    expect(take(b, runs.map(({ gaps: _gaps, ...run }) => run))).toMatchObject({ ok: false, fault: { code: 'GAP' } });
    expect(take(b, runs)).toMatchObject({ ok: true, value: { duplicates: 0, parked: 0, closed: [] } });
    expect(b.ledger.read.all('SELECT family FROM patient')).toEqual([{ family: 'Okafor' }]);
    expect(take(b, runs)).toMatchObject({ ok: true, value: { applied: 0 } });
    expect(differences(b)).toEqual([]);
    const length = (test: TestLedger) => Math.max(...a.ledger.lanes().map(({ segment }) => segmentById(test.ledger.read, segment)!.length));
    expect(length(b)).toBe(length(a));
    expect(ada).not.toBe(ben);
  });

  it('LED-41 what was left out fits in later, whatever comes first, and then the vault equals one that always had it', () => {
    const [a, b, whole] = [ledger(), ledger(OTHER), ledger(OTHER)];
    const ben = register(a, 'Lindqvist');
    for (let round = 0; round < 3; round += 1) {
      visit(a, ben);
      visit(a, register(a, `Okafor ${round}`));
    }
    expect(take(b, partOf(a, (patient) => patient !== ben)).ok).toBe(true);
    expect(b.ledger.read.all('SELECT 1 FROM gap').length).toBeGreaterThan(3);
    for (const run of partOf(a, (patient) => patient === ben).toReversed()) expect(take(b, [run])).toMatchObject({ ok: true, value: { closed: [] } });
    expect(take(whole, partOf(a, () => true)).ok).toBe(true);
    expect(b.ledger.read.all('SELECT * FROM gap')).toEqual([]);
    expect(allSegments(b.ledger.read).map(({ hole }) => hole).every((hole) => hole === null)).toBe(true);
    expect(chart(b)).toEqual(chart(whole));
    expect(differences(b)).toEqual([]);
  });

  it('LED-42 what does not fit between the entries that are held, or follows another hash than was said, closes its segment', () => {
    const [a, b, c] = [ledger(), ledger(OTHER), ledger(THIRD)];
    const ben = register(a, 'Lindqvist');
    visit(a, register(a, 'Okafor'));
    visit(a, ben);
    const part = partOf(a, (patient) => patient !== ben);
    const rest = partOf(a, (patient) => patient === ben);
    const between = rest.find(({ entries }) => entries[0]!.headerText.includes('"kind":"patient.register"'))!;
    const other = { ...between, entries: between.entries.map((entry) => ({ ...entry, headerText: entry.headerText.replace('"decision":"test/0"', '"decision":"test/1"') })) };
    expect(take(b, part).ok).toBe(true);
    expect(take(b, [other])).toMatchObject({ ok: true, value: { closed: [{ code: 'FORK' }] } });
    expect(take(b, rest)).toMatchObject({ ok: true });
    expect(b.ledger.read.all("SELECT 1 FROM ledger WHERE kind = 'ledger.forked'")).toHaveLength(1);
    expect(take(c, part).ok).toBe(true);
    const behindGap = part.find((run) => run.entries.some((entry) => !entry.headerText.includes('"sequence":0')) && !run.entries[0]!.headerText.includes('"sequence":0'))!;
    expect(take(c, [{ ...behindGap, previous: new Uint8Array(32).fill(7) }])).toMatchObject({ ok: true, value: { closed: [{ code: 'FORK' }] } });
  });

  it('LED-43 a patient who leaves is gone from chart, search and items; headers and own words stay, and the trail tells', () => {
    const [a, b] = [ledger(), ledger(OTHER)];
    const [ada, ben] = [register(a, 'Okafor'), register(a, 'Okafor')];
    visit(a, ada);
    visit(a, ben);
    take(b, partOf(a, () => true));
    allergy(b, ben, 'Penicillin');
    expect(b.ledger.read.all("SELECT 1 FROM conflict WHERE element LIKE '#%'").length).toBeGreaterThan(0);
    expect(b.ledger.evict([ben])).toEqual({ ok: true, value: ['unsent'] });
    sent(b);
    b.ledger.keep((write) => (write.run("INSERT INTO draft (user, patient, body, saved_at) VALUES ('u', ?, '{}', 1)", ben), { ok: true, value: null }));
    expect(b.ledger.evict([ben])).toEqual({ ok: true, value: ['open'] });
    b.ledger.keep((write) => (write.run('DELETE FROM draft'), { ok: true, value: null }));
    const headers = () => b.ledger.read.all('SELECT header FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE own = 0 ORDER BY position');
    const before = headers();
    expect(b.ledger.evict([ben])).toEqual({ ok: true, value: ['gone'] });
    for (const table of ['record', 'measurement', 'search_key', 'person_key', 'care_team', 'conflict']) expect(b.ledger.read.all(`SELECT 1 FROM ${table} WHERE patient = ?`, ben), table).toEqual([]);
    expect(b.ledger.read.all('SELECT record FROM patient')).toEqual([{ record: ada }]);
    expect(b.ledger.read.all("SELECT 1 FROM conflict WHERE element LIKE '#%'")).toEqual([]);
    expect([bodies(b, ben, 0), bodies(b, ben, 1)]).toEqual([0, 1]);
    expect(b.ledger.read.all("SELECT 1 FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE patient = ? AND own = 0 AND salt <> x''", ben)).toHaveLength(0);
    expect(headers()).toEqual(before);
    expect(b.ledger.read.all("SELECT record, patient FROM ledger WHERE kind = 'scope.evicted'")).toEqual([{ record: ben, patient: null }]);
    expect(differences(b)).toEqual([]);
    expect(b.ledger.evict([ben])).toEqual({ ok: true, value: ['gone'] });
    expect(b.ledger.read.all("SELECT 1 FROM ledger WHERE kind = 'scope.evicted'")).toHaveLength(1);
  });

  it('SYN-236 many leave in one transaction, each with an entry of their own; who has to wait holds up nobody', () => {
    const [a, b] = [ledger(), ledger(OTHER)];
    const [ada, ben, cho] = [register(a, 'Okafor'), register(a, 'Lindqvist'), register(a, 'Haugen')];
    for (const each of [ada, ben, cho]) visit(a, each);
    take(b, partOf(a, () => true));
    allergy(b, ben, 'Penicillin');
    let commits = 0;
    b.ledger.onCommit(() => void (commits += 1));
    expect(b.ledger.evict([ada, ben, cho])).toEqual({ ok: true, value: ['gone', 'unsent', 'gone'] });
    expect(commits).toBe(1);
    expect(b.ledger.read.all("SELECT record FROM ledger WHERE kind = 'scope.evicted' ORDER BY position")).toEqual([{ record: ada }, { record: cho }]);
    expect(b.ledger.read.all('SELECT record FROM patient')).toEqual([{ record: ben }]);
    expect(differences(b)).toEqual([]);
  });

  it('LED-44 who comes back is whole again once all of it is here, and is charted on like before', () => {
    const [a, b] = [ledger(), ledger(OTHER)];
    const ben = register(a, 'Lindqvist');
    const weight = visit(a, ben);
    take(b, partOf(a, () => true));
    allergy(b, ben, 'Penicillin');
    sent(b);
    const before = chart(b);
    b.ledger.evict([ben]);
    sent(b);
    const runs = partOf(a, (patient) => patient === ben);
    expect(take(b, runs)).toMatchObject({ ok: true, value: { duplicates: 0, parked: 0 } });
    // Half a chart is none.
    expect(b.ledger.read.all('SELECT 1 FROM patient')).toEqual([]);
    expect(isOutOfScope(b.ledger.read, ben)).toBe(true);
    expect(b.ledger.admit(ben)).toEqual({ ok: true, value: null });
    expect(chart(b)).toEqual(before);
    expect(allSegments(b.ledger.read).every(({ hole }) => hole === null)).toBe(true);
    amend(b, ben, weight, { status: '"amended"' });
    expect(b.ledger.read.get('SELECT status FROM record WHERE id = ?', recordIdOf(weight))).toEqual({ status: 'amended' });
    expect(differences(b)).toEqual([]);
    expect(take(b, runs)).toMatchObject({ ok: true, value: { applied: 0 } });
  });

  it('LED-44 whoever comes and goes, the vault shows what one shows that only ever had who is there', { timeout: 60_000 }, () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), about: fc.nat(2), what: fc.nat(2) }),
      fc.record({ do: fc.constant('own' as const), about: fc.nat(2) }),
      fc.record({ do: fc.constantFrom('leave' as const, 'return' as const), about: fc.nat(2) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const [a, b, c] = [ledger(), ledger(OTHER), ledger(THIRD)];
        const people = ['Okafor', 'Okafor', 'Lindqvist'].map((family) => register(a, family));
        const out = new Set<string>();
        const here = (patient: string | null): boolean => patient === null || !out.has(patient);
        let last = visit(a, people[0]!);
        take(b, partOf(a, here));
        for (const each of steps) {
          const patient = people[each.about]!;
          if (each.do === 'write') {
            if (each.what === 0) last = visit(a, patient);
            else if (each.what === 1) allergy(a, patient, 'Latex');
            else amend(a, patient, last, { status: '"amended"' });
          } else if (each.do === 'own' && here(patient)) {
            allergy(b, patient, 'Penicillin');
          } else if (each.do === 'leave') {
            sent(b);
            expect(b.ledger.evict([patient])).toEqual({ ok: true, value: ['gone'] });
            out.add(patient);
          } else if (each.do === 'return') {
            out.delete(patient);
            take(b, partOf(a, (about) => about === patient).filter(({ entries }) => entries.every(({ headerText }) => segmentById(b.ledger.read, JSON.parse(headerText).segment) !== undefined)));
            b.ledger.admit(patient);
          }
          expect(take(b, partOf(a, here))).toMatchObject({ ok: true, value: { closed: [] } });
        }
        take(c, partOf(a, here));
        take(c, partOf(b, here));
        expect(chart(b)).toEqual(chart(c));
        expect(differences(b)).toEqual([]);
        for (const patient of out) expect(bodies(b, patient as RecordId, 0)).toBe(0);
        for (const test of open.splice(0)) test.close();
      }),
      { numRuns: 15 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { FORGED_AT, FORGED_SEGMENT, forgedOpening, forgedSegment, type Forgery } from '../../build/fixtures/forged-entries.ts';
import { openTestLedger, TEST_USER, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { utf8 } from '../../shared/base/bytes.ts';
import { EntryId, RecordId, recordIdOf } from '../../shared/base/ids.ts';
import { chainHash, CHAIN_START } from '../../shared/ledger/entry.ts';
import { readTrail } from '../audit/audit.ts';
import { amend, readRecord } from '../records/records.ts';
import { compareProjection, sha256 } from './ledger.ts';

const OTHER = RecordId.parse('11111111-1111-4111-8111-111111111111');

function receive(test: TestLedger, ...forgeries: readonly Forgery[]) {
  return test.ledger.receive([{ entries: forgedSegment(...forgeries) }], () => undefined);
}

function register(test: TestLedger): RecordId {
  const written = test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Okafor', given: 'Chidinma', sex: 'female' }, number: 'K7-0042-3' } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return recordIdOf(written.value[0]!.entry);
}

function importPatient(test: TestLedger, resource: object): RecordId {
  const written = test.ledger.append(test.grant, [{ kind: 'resource', patient: OTHER, record: OTHER, body: { resourceType: 'Patient', id: OTHER, ...resource } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return OTHER;
}

function last<Value>(steps: Generator<unknown, Value>): Value {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const RESTRICTED = { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] };
const isRestricted = (test: TestLedger, patient: RecordId): unknown => test.ledger.read.get('SELECT restricted FROM patient WHERE record = ?', patient)?.['restricted'];
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('what another device may send', () => {
  const amends = (fields: unknown) => (patient: RecordId): Forgery => ({ kind: 'amend', body: { fields, reason: 'x' }, over: { record: patient, patient } });
  const parked: readonly (readonly [string, (patient: RecordId) => Forgery])[] = [
    ['an amendment of no element', amends({ '': '"x"' })],
    ['an amendment that is no JSON', amends({ gender: 'male' })],
    ['an amendment that smuggles a second element in', amends({ gender: '"male","birthDate":"1900-01-01"' })],
    ['an amendment too deep to be written out', amends({ extension: deep(50_000) })],
    ['an amendment of everything', amends(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`element${index}`, '1'])))],
    ['an amendment of what a record is', amends({ resourceType: '"Observation"' })],
    ['an amendment that is no object', (patient) => ({ kind: 'amend', raw: utf8('{{'), over: { record: patient, patient } })],
    ['a visit beyond the calendar', (patient) => ({ kind: 'encounter', body: { patient, class: 'AMB', at: 9e15 }, over: { patient } })],
    ['a resource too deep to be written out', () => ({ kind: 'resource', raw: utf8(`{"resourceType":"Basic","x":${deep(50_000)}}`) })],
    ['another kind of thing under a known id', (patient) => ({ kind: 'resource', body: { resourceType: 'Observation', id: patient }, over: { record: patient, patient } })],
    ['a session that does not read', () => ({ kind: 'session.open', raw: Uint8Array.of(0xff) })],
  ];
  it.each(parked)('LED-12 %s is parked and blocks nothing', (_name, make) => {
    const test = openTestLedger();
    const patient = register(test);
    const received = receive(test, make(patient), { kind: 'problem', body: { patient, problem: { text: 'Asthma' }, at: FORGED_AT }, over: { patient } });
    expect(received).toMatchObject({ ok: true, value: { applied: 3, parked: 1 } });
    expect(test.ledger.read.all('SELECT reason FROM parked')).toEqual([{ reason: 'unreadable-body' }]);
    expect(test.ledger.read.get("SELECT title FROM record WHERE type = 'Condition'")).toEqual({ title: 'Asthma' });
    expect(test.ledger.read.get('SELECT family FROM patient WHERE record = ?', patient)).toEqual({ family: 'Okafor' });
    expect(readRecord(test.ledger.read, patient)?.type).toBe('Patient');
    expect(amend(test.ledger, test.grant, { record: patient, patient, fields: { gender: '"male"' }, reason: 'told so', seen: null })).toMatchObject({ ok: true });
    expect(last(compareProjection(test.ledger.read, 10))).toEqual([]);
    test.close();
  });

  const refused: readonly (readonly [string, (text: string) => string])[] = [
    ['a lone surrogate', (text) => text.replace('"kind"', '"extra":"\\ud800","kind"')],
    ['a number beyond every number', (text) => text.replace('"kind"', '"extra":1e400,"kind"')],
    ['no JSON', () => '{'],
  ];
  it.each(refused)('LED-8 a header with %s is refused, never thrown', (_name, header) => {
    const test = openTestLedger();
    expect(receive(test, { kind: 'note', header })).toMatchObject({ ok: false, fault: { code: 'MALFORMED' } });
    expect(test.ledger.receive([{ entries: [forgedOpening(utf8('{not'))] }], () => undefined)).toMatchObject({ ok: false, fault: { code: 'GAP' } });
    test.close();
  });

  it('LED-13 a session that claims a colleague of this workstation opens no chart', () => {
    const test = openTestLedger();
    const patient = importPatient(test, { meta: RESTRICTED });
    const site = { name: 'x', address: 'x', latitude: null, longitude: null, source: 'none' };
    const received = receive(
      test,
      { kind: 'session.open', body: { user: TEST_USER, login: 'ada', name: 'Ada Obi', role: 'nurse', level: 2, device: '00000000000000ee', deviceName: 'x', addresses: [], clinic: 'x', site, purpose: 'TREAT' } },
      { kind: 'encounter', body: { patient, class: 'AMB', at: FORGED_AT }, over: { patient, session: 1 } },
      { kind: 'breakglass.open', body: { reason: 'emergency', explanation: 'none given', until: FORGED_AT * 2 }, over: { patient, session: 1 } },
    );
    expect(received).toMatchObject({ ok: true, value: { parked: 0 } });
    expect(test.ledger.read.get("SELECT count(*) AS n FROM record WHERE type = 'Encounter'")).toEqual({ n: 1 });
    for (const table of ['care_team', 'break_glass']) expect(test.ledger.read.all(`SELECT * FROM ${table}`)).toEqual([]);
    expect(last(compareProjection(test.ledger.read, 10))).toEqual([]);
    test.close();
  });

  it('LED-14 a label is taken away neither by an amendment nor by a copy that lacks it', () => {
    const test = openTestLedger();
    const patient = importPatient(test, { meta: RESTRICTED });
    const creation = EntryId.parse(`${test.ledger.state().segment}.${test.ledger.state().length - 1}`);
    const here = amend(test.ledger, test.grant, { record: patient, patient, fields: { meta: null }, reason: 'told so', seen: null });
    expect(here).toMatchObject({ ok: false, fault: { code: 'MALFORMED' } });
    receive(
      test,
      { kind: 'amend', body: { fields: { meta: null }, reason: 'x' }, over: { record: patient, patient, parents: [creation] } },
      { kind: 'resource', body: { resourceType: 'Patient', id: patient, active: true }, over: { record: patient, patient } },
      { kind: 'resource', body: { resourceType: 'Patient', id: patient, meta: { security: [{ code: 'N' }] } }, over: { record: patient, patient } },
    );
    expect(isRestricted(test, patient)).toBe(1);
    expect(test.ledger.read.all("SELECT element FROM conflict WHERE element = 'meta'")).toEqual([]);
    expect(last(compareProjection(test.ledger.read, 10))).toEqual([]);
    test.close();
  });

  it('LED-15 an amendment names no more parents than a reader takes, however many values compete', () => {
    const test = openTestLedger();
    const patient = register(test);
    const rival = (index: number): Forgery => ({ kind: 'amend', body: { fields: { birthDate: `"${1900 + index}"` }, reason: 'x' }, over: { record: patient, patient } });
    expect(receive(test, ...Array.from({ length: 110 }, (_, index) => rival(index)))).toMatchObject({ ok: true, value: { parked: 0 } });
    expect(amend(test.ledger, test.grant, { record: patient, patient, fields: { birthDate: '"1985"' }, reason: 'told so', seen: null })).toMatchObject({ ok: true });
    const trail = readTrail(test.ledger.read, { patient, userName: null, kinds: ['amend'], refusedOnly: false, from: null, to: null, before: null, limit: 500 });
    expect(trail.lines).toHaveLength(111);
    expect(() => test.ledger.append(test.grant, [{ kind: 'amend', patient, record: patient, parents: Array.from({ length: 101 }, (_, index) => EntryId.parse(`${FORGED_SEGMENT}.${index}`)), body: {} }])).toThrow('at most 100 parents');
    test.close();
  });

  it('LED-8 a chain that was computed elsewhere counts only behind the hash that is held here', () => {
    const test = openTestLedger();
    const entries = forgedSegment({ kind: 'session.close', body: { reason: 'idle' } });
    const first = chainHash(sha256, CHAIN_START, entries[0]?.headerText ?? '');
    const second = chainHash(sha256, first, entries[1]?.headerText ?? '');
    const foreign = new Uint8Array(32).fill(7);
    expect(test.ledger.receive([{ entries, previous: CHAIN_START, hashes: [first, second] }], () => undefined)).toMatchObject({ ok: true, value: { applied: 2 } });
    expect(test.ledger.read.get('SELECT head FROM segment WHERE id = ?', FORGED_SEGMENT)).toEqual({ head: Buffer.from(second) });
    const another = openTestLedger();
    expect(another.ledger.receive([{ entries, hashes: [foreign, foreign] }], () => undefined)).toMatchObject({ ok: true, value: { applied: 2 } });
    expect(another.ledger.read.all('SELECT hash FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE id = ? ORDER BY sequence', FORGED_SEGMENT)).toEqual([{ hash: Buffer.from(first) }, { hash: Buffer.from(second) }]);
    for (const each of [test, another]) each.close();
  });
});

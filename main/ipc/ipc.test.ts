import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testWorkstation, WINDOW, type Person, type TestWorkstation } from '../../build/fixtures/test-workstation.ts';
import { CALL_NAMES, contract, type CallName } from '../../shared/ipc/contract.ts';
import type { Row } from '../../shared/ipc/row.ts';
import type { RecordId } from '../../shared/base/ids.ts';

const rows = CALL_NAMES.map((name) => [name, contract[name] as Row] as const);
const STRANGER = '11111111-1111-8111-8111-111111111111' as RecordId;
const SOAP = { subjective: 'Cough for a week', objective: '', assessment: '', plan: 'Rest' };

let station: TestWorkstation;
let root: Person, doctor: Person, nurse: Person, clerk: Person, auditor: Person;
let patient: RecordId;

/** Openings of lanes are the ledger's own doing. */
const entries = () => Number(station.workstation.required().ledger.read.get("SELECT count(*) AS n FROM ledger WHERE kind NOT IN ('segment.open', 'session.open')")?.['n']);
const lastEntry = () => station.workstation.required().ledger.read.get('SELECT kind, header, body FROM ledger ORDER BY position DESC LIMIT 1');
const codeOf = async (name: CallName, input: unknown, sender = WINDOW) => {
  const outcome = await station.dispatch(name, input, sender);
  return outcome.ok ? 'ok' : outcome.fault.code;
};
const person = (family: string, given = 'Chidinma') => ({ demographics: { family, given, birthDate: '1985-07-14', sex: 'female' as const, phone: '+1 505 555 0101' }, notDuplicate: true });

beforeAll(async () => {
  station = await testWorkstation();
  root = await station.setUp();
  doctor = await station.addStaff('grace', 'Grace Lindqvist', 'physician');
  nurse = await station.addStaff('ada', 'Ada Obi', 'nurse');
  clerk = await station.addStaff('tom', 'Tomás Ruiz', 'registrar');
  auditor = await station.addStaff('vera', 'Vera Nowak', 'auditor');
  await station.signIn(nurse);
  patient = (await station.done('patients.register', person('Okafor'))).patient;
});
afterAll(async () => {
  await station.done('session.lock', {});
  station.remove();
});

describe('the door', () => {
  it('IPC-1 unknown names are refused, also those every object has', async () => {
    for (const name of ['', 'chart', 'chart.destroy', 'constructor', '__proto__', 'toString', 'chart.open.x', 'hasOwnProperty']) expect(await codeOf(name as CallName, {})).toBe('UNKNOWN_CALL');
  });

  it('IPC-2 sub-frames and foreign origins are refused for every row', async () => {
    for (const [name] of rows) {
      expect(await codeOf(name, {}, { frame: 'sub', origin: 'app://outpost' })).toBe('FOREIGN_SENDER');
      expect(await codeOf(name, {}, { frame: 'main', origin: 'https://example.org' })).toBe('FOREIGN_SENDER');
    }
    for (const name of ['import.paths', 'export.toPath', 'audit.export', 'sync.provision'] as const) expect(await codeOf(name, {})).toBe('FOREIGN_SENDER');
  });

  it('IPC-3 every row outside its states is refused by name', async () => {
    const fresh = await testWorkstation();
    for (const [name, row] of rows) {
      const outcome = await fresh.dispatch(name, {}, 'command-line');
      if (!row.states.includes('setup')) expect(outcome).toMatchObject({ ok: false, fault: { code: 'WRONG_STATE' } });
    }
    await fresh.setUp();
    await fresh.done('session.lock', {});
    for (const [name, row] of rows) {
      const outcome = await fresh.dispatch(name, {}, 'command-line');
      if (!row.states.includes('locked')) expect(outcome, name).toMatchObject({ ok: false, fault: { code: name === 'setup.create' ? 'WRONG_STATE' : 'LOCKED' } });
    }
    fresh.remove();
  });

  it('IPC-4 hostile input is refused by every row and changes nothing', async () => {
    let deep: unknown = {};
    for (let index = 0; index < 10_000; index += 1) deep = { deep };
    const cycle: Record<string, unknown> = {};
    cycle['cycle'] = cycle;
    const hostile: unknown[] = [
      undefined, null, 0, 'text', [], [[]], new Map(), new Date(0), Number.NaN, deep, cycle, 'x'.repeat(5_000_000), { patient: '../../etc/passwd' }, { patient: "' OR 1=1--" },
      JSON.parse('{"__proto__":{"polluted":true}}'), JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'), { text: 'x'.repeat(100_000), limit: 1 }, { limit: 1e9 }, { unexpected: true },
    ];
    const records = station.workstation.required().ledger.read.get('SELECT count(*) AS n FROM record');
    for (const [name] of rows) {
      if (name === 'session.lock' || name === 'session.touch') continue;
      for (const [index, input] of hostile.entries()) {
        const outcome = await station.dispatch(name, input, 'command-line');
        expect(outcome.ok, `${name} took hostile input ${index}`).toBe(false);
        expect(['MALFORMED', 'TOO_LARGE', 'WRONG_STATE', 'DENIED']).toContain(outcome.ok ? '' : outcome.fault.code);
      }
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(station.workstation.required().ledger.read.get('SELECT count(*) AS n FROM record')).toEqual(records);
  }, 120_000);

  it('IPC-5 a refusal names its rule and stands in the trail', async () => {
    await station.signIn(clerk);
    const refused = await station.call('chart.open', { patient });
    expect(refused).toEqual({ ok: false, fault: { code: 'DENIED', detail: { rule: 'charts-are-for-clinicians', because: 'deny-rule' } } });
    expect(lastEntry()).toMatchObject({ kind: 'call.refused' });
    expect(Buffer.from(lastEntry()!['body'] as Uint8Array).toString()).toContain('charts-are-for-clinicians');
    expect(await station.done('chart.banner', { patient })).toMatchObject({ family: 'Okafor', allergies: { state: 'withheld', items: [] }, weight: null });
    await station.signIn(auditor);
    expect(await codeOf('patients.search', { text: 'okafor', limit: 5 })).toBe('DENIED');
    expect(await codeOf('audit.patient', { patient, before: null, limit: 10 })).toBe('ok');
    await station.signIn(root);
    expect(await codeOf('chart.open', { patient })).toBe('DENIED');
    expect(await codeOf('medication.record', { patient, encounter: STRANGER, medication: { text: 'x' }, dose: '1', frequency: 'daily', at: 1 })).toBe('DENIED');
    await station.signIn(nurse);
    const prescribing = await station.call('medication.record', { patient, encounter: STRANGER, medication: { text: 'Amoxicillin' }, dose: '500 mg', frequency: 'three times a day', at: 1 });
    expect(prescribing).toMatchObject({ ok: false, fault: { code: 'DENIED', detail: { rule: 'nurses-do-not-prescribe' } } });
  });

  it('IPC-6 a read leaves its entry, and without the entry there is no data', async () => {
    const before = entries();
    await station.done('chart.open', { patient });
    expect(entries()).toBe(before + 1);
    expect(JSON.parse(String(lastEntry()!['header']))).toMatchObject({ kind: 'chart.viewed', patient, purpose: 'TREAT', decision: '1/clinicians-read-charts' });
    const { store } = station.workstation.required();
    store.transact((write) => (write.run("CREATE TRIGGER refuse BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'no'); END"), { ok: true, value: null }));
    const refused = await station.call('chart.open', { patient });
    store.transact((write) => (write.run('DROP TRIGGER refuse'), { ok: true, value: null }));
    expect(refused.ok).toBe(false);
    expect((await station.call('chart.open', { patient })).ok).toBe(true);
  });

  it('IPC-7 ids that name nobody are answered alike for every row that takes one', async () => {
    for (const [name, row] of rows) {
      const { subject } = row.access;
      if (subject.by === 'none' || name === 'export.toPath') continue;
      const outcome = await station.dispatch(name, inputFor(name, STRANGER), 'command-line');
      expect(outcome.ok, name).toBe(false);
      expect(outcome.ok ? '' : outcome.fault.code, name).toMatch(/NOT_FOUND|DENIED/);
    }
  });

  it('IPC-8 charting a visit leaves one entry of its kind per command, and the chart shows it', async () => {
    const at = station.clock.now();
    await station.signIn(doctor);
    const visit = (await station.done('encounter.start', { patient, class: 'AMB', reason: 'Cough', at })).record;
    const steps: [CallName, unknown][] = [
      ['vitals.record', { patient, encounter: visit, values: { systolic: 142, diastolic: 91, heartRate: 88, temperature: 37.9, weight: 62 }, at }],
      ['allergy.record', { patient, encounter: visit, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'high', reaction: 'anaphylaxis', at }],
      ['problem.record', { patient, encounter: visit, problem: { text: 'Acute bronchitis', system: 'http://snomed.info/sct', code: '10509002' }, onset: '2026-11', at }],
      ['medication.record', { patient, encounter: visit, medication: { text: 'Doxycycline' }, dose: '100 mg', route: 'oral', frequency: 'twice a day', durationDays: 5, at }],
      ['immunization.record', { patient, encounter: visit, vaccine: { text: 'Influenza' }, lotNumber: 'L7', at }],
    ];
    for (const [name, input] of steps) {
      const before = entries();
      expect(await station.dispatch(name, input, WINDOW), name).toMatchObject({ ok: true });
      expect(entries()).toBe(before + 1);
      const audit = contract[name].audit;
      expect(audit.trace === 'is-the-write' && (audit.kinds as readonly string[]).includes(String(lastEntry()!['kind']))).toBe(true);
    }
    await station.done('drafts.save', { patient, encounter: visit, soap: SOAP });
    await station.done('note.sign', { patient, encounter: visit, soap: SOAP, at });
    const chart = await station.done('chart.open', { patient });
    expect(chart.banner).toMatchObject({ family: 'Okafor', allergies: { state: 'list', items: [{ text: 'Penicillin', criticality: 'high', reaction: 'anaphylaxis' }] }, weight: { value: 62, unit: 'kg' } });
    expect(chart.problems.map(({ title }) => title)).toEqual(['Acute bronchitis']);
    expect(chart.medications[0]).toMatchObject({ title: 'Doxycycline', detail: '100 mg, oral, twice a day, for 5 days' });
    expect(chart.vitals.find(({ sign }) => sign === 'systolic')?.points.map(({ value }) => value)).toEqual([142]);
    expect(chart.openEncounter?.record).toBe(visit);
    expect(chart.draft).toBe(false);
    const timeline = await station.done('chart.timeline', { patient, types: [], before: null, limit: 100 });
    expect(timeline.items.length).toBe(chart.total);
    const note = timeline.items.find(({ type }) => type === 'DocumentReference')!;
    const detail = await station.done('chart.record', { record: note.record });
    expect(detail.note?.soap).toEqual(SOAP);
    expect(detail.history[0]?.by).toMatchObject({ userName: 'Grace Lindqvist', role: 'physician', deviceName: 'Front desk' });
    await station.done('encounter.finish', { patient, record: visit, at: at + 1000 });
    expect(await codeOf('vitals.record', { patient, encounter: visit, values: { heartRate: 80 }, at })).toBe('ENCOUNTER_CLOSED');
  });

  it('IPC-8 an amendment needs what was seen, keeps what was, and shows before and after', async () => {
    const timeline = await station.done('chart.timeline', { patient, types: ['AllergyIntolerance'], before: null, limit: 10 });
    const allergy = timeline.items[0]!.record;
    const seen = (await station.done('chart.record', { record: allergy })).history.map(({ by }) => by.entry);
    const lower = { record: allergy, fields: { criticality: '"low"' }, reason: 'rash only, told by the mother', seen };
    expect(await codeOf('record.amend', { ...lower, seen: [] })).toBe('CHANGED_MEANWHILE');
    expect(await codeOf('record.amend', { ...lower, fields: { patient: '{}' } })).toBe('MALFORMED');
    expect(await codeOf('record.amend', { ...lower, fields: { criticality: 'not json' } })).toBe('MALFORMED');
    await station.done('record.amend', lower);
    const after = await station.done('chart.record', { record: allergy });
    expect(after.history[1]?.changes).toEqual([{ field: 'criticality', before: '"high"', after: '"low"' }]);
    expect(JSON.parse(after.resourceText).criticality).toBe('low');
  });

  it('IPC-9 after a lock nothing answers, and signing in again goes on', async () => {
    await station.done('session.lock', {});
    expect(station.workstation.opened()).toBeNull();
    for (const [name, row] of rows) {
      if (row.states.includes('locked')) continue;
      const outcome = await station.dispatch(name, {}, WINDOW);
      expect(outcome.ok ? '' : outcome.fault.code).toMatch(/LOCKED|WRONG_STATE|FOREIGN_SENDER/);
    }
    await station.signIn(nurse);
    expect((await station.done('patients.search', { text: 'okafor', limit: 5 })).patients[0]?.patient).toBe(patient);
    const verified = await station.done('audit.verify', {}).catch((error: Error) => error.message);
    expect(verified).toContain('DENIED');
    await station.signIn(root);
    expect(await station.done('audit.verify', {})).toMatchObject({ ok: true, projection: 'equal', firstBad: null });
    await station.signIn(nurse);
  });

  it('IPC-10 a draft is invisible to others and survives the lock', async () => {
    const draft = { patient, encounter: null, soap: { ...SOAP, subjective: 'half a sent' } };
    await station.done('drafts.save', draft);
    await station.signIn(doctor);
    expect(await station.done('drafts.load', { patient })).toEqual({ draft: null });
    expect(await station.done('drafts.list', {})).toEqual({ drafts: [] });
    await station.signIn(nurse);
    expect((await station.done('drafts.load', { patient })).draft?.soap.subjective).toBe('half a sent');
    await station.done('drafts.discard', { patient });
    expect(await station.done('drafts.load', { patient })).toEqual({ draft: null });
  });
});

/** The smallest input of a row that passes its schema, with a stranger's id where it takes one. */
function inputFor(name: CallName, id: RecordId): unknown {
  const at = 1;
  const inputs: Partial<Record<CallName, unknown>> = {
    'patients.amend': { patient: id, demographics: { given: 'x' } },
    'chart.open': { patient: id },
    'chart.banner': { patient: id },
    'chart.timeline': { patient: id, types: [], before: null, limit: 1 },
    'chart.trend': { patient: id, code: '8867-4' },
    'chart.record': { record: id },
    'chart.breakGlass': { patient: id, reason: 'emergency', explanation: 'unconscious patient', code: '000000' },
    'encounter.start': { patient: id, class: 'AMB', at },
    'encounter.finish': { patient: id, record: id, at },
    'vitals.record': { patient: id, encounter: id, values: { heartRate: 80 }, at },
    'allergy.record': { patient: id, substance: { text: 'x' }, category: 'food', criticality: 'low', at },
    'allergy.noneKnown': { patient: id, at },
    'problem.record': { patient: id, problem: { text: 'x' }, at },
    'medication.record': { patient: id, encounter: id, medication: { text: 'x' }, dose: '1', frequency: 'daily', at },
    'immunization.record': { patient: id, vaccine: { text: 'x' }, at },
    'note.sign': { patient: id, encounter: id, soap: SOAP, at },
    'record.amend': { record: id, fields: { status: '"x"' }, reason: 'because', seen: [] },
    'drafts.save': { patient: id, encounter: null, soap: SOAP },
    'drafts.load': { patient: id },
    'drafts.discard': { patient: id },
    'conflicts.list': { patient: id, severity: 'safety', after: null, limit: 10 },
    'conflicts.view': { record: id, field: 'status' },
    'conflicts.settle': { record: id, field: '#none-known', choice: 'allergy-stands', seen: ['0000000000000000.0'], reason: 'because' },
    'conflicts.ask': { record: id, field: 'status', to: { name: null, role: 'physician' }, question: 'which one?' },
    'conflicts.resolve': { record: id, field: 'status', value: null, seen: ['0000000000000000.0'], reason: 'because' },
    'audit.patient': { patient: id, before: null, limit: 1 },
  };
  return inputs[name];
}

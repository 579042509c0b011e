import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, testWorkstation, type Person, type TestWorkstation } from '../../build/fixtures/test-workstation.ts';
import { RecordId } from '../../shared/base/ids.ts';
import type { Services } from './ipc.ts';

/** What one person must not learn, change or take away, and what happens when two things happen at once. */
let station: TestWorkstation;
let root: Person, doctor: Person, nurse: Person, clerk: Person;
let patient: RecordId;
let slice: () => Promise<void> = async () => undefined;
const RESTRICTED = RecordId.parse('22222222-2222-4222-8222-222222222222');
const nothing = (): never => {
  throw new Error('not in this test');
};
const services: Services = { imports: nothing, syncing: nothing, yieldNow: async () => slice() };

beforeAll(async () => {
  station = await testWorkstation({ services: () => services });
  root = await station.setUp();
  doctor = await station.addStaff('grace', 'Grace Lindqvist', 'physician');
  nurse = await station.addStaff('ada', 'Ada Obi', 'nurse');
  clerk = await station.addStaff('tom', 'Tomás Ruiz', 'registrar');
  await station.signIn(doctor);
  const demographics = { family: 'Okafor', given: 'Chidinma', birthDate: '1985-07-14', sex: 'female' as const };
  patient = (await station.done('patients.register', { demographics, notDuplicate: true })).patient;
  const { ledger, session } = station.workstation.required();
  const body = { resourceType: 'Patient', id: RESTRICTED, name: [{ family: 'Verborgen', given: ['Anna'] }], meta: { security: [{ code: 'R' }] } };
  ledger.append(station.workstation.access.system('import', session), [{ kind: 'resource', patient: RESTRICTED, record: RESTRICTED, body }]);
  const code = station.code(doctor);
  await station.done('chart.breakGlass', { patient: RESTRICTED, reason: 'emergency', explanation: 'unconscious, alone', code });
  for (const each of [patient, RESTRICTED]) {
    await station.done('chart.open', { patient: each });
    await station.done('encounter.start', { patient: each, class: 'AMB', reason: 'HIV test', at: station.clock.now() });
  }
});
afterAll(async () => {
  await station.done('session.lock', {});
  station.remove();
});

const visits = async () => new Map((await station.done('patients.recent', { limit: 10 })).patients.map((line) => [line.patient, line]));
const trail = (kind: string) => Number(station.workstation.required().ledger.read.get('SELECT count(*) AS n FROM ledger WHERE kind = ?', kind)?.['n']);

describe('one person and what is not theirs', () => {
  it('IPC-11 why somebody came is for those who may read the chart', async () => {
    await station.signIn(doctor);
    expect((await visits()).get(patient)?.reason).toContain('HIV test');
    expect((await visits()).get(RESTRICTED)?.reason).toContain('HIV test');
    await station.signIn(nurse);
    expect((await visits()).get(patient)?.reason).toContain('HIV test');
    expect((await visits()).get(RESTRICTED)).toMatchObject({ restricted: true, reason: null, openEncounter: null, lastSeenAt: null });
    await station.signIn(clerk);
    expect((await visits()).get(patient)).toMatchObject({ reason: null, openEncounter: expect.any(String) });
    expect((await visits()).get(RESTRICTED)).toMatchObject({ reason: null, openEncounter: null });
  });

  it('IPC-12 a nurse changes neither dose nor status of a prescription, and no label', async () => {
    await station.signIn(doctor);
    const at = station.clock.now();
    const { openEncounter } = await station.done('chart.open', { patient });
    const { record, entry } = await station.done('medication.record', { patient, encounter: openEncounter!.record, medication: { text: 'Warfarin' }, dose: '1 mg', frequency: 'daily', at });
    const change = { record, fields: { dosageInstruction: '[{"text":"10 mg, daily"}]' }, reason: 'as the family says', seen: [entry] };
    const settle = { record, field: 'status', value: '"active"', seen: [entry], reason: 'as the family says' };
    await station.signIn(nurse);
    for (const outcome of [await station.call('record.amend', change), await station.call('conflicts.resolve', settle)]) {
      expect(outcome).toMatchObject({ ok: false, fault: { code: 'DENIED', detail: { rule: 'nurses-do-not-prescribe' } } });
    }
    const seen = (await station.done('chart.record', { record: patient })).history.map(({ by }) => by.entry);
    for (const fields of [{ meta: null }, { id: '"x"' }, { resourceType: '"Basic"' }]) {
      expect(await station.call('record.amend', { record: patient, fields, reason: 'because', seen })).toMatchObject({ ok: false, fault: { code: 'MALFORMED' } });
    }
    await station.signIn(doctor);
    expect(await station.call('record.amend', change)).toMatchObject({ ok: true });
    expect((await station.done('chart.open', { patient })).medications[0]?.detail).toBe('10 mg, daily');
  });

  it('IPC-17 an item about two charts is for those who may see both, and a list leaves out what its reader may not see', async () => {
    await station.signIn(doctor);
    // Registered twice with one number of the state: once in the open, once in the restricted chart.
    const identifier = JSON.stringify([{ system: 'urn:outpost:national-id', value: '4411-0099' }]);
    for (const record of [patient, RESTRICTED]) {
      const seen = (await station.done('chart.record', { record })).history.map(({ by }) => by.entry);
      await station.done('record.amend', { record, fields: { identifier }, reason: 'from the card', seen });
    }
    const list = { patient: null, severity: 'safety' as const, after: null, limit: 10 };
    const [item] = (await station.done('conflicts.list', list)).conflicts;
    expect(item).toMatchObject({ kind: 'same-person' });
    const { record, field } = item!;
    const values = (await station.done('conflicts.view', { record, field })).values;
    const settle = { record, field, choice: 'other-person' as const, seen: values.map(({ by }) => by[0]!.entry), reason: 'asked both' };
    await station.signIn(nurse);
    expect(await station.done('conflicts.list', list)).toEqual({ conflicts: [], next: null });
    for (const outcome of [await station.call('conflicts.view', { record, field }), await station.call('conflicts.settle', settle)]) expect(outcome).toMatchObject({ ok: false, fault: { code: expect.stringMatching(/^(NOT_FOUND|DENIED)$/) } });
    await station.signIn(clerk);
    expect(await station.call('conflicts.list', list)).toMatchObject({ ok: false, fault: { code: 'DENIED' } });
    await station.signIn(doctor);
    expect(await station.call('conflicts.settle', settle)).toMatchObject({ ok: true });
    expect((await station.done('conflicts.list', list)).conflicts).toEqual([]);
  });

  it('IPC-13 an export is in the trail before its first byte, and is whole or not there', async () => {
    await station.signIn(root);
    const path = join(station.path, 'export.json');
    const audit = join(station.path, 'audit.ndjson');
    const take = () => station.dispatch('export.toPath', { patient: null, format: 'ndjson', path }, 'command-line');
    await station.done('session.stepUp', { code: station.code(root) });
    const before = trail('export.made');
    slice = async () => {
      expect(trail('export.made')).toBe(before + 1);
      await station.done('session.lock', {});
    };
    expect(await take()).toMatchObject({ ok: false, fault: { code: 'LOCKED' } });
    expect(existsSync(path)).toBe(false);
    slice = async () => undefined;
    await station.signIn(root);
    expect(trail('export.made')).toBe(before + 1);
    await station.done('session.stepUp', { code: station.code(root) });
    const { store } = station.workstation.required();
    store.transact((write) => (write.run("CREATE TRIGGER refuse BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'no'); END"), { ok: true, value: null }));
    expect((await take()).ok).toBe(false);
    expect((await station.dispatch('audit.export', { path: audit, from: null, to: null }, 'command-line')).ok).toBe(false);
    store.transact((write) => (write.run('DROP TRIGGER refuse'), { ok: true, value: null }));
    expect([existsSync(path), existsSync(audit)]).toEqual([false, false]);
    expect(await take()).toMatchObject({ ok: true });
    expect(existsSync(path)).toBe(true);
  });

  it('IPC-14 of two sign-ins at once the later one holds, and the other opens nothing', async () => {
    let opens = 0;
    station.workstation.onOpen(() => void (opens += 1));
    // Codes of two people in the same half-minute.
    const codeOfNurse = station.code(nurse);
    const codeOfDoctor = station.code(doctor);
    const both = await Promise.all([
      station.call('session.signIn', { login: nurse.login, password: PASSWORD, code: codeOfNurse }),
      station.call('session.signIn', { login: doctor.login, password: PASSWORD, code: codeOfDoctor }),
    ]);
    expect(both[0]).toMatchObject({ ok: false, fault: { code: 'LOCKED' } });
    expect(both[1]).toMatchObject({ ok: true, value: { login: doctor.login } });
    expect(opens).toBe(1);
    expect(station.workstation.required().staff.name).toBe('Grace Lindqvist');
    expect((await station.call('chart.open', { patient })).ok).toBe(true);
  });

  it('IPC-15 the printed code reopens no closed account and stays good', async () => {
    const fresh = await testWorkstation();
    const { secretBase32: secret } = await fresh.done('setup.prepareCode', { login: 'root' });
    const ruth: Person = { login: 'root', name: 'Ruth', role: 'administrator', secret };
    const site = { name: 'Cedar Valley', address: '1 Main St', latitude: null, longitude: null };
    const { recoveryCode } = await fresh.done('setup.create', { clinic: 'Cedar', site, deviceName: 'Desk', administrator: { login: 'root', name: 'Ruth', password: PASSWORD }, totpSecretBase32: secret, code: fresh.code(ruth) });
    await fresh.addStaff('ada', 'Ada Obi', 'nurse');
    const userId = (await fresh.done('staff.list', {})).staff.find(({ login }) => login === 'ada')!.userId;
    await fresh.done('staff.setActive', { userId, active: false });
    await fresh.done('session.lock', {});
    const recover = (login: string) => fresh.call('session.recover', { recoveryCode, login, newPassword: `${PASSWORD}-new`, totpSecretBase32: secret, code: fresh.code(ruth) });
    expect(await recover('ada')).toMatchObject({ ok: false, fault: { code: 'ACCOUNT_DISABLED' } });
    expect((await fresh.done('session.people', {})).people).toContainEqual({ login: 'ada', enabled: false });
    expect(await recover('root')).toMatchObject({ ok: true });
    await fresh.done('session.lock', {});
    fresh.remove();
  });
});

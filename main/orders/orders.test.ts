import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { orderedWorkstation, type OrderedWorkstation } from '../../build/fixtures/test-ordered.ts';
import { ISSUED_AT, ORDER_ORGANIZATION, OTHER_DEVICE, SAMPLE_CONTENT, testAuthority } from '../../build/fixtures/test-orders.ts';
import { PASSWORD, type Person } from '../../build/fixtures/test-workstation.ts';
import { DEFAULT_POLICIES } from '../../shared/access/default-policies.ts';
import { fromHex } from '../../shared/base/bytes.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const DAY_MS = 86_400_000;
const LEASE = { lifeMs: 7 * DAY_MS, graceMs: 3 * DAY_MS };

let station: OrderedWorkstation;
const orders = () => station.workstation.required().orders;
const rows = (): unknown => station.workstation.required().store.read.all("SELECT key, value FROM local_state WHERE key LIKE 'orders.%' ORDER BY key");
const entries = (): number => Number(station.workstation.required().store.read.get('SELECT count(*) AS count FROM ledger')?.['count']);
/** Refuses one kind of entry, as a disk that is full at that very moment would. */
const refusing = (table: string): void => void station.workstation.required().store.transact((write) => (write.run(`CREATE TRIGGER refuse BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'no'); END`), { ok: true, value: null }));

beforeEach(async () => {
  station = await orderedWorkstation();
});
afterEach(async () => {
  await station.workstation.world.auth.lock('stopping');
  station.remove();
});

describe('an order at a workstation', () => {
  it('ORD-7 is followed in one transaction with its entry, and leaves nothing where it cannot be written', async () => {
    const roster = { staff: [], devices: [] };
    expect(await station.take('roster', roster)).toEqual({ taken: { kind: 'roster', version: 1, outcome: 'applied', code: null }, consequence: 'none' });
    expect(station.trail('order.applied')).toMatchObject([{ organization: ORDER_ORGANIZATION, kind: 'roster', version: 1 }]);
    const before = rows();
    refusing('ledger');
    await expect(station.take('roster', roster)).rejects.toThrow();
    expect(rows()).toEqual(before);
    expect(orders().held()).toEqual([{ kind: 'roster', version: 1 }]);
  });

  it('says whether the organisation gives this workstation some patients only', async () => {
    const device = (changes: object) => ({ devices: [{ device: station.device(), name: 'Desk', signingKey: '11'.repeat(32), state: 'active', ...changes }], staff: [] });
    expect(orders().standing().partial).toBe(false);
    for (const [changes, partial] of [[{}, false], [{ scope: 'everything' }, false], [{ scope: 'some' }, true], [{ device: '00000000000000ee', scope: 'some' }, false]] as const) {
      await station.take('roster', device(changes));
      expect(orders().standing().partial).toBe(partial);
    }
  });

  it('ORD-7 of a wrong key, another device, another organisation, the future, the past, an old version or of no shape changes nothing and stands in the trail once', async () => {
    await station.take('roster', { staff: [], devices: [] }, { version: 5 });
    const before = [rows(), orders().standing()];
    const now = Math.floor(station.clock.now());
    const kill = { kind: 'kill', content: { mode: 'now', reason: '' }, audience: station.device(), issuedAt: now };
    const bad = [
      [testAuthority().order({ ...kill, organization: ORDER_ORGANIZATION }), 'BAD_SIGNATURE'],
      [station.authority.order({ ...kill, audience: OTHER_DEVICE }), 'OTHER_AUDIENCE'],
      [station.authority.order({ ...kill, organization: '00000000000000ab' as never }), 'OTHER_ORGANIZATION'],
      [station.authority.order({ ...kill, issuedAt: now + DAY_MS }), 'FROM_FUTURE'],
      [station.authority.order({ ...kill, issuedAt: now - DAY_MS, expiresAt: now - 1 }), 'EXPIRED'],
      [station.authority.order({ kind: 'roster', version: 4, issuedAt: now, content: SAMPLE_CONTENT.roster }), 'OLD_VERSION'],
      [station.authority.order({ kind: 'roster', version: 5, issuedAt: now, content: SAMPLE_CONTENT.roster }), 'CONTRADICTS'],
      [station.authority.order({ kind: 'revocation', audience: station.device(), issuedAt: now, content: { revoked: 'yes' } }), 'MALFORMED'],
      [{ text: 'x'.repeat(3_000_000), signature: new Uint8Array(64) }, 'TOO_LARGE'],
    ] as const;
    for (const [signed, code] of [...bad, ...bad]) {
      const { taken, consequence } = await orders().take(signed, now);
      expect([code, consequence, taken?.outcome ?? 'refused', taken?.code ?? code]).toEqual([code, 'none', 'refused', code]);
    }
    expect([rows(), orders().standing()]).toEqual(before);
    expect(station.trail('order.refused').map(({ code }) => code)).toEqual(bad.map(([, code]) => code));
    expect(station.workstation.state()).toBe('unlocked');
  });

  it('ORD-8 handed over again is acknowledged again and applied no second time', async () => {
    const now = Math.floor(station.clock.now());
    const signed = station.authority.order({ kind: 'roster', issuedAt: now, content: { staff: [], devices: [] } });
    await orders().take(signed, now);
    const before = entries();
    expect(await orders().take(signed, now + 30 * DAY_MS)).toMatchObject({ taken: { outcome: 'applied', version: 1 } });
    expect(entries()).toBe(before);
    expect(orders().show('roster')).toEqual(signed);
    expect(orders().show('policy')).toBeNull();
  });

  it('ORD-5 of an unknown kind is kept, counted and ignored; in bounds', async () => {
    expect(await station.take('tea-break', { at: 'four' })).toMatchObject({ taken: { outcome: 'kept' }, consequence: 'none' });
    expect(orders().standing().unread).toEqual(['tea-break']);
    expect(station.workstation.state()).toBe('unlocked');
    expect(await station.take('tea-break', { at: 'five' }, { version: 9 })).toMatchObject({ taken: { outcome: 'kept', version: 9 } });
    expect(await station.take('tea-break', { at: 'three' }, { version: 8 })).toMatchObject({ taken: { outcome: 'refused', code: 'OLD_VERSION' } });
    for (let number = 0; number < 30; number += 1) await station.take(`kind-${'abcdefghijklmnopqrstuvwxyzabcdef'[number]!}${number > 25 ? 'x' : ''}`, {});
    expect(orders().standing().unread.length).toBeLessThanOrEqual(16);
    expect(await station.take('essay', { text: 'y'.repeat(70_000) })).toMatchObject({ taken: { outcome: 'refused', code: 'TOO_LARGE' } });
    expect(orders().held()).toContainEqual({ kind: 'tea-break', version: 9 });
  });

  it('ORD-5 of a later form is followed once a version that knows it opens the vault', async () => {
    const now = Math.floor(station.clock.now());
    const signed = station.authority.order({ kind: 'revocation', audience: station.device(), issuedAt: now, content: { revoked: true, reason: '' } });
    await orders().take(signed, now);
    // As an earlier version would have left it: held, unread.
    station.workstation.required().store.transact((write) => (write.run("UPDATE local_state SET value = replace(value, '\"applied\"', '\"kept\"') WHERE key = 'orders.order.revocation'"), { ok: true, value: null }));
    await station.done('session.lock', {});
    await station.signIn(station.administrator);
    expect(orders().standing()).toMatchObject({ unread: [], closed: 'revoked' });
  });
});

describe('a roster at a workstation', () => {
  let nurse: Person;
  beforeEach(async () => {
    nurse = await station.addStaff('ada', 'Ada Obi', 'nurse');
  });

  it('ORD-10 whoever it suspends cannot sign in, from then on and after a restart, and comes back with a pardon', async () => {
    const member = station.member(nurse);
    await station.take('roster', { staff: [{ ...member, state: 'suspended' }], devices: [] });
    expect(station.trail('staff.changed').at(-1)).toMatchObject({ login: 'ada', active: false, change: 'suspended' });
    await station.done('session.lock', {});
    expect(await station.call('session.signIn', { login: 'ada', password: PASSWORD, code: station.code(nurse) })).toMatchObject({ ok: false, fault: { code: 'ACCOUNT_DISABLED' } });
    await station.signIn(station.administrator);
    expect(await station.call('staff.setActive', { userId: member.user, active: true })).toMatchObject({ ok: false, fault: { code: 'DENIED', detail: { rule: 'suspended-by-organization' } } });
    await station.take('roster', { staff: [member], devices: [] });
    await station.done('session.lock', {});
    await station.signIn(nurse);
  });

  it('ORD-10 an account the clinic closed meanwhile stays closed after the pardon', async () => {
    const member = station.member(nurse);
    await station.take('roster', { staff: [{ ...member, state: 'suspended' }], devices: [] });
    await station.done('staff.setActive', { userId: member.user, active: false });
    await station.take('roster', { staff: [member], devices: [] });
    expect((await station.done('staff.list', {})).staff.find(({ login }) => login === 'ada')).toMatchObject({ active: false });
  });

  it('ORD-10 the session of whoever it suspends, or gives another role, ends at once', async () => {
    const member = station.member(nurse);
    await station.done('session.lock', {});
    await station.signIn(nurse);
    expect(await station.take('roster', { staff: [{ ...member, role: 'physician' }], devices: [] })).toMatchObject({ consequence: 'end-session' });
    expect(station.workstation.state()).toBe('locked');
    await station.signIn(nurse);
    expect(station.workstation.required().staff.role).toBe('physician');
    expect(await station.take('roster', { staff: [{ ...member, state: 'ended' }], devices: [] })).toMatchObject({ consequence: 'end-session' });
    expect(station.workstation.state()).toBe('locked');
    expect(await station.call('session.signIn', { login: 'ada', password: PASSWORD, code: station.code(nurse) })).toMatchObject({ ok: false, fault: { code: 'ACCOUNT_DISABLED' } });
  });

  it('ORD-10 a power cut before the vault\'s grant went opens nothing, and the next opening takes the grant', async () => {
    const member = station.member(nurse);
    const { vault } = station.workstation.world;
    const setUserEnabled = vi.spyOn(vault, 'setUserEnabled').mockResolvedValue({ ok: true, value: undefined });
    await station.take('roster', { staff: [{ ...member, state: 'suspended' }], devices: [] });
    setUserEnabled.mockRestore();
    expect(vault.users().find(({ login }) => login === 'ada')).toMatchObject({ enabled: true });
    await station.done('session.lock', {});
    expect(await station.call('session.signIn', { login: 'ada', password: PASSWORD, code: station.code(nurse) })).toMatchObject({ ok: false, fault: { code: 'ACCOUNT_DISABLED', detail: { rule: 'suspended' } } });
    await station.signIn(station.administrator);
    expect(vault.users().find(({ login }) => login === 'ada')).toMatchObject({ enabled: false });
  });

  it('ORD-10 where everybody is suspended each may still open the door to central, and nothing else', async () => {
    const staff = [station.member(nurse, { state: 'suspended' }), station.member(station.administrator, { state: 'suspended' })];
    expect(await station.take('roster', { staff, devices: [] })).toMatchObject({ consequence: 'end-session' });
    await station.signIn(station.administrator).catch(() => station.signIn(nurse));
    expect(station.workstation.state()).toBe('closed');
    expect(orders().closed()).toBe('suspended');
    for (const name of ['patients.recent', 'staff.list', 'drafts.list'] as const) expect(await station.call(name, {} as never)).toMatchObject({ ok: false, fault: { code: 'ACCOUNT_DISABLED' } });
    expect((await station.call('app.status', {})).ok).toBe(true);
  });

  it('ORD-11 names the key each device signs with', async () => {
    const signingKey = 'ab'.repeat(32);
    await station.take('roster', { staff: [], devices: [{ device: OTHER_DEVICE, name: 'Desk', signingKey, state: 'active' }] });
    expect(orders().authorKey(OTHER_DEVICE)).toEqual(fromHex(signingKey));
    expect(orders().authorKey(station.device())).toBeNull();
  });
});

describe('policies at a workstation', () => {
  const bundle = (version: number, issuedAt: number, change: (policies: typeof DEFAULT_POLICIES.policies) => unknown) => ({ bundle: { version, issuedAt, policies: change(DEFAULT_POLICIES.policies) } });
  const noImports = (policies: typeof DEFAULT_POLICIES.policies) => policies.filter(({ id }) => id !== 'import');

  it('ORD-12 replace the default at once and after a restart, and every decision names their version', async () => {
    const now = Math.floor(station.clock.now());
    const begin = () => station.call('import.begin', { files: [{ name: 'a.json', bytes: 1 }] });
    expect(await station.take('policy', bundle(2, now, noImports), { version: 2, issuedAt: now })).toMatchObject({ taken: { outcome: 'applied' } });
    expect(await begin()).toMatchObject({ ok: false, fault: { code: 'DENIED', detail: { rule: 'default' } } });
    expect(await station.done('app.status', {})).toMatchObject({ policyVersion: '2', policyIssuedAt: now, orders: { policy: { version: 2, issuedAt: now } } });
    await station.done('session.lock', {});
    await station.signIn(station.administrator);
    expect(await begin()).toMatchObject({ ok: false, fault: { code: 'DENIED' } });
    expect(station.workstation.access.policyVersion).toBe('2');
  });

  it('ORD-13 that lock everybody out, or do not load, are refused whole, and those before stay', async () => {
    const now = Math.floor(station.clock.now());
    await station.take('policy', bundle(2, now, noImports), { version: 2, issuedAt: now });
    const before = rows();
    const lockOut = (policies: typeof DEFAULT_POLICIES.policies) => policies.filter(({ effect }) => effect === 'deny');
    expect(await station.take('policy', bundle(3, now, lockOut), { version: 3, issuedAt: now })).toMatchObject({ taken: { outcome: 'refused', code: 'LOCKS_OUT' } });
    expect(await station.take('policy', bundle(4, now, () => [{ id: 'x' }]), { version: 4, issuedAt: now })).toMatchObject({ taken: { outcome: 'refused', code: 'BUNDLE_MALFORMED' } });
    expect(await station.take('policy', bundle(9, now, noImports), { version: 5, issuedAt: now })).toMatchObject({ taken: { outcome: 'refused', code: 'VERSION_DIFFERS' } });
    expect(rows()).toEqual(before);
    expect(station.workstation.access.policyVersion).toBe('2');
  });
});

describe('what was put back', () => {
  it('ORD-15 an order put back to an earlier one closes the workstation until central brings the newer', async () => {
    const now = Math.floor(station.clock.now());
    const [first, second] = [1, 2].map((version) => station.authority.order({ kind: 'roster', version, issuedAt: now, content: { staff: [], devices: [] } }));
    await orders().take(first!, now);
    const before = station.workstation.required().store.read.all("SELECT key, value FROM local_state WHERE key IN ('orders.order.roster', 'orders.text.roster')");
    await orders().take(second!, now);
    station.workstation.required().store.transact((write) => {
      for (const row of before) write.run('UPDATE local_state SET value = ? WHERE key = ?', row['value'] ?? null, row['key'] ?? null);
      return { ok: true, value: null };
    });
    orders().tick();
    expect(station.workstation.state()).toBe('closed');
    expect(orders().closed()).toBe('behind');
    await station.done('session.lock', {});
    await station.signIn(station.administrator);
    expect(orders().closed()).toBe('behind');
    expect(orders().held()).toEqual([{ kind: 'roster', version: 1 }]);
    await orders().take(second!, now);
    expect(station.workstation.state()).toBe('unlocked');
  });
});

describe('a lease at a workstation', () => {
  it('ORD-17 without a lease, and with one without limit, it works for good', async () => {
    station.clock.advance(3 * 365 * DAY_MS);
    await station.signIn(station.administrator);
    expect(station.workstation.state()).toBe('unlocked');
    await station.take('lease', { lifeMs: null, graceMs: 0 });
    station.clock.advance(3 * 365 * DAY_MS);
    await station.signIn(station.administrator);
    expect(station.workstation.state()).toBe('unlocked');
    expect(orders().standing().lease).toMatchObject({ state: 'working', endsAt: null });
  });

  it('ORD-16 lapses to reading and emergencies, finishes the notes that were begun, and opens again with the next lease', async () => {
    const doctor = await station.addStaff('grace', 'Grace Lindqvist', 'physician');
    await station.done('session.lock', {});
    await station.signIn(doctor);
    const register = async (family: string) => (await station.done('patients.register', { demographics: { family, given: 'Test', birthDate: '1985-07-14', sex: 'female' }, notDuplicate: true })).patient;
    const [begun, other] = [await register('Canary'), await register('Wrenfield')];
    const { record: encounter } = await station.done('encounter.start', { patient: begun, class: 'AMB', at: station.clock.now() });
    const soap = { subjective: 'cough', objective: '', assessment: '', plan: '' };
    await station.done('drafts.save', { patient: begun, encounter, soap });
    await station.take('lease', LEASE);
    const renewed = entries();
    await station.take('lease', LEASE);
    expect(entries()).toBe(renewed);

    station.clock.advance(7 * DAY_MS);
    await station.signIn(doctor);
    expect(station.workstation.state()).toBe('lapsed');
    orders().tick();
    orders().tick();
    expect(station.trail('lease.over')).toMatchObject([{ state: 'lapsed', version: 2 }]);
    expect((await station.call('chart.open', { patient: other })).ok).toBe(true);
    const vitals = { patient: begun, encounter, values: { heartRate: 80 }, at: station.clock.now() };
    for (const refused of [await station.call('vitals.record', vitals), await station.call('drafts.save', { patient: other, encounter: null, soap }), await station.call('patients.register', { demographics: { family: 'X', given: 'Y', birthDate: '1985', sex: 'female' }, notDuplicate: true })]) {
      expect(refused).toMatchObject({ ok: false, fault: { code: 'LEASE_OVER' } });
    }
    expect((await station.call('chart.breakGlass', { patient: other, reason: 'emergency', explanation: 'unconscious, alone', code: station.code(doctor) })).ok).toBe(true);
    await station.done('drafts.save', { patient: begun, encounter, soap: { ...soap, plan: 'rest' } });
    const note = { patient: begun, encounter, soap: { ...soap, plan: 'rest' }, at: station.clock.now() };
    expect((await station.call('note.sign', note)).ok).toBe(true);
    expect(await station.call('note.sign', note)).toMatchObject({ ok: false, fault: { code: 'LEASE_OVER' } });

    await station.take('lease', LEASE);
    expect(station.workstation.state()).toBe('unlocked');
    expect((await station.call('vitals.record', vitals)).ok).toBe(true);
  });

  it('ORD-16 seals after its grace: nothing but the way to central, until central or the printed code opens it', async () => {
    await station.take('lease', LEASE);
    station.clock.advance(10 * DAY_MS);
    await station.signIn(station.administrator);
    expect(station.workstation.state()).toBe('closed');
    expect(await station.call('audit.list', {} as never)).toMatchObject({ ok: false, fault: { code: 'LEASE_OVER' } });
    expect((await station.done('app.status', {})).orders).toMatchObject({ closed: 'sealed', lease: { state: 'sealed' } });
    orders().recovered();
    expect(station.workstation.state()).toBe('lapsed');
    station.clock.advance(3 * DAY_MS);
    await station.signIn(station.administrator);
    expect(station.workstation.state()).toBe('closed');
    await station.take('lease', LEASE);
    expect(station.workstation.state()).toBe('unlocked');
  });

  it('ORD-14 a clock that ran a year ahead is forgiven by the next lease', async () => {
    await station.take('lease', LEASE);
    station.clock.advance(365 * DAY_MS);
    await station.signIn(station.administrator);
    expect(station.workstation.state()).toBe('closed');
    const hubNow = ISSUED_AT;
    const signed = station.authority.order({ kind: 'lease', version: 2, audience: station.device(), issuedAt: hubNow, content: LEASE });
    await orders().take(signed, hubNow);
    expect(station.workstation.state()).toBe('unlocked');
  });
});

describe('revocation and kill orders', () => {
  it('ORD-18 a revoked workstation opens to administrators alone, for enrolling it again and nothing else', async () => {
    const nurse = await station.addStaff('ada', 'Ada Obi', 'nurse');
    await station.take('revocation', { revoked: true, reason: 'lost' });
    expect(station.workstation.state()).toBe('closed');
    expect(await station.call('staff.list', {})).toMatchObject({ ok: false, fault: { code: 'DEVICE_REVOKED' } });
    await station.done('session.lock', {});
    expect(await station.call('session.signIn', { login: 'ada', password: PASSWORD, code: station.code(nurse) })).toMatchObject({ ok: false, fault: { code: 'DEVICE_REVOKED' } });
    await station.signIn(station.administrator);
    expect(station.workstation.state()).toBe('closed');
    expect(await station.call('audit.verify', {})).toMatchObject({ ok: false, fault: { code: 'DEVICE_REVOKED' } });
  });

  it('ORD-18 enrolled again it opens, and the revocation of before does not close it a second time', async () => {
    const now = Math.floor(station.clock.now());
    const revoked = station.authority.order({ kind: 'revocation', version: 3, audience: station.device(), issuedAt: now, content: { revoked: true, reason: '' } });
    await orders().take(revoked, now);
    orders().enrolled(ORDER_ORGANIZATION, [{ kind: 'revocation', version: 3 }, { kind: 'kill', version: 7 }]);
    expect(station.workstation.state()).toBe('unlocked');
    expect(await orders().take(revoked, now)).toMatchObject({ taken: { outcome: 'refused' } });
    for (const version of [1, 7]) expect(await station.take('kill', { mode: 'now', reason: '' }, { version })).toMatchObject({ taken: { outcome: 'refused' }, consequence: 'none' });
    expect(orders().eraseDue()).toBe(false);
    expect(await station.take('revocation', { revoked: true, reason: '' }, { version: 4 })).toMatchObject({ taken: { outcome: 'applied' } });
    expect(station.workstation.state()).toBe('closed');
  });

  it('ORD-18 a revocation that is taken back opens the workstation', async () => {
    await station.take('revocation', { revoked: true, reason: '' });
    await station.take('revocation', { revoked: false, reason: '' });
    expect(station.workstation.state()).toBe('unlocked');
  });

  it('ORD-19 a kill order stands in the trail first, then nothing here opens any more', async () => {
    const { vault } = station.workstation.world;
    expect(await station.take('kill', { mode: 'now', reason: 'stolen' })).toEqual({ taken: { kind: 'kill', version: 1, outcome: 'begun', code: null }, consequence: 'erase' });
    expect(station.trail('order.applied')).toMatchObject([{ kind: 'kill', what: 'now' }]);
    expect(station.workstation.state()).toBe('closed');
    expect(orders().eraseDue()).toBe(true);
    expect(await orders().erase()).toEqual({ ok: true, value: { kind: 'kill', version: 1, outcome: 'done', code: null } });
    await station.workstation.world.auth.lock('stopping');
    await vault.finishErasure();
    expect(vault.erased()).toMatchObject({ by: 'Valley Clinics' });
    expect(await station.call('session.signIn', { login: 'root', password: PASSWORD, code: station.code(station.administrator) })).toMatchObject({ ok: false });
  });

  it('ORD-20 a kill order after draining waits until the outbox is empty, and is closed to everybody meanwhile', async () => {
    expect(await station.take('kill', { mode: 'after-drain', reason: '' })).toMatchObject({ taken: { outcome: 'begun' }, consequence: 'none' });
    expect(station.workstation.state()).toBe('closed');
    expect(orders().eraseDue()).toBe(false);
    await station.done('session.lock', {});
    await station.signIn(station.administrator);
    expect(station.workstation.state()).toBe('closed');
    expect(orders().eraseDue()).toBe(false);
    station.workstation.required().store.transact((write) => (write.run('DELETE FROM outbox'), { ok: true, value: null }));
    expect(orders().eraseDue()).toBe(true);
  });

  it('ORD-20 a kill order that is taken back in time leaves everything as it was', async () => {
    await station.take('kill', { mode: 'after-drain', reason: '' });
    await station.take('kill', { mode: 'cancelled', reason: 'found' });
    expect(station.workstation.state()).toBe('unlocked');
    expect(orders().eraseDue()).toBe(false);
  });
});

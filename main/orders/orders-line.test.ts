import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { testClinic, type TestClinic } from '../../build/fixtures/test-clinic.ts';
import { ordersOf } from '../../build/fixtures/test-issuing.ts';
import { openTestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { PASSWORD, type Person } from '../../build/fixtures/test-workstation.ts';
import { DEFAULT_POLICIES } from '../../shared/access/default-policies.ts';
import type { DeviceId } from '../../shared/base/ids.ts';

// The engine as it ships, a real central, TLS between them.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const DAY_MS = 86_400_000;
let central: TestCentral;
let clinic: TestClinic;
let administrator: Person;
let device: DeviceId;

const status = () => clinic.done('app.status', {});
const outcomes = async (kind: string): Promise<unknown[]> => (await ordersOf(central).outcomes(device)).filter((each) => each.kind === kind).map(({ version, outcome, code }) => ({ version, outcome, code }));
const synced = async (): Promise<void> => {
  const sent = await clinic.call('sync.now', {});
  if (!sent.ok) throw new Error(sent.fault.code);
};
const register = async (family: string): Promise<void> => {
  const { ledger, session } = clinic.engine.workstation.required();
  const written = ledger.append(clinic.engine.workstation.access.system('test', session), [{ kind: 'patient.register', patient: 'made', body: { demographics: { family, given: 'Test', birthDate: '1985-07-14', sex: 'female' }, number: 'K7-0042-3' } }]);
  if (!written.ok) throw new Error(written.fault.code);
};

beforeEach(async () => {
  central = await startTestCentral();
  clinic = await testClinic();
  administrator = await clinic.setUp();
  await clinic.done('sync.enrol', { code: await central.code() });
  device = clinic.engine.workstation.required().keys.deviceId;
});
afterEach(async () => {
  await clinic.close();
  await central.close();
});

describe('orders over the line', () => {
  it('ORD-31 the first contact brings roster and lease, is acknowledged, and everything is sent and co-signed', async () => {
    await synced();
    await clinic.until(async () => (await status()).orders?.cosigned !== null);
    expect((await status()).orders).toMatchObject({ closed: null, lease: { state: 'working' }, roster: { version: 1 }, policy: { version: 1 } });
    expect(await outcomes('roster')).toEqual([{ version: 1, outcome: 'applied', code: null }]);
    await clinic.until(async () => (await clinic.done('sync.status', {})).allSent);
    expect((await clinic.done('sync.status', {})).orders).toMatchObject({ roster: { version: 1 } });
    expect((await status()).orders?.cosigned?.entries).toBeGreaterThan(0);
    const verified = await clinic.done('audit.verify', {});
    expect(verified).toMatchObject({ ok: true, problems: [] });
    expect(verified.cosigned?.entries).toBeGreaterThan(5);
  });

  it('ORD-31 a second contact without news leaves no entry and sends no order but the lease', async () => {
    await synced();
    await clinic.until(async () => (await clinic.done('sync.status', {})).allSent);
    const entries = (): number => Number(clinic.engine.workstation.required().store.read.get("SELECT count(*) AS count FROM ledger WHERE kind LIKE 'order.%'")?.['count']);
    const before = entries();
    for (let contact = 0; contact < 3; contact += 1) {
      await clinic.done('session.lock', {});
      await clinic.signIn(administrator);
      await synced();
    }
    expect(entries()).toBe(before);
  });

  it('ORD-31 policies and people that are issued reach whoever is connected, at once', async () => {
    await synced();
    await ordersOf(central).policy(DEFAULT_POLICIES.policies.filter(({ id }) => id !== 'import'));
    await clinic.until(async () => (await status()).policyVersion === '2');
    const nurse = await clinic.addStaff('ada', 'Ada Obi', 'nurse');
    await ordersOf(central).roster([{ login: 'ada', name: 'Ada Obi', role: 'nurse' }, { login: 'root', name: 'Ruth Admin', role: 'administrator' }]);
    await ordersOf(central).staff('ada', 'suspended');
    await clinic.until(async () => (await clinic.done('staff.list', {})).staff.some(({ login, active }) => login === 'ada' && !active));
    expect(await clinic.signIn(nurse)).toMatchObject({ ok: false, fault: { code: 'ACCOUNT_DISABLED' } });
    await ordersOf(central).staff('root', 'suspended');
    await clinic.until(async () => (await status()).state === 'locked');
    expect(await outcomes('roster')).toMatchObject([{ outcome: 'applied' }]);
  });

  it('ORD-31 a revoked workstation closes itself at once, says so, and opens when it is enrolled again by a code of its own', async () => {
    const nurse = await clinic.addStaff('ada', 'Ada Obi', 'nurse');
    await synced();
    await ordersOf(central).revoke(device);
    await clinic.until(async () => (await status()).state === 'closed');
    await clinic.until(async () => (await outcomes('revocation')).length === 1);
    expect(await outcomes('revocation')).toEqual([{ version: 1, outcome: 'applied', code: null }]);
    expect(await clinic.signIn(nurse)).toMatchObject({ ok: false, fault: { code: 'DEVICE_REVOKED' } });
    expect((await clinic.signIn(administrator)).ok).toBe(true);
    expect(await clinic.call('sync.enrol', { code: await central.code() })).toMatchObject({ ok: false, fault: { code: 'ENROLMENT_REFUSED' } });
    const elsewhere = await startTestCentral();
    expect(await clinic.call('sync.enrol', { code: await elsewhere.code() })).toMatchObject({ ok: false, fault: { code: 'ENROLMENT_REFUSED' } });
    await elsewhere.close();
    expect((await status()).state).toBe('closed');
    await clinic.done('sync.enrol', { code: await ordersOf(central).codeFor(device) });
    expect((await status()).state).toBe('unlocked');
    await synced();
    expect((await clinic.signIn(nurse)).ok).toBe(true);
  });

  it('ORD-31 revoked while it was away it hears at its next contact', async () => {
    await synced();
    await clinic.done('session.lock', {});
    await ordersOf(central).revoke(device);
    await clinic.signIn(administrator);
    await clinic.until(async () => (await status()).state === 'closed');
    await clinic.until(async () => (await outcomes('revocation')).length === 1);
  });

  it('ORD-31 a lease that ran out closes, and contact opens again; a clock years ahead is no hindrance', async () => {
    await synced();
    await clinic.done('session.lock', {});
    clinic.line.cut = true;
    clinic.clock.ahead += 40 * DAY_MS;
    await clinic.signIn(administrator);
    expect((await status()).state).toBe('closed');
    expect(await clinic.call('staff.list', {})).toMatchObject({ ok: false, fault: { code: 'LEASE_OVER' } });
    clinic.line.cut = false;
    await clinic.call('sync.now', {});
    await clinic.until(async () => (await status()).state === 'unlocked');
    expect((await status()).orders).toMatchObject({ closed: null, lease: { state: 'working' } });
  });

  it('ORD-19 a kill order erases the workstation, and central knows', async () => {
    await synced();
    expect(clinic.has('keybag.json')).toBe(true);
    await ordersOf(central).kill(device, 'now');
    await clinic.until(async () => (await status()).state === 'setup');
    for (const file of ['keybag.json', 'guard.json', 'device.key', 'vault.db', 'vault.db-wal', 'anchor.json']) expect([file, clinic.has(file)]).toEqual([file, false]);
    expect((await status()).erased).toMatchObject({ by: 'Test organization' });
    expect(await outcomes('kill')).toEqual([{ version: 1, outcome: 'done', code: null }]);
    expect(await clinic.call('session.signIn', { login: 'root', password: PASSWORD, code: '123456' })).toMatchObject({ ok: false });
    const next = await clinic.restart();
    expect(await next.done('app.status', {})).toMatchObject({ state: 'setup', erased: { by: 'Test organization' } });
    await next.setUp();
    expect(await next.done('app.status', {})).toMatchObject({ state: 'unlocked', erased: null });
    await next.engine.stop();
  });

  it('ORD-20 after draining: what was charted while the line was dead is with central before the vault dies', async () => {
    await synced();
    await clinic.done('session.lock', {});
    clinic.line.cut = true;
    await clinic.signIn(administrator);
    await register('Canarysdottir');
    const held = async (): Promise<number> => (await central.verify()).entries;
    const before = await held();
    await ordersOf(central).kill(device, 'after-drain');
    clinic.line.cut = false;
    await clinic.call('sync.now', {});
    await clinic.until(async () => (await status()).state === 'setup');
    expect(await held()).toBeGreaterThan(before);
    const kinds = await central.look(async (sql) => (await sql.all('SELECT lsn, header FROM op ORDER BY lsn')).map((row) => (JSON.parse(String(row['header'])) as { kind: string }).kind));
    expect(kinds.filter((kind) => kind === 'patient.register')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'order.applied').length).toBeGreaterThan(0);
    expect(await outcomes('kill')).toEqual([{ version: 1, outcome: 'done', code: null }]);
  });

  it('ORD-11 a colleague met for the first time counts under the key the roster names, and under no other', async () => {
    await clinic.done('session.lock', {});
    const colleagues = [openTestWorkstation(), openTestWorkstation()] as const;
    try {
      for (const colleague of colleagues) {
        await colleague.enrol(await central.code());
        colleague.register('Okafor');
        await colleague.now();
      }
      const [good, other] = colleagues.map(({ keys }) => keys.deviceId);
      // What central's roster says of it is not the key it signed with.
      await central.look((sql) => sql.write('devices', (tx) => tx.run('UPDATE device SET signing_key = ? WHERE id = ?', new Uint8Array(32).fill(7), other ?? '')));
      await clinic.signIn(administrator);
      expect(await clinic.call('sync.now', {})).toMatchObject({ ok: false, fault: { code: 'QUARANTINED' } });
      const held = (author: DeviceId | undefined): unknown => clinic.engine.workstation.required().store.read.get('SELECT count(*) AS count FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE segment.device = ?', author ?? '')?.['count'];
      expect(held(good)).toBeGreaterThan(1);
      expect(held(other)).toBe(0);
    } finally {
      for (const colleague of colleagues) await colleague.close();
    }
  });

  it('ORD-24 a history that central holds otherwise is an alarm on both sides', async () => {
    await synced();
    await clinic.until(async () => (await status()).orders?.cosigned !== null);
    await clinic.done('session.lock', {});
    await central.stop();
    await central.look(async (sql) => {
      await sql.write('log', async (tx) => {
        await tx.run('DROP TRIGGER op_no_update');
        const { ref, length } = (await tx.get('SELECT ref, length FROM segment WHERE device = ? ORDER BY length DESC LIMIT 1', device)) as { ref: number; length: number };
        await tx.run('UPDATE op SET hash = ? WHERE segment = ? AND sequence = ?', new Uint8Array(32).fill(9), ref, length - 1);
        await tx.run('UPDATE segment SET head = ? WHERE ref = ?', new Uint8Array(32).fill(9), ref);
      });
    });
    await central.start();
    await clinic.signIn(administrator);
    await clinic.call('sync.now', {});
    const alarms = (): unknown[] => clinic.engine.workstation.required().store.read.all("SELECT kind FROM ledger WHERE kind = 'history.contradicted'");
    await clinic.until(() => alarms().length > 0);
    expect(await central.eventCodes()).toContain('HISTORY_CONTRADICTED');
  });

  it('ORD-30 a central restored from yesterday\'s backup learns from its workstations what it had ordered', async () => {
    await synced();
    await ordersOf(central).roster([{ login: 'ada', name: 'Ada Obi', role: 'nurse' }]);
    await clinic.until(async () => (await status()).orders?.roster?.version === 2);
    await clinic.done('session.lock', {});
    const putBack = await ordersOf(central).backup();
    await ordersOf(central).staff('ada', 'ended');
    await clinic.signIn(administrator);
    await clinic.until(async () => (await status()).orders?.roster?.version === 3);
    await clinic.done('session.lock', {});
    await putBack();
    await clinic.signIn(administrator);
    await clinic.until(async () => (await central.eventCodes()).includes('ORDER_RECOVERED'));
    expect(await ordersOf(central).people()).toMatchObject([{ login: 'ada', state: 'ended' }]);
    expect((await status()).state).toBe('unlocked');
  });
});

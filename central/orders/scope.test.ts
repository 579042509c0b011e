import { beforeEach, expect, it } from 'vitest';
import { onEachDatabase } from '../../build/fixtures/each-database.ts';
import { admitTo, headerOf, hubOver, hubSecrets, newSegment, pushed, said, testChain, testDevice, TEST_ORGANIZATION, type TestDevice } from '../../build/fixtures/test-batches.ts';
import { testDrivers } from '../../build/fixtures/test-databases.ts';
import { DeviceId, RecordId } from '../../shared/base/ids.ts';
import { EVERY_DEVICE } from '../../shared/orders/order.ts';
import { EVERYTHING } from '../../shared/sync/scope.ts';
import { createSyncCrypto } from '../hub/cipher.ts';
import { revokeDevice } from '../store/devices.ts';
import { latestEvents } from '../store/events.ts';
import { createHubLog } from '../store/hub-log.ts';
import { scopeView } from '../store/scope-decisions.ts';
import { scopeChanges, scopeSettled } from '../store/scopes.ts';
import type { Sql } from '../store/sql.ts';
import { systemClock, systemRandom } from '../world.ts';
import type { Issuing } from './issue.ts';
import { newestContent } from './order-store.ts';
import { setDeviceScope, setDeviceSite } from './scope.ts';

const secrets = hubSecrets();
const sign = createSyncCrypto(secrets).sign;
const patient = (number: number): RecordId => RecordId.parse(`00000000-0000-8000-8000-${number.toString().padStart(12, '0')}`);
const [ada, ben] = [patient(1), patient(2)];
const NOBODY = DeviceId.parse('00000000000000ff');

onEachDatabase(testDrivers('scopes as they are ordered'), ({ fresh }) => {
  let sql: Sql;
  let issuing: Issuing;
  let [writer, reader]: TestDevice[] = [];
  beforeEach(async () => {
    sql = await fresh().open();
    issuing = { sql, cells: sql.cells, organization: TEST_ORGANIZATION, sign, clock: systemClock, random: systemRandom, by: 'ruth' };
    [writer, reader] = [testDevice(), testDevice()];
    for (const device of [writer, reader]) await admitTo(sql, device);
  });

  const write = async (by: TestDevice, about: RecordId): Promise<void> => {
    const hub = hubOver(sql, secrets);
    const chain = testChain(by.device, newSegment(), 3, 60, about);
    expect(await pushed(await hub.converse(by), await hub.batch(by, headerOf(by.device, chain, 0, 3), chain))).toBe('receipt 3');
  };
  const listed = async (device: TestDevice): Promise<unknown> => (await newestContent(sql, sql.cells, 'roster', EVERY_DEVICE))?.devices.find((each) => each.device === device.device);
  const changes = async (): Promise<string[]> => (await scopeChanges(sql, reader!.device, 0, 100)).map((change) => `${change.upTo === null ? '-' : '+'}${Number(change.patient.slice(-12))}`);

  it('SYN-210 a scope is decided by name and place, told to the roster, taken back, and on record with who decided it', async () => {
    await setDeviceSite(issuing, writer!.device, 'north');
    await write(writer!, ada);
    expect(await setDeviceScope(issuing, reader!.device, { everything: false, catchments: [], patients: [ben] })).toMatchObject({ ok: true, value: { held: 0, entering: 0, leaving: 1 } });
    expect(await changes()).toEqual(['-1']);
    await createHubLog(sql, systemClock, systemRandom).greet(reader!.device, { cursors: [], seen: null, scope: 0, scopeMark: null }, []);
    expect(await listed(reader!)).toMatchObject({ scope: 'part' });
    expect(await listed(writer!)).not.toHaveProperty('scope');
    expect(await setDeviceScope(issuing, reader!.device, { everything: false, catchments: ['north'], patients: [ben] })).toMatchObject({ ok: true, value: { entering: 1, leaving: 0 } });
    expect(await changes()).toEqual(['+1']);
    expect(await setDeviceScope(issuing, reader!.device, EVERYTHING)).toMatchObject({ ok: true, value: { rule: { everything: true } } });
    // Until it has taken in whom it lacked it holds a part.
    expect(await listed(reader!)).toMatchObject({ scope: 'part' });
    const [change] = await scopeChanges(sql, reader!.device, 0, 100);
    await sql.write('log', (tx) => scopeSettled(tx, reader!.device, ada, change!.version));
    await setDeviceSite(issuing, reader!.device, 'south');
    expect(await listed(reader!)).not.toHaveProperty('scope');
    const events = (await latestEvents(sql, 100)).filter(({ code }) => code.endsWith('_SET')).map(({ device, code, what }) => `${device} ${code} ${what}`);
    expect(events.toReversed()).toEqual([
      `${writer!.device} SITE_SET by ruth: north`, `${reader!.device} SCOPE_SET by ruth: no place, 1 by name`, `${reader!.device} SCOPE_SET by ruth: north, 1 by name`,
      `${reader!.device} SCOPE_SET by ruth: everything`, `${reader!.device} SITE_SET by ruth: south`,
    ]);
    expect(JSON.stringify(await latestEvents(sql, 100))).not.toContain(ben);
  });

  it('SYN-210 the first place a device gets is that of all it wrote before; a later one is not', async () => {
    await write(writer!, ada);
    await setDeviceScope(issuing, reader!.device, { everything: false, catchments: ['north'], patients: [] });
    expect(await changes()).toEqual(['-1']);
    await setDeviceSite(issuing, writer!.device, 'north');
    expect(await changes()).toEqual(['+1']);
    await setDeviceScope(issuing, reader!.device, { everything: false, catchments: ['south'], patients: [] });
    await setDeviceSite(issuing, writer!.device, 'south');
    expect(await changes()).toEqual(['-1']);
    await write(writer!, ben);
    expect(await scopeView(sql, reader!.device)).toMatchObject({ held: 1, leaving: 1, site: null });
    expect(await scopeView(sql, writer!.device)).toMatchObject({ site: 'south', rule: { everything: true } });
  });

  it('SYN-101 SYN-210 a scope that is taken back before the workstation heard of it leaves nothing behind, whatever the workstation can do', async () => {
    await write(writer!, ada);
    const hub = hubOver(sql, secrets);
    const conversation = await hub.converse(reader!);
    const refusalOf = async (): Promise<unknown> => said(await conversation.message({ type: 'ping', at: 1 }))[0];
    const hello = { versions: [2], organization: TEST_ORGANIZATION, device: reader!.device, application: 'test', cursor: null, segments: [], at: 0 };
    const greeting = async (): Promise<unknown> => said(await hub.conversation(reader!).message({ type: 'hello', hello }))[0];
    await setDeviceScope(issuing, reader!.device, { everything: false, catchments: ['north'], patients: [] });
    // It was promised everything, and can no more be given that.
    expect(await refusalOf()).toEqual({ type: 'refused', refused: { code: 'BUSY' } });
    expect(await greeting()).toEqual({ type: 'refused', refused: { code: 'VERSION' } });
    expect(await setDeviceScope(issuing, reader!.device, EVERYTHING)).toMatchObject({ ok: true, value: { held: 0, entering: 0, leaving: 0 } });
    expect(await greeting()).toMatchObject({ type: 'hi', hi: { latest: 3, held: 0 } });
    expect(await refusalOf()).toMatchObject({ type: 'pong' });
    expect(await listed(reader!)).not.toHaveProperty('scope');
  });

  it('SYN-99 who is wanted again comes with all that the log holds when it is said, what was written since the decision included', async () => {
    await write(writer!, ada);
    const log = createHubLog(sql, systemClock, systemRandom);
    await setDeviceScope(issuing, reader!.device, { everything: false, catchments: [], patients: [ben] });
    expect(await log.scopeChanges(reader!.device, 0, 100)).toMatchObject({ changes: [{ patient: ada, upTo: null }] });
    // Told that Ada leaves, and not done with it.
    await setDeviceScope(issuing, reader!.device, { everything: false, catchments: [], patients: [ada, ben] });
    expect(await scopeChanges(sql, reader!.device, 0, 100)).toMatchObject([{ patient: ada, upTo: 3 }]);
    await write(writer!, ada);
    const { changes: [change] } = await log.scopeChanges(reader!.device, 0, 100);
    expect(change).toMatchObject({ patient: ada, upTo: 6 });
    // What the workstation has done is not moved any more: later entries come in the log.
    await write(writer!, ada);
    expect(await log.scopeChanges(reader!.device, change!.version, 100)).toMatchObject({ changes: [] });
    expect(await scopeChanges(sql, reader!.device, 0, 100)).toMatchObject([{ patient: ada, upTo: 6 }]);
  });

  it('SYN-210 nobody decides for a workstation that is unknown or revoked', async () => {
    expect(await setDeviceScope(issuing, NOBODY, EVERYTHING)).toMatchObject({ ok: false, fault: { code: 'NOT_FOUND' } });
    expect(await setDeviceSite(issuing, NOBODY, 'north')).toMatchObject({ ok: false, fault: { code: 'NOT_FOUND' } });
    await revokeDevice(sql, systemClock, reader!.device);
    expect(await setDeviceScope(issuing, reader!.device, EVERYTHING)).toMatchObject({ ok: false, fault: { code: 'DEVICE_REVOKED' } });
    expect((await latestEvents(sql, 100)).map(({ code }) => code)).toEqual(['REVOKED']);
    expect(await scopeView(sql, NOBODY)).toBeNull();
  });
});

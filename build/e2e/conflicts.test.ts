import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { amend } from '../../main/records/records.ts';
import type { RecordId } from '../../shared/base/ids.ts';
import { freshCode, PASSWORD, type Person } from '../demo/window.ts';
import { startTestCentral, type TestCentral } from '../fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation } from '../fixtures/test-syncing.ts';
import { bundleIfStale } from '../scripts/bundle.ts';
import { hostsHere, picture, screen, type Workstation } from './clinic.ts';
import { button, field, heading, region } from './parts.ts';

/**
 * Two workstations that chart the same patient while apart, by the shipped sync and a central server: what the nurse in
 * the other room wrote stands beside the doctor's in the doctor's window, and what the doctor decides holds in both.
 */
const ROOT = join(import.meta.dirname, '../..');

describe.each(hostsHere(ROOT, 'conflicts'))('in $name, two workstations', ({ open }) => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-conflicts-'));
  let central: TestCentral;
  let clinic: Workstation;
  let other: TestWorkstation;
  let page: Page;
  let patient: RecordId;
  let medicine: RecordId;
  let allergy: RecordId;
  let root: Person;
  let doctor: Person;

  beforeAll(async () => {
    await bundleIfStale(ROOT);
    central = await startTestCentral();
    clinic = await open(join(folder, 'vault'));
    ({ page } = clinic);
    other = openTestWorkstation();
    ({ root, doctor } = await setUp(clinic, await central.code()));
    // Set up behind its back, the window still stands at its first step.
    await page.reload();
    await page.getByRole('contentinfo').waitFor();
  });
  afterAll(async () => {
    await other?.close();
    await clinic?.close();
    await central?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the nurse in the other room says of a record. */
  const elsewhere = (record: RecordId, fields: Record<string, string | null>, reason: string): void => {
    const written = amend(other.test.ledger, other.test.grant, { record, patient, fields, reason, seen: null });
    if (!written.ok) throw new Error(written.fault.code);
  };
  const stateOf = (record: RecordId, element: string): unknown => {
    const text = other.test.ledger.read.get('SELECT resource FROM record WHERE id = ?', record)?.['resource'];
    return (JSON.parse(String(text)) as Record<string, unknown>)[element];
  };

  it('know the same chart once both have synced', async () => {
    expect(await other.enrol(await central.code())).toMatchObject({ ok: true });
    const at = Date.now();
    ({ patient } = await clinic.done('patients.register', { demographics: { family: 'Okafor', given: 'Chidinma', birthDate: '1985-07-14', sex: 'female' }, notDuplicate: true }));
    const { record: encounter } = await clinic.done('encounter.start', { patient, class: 'AMB', at });
    medicine = (await clinic.done('medication.record', { patient, encounter, medication: { text: 'Warfarin' }, dose: '3 mg', frequency: 'daily', at })).record;
    allergy = (await clinic.done('allergy.record', { patient, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'low', at })).record;
    expect((await clinic.done('sync.now', {})).allSent).toBe(true);
    expect((await other.now()).ok).toBe(true);
    expect(other.test.ledger.read.get('SELECT title FROM record WHERE id = ?', medicine)).toEqual({ title: 'Warfarin' });
  });

  it('chart different things while the line is down, and both are in conflict once it is back', async () => {
    await central.stop();
    elsewhere(medicine, { dosageInstruction: '[{"text":"2 mg, daily"}]' }, 'nose bleeds');
    elsewhere(allergy, { criticality: '"high"' }, 'swollen lips last year');
    const { history } = await clinic.done('chart.record', { record: medicine });
    const seen = history.map(({ by }) => by.entry);
    await clinic.done('record.amend', { record: medicine, fields: { dosageInstruction: '[{"text":"4 mg, daily"}]' }, reason: 'INR 1.6', seen });
    const { history: known } = await clinic.done('chart.record', { record: allergy });
    await clinic.done('record.amend', { record: allergy, fields: { criticality: '"unable-to-assess"' }, reason: 'she does not remember', seen: known.map(({ by }) => by.entry) });
    await page.keyboard.press('F8');
    await page.getByRole('heading', { name: /entries not sent yet/ }).waitFor();
    await central.start();
    await clinic.done('sync.now', {});
    expect((await other.now()).ok).toBe(true);
    await clinic.done('sync.now', {});
    await page.getByText('2 conflicts wait for a decision').waitFor();
    await screen(page, 'sync-conflicts');
  });

  it('show the careful value in the chart, and no dose as if it were settled', async () => {
    const chart = await clinic.done('chart.open', { patient });
    expect(chart.allergies).toMatchObject({ state: 'conflict', items: [{ text: 'Penicillin', criticality: 'high', contested: [{ field: 'criticality', basis: 'careful' }] }] });
    expect(chart.medications[0]?.contested).toMatchObject([{ field: 'dosageInstruction', basis: 'unsettled' }]);
    await page.keyboard.press('/');
    await page.keyboard.insertText('okafor');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Medications' }).getByText('2 values: look before use').waitFor();
    await page.getByRole('region', { name: 'Allergies' }).getByText('2 values: careful one used').waitFor();
    await screen(page, 'chart-conflicts');
  });

  it('are settled by the keyboard alone, with who wrote what, and hold what was decided everywhere', async () => {
    await page.keyboard.press('c');
    await heading(page, 'Conflicts').waitFor();
    await page.getByText('4 mg, daily').waitFor();
    for (const text of ['“INR 1.6”', '“nose bleeds”', 'Grace Lindqvist, physician', 'Ada Obi, nurse']) await page.getByText(text).first().waitFor();
    await page.getByText(/on Test workstation, Test site/).first().waitFor();
    expect(await page.getByText(/^Saw before: 3 mg, daily/).count()).toBe(2);
    await screen(page, 'conflict-dose');
    const lower = await page.getByRole('radio', { name: /2 mg, daily/ }).getAttribute('value');
    await page.keyboard.press(lower === 'value-0' ? '1' : '2');
    await page.keyboard.type('bleeding comes first');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /Penicillin/ }).waitFor();
    await screen(page, 'conflict-allergy');
    await page.keyboard.press('1');
    await page.keyboard.type('her mother told me');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing to decide').waitFor();
    await picture(page, 'conflict-none');
    await clinic.done('sync.now', {});
    expect(await other.now()).toMatchObject({ ok: true, value: { conflicts: 0, allSent: true } });
    expect(stateOf(medicine, 'dosageInstruction')).toEqual([{ text: '2 mg, daily' }]);
    expect(stateOf(allergy, 'criticality')).toBe('high');
    await page.keyboard.press('F8');
    await page.getByRole('heading', { name: 'All sent' }).waitFor();
  });

  it('go on among themselves once an administrator has made them neighbours, and the window says what came by whom', async () => {
    const answering = await other.syncing.neighbours.answer(other.test.grant, { host: '127.0.0.1', port: 0 });
    if (!answering.ok || answering.value.answering === null) throw new Error('not answering');
    const { address } = answering.value.answering;
    await clinic.done('session.lock', {});
    await clinic.done('session.signIn', { login: root.login, password: PASSWORD, code: await freshCode(root) });
    await page.reload();
    await page.getByRole('contentinfo').waitFor();
    await page.keyboard.press('F8');
    await button(page, /Set up…|Change…/).click();
    await field(page, /Workstations that this one asks/).fill(`${other.keys.deviceId}@${address}`);
    await page.keyboard.press('Control+Enter');
    const near = region(page, 'In the clinic’s network');
    await near.getByRole('row', { name: /Test workstation.*connected/ }).waitFor();
    await central.stop();
    other.register('Neighbour');
    const brought = near.getByRole('row').nth(1).getByRole('cell').first();
    await expect.poll(async () => {
      other.syncing.tick();
      return Number.parseInt(await brought.innerText(), 10);
    }, { timeout: 60_000, interval: 100 }).toBeGreaterThan(0);
    await screen(page, 'sync-neighbours');
    expect(clinic.complaints).toEqual([]);
  });

  it('tell how far the clock of this computer is from central’s', async () => {
    central.clock.offset = 5 * 60_000 + 10_000;
    await central.stop();
    await central.start();
    await clinic.done('sync.now', {});
    await region(page, 'Needs somebody').getByText('The clock of this computer is 5 min behind.').waitFor();
    await region(page, 'Details').getByText(/^5 min behind, give or take \d+ s$/).waitFor();
  });

  it('refuse by name what is handed in as a snapshot and is none, and go on', async () => {
    const begun = await clinic.done('snapshot.begin', {});
    expect(begun.next).toBe('snapshot.json');
    const answer = await page.evaluate(() => globalThis.outpost['snapshot']?.['chunk']?.({ file: 'snapshot.json', bytes: new Uint8Array([123, 125]), last: true }));
    expect(answer).toMatchObject({ ok: false, fault: { code: 'SNAPSHOT_REFUSED', detail: { rule: 'MALFORMED' } } });
    await clinic.done('snapshot.end', {});
  });

  it('say what of it a central refused, whose words they are and why, and what they keep without understanding it', async () => {
    expect(other.test.ledger.append(other.test.grant, [{ kind: 'telepathy' as never, body: { thought: 1 } }]).ok).toBe(true);
    expect(await other.now()).toMatchObject({ ok: true });
    await clinic.done('session.lock', {});
    await clinic.done('session.signIn', { login: doctor.login, password: PASSWORD, code: await freshCode(doctor) });
    await page.reload();
    await page.getByRole('contentinfo').waitFor();
    await page.keyboard.press('F8');
    await clinic.call('sync.now', {});
    const attention = region(page, 'Needs somebody');
    await attention.getByText(/entry is from a newer version|entries are from a newer version/).waitFor();
    await attention.getByText('Kept, passed on unchanged, and shown after this workstation is updated.').waitFor();
    const chart = (text: string): Promise<unknown> => clinic.done('allergy.record', { patient, substance: { text }, category: 'environment', criticality: 'low', at: Date.now() });
    await chart('Latex');
    await clinic.call('sync.now', {});
    // As where another machine has gone on under this one's name: central holds something else under the next numbers.
    await central.look((sql) => sql.write('log', async (tx) => void (await tx.run('UPDATE segment SET head = ? WHERE ref = (SELECT max(ref) FROM segment WHERE device <> ? AND lane = 0)', new Uint8Array(32), other.keys.deviceId))));
    await chart('Pollen');
    await clinic.call('sync.now', {});
    await attention.getByText(/^Not taken by central/).first().waitFor();    await screen(page, 'sync-refused');
    await attention.getByText(/^Not taken by central: (?:1 entry|\d+ entries) charted by Grace Lindqvist \(physician\)/).first().waitFor();
    await attention.getByText(/Central holds something else under the same numbers\. Nothing is lost: it stays on this workstation\./).first().waitFor();
    expect(await page.getByRole('heading', { name: 'All sent' }).count()).toBe(0);
    expect((await central.eventCodes()).includes('FORK')).toBe(true);
  });
});

/** A workstation with its physician signed in, joined to the central server that gave the code. */
async function setUp({ done }: Workstation, code: string): Promise<{ readonly root: Person; readonly doctor: Person }> {
  const site = { name: 'Cedar Valley', address: '12 Mesa Rd', latitude: 36.1544, longitude: -109.5526 };
  const prepare = async (login: string, name: string): Promise<Person> => ({ login, name, secret: (await done('setup.prepareCode', { login })).secretBase32, lastStep: 0 });
  const root = await prepare('ruth', 'Ruth Mensah');
  await done('setup.create', { clinic: 'Cedar Valley Clinic', site, deviceName: 'Front desk', administrator: { login: root.login, name: root.name, password: PASSWORD }, totpSecretBase32: root.secret, code: await freshCode(root) });
  await done('sync.enrol', { code });
  const doctor = await prepare('grace', 'Grace Lindqvist');
  await done('staff.add', { login: doctor.login, name: doctor.name, role: 'physician', password: PASSWORD, totpSecretBase32: doctor.secret, code: await freshCode(doctor) });
  await done('session.lock', {});
  await done('session.signIn', { login: doctor.login, password: PASSWORD, code: await freshCode(doctor) });
  return { root, doctor };
}

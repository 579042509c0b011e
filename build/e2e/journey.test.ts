import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import { startCentral, type Central } from '../demo/central.ts';
import { openLine, type Line } from '../demo/line.ts';
import { chartVisitByHand, openChartByHand, setUpByHand, signInByHand, signNoteByHand } from '../demo/visit.ts';
import { freshCode, PASSWORD, type Person } from '../demo/window.ts';
import { writeJourneyFiles, type JourneyFiles } from '../fixtures/journey-files.ts';
import { bundleIfStale } from '../scripts/bundle.ts';
import { hostsHere, lock, picture, screen, type Workstation } from './clinic.ts';
import { button, closed, dialog, enter, field, heading, keptByTheBrowser, NOTHING_KEPT, region } from './parts.ts';

/**
 * One clinic from its first start to its audit, on everything real: window, engine, vault, central server and the line
 * between them. The parts follow each other like the days of a clinic, and each begins where the last one ended.
 */
const ROOT = join(import.meta.dirname, '../..');
const WAIT_MS = 60_000;
const SIGNED = { subjective: 'Cough since the harvest fair, worse at night.', plan: 'Rest, fluids, come back in three days.' };
const UNSIGNED = 'Asked to come back on Monday with her sister.';

describe.each(hostsHere(ROOT, 'the journey'))('in $name, a clinic', ({ open }) => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-journey-'));
  let files: JourneyFiles;
  let central: Central;
  let line: Line;
  let clinic: Workstation;
  let page: Page;
  let patient: RecordId;
  const staff = new Map<string, Person>();
  const who = (login: string): Person => {
    const found = staff.get(login);
    if (found === undefined) throw new Error(`broken assumption: ${login} was added`);
    return found;
  };
  const openClinic = async (): Promise<void> => {
    clinic = await open(join(folder, 'vault'));
    ({ page } = clinic);
  };
  const openRegular = (): Promise<void> => openChartByHand(page, `${files.regular.family} ${files.regular.given}`);

  beforeAll(async () => {
    await bundleIfStale(ROOT);
    files = writeJourneyFiles(join(folder, 'files'));
    central = await startCentral(join(folder, 'central'));
    line = await openLine(central);
    await openClinic();
  });
  afterAll(async () => {
    await clinic?.close();
    await line?.close();
    await central?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await picture(page, `failed-${task.name.slice(0, 24).replaceAll(' ', '-')}`);
  });

  it('is set up on the keyboard and joins its central server', async () => {
    await heading(page, /Which clinic/).waitFor();
    await screen(page, 'set-up-site');
    const code = await central.enrolCode(`127.0.0.1:${line.port}`);
    staff.set('ruth', await setUpByHand(page, { login: 'ruth', name: 'Ruth Mensah' }, code, (name) => screen(page, `set-up-${name}`)));
    await page.getByText('Your role has no patients.').waitFor();
    await screen(page, 'today-administrator');
  });

  it('adds its staff: one by hand, the others as a script would', async () => {
    await page.keyboard.press('Alt+7');
    await page.getByRole('cell', { name: 'ruth', exact: true }).waitFor();
    await screen(page, 'settings');
    staff.set('grace', await addByHand(page, { login: 'grace', name: 'Grace Lindqvist' }, 'p'));
    for (const [login, name, role] of [['ada', 'Ada Obi', 'nurse'], ['sam', 'Sam Yazzie', 'registrar'], ['ines', 'Inés Duarte', 'physician']] as const) staff.set(login, await add(clinic, { login, name }, role));
    await lock(page);
    await screen(page, 'locked');
  });

  it('imports what it had before with the line down: a report per file, and a change of mind that leaves nothing', async () => {
    line.cut();
    await signInByHand(page, who('grace'));
    await screen(page, 'today-empty');
    await page.keyboard.press('Alt+4');
    await heading(page, 'Import').waitFor();
    await screen(page, 'import');
    await choose(page, [...files.good, files.broken, files.old]);
    await page.getByText('Import finished').waitFor({ timeout: WAIT_MS });
    await screen(page, 'import-report');
    await page.getByText('The file ends too early.').first().waitFor();
    await page.getByText('2 files refused').waitFor();
    await page.getByRole('option', { name: /old\.json/ }).click();
    await page.getByText('The file is of another FHIR version.').first().waitFor();
    expect((await clinic.done('patients.recent', { limit: 1 })).total).toBe(files.patients);

    await button(page, 'Import more').click();
    await choose(page, [files.long]);
    await button(page, 'Cancel').click();
    await page.getByText('Import cancelled').waitFor({ timeout: WAIT_MS });
    await screen(page, 'import-cancelled');
    expect((await clinic.done('patients.recent', { limit: 1 })).total).toBe(files.patients);
    await lock(page);
  });

  it('registers at the front desk, warned of who is on file already, and sees no chart there', async () => {
    const { family, given, birthDate, sex } = files.regular;
    await signInByHand(page, who('sam'));
    await page.keyboard.press('n');
    await heading(page, 'Register a patient').waitFor();
    await enter(page, family, given, '', birthDate);
    await page.keyboard.press(sex.slice(0, 1));
    await page.getByText('Very likely the same person').waitFor();
    await screen(page, 'register-duplicate');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Two charts for one person are dangerous').waitFor();
    expect((await clinic.done('patients.recent', { limit: 1 })).total).toBe(files.patients);
    await button(page, 'Clear').click();
    await field(page, 'Family name').focus();
    await enter(page, 'Marlowe', 'Tamsin', '', '34y');
    await page.keyboard.press('f');
    await page.keyboard.press('Control+Enter');
    await page.getByText(/The number for the card is/).waitFor();
    await region(page, 'Patient').getByText('Shown to clinicians only').waitFor();
    expect(await button(page, /Emergency access/).count()).toBe(0);
    await screen(page, 'registered');
    expect((await clinic.done('patients.recent', { limit: 1 })).total).toBe(files.patients + 1);
    await lock(page);
  });

  it('charts a visit on the keyboard with the line down', async () => {
    await signInByHand(page, who('grace'));
    await screen(page, 'today');
    await page.keyboard.press('/');
    await page.keyboard.insertText(files.regular.family);
    await page.getByText(/\d found/).waitFor();
    await screen(page, 'search');
    await page.keyboard.press('Escape');
    await openRegular();
    await screen(page, 'chart');
    await chartByHand(page);
    await chartVisitByHand(page, SIGNED, (name) => screen(page, name.slice('06-'.length)));
    await signNoteByHand(page);
    await screen(page, 'chart-signed');
    await page.keyboard.press('F8');
    await page.getByRole('heading', { name: /entries not sent yet/ }).waitFor();
    await screen(page, 'sync-offline');

    const [seen] = (await clinic.done('patients.search', { text: `${files.regular.family} ${files.regular.given}`, limit: 1 })).patients;
    if (seen === undefined) throw new Error('whoever was just charted is not found');
    ({ patient } = seen);
    const chart = await clinic.done('chart.open', { patient });
    expect(chart.banner.allergies.items.map(({ text }) => text)).toContain('Peanut');
    expect(chart.medications.map(({ title }) => title.toLowerCase())).toContain('amoxicillin');
    expect(chart.vitals.find(({ sign }) => sign === 'systolic')?.points.at(-1)?.value).toBe(142);
  });

  it('keeps a draft through a power cut, for its author alone', async () => {
    await openRegular();
    await page.keyboard.press('s');
    await field(page, /Subjective/).waitFor();
    await page.keyboard.type(UNSIGNED);
    await page.getByText(/Draft saved/).waitFor();
    expect(clinic.complaints).toEqual([]);
    await clinic.kill();

    await openClinic();
    await signInByHand(page, who('ines'));
    await page.getByText('No unsigned notes.').waitFor();
    await openRegular();
    expect(await page.getByText('You have an unsigned note').count()).toBe(0);
    await page.keyboard.press('s');
    expect(await field(page, /Subjective/).inputValue()).toBe('');
    await lock(page);

    await signInByHand(page, who('grace'));
    await button(page, new RegExp(files.regular.family, 'i')).click();
    await field(page, /Subjective/).waitFor();
    expect(await field(page, /Subjective/).inputValue()).toBe(UNSIGNED);
    await screen(page, 'draft-after-power-cut');
    await signNoteByHand(page);
  });

  it('leaves nothing of a patient in the window once it is locked, and nothing in the browser', async () => {
    await openRegular();
    expect(await page.content()).toMatch(new RegExp(files.regular.family, 'i'));
    await lock(page);
    const left = await page.content();
    for (const word of [files.regular.family, files.regular.given, 'Peanut', SIGNED.subjective, UNSIGNED]) expect(left.toLowerCase()).not.toContain(word.toLowerCase());
    expect(await keptByTheBrowser(page)).toEqual(NOTHING_KEPT);
  });

  it('keeps a restricted chart shut, and opens it in an emergency with a reason and a code', async () => {
    await signInByHand(page, who('ada'));
    await page.keyboard.press('/');
    await page.keyboard.insertText(files.restricted.family);
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'This chart is not open to you' }).waitFor();
    await screen(page, 'restricted');
    await button(page, /Emergency access/).click();
    const glass = page.getByRole('alertdialog', { name: 'Emergency access' });
    await glass.getByText('Emergency: the patient').click();
    await field(page, /What is happening/).fill('Unconscious after a fall, needs treatment now');
    await field(page, /Code/).fill(await freshCode(who('ada')));
    await screen(page, 'break-glass');
    await page.keyboard.press('Control+Enter');
    await region(page, 'Timeline').waitFor();
    await region(page, 'Patient').getByText(/Emergency access: emergency/).waitFor();
    await screen(page, 'glass-broken');
    await page.keyboard.press('m');
    await dialog(page, 'Medication').getByText('Only physicians prescribe.').waitFor();
    await page.keyboard.press('Escape');
    await lock(page);
  });

  it('shows what two workstations wrote while apart, and lets a person decide', async () => {
    line.mend();
    const outreach = await open(join(folder, 'outreach'));
    try {
      await meetAtCentral(clinic, who('grace'), outreach, await central.enrolCode(`127.0.0.1:${line.port}`));
      const { medications } = await outreach.done('chart.open', { patient });
      const amoxicillin = medications.find(({ title }) => title.toLowerCase() === 'amoxicillin');
      if (amoxicillin === undefined) throw new Error('the prescription did not arrive');
      line.cut();
      for (const [workstation, status] of [[clinic, 'stopped'], [outreach, 'on-hold']] as const) {
        const { history } = await workstation.done('chart.record', { record: amoxicillin.record });
        await workstation.done('record.amend', { record: amoxicillin.record, fields: { status: JSON.stringify(status) }, reason: 'rash on the arms', seen: history.map(({ by }) => by.entry) });
      }
      line.mend();
      for (const workstation of [clinic, outreach, clinic]) await workstation.done('sync.now', {});
    } finally {
      await outreach.close();
    }
    await page.reload();
    await heading(page, /^Today/).waitFor();
    await screen(page, 'today-conflict');
    await openRegular();
    await screen(page, 'chart-conflict');
    await button(page, /conflict to decide/).click();
    await heading(page, 'Conflicts').waitFor();
    for (const status of [/on hold/i, /stopped/i]) await page.getByRole('radio', { name: status }).waitFor();
    await screen(page, 'conflicts');
    await page.keyboard.press('1');
    await page.keyboard.type('asked the patient today');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing to decide').waitFor();
    await screen(page, 'conflicts-none');
    expect((await clinic.done('chart.open', { patient })).banner.openConflicts).toBe(0);
    await page.keyboard.press('F8');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    await screen(page, 'sync');
    await lock(page);
  });

  it('shows its administrator who saw the patient, and that the trail holds', async () => {
    await signInByHand(page, who('ruth'));
    await page.keyboard.press('Alt+6');
    await page.getByRole('option').filter({ hasText: new RegExp(files.regular.family, 'i') }).first().waitFor();
    await screen(page, 'trail');
    await page.getByRole('option').filter({ hasText: new RegExp(files.regular.family, 'i') }).first().click();
    await dialog(page, 'Entry').waitFor();
    await screen(page, 'trail-entry');
    await dialog(page, 'Entry').getByRole('button', { name: 'Who looked at this chart' }).click();
    await heading(page, 'Who looked at this chart').waitFor();
    await page.getByRole('option').filter({ hasText: 'Grace Lindqvist' }).filter({ hasText: 'the whole chart' }).first().waitFor();
    await screen(page, 'trail-of-patient');
    await button(page, 'Verify the trail').click();
    await page.getByText('The trail holds').waitFor({ timeout: WAIT_MS });
    await page.getByText('The charts equal what the trail says.').waitFor();
    await screen(page, 'trail-verified');
    const broken = await clinic.done('audit.list', { userName: null, kinds: ['breakglass.open'], refusedOnly: false, from: null, to: null, before: null, limit: 10 });
    expect(broken.lines.map(({ by }) => by.userName)).toEqual(['Ada Obi']);
    expect(clinic.complaints).toEqual([]);
    expect(await keptByTheBrowser(page)).toEqual(NOTHING_KEPT);
  });
});

async function choose(page: Page, files: readonly string[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await button(page, 'Choose files').click();
  await (await chooser).setFiles([...files]);
}

type Named = { readonly login: string; readonly name: string };

/** In the settings; `roleKey` is the first letter of the role. */
async function addByHand(page: Page, named: Named, roleKey: string): Promise<Person> {
  await page.keyboard.press('n');
  const adding = page.getByRole('dialog');
  await adding.waitFor();
  await enter(page, named.name, named.login);
  await page.keyboard.press(roleKey);
  await field(page, 'New password').fill(PASSWORD);
  await field(page, 'The same password again').fill(PASSWORD);
  await screen(page, 'settings-add');
  await adding.locator('[data-primary]:not([data-disabled])').click();
  const secret = ((await adding.locator('.secret').first().textContent()) ?? '').replaceAll(/[^A-Z2-7]/g, '');
  const person: Person = { ...named, secret, lastStep: 0 };
  await field(page, 'Code from the authenticator').fill(await freshCode(person));
  await page.keyboard.press('Enter');
  await page.getByRole('cell', { name: named.login, exact: true }).waitFor();
  return person;
}

async function add({ done }: Workstation, named: Named, role: 'physician' | 'nurse' | 'registrar'): Promise<Person> {
  const { secretBase32: secret } = await done('setup.prepareCode', { login: named.login });
  const person: Person = { ...named, secret, lastStep: 0 };
  await done('staff.add', { ...named, role, password: PASSWORD, totpSecretBase32: secret, code: await freshCode(person) });
  return person;
}

/** Allergy, problem, prescription and immunisation, each by its key; Enter goes on, also past a list that stands open. */
async function chartByHand(page: Page): Promise<void> {
  await page.keyboard.press('a');
  await dialog(page, 'Allergy').waitFor();
  await enter(page, 'Peanut', '');
  await page.keyboard.press('m');
  await screen(page, 'allergy');
  await page.keyboard.press('Control+Enter');
  await closed(dialog(page, 'Allergy'));

  await page.keyboard.press('p');
  await dialog(page, 'Problem').waitFor();
  await page.keyboard.type('Acute bronchit');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await screen(page, 'problem');
  await page.keyboard.press('Control+Enter');
  await closed(dialog(page, 'Problem'));

  await page.keyboard.press('m');
  await dialog(page, 'Medication').waitFor();
  await page.keyboard.type('amox');
  await page.keyboard.press('Tab');
  await page.keyboard.type(' 500 mg oral tid 7d for bronchitis');
  await dialog(page, 'Medication').getByText('500 mg, oral, three times daily, for 7 days').waitFor();
  await screen(page, 'medication');
  await page.keyboard.press('Control+Enter');
  await closed(dialog(page, 'Medication'));

  await page.keyboard.press('i');
  await dialog(page, 'Immunisation').waitFor();
  await enter(page, 'Influenza, seasonal');
  await screen(page, 'immunisation');
  await page.keyboard.press('Control+Enter');
  await closed(dialog(page, 'Immunisation'));
}

/** A second workstation of the same organisation, with everything the first one has; a physician sits at each. */
async function meetAtCentral(first: Workstation, physician: Person, second: Workstation, code: string): Promise<void> {
  await first.done('session.signIn', { login: physician.login, password: PASSWORD, code: await freshCode(physician) });
  await first.done('sync.now', {});
  const { secretBase32: secret } = await second.done('setup.prepareCode', { login: 'nils' });
  const administrator: Person = { login: 'nils', name: 'Nils Berg', secret, lastStep: 0 };
  await second.done('setup.create', {
    clinic: 'Cedar Valley Clinic', site: { name: 'Outreach post', address: '', latitude: 36.2, longitude: -109.6 }, deviceName: 'Outreach laptop',
    administrator: { login: administrator.login, name: administrator.name, password: PASSWORD }, totpSecretBase32: secret, code: await freshCode(administrator),
  });
  await second.done('sync.enrol', { code });
  const colleague = await add(second, { login: 'tom', name: 'Tomas Ruiz' }, 'physician');
  await second.done('sync.now', {});
  await second.done('session.lock', {});
  await second.done('session.signIn', { login: colleague.login, password: PASSWORD, code: await freshCode(colleague) });
}

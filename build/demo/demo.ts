import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3-multiple-ciphers';
import type { RecordId } from '../../shared/base/ids.ts';
import { chromiumNeeded } from '../scripts/chromium-needed.ts';
import { bundleIfStale, bundlePlaces } from '../scripts/bundle.ts';
import { startCentral, type Central } from './central.ts';
import { makeInput, readInput, type Input } from './input.ts';
import { createJournal, expect, Unmet, type Journal } from './journal.ts';
import { openLine } from './line.ts';
import { scanFolders, type Scan } from './scan.ts';
import { chartVisitByHand, openChartByHand, setUpByHand, signInByHand, signNoteByHand } from './visit.ts';
import { addStaff, openWindow, PASSWORD, signIn, type Person, type Window } from './window.ts';

/**
 * The main job, end to end, on real parts: two workstations and a central server on this machine, a line between them
 * that is cut and mended, an encrypted vault each. PASS only when every step held.
 */
const ROOT = join(import.meta.dirname, '../..');
const OUT = join(ROOT, 'out/demo');
const CLI = join(ROOT, 'main/cli/outpost.ts');
/** Words of the note typed in the demo: no file may hold them in the clear. */
const CANARY = 'zebra-lilac cough since the harvest fair';

const { values } = parseArgs({ options: { json: { type: 'string' }, bundles: { type: 'string' }, keep: { type: 'boolean' } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

type Facts = { input?: Input; scan?: Scan; audits: { who: string; ok: boolean; entries: number }[]; sync: Record<string, number> };

async function demo(journal: Journal, facts: Facts): Promise<void> {
  const chromium = chromiumNeeded(say);
  if (chromium === null) throw new Error('no Chromium');
  const work = mkdtempSync(join(tmpdir(), 'outpost-demo-'));
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const [homeA, homeB, homeCentral] = ['workstation-a', 'workstation-b', 'central'].map((name) => join(work, name)) as [string, string, string];
  const closing: (() => Promise<void>)[] = [];
  try {
    await walk(journal, facts, { work, homeA, homeB, homeCentral, chromium, closing });
  } finally {
    for (const close of closing.toReversed()) await close().catch(() => undefined);
    if (values.keep === true) say(`kept: ${work}`);
    else rmSync(work, { recursive: true, force: true });
  }
}

type Places = { readonly work: string; readonly homeA: string; readonly homeB: string; readonly homeCentral: string; readonly chromium: string; readonly closing: (() => Promise<void>)[] };

async function walk(journal: Journal, facts: Facts, { work, homeA, homeB, homeCentral, chromium, closing }: Places): Promise<void> {
  const places = await journal.step('the application is bundled', async () => ({ value: bundlePlaces(ROOT), counts: { rebuilt: await bundleIfStale(ROOT) } }));
  const input = await journal.step(values.bundles === undefined ? 'patients are made up' : 'bundles are read', async () => {
    const made = values.bundles === undefined ? makeInput(join(work, 'input')) : readInput(resolve(values.bundles));
    expect(made.patients > 0, 'there is no patient in the input');
    return { value: made, counts: { files: made.files.length, patients: made.patients, resources: made.resources } };
  });
  facts.input = input;

  const { central, line } = await journal.step('a central server starts, with a line to it', async () => {
    const started = await startCentral(homeCentral);
    closing.push(() => started.stop());
    const opened = await openLine(started);
    closing.push(() => opened.close());
    return { value: { central: started, line: opened }, counts: { tls: '1.3 only' } };
  });
  const address = `127.0.0.1:${line.port}`;

  const a = await openWindow({ home: homeA, chromium, ...places, shots: OUT });
  closing.push(() => a.host.close());
  const administrator = await journal.step('workstation A is set up in its window and enrols', async () => {
    const person = await setUpByHand(a.page, { login: 'ruth', name: 'Ruth Mensah' }, await central.enrolCode(address), a.shot);
    return { value: person, counts: { steps: 7 } };
  });
  const [doctor, nurse] = await journal.step('a physician and a nurse are added', async () => {
    const staff = [await addStaff(a, 'grace', 'Grace Lindqvist', 'physician'), await addStaff(a, 'ada', 'Ada Obi', 'nurse')] as const;
    return { value: staff, counts: { staff: 3 } };
  });

  const heldBefore = await journal.step('the line is cut', async () => {
    await a.done('sync.now', {}).catch(() => undefined);
    line.cut();
    const entries = await entriesAt(central);
    return { value: entries, counts: { 'entries at central': entries } };
  });
  await journal.step('bundles are imported offline', async () => {
    const view = await a.importFiles(input.files);
    const taken = view.files.reduce((sum, file) => sum + file.taken, 0);
    const present = view.files.reduce((sum, file) => sum + file.alreadyPresent, 0);
    const skipped = view.files.reduce((sum, file) => sum + file.skippedCount, 0);
    const refused = view.files.filter(({ outcome }) => outcome !== 'taken').length;
    expect(view.state === 'done', `the import ended ${view.state}`);
    expect(taken + present + skipped >= input.resources - refused, `${input.resources} resources in, ${taken + present + skipped} accounted for`);
    expect(values.bundles !== undefined || (refused === 0 && skipped === 0 && taken === input.resources), 'made-up patients import whole');
    return { value: view, counts: { files: view.files.length, taken, present, skipped, refused } };
  });

  await a.done('session.lock', {});
  const patient = await journal.step('a visit is charted offline, on the keyboard', async () => {
    await signInByHand(a.page, doctor);
    await a.shot('04-today');
    await openChartByHand(a.page, `${input.somebody.family} ${input.somebody.given}`.trim());
    await a.shot('05-chart');
    await chartVisitByHand(a.page, { subjective: CANARY, plan: 'Rest, fluids, come back in three days.' }, a.shot);
    await signNoteByHand(a.page);
    await a.shot('08-signed');
    const { drafts } = await a.done('drafts.list', {});
    expect(drafts.length === 0, 'the signed note left its draft behind');
    const [recent] = (await a.done('patients.recent', { limit: 1 })).patients;
    expect(recent !== undefined, 'nobody is in the list of recent patients');
    return { value: recent?.patient as RecordId, counts: { mouse: 'not used' } };
  });
  await journal.step('allergy, problem, medication, immunisation; a new patient', async () => ({ value: await chartTheRest(a, patient), counts: { entries: 5 } }));
  const chartA = await journal.step('the chart has it all, and a trend is drawn', async () => {
    const chart = await a.done('chart.open', { patient });
    expect(chart.banner.allergies.items.some(({ text }) => text === 'Penicillin'), 'the allergy is not in the banner');
    const systolic = chart.vitals.find(({ sign }) => sign === 'systolic')?.points.at(-1)?.value;
    expect(systolic === 142, 'the blood pressure typed in the window is not in the chart');
    await a.page.getByRole('region', { name: 'Vitals' }).getByRole('button', { name: /Weight/ }).click();
    await a.page.getByRole('dialog').getByRole('img').first().waitFor();
    await a.shot('09-trend');
    await a.page.keyboard.press('Escape');
    return { value: chart, counts: { resources: chart.total } };
  });
  await journal.step('central does not have it, and the light says so', async () => {
    const held = await entriesAt(central);
    const light = await a.done('sync.status', {});
    expect(held === heldBefore, 'central got something over a cut line');
    expect(!light.allSent && light.unsent > 0, 'the light says all sent');
    const tried = await a.call('sync.now', {});
    expect(!tried.ok, 'sync over a cut line claims success');
    await a.page.keyboard.press('F8');
    await a.page.getByRole('heading', { level: 1 }).first().waitFor();
    await a.shot('10-offline');
    return { value: null, counts: { unsent: light.unsent, 'entries at central': held } };
  });

  await journal.step('the line is back: everything is sent', async () => {
    line.mend();
    const up = line.bytesUp;
    const light = await syncUntilSent(a);
    expect(light.allSent && light.unsent === 0, `${light.unsent} unsent`);
    const held = await entriesAt(central);
    expect(held > heldBefore, 'central has nothing new');
    facts.sync = { entries: held - heldBefore, bytesUpOnTheLine: line.bytesUp - up, bytesSent: light.bytesSent, bytesReceived: light.bytesReceived };
    await a.shot('11-all-sent');
    return { value: null, counts: { entries: held - heldBefore, 'bytes up': line.bytesUp - up } };
  });

  const { b, personB } = await journal.step('workstation B is set up by command line and enrols', async () => {
    const person = await setUpByCommand(work, homeB, await central.enrolCode(address));
    const window = await openWindow({ home: homeB, chromium, ...places, shots: OUT });
    closing.push(() => window.host.close());
    await signIn(window, person);
    return { value: { b: window, personB: person }, counts: { exit: 0 } };
  });
  await journal.step('workstation B pulls and opens the same chart', async () => {
    const nurseB = await addStaff(b, 'tom', 'Tomas Ruiz', 'nurse');
    const down = line.bytesDown;
    await b.done('sync.now', {});
    await b.done('session.lock', {});
    await signIn(b, nurseB);
    const chart = await b.done('chart.open', { patient });
    const same = JSON.stringify({ ...chart, draft: null }) === JSON.stringify({ ...chartA, draft: null });
    expect(same, `the charts differ: ${chart.total} resources on B, ${chartA.total} on A`);
    const found = await b.done('patients.search', { text: input.somebody.family, limit: 20 });
    expect(found.patients.some((line_) => line_.patient === patient), 'the patient is not found on B');
    await b.page.reload();
    await b.page.getByRole('heading', { name: /^Today/, level: 1 }).waitFor();
    await openChartByHand(b.page, `${input.somebody.family} ${input.somebody.given}`.trim());
    await b.shot('12-same-chart-on-b');
    facts.sync['bytesDownOnTheLine'] = line.bytesDown - down;
    return { value: null, counts: { resources: chart.total, 'bytes down': line.bytesDown - down } };
  });

  await journal.step('both trails and central verify', async () => {
    for (const [who, window, person] of [['workstation A', a, administrator], ['workstation B', b, personB]] as const) {
      await window.done('session.lock', {});
      await signIn(window, person);
      const report = await window.done('audit.verify', {});
      facts.audits.push({ who, ok: report.ok, entries: report.entries });
      expect(report.ok && report.projection === 'equal', `${who}: ${report.firstBad?.problem ?? 'the chart differs from its ledger'}`);
    }
    const hub = await central.verify();
    facts.audits.push({ who: 'central', ok: hub.ok, entries: hub.entries });
    expect(hub.ok, 'central does not verify');
    const trail = await a.done('audit.patient', { patient, before: null, limit: 100 });
    expect(trail.lines.some(({ by, kind }) => by.userName === doctor.name && kind === 'note'), 'the trail does not name who wrote the note');
    return { value: null, counts: Object.fromEntries(facts.audits.map(({ who, entries }) => [who, entries])) };
  });
  await journal.step('another colleague signs in, and the screen locks', async () => {
    await a.done('session.lock', {});
    await a.page.reload();
    await signInByHand(a.page, nurse);
    await a.page.keyboard.press('Control+l');
    await a.page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    await a.shot('13-locked');
    return { value: null, counts: {} };
  });
  await journal.step('no patient can be found in any file', async () => {
    if (values.bundles === undefined) rmSync(join(work, 'input'), { recursive: true });
    const words = [...input.words, CANARY, 'Penicillin', PASSWORD];
    const profile = scanFolders([a.host.profile, b.host.profile], [...input.words.filter((word) => word.includes(' ')), CANARY, PASSWORD]);
    const scan = scanFolders([homeA, homeB, homeCentral, work], words.filter((word) => word !== 'Penicillin'));
    const both = { files: scan.files + profile.files, bytes: scan.bytes + profile.bytes, needles: scan.needles, hits: [...scan.hits, ...profile.hits] };
    facts.scan = both;
    expect(both.hits.length === 0, `${both.hits.length} hits, first in ${both.hits[0]?.file.slice(work.length) ?? ''}`);
    return { value: null, counts: { files: both.files, bytes: both.bytes, needles: both.needles, hits: 0 } };
  });
}

async function entriesAt(central: Central): Promise<number> {
  return [...(await central.entries()).values()].reduce((sum, entries) => sum + entries, 0);
}

/** Reading leaves entries of its own, so the light is asked until what was there is acknowledged. */
async function syncUntilSent(window: Window) {
  const ROUNDS_MAX = 20;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const result = await window.call('sync.now', {});
    const light = await window.done('sync.status', {});
    if (result.ok && light.allSent) return light;
  }
  return window.done('sync.status', {});
}

async function chartTheRest(window: Window, patient: RecordId): Promise<null> {
  const at = Date.now();
  const { openEncounter } = await window.done('chart.open', { patient });
  const encounter = openEncounter?.record ?? (await window.done('encounter.start', { patient, class: 'AMB', at })).record;
  await window.done('allergy.record', { patient, encounter, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'high', reaction: 'anaphylaxis', at });
  await window.done('problem.record', { patient, encounter, problem: { text: 'Acute bronchitis', system: 'http://snomed.info/sct', code: '10509002' }, at });
  await window.done('medication.record', { patient, encounter, medication: { text: 'Doxycycline' }, dose: '100 mg', route: 'oral', frequency: 'twice a day', durationDays: 5, at });
  await window.done('immunization.record', { patient, encounter, vaccine: { text: 'Influenza, seasonal' }, lotNumber: 'L7', at });
  await window.done('patients.register', { demographics: { family: 'Quetzalcoatl', given: 'Xiomara', birthDate: '1991-03', sex: 'female', phone: '505 555 0142' }, notDuplicate: true });
  return null;
}

/** What an administrator's script does: secrets in files, never as arguments. */
async function setUpByCommand(work: string, home: string, code: string): Promise<Person> {
  const file = (name: string): string => join(work, name);
  const password = file('password.txt');
  const totp = file('totp.txt');
  const enrolment = file('enrolment.txt');
  writeFileSync(password, `${PASSWORD}\n`, { mode: 0o600 });
  writeFileSync(enrolment, `${code}\n`, { mode: 0o600 });
  const who = ['--home', home, '--user', 'sam', '--password-file', password, '--totp-secret-file', totp, '--json'];
  await outpost('setup', '--clinic', 'Cedar Valley Clinic', '--site', 'Outreach post', '--latitude', '36.2', '--longitude', '-109.6', '--device-name', 'Outreach laptop', '--name', 'Sam Yazzie', '--recovery-file', file('recovery.txt'), ...who);
  await outpost('enrol', '--code-file', enrolment, ...who);
  const secret = readFileSync(totp, 'utf8').trim();
  for (const name of [password, totp, enrolment, file('recovery.txt')]) rmSync(name);
  return { login: 'sam', name: 'Sam Yazzie', secret, lastStep: Math.floor(Date.now() / 30_000) + 1 };
}

/** Runs the command line; what it refuses stands in the JSON it prints. Not synchronously: the line lives in this process. */
function outpost(...args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [CLI, ...args], (error, stdout) => (error === null ? resolve() : reject(new Unmet(`outpost ${args[0] ?? ''}: exit ${String(error.code)} ${stdout.trim()}`))));
  });
}

function versions(): Record<string, string> {
  const database = new Database(':memory:');
  const sqlite = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  database.close();
  return { node: process.version, sqlite: sqlite.version, cipher: 'sqlcipher 4 (AES-256-CBC, HMAC-SHA512)', host: 'chromium' };
}

const journal = createJournal(say);
const facts: Facts = { audits: [], sync: {} };
const began = performance.now();
say('Outpost demo: two workstations, a central server, a line that is cut and mended\n');
let problem: string | null = null;
try {
  await demo(journal, facts);
} catch (error) {
  problem = error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : 'unknown';
}
const pass = problem === null && journal.steps.length > 0 && journal.steps.every(({ ok }) => ok) && facts.scan?.hits.length === 0 && facts.audits.length === 3 && facts.audits.every(({ ok }) => ok);
const seconds = (performance.now() - began) / 1000;
if (problem !== null) say(`\nstopped: ${problem}`);
say(`\nscreenshots in out/demo/\n${versionsLine()}\n${pass ? 'PASS' : 'FAIL'} in ${seconds.toFixed(0)} s`);
if (values.json !== undefined) {
  const { input, scan, audits, sync } = facts;
  const report = { pass, problem, seconds: Number(seconds.toFixed(1)), steps: journal.steps, input: input === undefined ? null : { files: input.files.length, patients: input.patients, resources: input.resources }, sync, audits, scan: scan ?? null, versions: versions() };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
process.exitCode = pass ? 0 : 1;

function versionsLine(): string {
  return Object.entries(versions()).map(([name, version]) => `${name} ${version}`).join(', ');
}


import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generateSecret } from 'otplib';
import { ROLES, type Role } from '../../shared/access/vocabulary.ts';
import { RecordId } from '../../shared/base/ids.ts';
import { refuse, type Fault } from '../../shared/base/result.ts';
import type { CallInput, CallName, CallOutput, CallResult } from '../../shared/ipc/contract.ts';
import type { JobView } from '../../shared/ipc/rows-system.ts';
import type { Engine } from '../engine.ts';
import { systemClock } from '../world.ts';
import type { Arguments } from './arguments.ts';
import { ask, freshCode, readSecretFile, writeSecretFile } from './credentials.ts';

/** The commands. Each is a few calls of the contract, with the same refusals as in the window. */

type Value = Readonly<Record<string, unknown>>;
export type Outcome = {
  readonly result: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly fault: Fault<string> };
  /** The value in words for a terminal. */
  readonly lines: (value: Value) => readonly string[];
  /** Set when what was typed makes no sense. */
  readonly usage?: string;
};
type Cli = { readonly engine: Engine; readonly options: Readonly<Record<string, string>>; readonly operands: readonly string[] };

const POLL_MS = 200;
const pause = (milliseconds: number): Promise<void> => new Promise((done) => void setTimeout(done, milliseconds));
const wrong = (usage: string): Outcome => ({ result: refuse('USAGE'), lines: () => [], usage });
const refused = (fault: Fault<string>): Outcome => ({ result: { ok: false, fault }, lines: () => [] });
const done = <V extends Value>(value: V, lines: (value: V) => readonly string[]): Outcome => ({ result: { ok: true, value }, lines: () => lines(value) });

export function run(engine: Engine, { command, operands, options }: Arguments): Promise<Outcome> {
  const cli: Cli = { engine, options, operands };
  const commands: Readonly<Record<string, (cli: Cli) => Promise<Outcome>>> = {
    setup, 'staff add': addStaff, 'staff list': listStaff, enrol, import: importFiles, export: exportRecords, search, status, sync, 'audit verify': verify, 'audit export': exportTrail,
  };
  const found = commands[command.join(' ')];
  return found === undefined ? Promise.resolve(wrong('unknown command')) : found(cli);
}

async function call<Name extends CallName>({ engine }: Cli, name: Name, input: CallInput<Name>): Promise<CallResult<Name>> {
  return (await engine.dispatch(name, input, 'command-line')) as CallResult<Name>;
}

/** From an option's file, or asked at the terminal. */
async function secret({ options }: Cli, option: string, question: string): Promise<string> {
  const path = options[option];
  if (path === undefined) return ask(question, true);
  const read = readSecretFile(path);
  if (!read.ok) throw new Error('unreadable');
  return read.value;
}

async function signIn(cli: Cli): Promise<Fault<string> | null> {
  const login = cli.options['user'] ?? (await ask('Login: ', false));
  const password = await secret(cli, 'password-file', 'Password: ');
  const signedIn = await call(cli, 'session.signIn', { login, password, code: await code(cli, login) });
  return signedIn.ok ? null : signedIn.fault;
}

async function code(cli: Cli, login: string): Promise<string> {
  if (cli.options['totp-secret-file'] === undefined) return ask('One-time code: ', false);
  const base32 = await secret(cli, 'totp-secret-file', '');
  return freshCode(base32, systemClock, await cli.engine.auth.lastCodeStep(login), pause);
}

/** Exports and the like want a second, fresh code. */
async function withStepUp<Name extends CallName>(cli: Cli, name: Name, input: CallInput<Name>): Promise<CallResult<Name>> {
  const first = await call(cli, name, input);
  if (first.ok || first.fault.code !== 'STEP_UP_REQUIRED') return first;
  const login = cli.engine.auth.session()?.login ?? '';
  const raised = await call(cli, 'session.stepUp', { code: await code(cli, login) });
  return raised.ok ? call(cli, name, input) : (raised as CallResult<Name>);
}

/** Signs in, then does one call. */
async function one<Name extends CallName>(cli: Cli, name: Name, input: CallInput<Name>, lines: (value: CallOutput<Name>) => readonly string[]): Promise<Outcome> {
  const fault = await signIn(cli);
  if (fault !== null) return refused(fault);
  const result = await withStepUp(cli, name, input);
  return result.ok ? done(result.value as CallOutput<Name> & Value, lines) : refused(result.fault);
}

async function setup(cli: Cli): Promise<Outcome> {
  const { options } = cli;
  const needed = ['clinic', 'site', 'device-name', 'user', 'name', 'totp-secret-file'].filter((name) => options[name] === undefined);
  if (needed.length > 0) return wrong(`setup needs --${needed.join(', --')}`);
  const [latitude, longitude] = [options['latitude'], options['longitude']].map((text) => (text === undefined ? null : Number(text)));
  const login = options['user'] ?? '';
  const base32 = existingOrNewSecret(options['totp-secret-file'] ?? '');
  const password = await secret(cli, 'password-file', 'New password: ');
  const made = await call(cli, 'setup.create', {
    clinic: options['clinic'] ?? '',
    site: { name: options['site'] ?? '', address: options['address'] ?? '', latitude: latitude ?? null, longitude: longitude ?? null },
    deviceName: options['device-name'] ?? '',
    administrator: { login, name: options['name'] ?? '', password },
    totpSecretBase32: base32,
    code: await freshCode(base32, systemClock, null, pause),
  });
  if (!made.ok) return refused(made.fault);
  const { recoveryCode, session } = made.value;
  const file = options['recovery-file'];
  if (file === undefined) return done({ login: session.login, recoveryCode }, () => [`Vault made. Administrator: ${session.login}`, `Recovery code, shown once; print it and lock it away: ${recoveryCode}`]);
  const kept = writeSecretFile(file, recoveryCode);
  return kept.ok ? done({ login: session.login, recoveryFile: file }, () => [`Vault made. Administrator: ${session.login}`, `Recovery code written to ${file}: print it, lock it away, delete the file`]) : refused(kept.fault);
}

/** The secret in the file; where there is none yet, a new one written for its owner alone. */
function existingOrNewSecret(path: string): string {
  const read = readSecretFile(path);
  if (read.ok && read.value !== '') return read.value;
  const made = generateSecret({ length: 20 });
  const written = writeSecretFile(path, made);
  if (!written.ok) throw new Error('unwritable');
  return made;
}

async function addStaff(cli: Cli): Promise<Outcome> {
  const { options } = cli;
  const role = options['role'];
  if (options['new-user'] === undefined || options['name'] === undefined || options['new-totp-secret-file'] === undefined || !isRole(role)) return wrong('staff add needs --new-user, --name, --role and --new-totp-secret-file');
  const base32 = existingOrNewSecret(options['new-totp-secret-file']);
  const password = await secret(cli, 'new-password-file', 'New password: ');
  const input = { login: options['new-user'], name: options['name'], role, password, totpSecretBase32: base32, code: await freshCode(base32, systemClock, null, pause) };
  return one(cli, 'staff.add', input, ({ login, role: given }) => [`${login} added as ${given}`]);
}

function isRole(text: string | undefined): text is Role {
  return ROLES.some((role) => role === text);
}

const listStaff = (cli: Cli): Promise<Outcome> =>
  one(cli, 'staff.list', {}, ({ staff }) => staff.map(({ login, name, role, active }) => `${login.padEnd(16)} ${role.padEnd(14)} ${active ? 'active  ' : 'inactive'} ${name}`));

async function enrol(cli: Cli): Promise<Outcome> {
  const file = cli.options['code-file'];
  const text = file === undefined ? await ask('Enrolment code: ', true) : file === '-' ? readFileSync(0, 'utf8') : readFileSync(file, 'utf8');
  return one(cli, 'sync.enrol', { code: text.trim() }, ({ organization }) => [`Enrolled with ${organization}`]);
}

async function importFiles(cli: Cli): Promise<Outcome> {
  if (cli.operands.length === 0) return wrong('import needs a file or a folder');
  const fault = await signIn(cli);
  if (fault !== null) return refused(fault);
  const begun = await call(cli, 'import.paths', { paths: cli.operands.map((path) => resolve(path)) });
  if (!begun.ok) return refused(begun.fault);
  for (;;) {
    const view = await call(cli, 'job.view', { job: begun.value.job });
    if (!view.ok) return refused(view.fault);
    showProgress(view.value);
    if (view.value.state === 'done') return done({ files: view.value.files, state: view.value.state }, () => fileLines(view.value));
    if (view.value.state !== 'running') return refused({ code: view.value.fault ?? 'CANCELLED' });
    await cli.engine.tick();
    await call(cli, 'session.touch', {});
    await pause(POLL_MS);
  }
}

const BAR_CELLS = 30;

function showProgress({ done: bytes, total, state }: JobView): void {
  if (!process.stderr.isTTY || total === null || total === 0) return;
  const cells = Math.round((bytes / total) * BAR_CELLS);
  process.stderr.write(`\r[${'#'.repeat(cells)}${'-'.repeat(BAR_CELLS - cells)}] ${Math.round((bytes / total) * 100)} %${state === 'running' ? '' : '\n'}`);
}

function fileLines({ files }: JobView): readonly string[] {
  return files.map(({ file, outcome, fault, taken, alreadyPresent, skippedCount }) =>
    outcome === 'taken' ? `${file}: ${taken} taken, ${alreadyPresent} already there, ${skippedCount} skipped` : `${file}: ${outcome}${fault === null ? '' : ` ${fault.code}${fault.where === null ? '' : ` (${fault.where})`}`}`,
  );
}

async function exportRecords(cli: Cli): Promise<Outcome> {
  const { out, patient, format = 'bundle' } = cli.options;
  const id = patient === undefined ? null : RecordId.safeParse(patient);
  if (out === undefined || (format !== 'bundle' && format !== 'ndjson') || (id !== null && !id.success)) return wrong('export needs --out FILE, and takes --patient ID and --format bundle|ndjson');
  return one(cli, 'export.toPath', { patient: id === null ? null : id.data, format, path: resolve(out) }, ({ resources, bytes }) => [`${resources} resources, ${bytes} bytes written to ${out}`]);
}

async function search(cli: Cli): Promise<Outcome> {
  if (cli.operands.length === 0) return wrong('search needs words');
  const limit = Number(cli.options['limit'] ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 50) return wrong('--limit takes 1 to 50');
  return one(cli, 'patients.search', { text: cli.operands.join(' '), limit }, ({ patients }) =>
    patients.map(({ patient, family, given, birthDate, sex, number, matchedBy }) => `${patient}  ${family.toUpperCase()}, ${given}  born ${birthDate ?? 'not known'}  ${sex}  ${number ?? ''}  [${matchedBy.join(', ')}]`),
  );
}

async function status(cli: Cli): Promise<Outcome> {
  const shown = await call(cli, 'app.status', {});
  if (!shown.ok) return refused(shown.fault);
  if (shown.value.state === 'setup' || cli.options['user'] === undefined) return done({ status: shown.value }, ({ status: { state, version } }) => [`Outpost ${version}: ${state}`]);
  const fault = await signIn(cli);
  if (fault !== null) return refused(fault);
  const [opened, light] = [await call(cli, 'app.status', {}), await call(cli, 'sync.status', {})];
  if (!opened.ok) return refused(opened.fault);
  if (!light.ok) return refused(light.fault);
  return done({ status: opened.value, sync: light.value }, () => [
    `${opened.value.clinic ?? ''} - ${opened.value.deviceName ?? ''}: ${opened.value.state}`,
    light.value.enrolled ? `${light.value.allSent ? 'All sent' : `${light.value.unsent} unsent`}; line ${light.value.line}` : `Not enrolled; ${light.value.unsent} entries kept here`,
  ]);
}

const sync = (cli: Cli): Promise<Outcome> => one(cli, 'sync.now', {}, ({ allSent, unsent, bytesSent, bytesReceived }) => [`${allSent ? 'All sent' : `${unsent} unsent`}; ${bytesSent} bytes sent, ${bytesReceived} received`]);

async function verify(cli: Cli): Promise<Outcome> {
  const outcome = await one(cli, 'audit.verify', {}, ({ ok: holds, entries, segments, checkpoints, firstBad }) => [
    holds ? `Holds: ${entries} entries, ${segments} segments, ${checkpoints} checkpoints, the chart equals its ledger` : `DOES NOT HOLD: entry ${firstBad?.entry ?? ''} at ${firstBad?.position ?? ''}: ${firstBad?.problem ?? ''}`,
  ]);
  if (!outcome.result.ok || outcome.result.value['ok'] === true) return outcome;
  const { firstBad } = outcome.result.value as CallOutput<'audit.verify'>;
  return refused({ code: 'LEDGER_BROKEN', detail: { entry: firstBad?.entry ?? '', position: firstBad?.position ?? 0, problem: firstBad?.problem ?? '' } });
}

async function exportTrail(cli: Cli): Promise<Outcome> {
  const { out, from, to } = cli.options;
  const [start, end] = [from, to].map((text) => (text === undefined ? null : Date.parse(text)));
  if (out === undefined || Number.isNaN(start) || Number.isNaN(end)) return wrong('audit export needs --out FILE, and takes --from and --to as ISO times');
  return one(cli, 'audit.export', { path: resolve(out), from: start ?? null, to: end ?? null }, ({ lines, bytes }) => [`${lines} lines, ${bytes} bytes written to ${out}`]);
}

import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { get } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { APPLICATION } from '../world.ts';
import { parseCommand } from './options.ts';

const CLI = join(import.meta.dirname, 'central.ts');
const folder = temporaryFolder();
const home = join(folder.path, 'home');
const closing: (() => Promise<void>)[] = [];

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

async function run(...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => void (out += String(chunk)));
  child.stderr.on('data', (chunk) => void (err += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

/** One JSON document on standard output, and the exit code. */
async function json(...args: readonly string[]): Promise<{ code: number | null; data: Record<string, unknown> }> {
  const { code, out } = await run(...args, '--home', home, '--json');
  return { code, data: JSON.parse(out) as Record<string, unknown> };
}

let serving: ChildProcess;
let listening: { host: string; port: number; organization: string; name: string; fhir: { port: number } };

beforeAll(async () => {
  serving = spawn(process.execPath, [CLI, 'serve', '--home', home, '--listen', '127.0.0.1:0', '--name', 'Valley Clinics', '--fhir', '127.0.0.1:0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [first] = (await once(serving.stdout!, 'data')) as [Buffer];
  listening = JSON.parse(String(first)) as typeof listening;
}, 60_000);
afterAll(async () => {
  for (const close of closing) await close();
  if (serving.exitCode === null) {
    serving.kill('SIGTERM');
    await once(serving, 'close');
  }
  folder.remove();
});

describe('central on the command line', () => {
  it('SYN-41 serve makes an organisation whose keys only its owner can read', () => {
    expect(listening).toMatchObject({ ok: true, host: '127.0.0.1', name: 'Valley Clinics' });
    expect(listening.port).toBeGreaterThan(0);
    expect(statSync(join(home, 'organization.json')).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
  });

  it('FHR-4 FHR-5 a client is added with its token in a file, reads, is on record, and is revoked', async () => {
    const tokenFile = join(folder.path, 'region.token');
    const added = await json('client', 'add', 'Region', '--scope', 'system/Patient.read', '--token-file', tokenFile);
    expect(added).toMatchObject({ code: 0, data: { ok: true, scopes: ['system/Patient.read'] } });
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    const token = readFileSync(tokenFile, 'utf8').trim();
    expect(JSON.stringify(added)).not.toContain(token);
    expect(await json('client', 'add', 'Again', '--token-file', tokenFile)).toMatchObject({ code: 1, data: { fault: { code: 'FILE_UNWRITABLE' } } });
    const authority = (JSON.parse(readFileSync(join(home, 'organization.json'), 'utf8')) as { authority: { certificate: string } }).authority.certificate;
    const ask = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port: listening.fhir.port, path: `/fhir${path}`, ca: authority, headers: { authorization: `Bearer ${token}` } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        }).once('error', reject);
      });
    expect([await ask('/metadata'), await ask('/Patient?name=x'), await ask('/Observation')]).toEqual([200, 200, 403]);
    const { id } = added.data as { id: string };
    expect(await json('access-log')).toMatchObject({ code: 0, data: { accesses: [{ client: id, interaction: 'search', type: 'Patient', parameters: 'name' }] } });
    expect(await json('client', 'list')).toMatchObject({ code: 0, data: { clients: [{ id, name: 'Region', revokedAt: null }] } });
    expect((await json('client', 'revoke', id)).code).toBe(0);
    expect(await ask('/Patient')).toBe(401);
    expect(await json('client', 'revoke', '0000000000000000')).toMatchObject({ code: 1, data: { fault: { code: 'NOT_FOUND' } } });
  });

  it('SYN-41 SYN-26 a printed code enrols a workstation, which is listed, verified and revoked', async () => {
    const made = await json('enrol-code');
    expect(made).toMatchObject({ code: 0, data: { ok: true, host: '127.0.0.1', port: listening.port } });
    const station = openTestWorkstation();
    closing.push(() => station.close());
    expect(await station.enrol(String(made.data['code']))).toEqual({ ok: true, value: { organization: 'Valley Clinics' } });
    station.register('Canarysdottir');
    expect(await station.now()).toMatchObject({ ok: true, value: { allSent: true } });
    expect(await json('verify')).toMatchObject({ code: 0, data: { ok: true, entries: station.entries(), problems: [] } });
    const devices = await json('devices');
    expect(devices).toMatchObject({ code: 0, data: { devices: [{ device: station.keys.deviceId, name: 'Test workstation', state: 'active', entries: station.entries() }] } });
    expect(await json('revoke', station.keys.deviceId)).toMatchObject({ code: 0, data: { state: 'revoked' } });
    expect(await station.now()).toMatchObject({ ok: false, fault: { code: 'SERVER_REFUSED' } });
    for (const file of readdirSync(home)) expect(readFileSync(join(home, file)).includes('Canarysdottir')).toBe(false);
  }, 60_000);

  it('SYN-41 what is asked for wrongly exits with 2, what is refused with 1', async () => {
    expect(await run('frobnicate')).toMatchObject({ code: 2, out: '' });
    expect(await run('help')).toMatchObject({ code: 0 });
    expect(await json('revoke', '00000000000000ff')).toMatchObject({ code: 1, data: { ok: false, fault: { code: 'NOT_FOUND' } } });
    expect(await run('devices', '--home', join(folder.path, 'nowhere'))).toMatchObject({ code: 1, err: 'NO_ORGANIZATION\n' });
    expect(existsSync(join(folder.path, 'nowhere'))).toBe(false);
    expect(await run('serve', '--home', home, '--listen', `127.0.0.1:${listening.port}`)).toMatchObject({ code: 1 });
  }, 60_000);

  it('SYN-41 keys that others can read are not used', async () => {
    chmodSync(join(home, 'organization.json'), 0o644);
    const outcome = await json('verify');
    chmodSync(join(home, 'organization.json'), 0o600);
    expect(outcome).toMatchObject({ code: 1, data: { ok: false, fault: { code: 'KEYS_EXPOSED' } } });
  }, 60_000);

  it('SYN-41 told to stop, serve ends in order', async () => {
    serving.kill('SIGTERM');
    expect(await once(serving, 'close')).toEqual([0, null]);
  }, 60_000);

  it.each([
    [[], null],
    [['serve'], null],
    [['serve', '--home', 'x', '--listen', 'nowhere:99999'], null],
    [['serve', '--home', 'x', '--hours', '3'], null],
    [['verify', '--home', 'x', 'y'], null],
    [['revoke', '--home', 'x', 'desk'], null],
    [['enrol-code', '--home', 'x', '--hours', 'many'], null],
    [['enrol-code', '--home', 'x', '--address', 'central.example:0'], null],
    [['enrol-code', '--home', 'x', '--address', '[fe80::1]:9', '--hours', '1'], { name: 'enrol-code', home: 'x', json: false, address: { host: 'fe80::1', port: 9 }, hours: 1, device: null }],
    [['serve', '--home', 'x', '--json'], { name: 'serve', home: 'x', json: true, host: '127.0.0.1', port: 7443, organization: null, api: null }],
  ])('SYN-41 reads %j', (args, command) => {
    const parsed = parseCommand(args);
    if (command === null) expect(parsed).toMatchObject({ ok: false, fault: { code: 'USAGE' } });
    else expect(parsed).toEqual({ ok: true, value: command });
  });

  it.each([
    [['client', 'add', 'x', '--home', 'h'], '--token-file'],
    [['client', 'add', 'x', '--home', 'h', '--token-file', 't', '--scope', 'everything'], 'no scope everything'],
    [['client', 'add', 'x', '--home', 'h', '--token-file', 't', '--days', '-1'], '--days'],
    [['client', 'revoke', 'Region', '--home', 'h'], 'id of a client'],
    [['client', '--home', 'h'], 'add NAME, list, or revoke ID'],
    [['access-log', '--home', 'h', '--limit', '0'], '--limit'],
    [['serve', '--home', 'h', '--forward', 'https://other.example/r4'], '--fhir'],
    [['serve', '--home', 'h', '--fhir', '127.0.0.1:0', '--forward', 'http://other.example/r4'], 'https'],
  ])('SYN-41 %j is wrong usage and says why', (args, what) => {
    expect(parseCommand(args)).toMatchObject({ ok: false, fault: { code: 'USAGE', detail: { what: expect.stringContaining(what) } } });
  });

  it('the version is that of the package', () => {
    expect(APPLICATION).toBe((JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version);
  });
});

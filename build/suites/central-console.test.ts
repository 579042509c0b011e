import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCentral, serveCentral, type CentralProcess, type Ran } from '../fixtures/central-process.ts';
import { postgresMissing, startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts';
import { openTestWorkstation, type TestWorkstation } from '../fixtures/test-syncing.ts';
import { temporaryFolder } from '../fixtures/test-world.ts';
import { keyFile } from '../../central/authority/key-file.ts';
import { parseCommand } from '../../central/cli/options.ts';
import { backUp } from '../../central/store/backup.ts';
import { openDatabase } from '../../central/store/database.ts';
import { systemClock, systemRandom } from '../../central/world.ts';

const folder = temporaryFolder();
let server: TestPostgres | null = null;
const missing = postgresMissing('the operations console');

beforeAll(async () => {
  if (missing === null) server = await startTestPostgres();
});
afterAll(async () => {
  await server?.close();
  folder.remove();
});

type Kind = { readonly name: string; readonly missing: string | null; environment(): Promise<Record<string, string>> };
const kinds: readonly Kind[] = [
  { name: 'SQLite', missing: null, environment: async () => ({}) },
  { name: 'PostgreSQL', missing, environment: async () => ({ DATABASE_URL: (await server?.database()) ?? '' }) },
];

/** A central of its own with a workstation that has sent something. */
type Site = { readonly home: string; readonly environment: Record<string, string>; readonly serving: CentralProcess; readonly station: TestWorkstation };

async function json(site: Pick<Site, 'home' | 'environment'>, ...args: readonly string[]): Promise<{ code: number | null; data: Record<string, unknown> }> {
  const { code, out, err } = await runCentral([...args, '--home', site.home, '--json'], site.environment);
  if (err !== '') throw new Error(err);
  return { code, data: JSON.parse(out) as Record<string, unknown> };
}
const lines = (site: Pick<Site, 'home' | 'environment'>, ...args: readonly string[]): Promise<Ran> => runCentral([...args, '--home', site.home], site.environment);

/** Made by another organisation, with everything as it ought to be. */
async function foreignBackup(home: string, file: string): Promise<void> {
  const keys = await keyFile(home, { clock: systemClock, random: systemRandom }).create('Other clinics');
  const opened = await openDatabase(home, keys, { url: null, clock: systemClock, random: systemRandom });
  if (!opened.ok) throw new Error(opened.fault.code);
  const made = await backUp(opened.value, home, keys, file);
  await opened.value.close();
  if (!made.ok) throw new Error(made.fault.code);
}

async function startSite(home: string, environment: Record<string, string>, port = 0): Promise<Omit<Site, 'station'>> {
  return { home, environment, serving: await serveCentral(home, environment, port) };
}

describe.each(kinds)('the operations console on $name', ({ name, missing: absent, environment }) => {
  let site: Site;
  beforeAll(async () => {
    if (absent !== null) return;
    const started = await startSite(join(folder.path, name), await environment());
    const station = openTestWorkstation();
    const { data } = await json(started, 'enrol-code', '--address', `127.0.0.1:${started.serving.port}`);
    const enrolled = await station.enrol(String(data['code']));
    station.register('Canarysdottir');
    const sent = await station.now();
    if (!enrolled.ok || !sent.ok || !sent.value.allSent) throw new Error('the workstation has not sent');
    site = { ...started, station };
  });
  afterAll(async () => {
    if (absent !== null) return;
    await site.station.close();
    await site.serving.kill('SIGTERM');
  });
  beforeEach((context) => {
    if (absent !== null) context.skip(absent);
  });

  it('CEN-18 status says how database, log, disk and every workstation are, for people and for programs, and nothing of a patient', async () => {
    const { code, data } = await json(site, 'status');
    const { deviceId } = site.station.keys;
    expect(code).toBe(0);
    expect(data).toMatchObject({
      ok: true, name: 'Valley Clinics', home: site.home, epoch: expect.stringMatching(/^[0-9a-f]{16}$/), log: { entries: site.station.entries(), urgent: expect.any(Number) },
      database: { kind: name === 'SQLite' ? 'sqlite' : 'postgres', durable: name === 'SQLite', bytes: expect.any(Number), schema: expect.any(Number) },
      disk: { freeBytes: expect.any(Number) }, quarantine: { batches: 0, segments: 0 }, events: expect.arrayContaining([{ code: 'ENROLLED', count: 1, lastAt: expect.any(Number) }]),
      devices: [{ device: deviceId, name: 'Test workstation', state: 'active', entries: site.station.entries(), quarantined: 0, lastSeenAt: expect.any(Number), certificateExpiresAt: expect.any(Number) }],
    });
    const { out } = await lines(site, 'status');
    expect(out).toMatch(new RegExp(`Valley Clinics .*epoch[\\s\\S]*database[\\s\\S]*${deviceId}  active[\\s\\S]*quarantine  empty`));
    expect(out + JSON.stringify(data)).not.toContain('Canarysdottir');
  });

  it('CEN-18 devices and events are listed, events by device and code', async () => {
    expect(await json(site, 'devices')).toMatchObject({ code: 0, data: { devices: [{ device: site.station.keys.deviceId }] } });
    expect(await json(site, 'events', '--code', 'ENROLLED')).toMatchObject({ code: 0, data: { events: [{ code: 'ENROLLED', device: site.station.keys.deviceId }] } });
    expect(await json(site, 'events', '--code', 'NEVER')).toMatchObject({ code: 0, data: { events: [] } });
    expect(await json(site, 'events', '--device', '00000000000000ff')).toMatchObject({ code: 0, data: { events: [] } });
    expect((await lines(site, 'events', '--limit', '1')).out.trim().split('\n').length).toBe(1);
  });

  it('SYN-210 a workstation\'s place and scope are set and shown on the command line, and a workstation that must not be asked is named', async () => {
    const { deviceId } = site.station.keys;
    expect(await json(site, 'device-site', deviceId, 'ridge')).toMatchObject({ code: 0, data: { device: deviceId, site: 'ridge', everything: true } });
    expect(await json(site, 'device-scope', deviceId, '--catchment', 'ridge', '--patient', '00000000-0000-8000-8000-000000000001')).toMatchObject({ code: 0, data: { everything: false, catchments: ['ridge'], held: 1, entering: 0, leaving: 0 } });
    expect((await lines(site, 'device-scope', deviceId)).out).toMatch(/holds patients seen at ridge, and 1 by name\nstands at ridge\n1 patients are held/);
    expect(await json(site, 'device-scope', deviceId, '--everything')).toMatchObject({ code: 0, data: { everything: true, catchments: [], patients: [] } });
    expect(await json(site, 'device-scope', '00000000000000ff', '--everything')).toMatchObject({ code: 1, data: { ok: false, fault: { code: 'NOT_FOUND' } } });
  });

  it('CEN-19 a backup is made while central runs, is encrypted and its owner\'s alone, and goes over nothing', async () => {
    const file = join(folder.path, `${name}-first.backup`);
    expect(await json(site, 'backup', file)).toMatchObject({ code: 0, data: { file, entries: site.station.entries(), bytes: statSync(file).size } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(file);
    for (const shown of ['SQLite format', 'Canarysdottir', 'Valley', site.station.keys.deviceId]) expect(bytes.includes(shown)).toBe(false);
    expect(await json(site, 'backup', file)).toMatchObject({ code: 1, data: { ok: false, fault: { code: 'FILE_EXISTS' } } });
    expect(await json(site, 'backup', join(folder.path, 'nowhere', 'x'))).toMatchObject({ code: 1, data: { fault: { code: 'CANNOT_WRITE', detail: { system: 'ENOENT' } } } });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('CEN-19 what is no backup, another organisation\'s or a broken one is not restored, and what is there stays', async () => {
    const noBackup = join(folder.path, `${name}-no.backup`);
    writeFileSync(noBackup, 'no backup at all, but long enough to be looked at for a moment');
    expect(await json(site, 'restore', join(folder.path, 'absent'))).toMatchObject({ code: 1, data: { fault: { code: 'FILE_UNREADABLE' } } });
    expect(await json(site, 'restore', noBackup)).toMatchObject({ code: 1, data: { fault: { code: 'STORE_UNREADABLE' } } });
    const foreign = join(folder.path, `${name}-foreign.backup`);
    await foreignBackup(join(folder.path, `${name}-others`), foreign);
    expect(await json(site, 'restore', foreign)).toMatchObject({ code: 1, data: { fault: { code: 'STORE_UNREADABLE' } } });
    const good = join(folder.path, `${name}-good.backup`);
    await json(site, 'backup', good);
    const whole = readFileSync(good);
    writeFileSync(noBackup, whole.subarray(0, whole.length / 2));
    expect(await json(site, 'restore', noBackup)).toMatchObject({ code: 1, data: { fault: { code: 'STORE_UNREADABLE' } } });
    // A server that runs holds a file open; a server's database is not empty.
    expect(await json(site, 'restore', good)).toMatchObject({ code: 1, data: { fault: { code: name === 'SQLite' ? 'STORE_IN_USE' : 'STORE_NOT_EMPTY' } } });
    expect(await json(site, 'verify')).toMatchObject({ code: 0, data: { entries: site.station.entries() } });
    expect(readdirSync(site.home).filter((file) => file.startsWith('restore-'))).toEqual([]);
  });

  it('CEN-19 CEN-12 yesterday\'s backup is restored on purpose: a new epoch, unused codes ended, and the workstation brings what is missing', async () => {
    const { station, home, environment: before } = site;
    const file = join(folder.path, `${name}-yesterday.backup`);
    const { data: unused } = await json(site, 'enrol-code', '--address', `127.0.0.1:${site.serving.port}`);
    const { data: made } = await json(site, 'backup', file);
    station.register('Later');
    expect(await station.now()).toMatchObject({ ok: true, value: { allSent: true } });
    const entries = station.entries();
    expect(entries).toBeGreaterThan(Number(made['entries']));
    const { port } = site.serving;
    await site.serving.kill('SIGTERM');
    // On a server: another, empty database.
    const after = before['DATABASE_URL'] === undefined ? before : { DATABASE_URL: (await server?.database()) ?? '' };
    const restored = await json({ home, environment: after }, 'restore', file);
    expect(restored).toMatchObject({ code: 0, data: { entries: made['entries'], epoch: expect.not.stringMatching(String(made['epoch'])) } });
    if (name === 'SQLite') expect(existsSync(String(restored.data['replaced']))).toBe(true);
    site = { ...(await startSite(home, after, port)), station };
    expect(await station.now()).toMatchObject({ ok: true, value: { allSent: true, unsent: 0 } });
    expect(await json(site, 'verify')).toMatchObject({ code: 0, data: { ok: true, entries: station.entries(), problems: [] } });
    expect(await json(site, 'status')).toMatchObject({ data: { epoch: restored.data['epoch'] } });
    const late = openTestWorkstation();
    expect(await late.enrol(String(unused['code']))).toMatchObject({ ok: false });
    await late.close();
  });
});

describe('moving to PostgreSQL', () => {
  it('CEN-20 an organisation that outgrows one machine moves with a backup: certificates, receipts and records go on', async (context) => {
    if (missing !== null || server === null) return context.skip(missing ?? 'no server');
    const home = join(folder.path, 'growing');
    const small = await startSite(home, {});
    const station = openTestWorkstation();
    const { data } = await json(small, 'enrol-code', '--address', `127.0.0.1:${small.serving.port}`);
    expect(await station.enrol(String(data['code']))).toMatchObject({ ok: true });
    station.register('Okafor');
    expect(await station.now()).toMatchObject({ ok: true });
    const file = join(folder.path, 'growing.backup');
    await json(small, 'backup', file);
    const { port } = small.serving;
    await small.serving.kill('SIGTERM');
    const grown = { home, environment: { DATABASE_URL: await server.database() } };
    expect(await json(grown, 'restore', file)).toMatchObject({ code: 1, data: { fault: { code: 'STORE_ELSEWHERE' } } });
    renameSync(join(home, 'central.db'), join(folder.path, 'central.db.old'));
    expect(await json(grown, 'restore', file)).toMatchObject({ code: 0 });
    const large = await startSite(home, grown.environment, port);
    station.register('Adeyemi');
    expect(await station.now()).toMatchObject({ ok: true, value: { allSent: true } });
    expect(await json(large, 'verify')).toMatchObject({ code: 0, data: { entries: station.entries() } });
    // And back into a file: a backup is the same from either.
    const back = join(folder.path, 'back.backup');
    expect(await json(large, 'backup', back)).toMatchObject({ code: 0, data: { entries: station.entries() } });
    const again = { home: join(folder.path, 'again'), environment: {} };
    mkdirSync(again.home, { mode: 0o700 });
    copyFileSync(join(home, 'organization.json'), join(again.home, 'organization.json'));
    expect(await json(again, 'restore', back)).toMatchObject({ code: 0, data: { entries: station.entries(), replaced: null } });
    expect(await json(again, 'verify')).toMatchObject({ code: 0, data: { ok: true, entries: station.entries() } });
    await station.close();
    await large.serving.kill('SIGTERM');
  });
});

describe('the console reads its arguments', () => {
  it.each([
    [['status', '--home', 'x'], { name: 'status', home: 'x', json: false }],
    [['events', '--home', 'x', '--limit', '3', '--code', 'FORK'], { name: 'events', home: 'x', json: false, limit: 3, device: null, code: 'FORK' }],
    [['quarantine', 'list', '--home', 'x'], { name: 'quarantine-list', home: 'x', json: false, limit: 50 }],
    [['quarantine', 'show', '7', '--home', 'x', '--out', 'f'], { name: 'quarantine-show', home: 'x', json: false, id: 7, out: 'f' }],
    [['backup', 'f', '--home', 'x', '--json'], { name: 'backup', home: 'x', json: true, file: 'f' }],
    [['device-scope', '00000000000000ff', '--home', 'x'], { name: 'scope-show', home: 'x', json: false, device: '00000000000000ff' }],
    [['device-scope', '00000000000000ff', '--home', 'x', '--catchment', 'a', '--catchment', 'b', '--catchment', 'a'], { name: 'scope-set', home: 'x', json: false, device: '00000000000000ff', rule: { everything: false, catchments: ['a', 'b'], patients: [] } }],
    [['device-site', '00000000000000ff', '--nowhere', '--home', 'x'], { name: 'site-set', home: 'x', json: false, device: '00000000000000ff', site: null }],
    [['device-scope', '00000000000000ff', '--home', 'x', '--everything', '--catchment', 'a'], null],
    [['device-scope', '00000000000000ff', '--home', 'x', '--patient', 'Okafor'], null],
    [['device-scope', '00000000000000ff', '--home', 'x', '--catchment', 'no such place'], null],
    [['device-scope', 'desk', '--home', 'x'], null],
    [['device-site', '00000000000000ff', '--home', 'x'], null],
    [['device-site', '00000000000000ff', 'north', '--nowhere', '--home', 'x'], null],
    [['device-site', '00000000000000ff', '../x', '--home', 'x'], null],
    [['status', 'x', '--home', 'x'], null],
    [['status'], null],
    [['events', '--home', 'x', '--limit', '0'], null],
    [['events', '--home', 'x', '--device', 'desk'], null],
    [['quarantine', '--home', 'x'], null],
    [['quarantine', 'show', 'x', '--home', 'x'], null],
    [['quarantine', 'list', '--home', 'x', '--out', 'f'], null],
    [['backup', '--home', 'x'], null],
    [['restore', 'f', 'g', '--home', 'x'], null],
    [['backup', 'f', '--home', 'x', '--limit', '3'], null],
    [['status', '--home', 'x', '--database-url', 'postgres://a:b@c/d'], null],
  ])('CEN-18 %j', (args, command) => {
    const parsed = parseCommand(args);
    if (command === null) expect(parsed).toMatchObject({ ok: false, fault: { code: 'USAGE' } });
    else expect(parsed).toEqual({ ok: true, value: command });
  });
});

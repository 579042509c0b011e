import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outboxSize } from '../../main/ledger/ledger.ts';
import { nodeNetwork, type Network } from '../../main/sync/sync.ts';
import { runCentral, serveCentral, type CentralProcess } from '../fixtures/central-process.ts';
import { postgresMissing, startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts';
import { openTestWorkstation, type TestWorkstation } from '../fixtures/test-syncing.ts';
import { temporaryFolder } from '../fixtures/test-world.ts';

/** Several central processes on one PostgreSQL, with real workstations over real TLS, and `kill -9`. */
const missing = postgresMissing('several central processes');
const CANARY = 'Canarysdottir';
const MANY = 1500;
/** What no codec shrinks, so that the middle is in the middle. */
const unlike = (): string => randomBytes(16).toString('hex');
/** More than the greeting, less than there is to send. */
const MIDDLE_BYTES = 12_000;
const unsent = (station: TestWorkstation): number => outboxSize(station.test.ledger.read).count;
const folder = temporaryFolder();
const closing: (() => Promise<void>)[] = [];
let server: TestPostgres;
let environment: Record<string, string>;
let url: string;
let homes: readonly string[];

beforeAll(async () => {
  if (missing === null) server = await startTestPostgres({ durable: true });
});
afterAll(async () => {
  await server?.close();
  folder.remove();
});
beforeEach(async (context) => {
  if (missing !== null) return context.skip(missing);
  url = await server.database();
  const file = join(folder.path, `url-${closing.length}`);
  writeFileSync(file, `${url}\n`, { mode: 0o600 });
  environment = { DATABASE_URL_FILE: file };
  homes = ['one', 'two'].map((name) => join(folder.path, `${new URL(url).pathname.slice(1)}-${name}`));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Starts central in the n-th home; the second one has the first one's keys. */
async function serve(index: 0 | 1): Promise<CentralProcess> {
  const home = homes[index]!;
  if (index === 1 && !existsSync(home)) {
    mkdirSync(home, { mode: 0o700 });
    copyFileSync(join(homes[0]!, 'organization.json'), join(home, 'organization.json'));
  }
  const started = await serveCentral(home, environment);
  closing.push(() => started.kill('SIGTERM'));
  return started;
}

/** One JSON document of the console, asked at either home. */
async function ask(index: 0 | 1, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { out, err } = await runCentral([...args, '--home', homes[index]!, '--json'], environment);
  if (err !== '') throw new Error(err);
  return JSON.parse(out) as Record<string, unknown>;
}

type Member = { readonly station: TestWorkstation; goTo(process: CentralProcess): void; /** Once, when so many bytes have gone out; what is written next waits for it. */ after(bytes: number, strike: () => Promise<void>): void };

/** A workstation whose line leads to whichever process is named last, as behind a balancer. */
async function workstation(at: CentralProcess): Promise<Member> {
  let port = at.port;
  let left = Infinity;
  let strike = async (): Promise<void> => undefined;
  const network: Network = {
    ...nodeNetwork,
    async dial(dial) {
      const dialed = await nodeNetwork.dial({ ...dial, port });
      if (!dialed.ok) return dialed;
      const { write } = dialed.value;
      const counted = async (bytes: Uint8Array): Promise<void> => {
        left -= bytes.length;
        if (left <= 0) {
          left = Infinity;
          await strike();
        }
        return write(bytes);
      };
      return { ok: true, value: { ...dialed.value, write: counted } };
    },
  };
  const station = openTestWorkstation({ network });
  closing.push(() => station.close());
  const { code } = await ask(0, 'enrol-code', '--address', `127.0.0.1:${at.port}`);
  expect(await station.enrol(String(code))).toEqual({ ok: true, value: { organization: 'Valley Clinics' } });
  return {
    station,
    goTo: (process) => void ({ port } = process),
    after(bytes, what) {
      left = bytes;
      strike = what;
    },
  };
}

describe('several central processes on one PostgreSQL', () => {
  it('CEN-17 what comes in through one is read through the other at once, and who is revoked at one is refused by both', async () => {
    const [one, two] = [await serve(0), await serve(1)];
    const { station: desk } = await workstation(one);
    const { station: ward } = await workstation(two);
    expect(await ward.now()).toMatchObject({ ok: true, value: { line: 'online' } });
    desk.register(CANARY);
    expect(await desk.now()).toMatchObject({ ok: true, value: { allSent: true } });
    // The ward's line stays open; nothing asks it to look.
    await ward.until(() => ward.test.ledger.read.get('SELECT family FROM patient') !== undefined);
    expect(ward.test.ledger.read.get('SELECT family FROM patient')).toEqual({ family: CANARY });
    expect(await ask(1, 'verify')).toMatchObject({ ok: true, problems: [] });
    expect(await ask(0, 'revoke', ward.keys.deviceId)).toMatchObject({ state: 'revoked' });
    expect(await ward.now()).toMatchObject({ ok: false, fault: { code: 'SERVER_REFUSED' } });
  });

  it('CEN-17 one is killed while a workstation sends: the other takes over, nothing is lost and nothing is there twice', async () => {
    const [one, two] = [await serve(0), await serve(1)];
    const { station: desk, goTo, after } = await workstation(one);
    for (let index = 0; index < MANY; index += 1) desk.register(`${CANARY} ${unlike()}`);
    after(MIDDLE_BYTES, () => one.kill('SIGKILL'));
    expect((await desk.now()).ok).toBe(false);
    expect(unsent(desk)).toBeGreaterThan(0);
    goTo(two);
    expect(await desk.now()).toMatchObject({ ok: true, value: { allSent: true, unsent: 0 } });
    expect(await ask(1, 'verify')).toMatchObject({ ok: true, entries: desk.entries(), problems: [] });
  });

  it('CEN-17 the database is killed while workstations send: central tells them to come back, and goes on with it when it is there', async () => {
    const one = await serve(0);
    const { station: desk, after } = await workstation(one);
    for (let index = 0; index < MANY; index += 1) desk.register(`Okafor ${unlike()}`);
    after(MIDDLE_BYTES, () => server.kill());
    expect((await desk.now()).ok).toBe(false);
    expect((await desk.now()).ok).toBe(false);
    expect(unsent(desk)).toBeGreaterThan(0);
    await server.start();
    expect(await desk.now()).toMatchObject({ ok: true, value: { allSent: true } });
    expect(await ask(0, 'verify')).toMatchObject({ ok: true, entries: desk.entries() });
  });

  it('CEN-6 nothing of a patient and no password is in a home, in what central says, or in the database\'s files', async () => {
    const one = await serve(0);
    const { station: desk } = await workstation(one);
    const patient = desk.register(CANARY);
    expect(await desk.now()).toMatchObject({ ok: true });
    await server.ask(url, 'CHECKPOINT');
    const data = join(server.folder, 'data');
    const files = [...homes.filter((home) => existsSync(home)), data].flatMap((top) => readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
    const keys = JSON.parse(readFileSync(join(homes[0]!, 'organization.json'), 'utf8')) as Record<'database' | 'sealing' | 'signing', string>;
    for (const file of files) {
      const bytes = readFileSync(file);
      expect(bytes.includes(CANARY), file).toBe(false);
      if (!file.startsWith(data)) continue;
      for (const key of [keys.database, keys.sealing, keys.signing]) for (const form of [Buffer.from(key), Buffer.from(key, 'hex')]) expect(bytes.includes(form), file).toBe(false);
    }
    // What an administrator's dump holds, in every form the server writes values in.
    const dump = join(server.folder, 'scan.sql');
    await server.tool('pg_dump', ['--format=plain', `--file=${dump}`, url]);
    const dumped = readFileSync(dump, 'latin1');
    for (const said of [CANARY, '1985-07-14', 'K7-0042-3', 'female', 'demographics', 'patient.register']) {
      for (const form of [said, Buffer.from(said).toString('hex'), Buffer.from(said).toString('base64').replaceAll('=', '')]) expect(dumped.toLowerCase().includes(form.toLowerCase()), said).toBe(false);
    }
    // In the clear is what the guide names, and the scan finds it.
    for (const said of [patient, desk.keys.deviceId, 'Test workstation']) expect(dumped.includes(said), said).toBe(true);
    expect(one.said()).not.toMatch(new RegExp(`${CANARY}|postgres://`));
    expect(existsSync(join(homes[0]!, 'central.db'))).toBe(false);
    const without = await runCentral(['devices', '--home', homes[0]!]);
    expect(without).toMatchObject({ code: 1, out: '', err: expect.stringContaining('STORE_ELSEWHERE') });
    const wrong = await runCentral(['devices', '--home', homes[0]!], { DATABASE_URL: url.replace('outpost@', 'outpost:hunter2@').replace('socket', 'nowhere') });
    expect(wrong).toMatchObject({ code: 1, out: '', err: expect.stringContaining('STORE_UNREACHABLE') });
    expect(wrong.err).not.toMatch(/hunter2|nowhere/);
  });
});

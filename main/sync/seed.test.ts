import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSnapshot, startTestCentral, type TestCentral } from '../../build/fixtures/test-central.ts';
import { openTestWorkstation, type TestWorkstation, type TestWorkstationOptions } from '../../build/fixtures/test-syncing.ts';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { LANE, type Lane } from '../../shared/ledger/lanes.ts';
import { SEED_FROM_ENTRIES } from '../../shared/sync/limits.ts';
import { pageFileName, SNAPSHOT_MANIFEST } from '../../shared/sync/snapshot-files.ts';
import { systemClock } from '../world.ts';
import { SILENT_MAX_MS } from './snapshot-taking.ts';

const PATIENTS = 60;
let central: TestCentral;
let desk: TestWorkstation;
const folder = temporaryFolder();
const opened: TestWorkstation[] = [];
const yieldNow = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function newWorkstation(options: TestWorkstationOptions = {}): Promise<TestWorkstation> {
  const workstation = openTestWorkstation(options);
  opened.push(workstation);
  const enrolled = await workstation.enrol(await central.code());
  if (!enrolled.ok) throw new Error(enrolled.fault.code);
  return workstation;
}

/** Enough for a seed, in every lane. */
beforeAll(async () => {
  central = await startTestCentral();
  desk = openTestWorkstation();
  const enrolled = await desk.enrol(await central.code());
  if (!enrolled.ok) throw new Error(enrolled.fault.code);
  for (let index = 0; index < PATIENTS; index += 1) {
    const patient = desk.register(`Seeded${index}`);
    const visits = Array.from({ length: Math.ceil(SEED_FROM_ENTRIES / PATIENTS / 2) }, (_, at) => ({ kind: 'encounter' as const, patient, body: { patient, class: 'AMB', at: Date.UTC(2026, 0, 1) + at, reason: `visit ${at}` } }));
    const written = desk.test.ledger.append(desk.test.grant, [...visits, ...visits.map(() => ({ kind: 'chart.viewed' as const, patient, body: { what: 'summary' } }))]);
    if (!written.ok) throw new Error(written.fault.code);
  }
  const sent = await desk.now();
  if (!sent.ok) throw new Error(sent.fault.code);
});
afterAll(async () => {
  for (const each of [...opened, desk]) await each.close();
  await central.close();
  folder.remove();
});

const charts = ({ test }: TestWorkstation): unknown => test.ledger.read.all('SELECT id, resource, title FROM record ORDER BY id');
/** Lanes of others' entries in the order in which they came. */
const lanesOf = ({ test }: TestWorkstation): Lane[] => {
  const lanes: Lane[] = [];
  for (const row of test.ledger.read.all('SELECT segment.lane FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE segment.own = 0 ORDER BY position')) if (lanes.at(-1) !== row['lane']) lanes.push(row['lane'] as Lane);
  return lanes;
};

describe('filling a new workstation', () => {
  it('SYN-140 by line: what is urgent first, who looked last, then the log goes on and nothing comes twice', async () => {
    const fresh = await newWorkstation();
    const received = await fresh.now();
    expect(received).toMatchObject({ ok: true, value: { loading: null } });
    expect(lanesOf(fresh)).toEqual([LANE.urgent, LANE.clinical, LANE.reads]);
    expect(charts(fresh)).toEqual(charts(desk));
    const before = fresh.view().bytesReceived;
    desk.register('Later');
    expect((await desk.now()).ok).toBe(true);
    expect((await fresh.now()).ok).toBe(true);
    expect(charts(fresh)).toEqual(charts(desk));
    expect(fresh.view().bytesReceived - before).toBeLessThan(before / 4);
  });

  it('SYN-142 SYN-141 from a folder: usable and honest meanwhile, and it goes on where it stopped', async () => {
    const fresh = await newWorkstation();
    const stick = join(folder.path, 'stick');
    const made = await makeSnapshot(central, fresh.keys.deviceId, stick);
    expect(made).toMatchObject({ ok: true });
    const files = readdirSync(stick);
    expect(files.length).toBeGreaterThan(3);
    // The stick is pulled out after the second file.
    renameSync(join(stick, pageFileName(3)), join(folder.path, 'pulled'));
    expect(await fresh.syncing.provision(fresh.test.grant, stick, yieldNow)).toEqual({ ok: false, fault: { code: 'FILE_UNREADABLE', detail: { file: pageFileName(3), system: 'ENOENT' } } });
    const loading = fresh.view().loading;
    expect(loading?.done).toBeGreaterThan(0);
    expect(fresh.test.ledger.read.get('SELECT count(*) AS n FROM patient')).toEqual({ n: PATIENTS + 1 });
    renameSync(join(folder.path, 'pulled'), join(stick, pageFileName(3)));
    expect(await fresh.syncing.provision(fresh.test.grant, stick, yieldNow)).toMatchObject({ ok: true, value: { done: true } });
    expect(fresh.view().loading).toBeNull();
    expect(charts(fresh)).toEqual(charts(desk));
    // And once more changes nothing.
    expect(await fresh.syncing.provision(fresh.test.grant, stick, yieldNow)).toMatchObject({ ok: true, value: { applied: 0, done: true } });
    const before = fresh.view().bytesReceived;
    expect((await fresh.now()).ok).toBe(true);
    expect(fresh.view().bytesReceived - before).toBeLessThan(20_000);
    expect(charts(fresh)).toEqual(charts(desk));
  });

  /** Hands in what the engine wants, as the window does; `change` may alter a file, null stops before it. */
  const handIn = async (to: TestWorkstation, stick: string, change: (file: string, bytes: Uint8Array) => Uint8Array | null = (_file, bytes) => bytes): Promise<string> => {
    const { snapshot } = to.syncing;
    const begun = await snapshot.begin();
    if (!begun.ok) return begun.fault.code;
    for (let { next } = begun.value; next !== null; ) {
      const bytes = change(next, new Uint8Array(readFileSync(join(stick, next))));
      if (bytes === null) return `stopped before ${next}`;
      const half = Math.floor(bytes.length / 2);
      const first = await snapshot.chunk(next, bytes.subarray(0, half), false);
      const taken = first.ok ? await snapshot.chunk(next, bytes.subarray(half), true) : first;
      if (!taken.ok) return String(taken.fault.detail?.['rule'] ?? taken.fault.code);
      ({ next } = taken.value);
    }
    return 'whole';
  };
  const outcomes = ({ test }: TestWorkstation): string[] => test.ledger.read.all("SELECT body FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE own = 1 AND kind IN ('sync.done', 'sync.refused') ORDER BY position").map((row) => Buffer.from(row['body'] as Uint8Array).toString());

  it('SYN-142 SYN-141 from files that the window hands in: central rests meanwhile, the light is honest, the trail says what came of it', async () => {
    const fresh = await newWorkstation();
    const stick = join(folder.path, 'chosen');
    await makeSnapshot(central, fresh.keys.deviceId, stick);
    const { snapshot } = fresh.syncing;
    expect(await handIn(fresh, stick, (file, bytes) => (file === pageFileName(3) ? null : bytes))).toBe(`stopped before ${pageFileName(3)}`);
    const { loading } = fresh.view();
    expect(loading?.done).toBeGreaterThan(0);
    expect(loading?.total).toBeGreaterThan(loading?.done ?? 0);
    expect(await fresh.now()).toMatchObject({ ok: false, fault: { code: 'BUSY' } });
    expect(await snapshot.begin()).toMatchObject({ ok: false, fault: { code: 'BUSY' } });
    expect(await fresh.syncing.provision(fresh.test.grant, stick, yieldNow)).toMatchObject({ ok: false, fault: { code: 'BUSY' } });
    expect(snapshot.end(fresh.test.grant)).toMatchObject({ ok: true, value: { whole: false } });
    expect(snapshot.end(fresh.test.grant)).toMatchObject({ ok: false, fault: { code: 'NOT_FOUND' } });
    expect(fresh.view().loading).not.toBeNull();
    expect(await handIn(fresh, stick)).toBe('whole');
    expect(snapshot.end(fresh.test.grant)).toMatchObject({ ok: true, value: { whole: true, next: null } });
    expect(fresh.view().loading).toBeNull();
    expect(charts(fresh)).toEqual(charts(desk));
    expect(outcomes(fresh)).toEqual([expect.stringContaining('CANCELLED'), expect.stringContaining('"received"')]);
    expect((await fresh.now()).ok).toBe(true);
  });

  it('SYN-141 what the window hands in is judged no less: damaged, foreign, out of turn, or nothing more at all', async () => {
    let passed = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + passed };
    const [fresh, other] = [await newWorkstation({ clock }), await newWorkstation()];
    const [stick, foreign] = [join(folder.path, 'handed'), join(folder.path, 'not-ours')];
    await makeSnapshot(central, fresh.keys.deviceId, stick);
    await makeSnapshot(central, other.keys.deviceId, foreign);
    const { snapshot } = fresh.syncing;
    expect(await snapshot.chunk(SNAPSHOT_MANIFEST, new Uint8Array(1), true)).toMatchObject({ ok: false, fault: { code: 'CANCELLED' } });
    expect(await handIn(fresh, foreign)).toBe('OTHER_DEVICE');
    expect(snapshot.end(fresh.test.grant).ok).toBe(true);
    expect(await handIn(fresh, stick, (file, bytes) => (file === pageFileName(1) ? bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte)) : bytes))).toBe('DAMAGED');
    expect(await snapshot.chunk(pageFileName(2), new Uint8Array(1), true)).toMatchObject({ ok: false, fault: { code: 'MALFORMED' } });
    // The window is gone: after a minute of silence the line is dialled again.
    passed += SILENT_MAX_MS + 1;
    fresh.syncing.tick();
    expect(snapshot.end(fresh.test.grant)).toMatchObject({ ok: false, fault: { code: 'NOT_FOUND' } });
    expect(outcomes(fresh)).toEqual([expect.stringContaining('SNAPSHOT_REFUSED'), expect.stringContaining('SNAPSHOT_REFUSED')]);
    expect(fresh.test.ledger.read.get('SELECT count(*) AS n FROM segment WHERE own = 0')).toEqual({ n: 0 });
    expect((await fresh.now()).ok).toBe(true);
    expect(charts(fresh)).toEqual(charts(desk));
  });

  it('SYN-141 a folder cut off halfway is finished by line', async () => {
    const fresh = await newWorkstation();
    const stick = join(folder.path, 'half');
    await makeSnapshot(central, fresh.keys.deviceId, stick);
    rmSync(join(stick, pageFileName(2)));
    expect((await fresh.syncing.provision(fresh.test.grant, stick, yieldNow)).ok).toBe(false);
    const { applied } = { applied: Number(fresh.test.ledger.read.get('SELECT count(*) AS n FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE own = 0')?.['n']) };
    expect(applied).toBeGreaterThan(0);
    expect((await fresh.now()).ok).toBe(true);
    expect(charts(fresh)).toEqual(charts(desk));
  });

  it('SYN-141 what is damaged, changed, foreign or in the wrong order is refused by name, and nothing of it is taken', async () => {
    const [fresh, other] = [await newWorkstation(), await newWorkstation()];
    const stick = join(folder.path, 'hostile');
    const foreign = join(folder.path, 'foreign');
    await makeSnapshot(central, fresh.keys.deviceId, stick);
    await makeSnapshot(central, other.keys.deviceId, foreign);
    const first = readFileSync(join(stick, pageFileName(1)));
    const manifest = readFileSync(join(stick, SNAPSHOT_MANIFEST), 'utf8');
    const attempt = async (): Promise<unknown> => {
      const outcome = await fresh.syncing.provision(fresh.test.grant, stick, yieldNow);
      return outcome.ok ? 'taken' : outcome.fault.detail?.['rule'];
    };
    /** With the manifest's word for it made right, so that the page itself has to be judged. */
    const withPage = async (page: Uint8Array): Promise<unknown> => {
      const { createHash } = await import('node:crypto');
      const told = JSON.parse(manifest) as { pages: { bytes: number; sha256: string }[] };
      Object.assign(told.pages[0]!, { bytes: page.length, sha256: createHash('sha256').update(page).digest('hex') });
      writeFileSync(join(stick, pageFileName(1)), page);
      writeFileSync(join(stick, SNAPSHOT_MANIFEST), JSON.stringify(told));
      return attempt();
    };
    const flipped = (at: number): Uint8Array => Uint8Array.from(first, (byte, index) => (index === at ? byte ^ 1 : byte));
    writeFileSync(join(stick, pageFileName(1)), flipped(first.length - 1));
    expect(await attempt()).toBe('DAMAGED');
    for (const at of [first.length - 1, Math.floor(first.length / 2), 40, 100]) expect(['BAD_SIGNATURE', 'BAD_SEAL', 'MALFORMED', 'OTHER_DEVICE', 'OTHER_ORGANIZATION', 'UNKNOWN_CODEC', 'NOT_A_SEED']).toContain(await withPage(flipped(at)));
    expect(await withPage(first.subarray(0, first.length / 2))).toBe('MALFORMED');
    expect(await withPage(new Uint8Array(0))).toBe('MALFORMED');
    expect(await withPage(readFileSync(join(foreign, pageFileName(1))))).toBe('OTHER_DEVICE');
    expect(await withPage(readFileSync(join(stick, pageFileName(2))))).toBe('GAP');
    expect(await fresh.syncing.provision(fresh.test.grant, foreign, yieldNow)).toMatchObject({ ok: false, fault: { code: 'SNAPSHOT_REFUSED', detail: { rule: 'OTHER_DEVICE' } } });
    expect(await fresh.syncing.provision(fresh.test.grant, folder.path, yieldNow)).toMatchObject({ ok: false, fault: { code: 'FILE_UNREADABLE' } });
    writeFileSync(join(stick, SNAPSHOT_MANIFEST), manifest.replace('000001.page', '../../etc/passwd'));
    expect(await attempt()).toBe('MALFORMED');
    expect(fresh.test.ledger.read.get('SELECT count(*) AS n FROM segment WHERE own = 0')).toEqual({ n: 0 });
    writeFileSync(join(stick, pageFileName(1)), first);
    writeFileSync(join(stick, SNAPSHOT_MANIFEST), manifest);
    expect(await attempt()).toBe('taken');
  });

  it('SYN-143 a seed of a log that is another one by now is forgotten, and the workstation is filled all the same', async () => {
    const fresh = await newWorkstation();
    const stick = join(folder.path, 'old');
    await makeSnapshot(central, fresh.keys.deviceId, stick);
    rmSync(join(stick, pageFileName(2)));
    await fresh.syncing.provision(fresh.test.grant, stick, yieldNow);
    await central.beginEpoch();
    // Its conversation is of the log that is no more.
    await desk.relock();
    expect((await desk.now()).ok).toBe(true);
    expect((await fresh.now()).ok).toBe(true);
    expect(fresh.view().loading).toBeNull();
    expect(charts(fresh)).toEqual(charts(desk));
  });
});

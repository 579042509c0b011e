import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { testOrganization } from '../../build/fixtures/test-organization.ts';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { openTestWorkstation, type TestWorkstation } from '../../build/fixtures/test-syncing.ts';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { DeviceId, RecordId, type EntryId } from '../../shared/base/ids.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import { isPatientNumber } from '../../shared/records/patient-number.ts';
import { createTrunkReader } from '../../shared/sync/trunk-wire.ts';
import { compareProjection, entriesOf, isUnsent, ownSegments, type ProjectionDifference } from '../ledger/ledger.ts';
import { registerPatient } from '../records/records.ts';
import { nodeNetwork, type Network } from './sync.ts';
import { readState } from './sync-state.ts';

/** Defects that others shipped, on real ledgers and a real central; those of the cores alone are in shared/sync/field-lessons.test.ts, and D11 is in main/audit. */
/** Of a frame that begins a message: where its type stands, and the types that carry a batch (docs/sync-protocol.md, sections 3 and 5). */
const TYPE_OFFSET = 4;
const PUSHES: ReadonlySet<number> = new Set([5, 26]);
const organization = testOrganization();
const { central, enrolled, closes } = organization;
afterEach(organization.close);

function ledger(options: Parameters<typeof openTestLedger>[0]): TestLedger {
  const opened = openTestLedger(options);
  closes(() => opened.close());
  return opened;
}
function last<Value>(steps: Generator<unknown, Value>): Value {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
const differences = (test: TestLedger): readonly ProjectionDifference[] => last(compareProjection(test.ledger.read, 500));

function amend(test: TestLedger, record: RecordId, fields: Readonly<Record<string, string>>): EntryId {
  const written = test.ledger.append(test.grant, [{ kind: 'amend', patient: record, record, body: { fields, reason: 'told so' } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return written.value[0]!.entry;
}
const phone = (number: string) => ({ telecom: JSON.stringify([{ system: 'phone', value: number }]) });

describe('field lessons', () => {
  it('SYN-191 D2 whoever changes a record again while it is sent has the second change unsent', async () => {
    const hub = await central();
    let during: (() => void) | null = null;
    const network: Network = {
      ...nodeNetwork,
      async dial(dial) {
        const dialed = await nodeNetwork.dial(dial);
        if (!dialed.ok) return dialed;
        const { write } = dialed.value;
        const reader = createTrunkReader();
        const carriesBatch = (bytes: Uint8Array): boolean => {
          const records = reader.push(bytes);
          return records.ok && records.value.some((record) => record.is === 'data' && record.lane === LANE.clinical && PUSHES.has(record.frame[TYPE_OFFSET] ?? 0));
        };
        return { ok: true, value: { ...dialed.value, write: (bytes) => (carriesBatch(bytes) && during?.(), write(bytes)) } };
      },
    };
    const one = await enrolled(hub, network);
    const patient = one.register('Okafor');
    const { read } = one.test.ledger;
    const changes = [amend(one.test, patient, phone('555-0101'))];
    during = () => {
      // The batch that holds the first change is on the line.
      during = null;
      changes.push(amend(one.test, patient, phone('555-0199')));
    };
    const seen: string[] = [];
    await one.until(() => {
      seen.push(changes.map((entry) => (isUnsent(read, entry) ? 'unsent' : 'sent')).join());
      return changes.length === 2 && one.view().allSent;
    });
    expect([...new Set(seen.filter((each) => each.includes(',')))]).toEqual(['unsent,unsent', 'sent,unsent', 'sent,sent']);
    expect(await hub.verify()).toMatchObject({ ok: true, entries: one.entries() });
    expect(read.get('SELECT phone FROM patient WHERE record = ?', patient)).toEqual({ phone: '555-0199' });
  });

  it('SYN-192 D3 what refers to something not held here, or is not understood, is kept, counted and takes effect when that comes', async () => {
    const hub = await central();
    const [one, other] = [await enrolled(hub), await enrolled(hub)];
    const elsewhere = RecordId.parse('11111111-1111-4111-8111-111111111111');
    amend(one.test, elsewhere, { gender: '"female"' });
    one.test.ledger.append(one.test.grant, [{ kind: 'telepathy' as never, body: { thought: 1 } }]);
    one.register('Behind it');
    expect(await one.now()).toMatchObject({ ok: true });
    expect(await other.now()).toMatchObject({ ok: true, value: { parked: 1, refused: [] } });
    await one.now();
    const { read } = other.test.ledger;
    expect(read.get('SELECT family FROM patient')).toEqual({ family: 'Behind it' });
    expect(read.all("SELECT kind FROM ledger WHERE kind IN ('amend', 'telepathy') ORDER BY position")).toEqual([{ kind: 'amend' }, { kind: 'telepathy' }]);
    expect(read.get('SELECT 1 FROM patient WHERE record = ?', elsewhere)).toBeUndefined();
    one.test.ledger.append(one.test.grant, [{ kind: 'resource', patient: elsewhere, record: elsewhere, body: { resourceType: 'Patient', id: elsewhere, gender: 'male', name: [{ family: 'Late' }] } }]);
    await one.now();
    await other.now();
    expect(read.get('SELECT family FROM patient WHERE record = ?', elsewhere)).toEqual({ family: 'Late' });
    // The change that came first is not lost on what it changes: neither knew of the other, so somebody decides.
    expect(read.all('SELECT element FROM conflict WHERE record = ?', elsewhere)).toEqual([{ element: 'gender' }]);
    expect(differences(other.test)).toEqual([]);
  });

  it('SYN-196 D7 the number on a card is given once, by no restored backup again, and no merge writes it anew', () => {
    const device = DeviceId.parse('00000000000000d1');
    const [here, there] = [ledger({ device }), ledger({ device: DeviceId.parse('00000000000000d2') })];
    const register = (test: TestLedger, id: DeviceId, family: string): string => {
      const registered = registerPatient(test.ledger, test.grant, id, { family, given: 'Test', sex: 'female', birthDate: '1985-07-14' });
      if (!registered.ok) throw new Error(registered.fault.code);
      return registered.value.number;
    };
    const given = ['One', 'Two', 'Three'].map((family) => register(here, device, family));
    const others = ['One', 'Two', 'Three'].map((family) => register(there, DeviceId.parse('00000000000000d2'), family));
    expect(new Set([...given, ...others]).size).toBe(6);
    expect([...given, ...others].every(isPatientNumber)).toBe(true);
    for (const { id } of ownSegments(there.ledger.read)) here.ledger.receive([{ entries: entriesOf(there.ledger.read, id, 0, 1000, 1e9) }], () => undefined);
    const numbers = (test: TestLedger) => test.ledger.read.all('SELECT number FROM patient ORDER BY number').map((row) => row['number']);
    expect(numbers(here)).toEqual([...given, ...others].toSorted());
    // A vault put back to before all of them, which has read back what it had sent.
    here.ledger.keep((write) => (write.run("DELETE FROM local_state WHERE key = 'patient-number'"), { ok: true, value: null }));
    expect([...given, ...others]).not.toContain(register(here, device, 'Four'));
    expect(new Set(numbers(here)).size).toBe(7);
  });

  it('SYN-287 two workstations whose ids end alike give other numbers once central knows both; what was given before stays', async () => {
    const hub = await central();
    const stations = ['0000000000000123', '0000000000008123'].map((device) => openTestWorkstation({ device }));
    for (const station of stations) closes(() => station.close());
    const give = ({ test, keys }: TestWorkstation): string => {
      const registered = registerPatient(test.ledger, test.grant, keys.deviceId, { family: 'Made', given: 'Up', sex: 'female', birthDate: '1985-07-14' });
      if (!registered.ok) throw new Error(registered.fault.code);
      return registered.value.number;
    };
    const [one, other] = stations as [TestWorkstation, TestWorkstation];
    const before = [give(one), give(other)];
    expect(before[0]).toBe(before[1]);
    for (const station of stations) expect(await station.enrol(await hub.code())).toMatchObject({ ok: true });
    const after = [give(one), give(other)];
    expect(after.map((number) => number.slice(0, 3) === before[0]?.slice(0, 3))).toEqual([true, false]);
    expect(after.every(isPatientNumber)).toBe(true);
    expect(one.test.ledger.read.all('SELECT number FROM patient ORDER BY number').map((row) => row['number'])).toEqual([before[0], after[0]].toSorted());
    // Enrolled again, it goes on with the same.
    expect(await other.enrol(await hub.code())).toMatchObject({ ok: true });
    expect(give(other).slice(0, 3)).toBe(after[1]?.slice(0, 3));
  });

  it('SYN-198 D9 a page is durable when it is said to be, also while a new workstation is filled, and power may go in between', async () => {
    const hub = await central();
    const one = await enrolled(hub);
    const visits = Array.from({ length: 400 }, (_, at) => ({ kind: 'chart.viewed' as const, body: { what: 'summary', at, note: `${Math.sin(at)}` } }));
    for (let turn = 0; turn < 5; turn += 1) expect(one.test.ledger.append(one.test.grant, visits).ok).toBe(true);
    await one.now();
    const fresh = await enrolled(hub);
    const { store, path } = fresh.test;
    const left = temporaryFolder();
    closes(() => left.remove());
    let passed: number | null = null;
    const pragmas = () => ['journal_mode', 'synchronous'].map((name) => store.read.get(`SELECT * FROM pragma_${name}`)?.[name]);
    fresh.test.ledger.onCommit(() => {
      expect(pragmas()).toEqual(['wal', 2]);
      if (passed !== null || fresh.entries() < 500) return;
      passed = fresh.entries();
      // What a power cut at this moment leaves: the files as they are, write-ahead log and all.
      for (const file of readdirSync(path).filter((name) => name.startsWith('vault.db'))) if (!file.endsWith('-shm')) copyFileSync(join(path, file), join(left.path, file));
    });
    expect(await fresh.now()).toMatchObject({ ok: true });
    expect(passed).toBeGreaterThan(500);
    const after = openTestWorkstation({ keys: fresh.keys, device: fresh.keys.deviceId, folder: left.path });
    closes(() => after.close());
    expect(after.entries()).toBeGreaterThanOrEqual(passed!);
    expect(differences(after.test)).toEqual([]);
    const { read } = after.test.ledger;
    expect(Math.max(readState(read, 'sync.cursor')?.lsn ?? 0, readState(read, 'sync.seeding')?.passed ?? 0)).toBeGreaterThan(0);
    expect(await after.now()).toMatchObject({ ok: true, value: { loading: null } });
    expect(after.entries()).toBeGreaterThanOrEqual(one.entries());
    expect(differences(after.test)).toEqual([]);
  });

  it('SYN-198 D9 nothing but the store sets what durability rests on', () => {
    const root = join(import.meta.dirname, '..');
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    const setting = sources.filter((name) => /pragma[^\n]*(journal_mode|synchronous)|'(journal_mode|synchronous) =/i.test(readFileSync(join(root, name), 'utf8')));
    expect(setting).toEqual([join('store', 'store.ts')]);
  });
});

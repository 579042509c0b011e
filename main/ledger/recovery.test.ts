import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forgedSegment } from '../../build/fixtures/forged-entries.ts';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { TEST_DEVICE } from '../../build/fixtures/test-world.ts';
import { DeviceId, recordIdOf, SegmentId, type RecordId } from '../../shared/base/ids.ts';
import { ForkedBody, RecoveredBody } from '../../shared/ledger/bodies.ts';
import { readTrail } from '../audit/audit.ts';
import { compareProjection, entriesOf, forks, outboxSize, ownSegments, projectionLines, unsentSegments, type Arriving, type ArrivingRun } from './ledger.ts';

const CENTRAL = DeviceId.parse('00000000000000c1');

function register(test: TestLedger, family: string): RecordId {
  const written = test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family, given: 'Chidinma', sex: 'female' }, number: `K-${family}` } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return recordIdOf(written.value[0]!.entry);
}

const staff = (test: TestLedger, name: string) => test.ledger.append(test.grant, [{ kind: 'staff.changed', body: { user: '00000000000000a2', login: 'b', name, role: 'nurse', active: true, change: 'edited' } }]);
const families = (test: TestLedger) => test.ledger.read.all('SELECT family FROM patient ORDER BY family').map((row) => row['family']);

function last<Value>(steps: Generator<unknown, Value>): Value {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Every segment of one device that another holds, as central hands them on. */
function runsOf(holder: TestLedger, device: DeviceId, standing: 'attested' | 'unattested'): ArrivingRun[] {
  return holder.ledger.read.all('SELECT id FROM segment WHERE device = ? ORDER BY ref', device).map((row) => ({ entries: entriesOf(holder.ledger.read, SegmentId.parse(row['id']), 0, 1000, 1e9), standing, author: device }));
}

function take(test: TestLedger, runs: readonly ArrivingRun[]) {
  const received = test.ledger.receive(runs, () => undefined);
  if (!received.ok) throw new Error(received.fault.code);
  return received.value;
}

/** A workstation put back to noon, and whoever holds what it wrote until the evening. */
function restored(): { before: TestLedger; after: TestLedger; central: TestLedger } {
  const before = openTestLedger();
  register(before, 'Morning');
  staff(before, 'Morning');
  before.store.checkpoint();
  const file = join(before.path, 'vault.db');
  copyFileSync(file, `${file}.noon`);
  before.clock.advance(3_600_000);
  register(before, 'Afternoon');
  staff(before, 'Afternoon');
  const evening = before.reopen();
  register(evening, 'Evening');
  const central = openTestLedger({ device: CENTRAL });
  take(central, runsOf(evening, TEST_DEVICE, 'attested'));
  evening.store.close();
  rmSync(`${file}-wal`, { force: true });
  copyFileSync(`${file}.noon`, file);
  evening.clock.advance(3_600_000);
  return { before, after: openTestLedger({ folder: before.path, clock: evening.clock }), central };
}

describe('after a restore', () => {
  it('LED-24 what was lost comes back, folds as if it had never gone, and is told in the trail', () => {
    const { before, after, central } = restored();
    expect(families(after)).toEqual(['Morning']);
    staff(after, 'Night');
    register(after, 'Night');
    const lanes = after.ledger.lanes();
    const back = take(after, runsOf(central, TEST_DEVICE, 'attested'));
    expect(back).toMatchObject({ closed: [], parked: 0 });
    expect(back.recovered).toBe(back.applied);
    expect(families(after)).toEqual(['Afternoon', 'Evening', 'Morning', 'Night']);
    // Older words that come behind newer ones do not undo them.
    expect(after.ledger.read.all('SELECT name FROM staff')).toEqual([{ name: 'Night' }]);
    const row = after.ledger.read.get("SELECT body FROM ledger WHERE kind = 'ledger.recovered'");
    const told = RecoveredBody.parse(JSON.parse(Buffer.from(row!['body'] as Uint8Array).toString()));
    expect(told.segments.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(back.recovered);
    expect(readTrail(after.ledger.read, { patient: null, userName: null, kinds: ['ledger.recovered'], refusedOnly: false, from: null, to: null, before: null, limit: 9 }).lines).toHaveLength(1);
    // It goes on in the segments of this start, not in those that came back.
    for (const { segment, length } of lanes) expect(after.ledger.lanes().find((lane) => lane.segment === segment)!.length).toBeGreaterThanOrEqual(length);
    take(central, runsOf(after, TEST_DEVICE, 'attested'));
    expect(projectionLines(central.ledger.read).filter((line) => !line.includes(CENTRAL))).toEqual(projectionLines(after.ledger.read));
    expect(last(compareProjection(after.ledger.read, 50))).toEqual([]);
    expect(take(after, runsOf(central, TEST_DEVICE, 'attested'))).toMatchObject({ recovered: 0, applied: 0 });
    for (const test of [after, central, before]) test.close();
  });

  it('SYN-223 two copies of one vault tell once what came back from the other, and nothing more of that', () => {
    const one = openTestLedger();
    register(one, 'Before');
    one.store.checkpoint();
    const folder = mkdtempSync(join(tmpdir(), 'outpost-copy-'));
    copyFileSync(join(one.path, 'vault.db'), join(folder, 'vault.db'));
    const other = openTestLedger({ folder, clock: one.clock });
    register(one, 'One');
    register(other, 'Other');
    const told = (test: TestLedger) => Number(test.ledger.read.get("SELECT count(*) AS count FROM ledger WHERE kind = 'ledger.recovered'")?.['count']);
    take(one, runsOf(other, TEST_DEVICE, 'attested'));
    take(other, runsOf(one, TEST_DEVICE, 'attested'));
    const [written, counted] = [told(one), other.ledger.written()];
    expect(written).toBe(1);
    for (let greeting = 0; greeting < 5; greeting += 1) {
      take(one, runsOf(other, TEST_DEVICE, 'attested'));
      take(other, runsOf(one, TEST_DEVICE, 'attested'));
    }
    // Each told of the other's work once; both hold both words, and nobody has a reason to seal or to send anything more.
    expect([told(one), told(other)]).toEqual([2, 2]);
    expect(other.ledger.written()).toBe(counted);
    expect(families(one)).toEqual(['Before', 'One', 'Other']);
    expect(families(other)).toEqual(families(one));
    one.close();
    other.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('LED-24 what came back is unsent until central says that it holds it', () => {
    const { before, after, central } = restored();
    const unsent = outboxSize(after.ledger.read).count;
    const { recovered } = take(after, runsOf(central, TEST_DEVICE, 'attested'));
    // One more for the entry that tells of it, perhaps with the opening of its lane.
    expect(outboxSize(after.ledger.read).count).toBeGreaterThan(unsent + recovered);
    for (const { id, length, head } of unsentSegments(after.ledger.read)) expect(after.ledger.acknowledge({ segment: id, length, head, text: '{}' }).ok).toBe(true);
    expect(outboxSize(after.ledger.read).count).toBe(0);
    for (const test of [after, central, before]) test.close();
  });

  it('LED-24 without this device\'s own signature nothing is taken back, and nothing is closed either', () => {
    const { before, after, central } = restored();
    const segments = ownSegments(after.ledger.read).length;
    const unproven = take(after, runsOf(central, TEST_DEVICE, 'unattested'));
    expect(unproven).toMatchObject({ applied: 0, recovered: 0 });
    expect(new Set(unproven.closed.map(({ code }) => code))).toEqual(new Set(['UNPROVEN']));
    expect(families(after)).toEqual(['Morning']);
    expect(ownSegments(after.ledger.read)).toHaveLength(segments);
    expect(take(after, runsOf(central, TEST_DEVICE, 'attested')).recovered).toBeGreaterThan(0);
    expect(families(after)).toEqual(['Afternoon', 'Evening', 'Morning']);
    for (const test of [after, central, before]) test.close();
  });

  it('LED-24 a proven page takes back what an unproven one before it in the same delivery could not', () => {
    const { before, after, central } = restored();
    const runs = [...runsOf(central, TEST_DEVICE, 'unattested'), ...runsOf(central, TEST_DEVICE, 'attested')];
    expect(take(after, runs).recovered).toBeGreaterThan(0);
    expect(families(after)).toEqual(['Afternoon', 'Evening', 'Morning']);
    for (const test of [after, central, before]) test.close();
  });
});

/** Another history of the same segment: the machine was copied while it ran, and both went on. */
function forked(entries: readonly Arriving[], at: number): Arriving[] {
  const { headerText, salt } = entries[at]!;
  return [{ headerText: headerText.replace(/"decision":"[^"]*"/, '"decision":"other/1"').replace(/"body":"[0-9a-f]+"/, `"body":"${'00'.repeat(32)}"`), salt, body: null }];
}

describe('two histories of one segment', () => {
  const parts = () => {
    const a = openTestLedger({ name: 'Front desk' });
    const b = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
    for (const family of ['One', 'Two', 'Three']) register(a, family);
    const { segment } = a.ledger.lanes()[0]!;
    return { a, b, segment, entries: entriesOf(a.ledger.read, segment, 0, 100, 1e9) };
  };
  const alarms = (test: TestLedger) => test.ledger.read.all("SELECT body FROM ledger WHERE kind = 'ledger.forked'").map((row) => ForkedBody.parse(JSON.parse(Buffer.from(row['body'] as Uint8Array).toString())));

  it('LED-25 are both kept, nothing more of it is taken, one alarm is written, and the rest is taken', () => {
    const { a, b, segment, entries } = parts();
    take(b, [{ entries: entries.slice(0, 4) }]);
    const other = forgedSegment({ kind: 'chart.viewed', body: { what: 'x' } });
    const received = take(b, [{ entries: forked(entries, 3) }, { entries: other }, { entries: entries.slice(4) }]);
    expect(received).toMatchObject({ applied: other.length, closed: [{ segment, code: 'FORK' }] });
    expect(families(b)).toEqual(['One', 'Two']);
    expect(forks(b.ledger.read)).toEqual([{ segment, device: TEST_DEVICE, deviceName: 'Front desk', own: false, lane: 0, from: 3, evidence: 2, noticedAt: b.clock.now() }]);
    expect(b.ledger.read.get('SELECT header FROM fork ORDER BY sequence')).toEqual({ header: forked(entries, 3)[0]!.headerText });
    expect(alarms(b)).toMatchObject([{ segment, sequence: 3, device: TEST_DEVICE, code: 'FORK' }]);
    // The same again, and after the next start, is no news; what is held already is still the same.
    const again = b.reopen();
    expect(take(again, [{ entries: [...entries.slice(0, 3), ...forked(entries, 3)] }])).toMatchObject({ duplicates: 3, applied: 0, closed: [{ segment, code: 'FORK' }] });
    expect(alarms(again)).toHaveLength(1);
    expect(forks(again.ledger.read)[0]!.evidence).toBe(2);
    expect(last(compareProjection(again.ledger.read, 50))).toEqual([]);
    a.close();
    again.close();
  });

  it('LED-25 are noticed by the hash before, though no id is used twice', () => {
    const { a, b, segment, entries } = parts();
    take(b, [{ entries: entries.slice(0, 4) }]);
    expect(take(b, [{ entries: entries.slice(4), previous: new Uint8Array(32).fill(7) }])).toMatchObject({ applied: 0, closed: [{ segment, code: 'FORK' }] });
    expect(take(b, [{ entries: entries.slice(4), previous: entries[3]!.hash }])).toMatchObject({ applied: 0 });
    a.close();
    b.close();
  });

  it('LED-25 so is what another than its author has signed, known or not', () => {
    const { a, b, segment, entries } = parts();
    take(b, [{ entries: entries.slice(0, 4) }]);
    expect(take(b, [{ entries: entries.slice(4), standing: 'contradicted', author: TEST_DEVICE }])).toMatchObject({ applied: 0, closed: [{ segment, code: 'CONTRADICTED' }] });
    const unknown = forgedSegment({ kind: 'chart.viewed', body: { what: 'x' } });
    const strange = SegmentId.parse('feedfeedfeedfeed');
    expect(take(b, [{ entries: unknown, standing: 'contradicted', author: CENTRAL }])).toMatchObject({ applied: 0, closed: [{ segment: strange, code: 'CONTRADICTED' }] });
    expect(take(b, [{ entries: unknown }])).toMatchObject({ applied: 0 });
    expect(alarms(b).map(({ segment: about, code }) => [about, code])).toEqual([[segment, 'CONTRADICTED'], [strange, 'CONTRADICTED']]);
    expect(families(b)).toEqual(['One', 'Two']);
    a.close();
    b.close();
  });

  it('LED-25 leave little evidence however much comes', () => {
    const { a, b, segment, entries } = parts();
    take(b, [{ entries: entries.slice(0, 4) }]);
    take(b, [{ entries: forked(entries, 3) }]);
    for (let sequence = 4; sequence < 300; sequence += 1) take(b, [{ entries: [{ ...entries[4]!, headerText: entries[4]!.headerText.replace(/"sequence":\d+/, `"sequence":${sequence}`) }] }]);
    expect(forks(b.ledger.read)).toMatchObject([{ segment, evidence: 100 }]);
    a.close();
    b.close();
  });

  it('SYN-222 of which central alone has seen the second: the segment is closed for good, that is told once, and the next entry goes to another', () => {
    const { a, b, segment } = parts();
    const at = entriesOf(a.ledger.read, segment, 1, 1, 1e9)[0]!;
    expect(a.ledger.acknowledge({ segment, length: 2, head: at.hash, text: '{}' }).ok).toBe(true);
    expect(a.ledger.close(segment).ok).toBe(true);
    expect(a.ledger.close(segment).ok).toBe(true);
    expect(alarms(a)).toMatchObject([{ segment, sequence: 2, device: TEST_DEVICE, code: 'FORK', other: null }]);
    expect(forks(a.ledger.read)).toMatchObject([{ segment, own: true, from: 2, evidence: 0, noticedAt: null }]);
    register(a, 'Four');
    expect(a.ledger.lanes().map((head) => head.segment)).not.toContain(segment);
    expect(families(a)).toEqual(['Four', 'One', 'Three', 'Two']);
    // Nobody else's segment is closed on such a word.
    take(b, runsOf(a, TEST_DEVICE, 'attested'));
    expect(b.ledger.close(segment).ok).toBe(true);
    expect(forks(b.ledger.read)).toEqual([]);
    const next = a.reopen();
    expect(ownSegments(next.ledger.read).find(({ id }) => id === segment)).toMatchObject({ closed: 2 });
    next.close();
    b.close();
  });

  it('LED-26 of this very machine make it go on in new segments, with the same session', () => {
    const { a, segment, entries } = parts();
    const before = a.ledger.lanes();
    expect(take(a, [{ entries: forked(entries, 3), standing: 'attested' }])).toMatchObject({ closed: [{ segment, code: 'FORK' }] });
    register(a, 'Four');
    a.ledger.append(a.grant, [{ kind: 'chart.viewed', body: { what: 'x' } }]);
    const after = a.ledger.lanes();
    expect(after.map(({ lane }) => lane)).toEqual([0, 1, 2]);
    for (const { segment: old } of before) expect(after.map((head) => head.segment)).not.toContain(old);
    expect(alarms(a)).toMatchObject([{ segment, code: 'FORK' }]);
    expect(families(a)).toEqual(['Four', 'One', 'Three', 'Two']);
    expect(a.ledger.read.get("SELECT session.name FROM ledger JOIN session ON session.segment = ledger.segment AND session.sequence = ledger.session WHERE kind = 'patient.register' ORDER BY position DESC")).toEqual({ name: 'Ada Obi' });
    expect(last(compareProjection(a.ledger.read, 50))).toEqual([]);
    const next = a.reopen();
    expect(next.ledger.state().segment).not.toBe(segment);
    next.close();
  });
});

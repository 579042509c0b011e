import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTestLedger, testGrant, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { temporaryFolder } from '../../build/fixtures/test-world.ts';
import { DeviceId, recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import { SegmentOpenBody } from '../../shared/ledger/bodies.ts';
import { LANE, type Lane } from '../../shared/ledger/lanes.ts';
import { ENTRY_MAX_BYTES } from '../../shared/sync/limits.ts';
import { entriesOf, outboxByLane, outboxSize, ownSegments, unsentSegments } from './ledger.ts';

function register(test: TestLedger): RecordId {
  const written = test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Okafor', given: 'Chidinma', sex: 'female' }, number: 'K7-0042-3' } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return recordIdOf(written.value[0]!.entry);
}

const view = (test: TestLedger) => test.ledger.append(test.grant, [{ kind: 'chart.viewed', body: { what: 'chart' } }]);
const laneOfKind = (test: TestLedger, kind: string) => test.ledger.read.get('SELECT segment.lane FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE kind = ? ORDER BY position DESC LIMIT 1', kind)?.['lane'];
const opening = (test: TestLedger, lane: Lane) => {
  const segment = test.ledger.lanes().find((head) => head.lane === lane)!.segment;
  return SegmentOpenBody.parse(JSON.parse(Buffer.from(entriesOf(test.ledger.read, segment, 0, 1, 0)[0]!.body!).toString()));
};

describe('lanes', () => {
  it('LED-17 an entry goes by the lane of its kind, and a lane is opened by what is first written to it', () => {
    const test = openTestLedger();
    expect(test.ledger.lanes().map(({ lane }) => lane)).toEqual([LANE.clinical, LANE.reads]);
    const patient = register(test);
    expect(laneOfKind(test, 'patient.register')).toBe(LANE.urgent);
    test.ledger.append(test.grant, [{ kind: 'problem', patient, body: { patient, problem: { text: 'Asthma' }, at: test.clock.now() } }]);
    expect(laneOfKind(test, 'problem')).toBe(LANE.clinical);
    view(test);
    expect(laneOfKind(test, 'chart.viewed')).toBe(LANE.reads);
    test.ledger.append(test.grant, [{ kind: 'resource', lane: LANE.bulk, body: { resourceType: 'Flag' } }]);
    expect(laneOfKind(test, 'resource')).toBe(LANE.bulk);
    expect(test.ledger.lanes().map(({ lane }) => lane)).toEqual([0, 1, 2, 3]);
    test.close();
  });

  it('LED-17 an amendment goes by the lane of the record it amends', () => {
    const test = openTestLedger();
    const patient = register(test);
    const written = test.ledger.append(test.grant, [{ kind: 'allergy', patient, body: { patient, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'high', at: test.clock.now() } }]);
    if (!written.ok) throw new Error(written.fault.code);
    const amend = (record: RecordId) => test.ledger.append(test.grant, [{ kind: 'amend', patient, record, body: { fields: { note: null }, reason: 'x' } }]);
    amend(recordIdOf(written.value[0]!.entry));
    expect(laneOfKind(test, 'amend')).toBe(LANE.urgent);
    amend(patient);
    expect(laneOfKind(test, 'amend')).toBe(LANE.clinical);
    test.close();
  });

  it('LED-17 the first entries of a start name its lanes, and where those of the start before ended', () => {
    const one = openTestLedger();
    register(one);
    view(one);
    const ended = one.ledger.lanes();
    const clinical = opening(one, LANE.clinical);
    expect(clinical).toMatchObject({ lane: LANE.clinical, start: one.ledger.state().segment, previous: null, heads: [] });
    expect(opening(one, LANE.urgent)).toMatchObject({ lane: LANE.urgent, start: one.ledger.state().segment, previous: null, heads: [] });
    const two = one.reopen();
    register(two);
    const { lane: _lane, ...clinicalEnd } = ended.find(({ lane }) => lane === LANE.clinical)!;
    expect(opening(two, LANE.clinical)).toMatchObject({ start: two.ledger.state().segment, previous: clinicalEnd, heads: ended.filter(({ lane }) => lane !== LANE.clinical) });
    const { lane: _other, ...urgentEnd } = ended.find(({ lane }) => lane === LANE.urgent)!;
    expect(opening(two, LANE.urgent)).toMatchObject({ start: two.ledger.state().segment, previous: urgentEnd, heads: [] });
    const three = two.reopen();
    expect(opening(three, LANE.clinical).heads.map(({ lane }) => lane)).toEqual([LANE.urgent, LANE.reads]);
    three.close();
  });

  it('LED-17 one clock orders the entries of all lanes', () => {
    const test = openTestLedger();
    for (let turn = 0; turn < 3; turn += 1) {
      register(test);
      view(test);
    }
    test.clock.set(0);
    register(test);
    view(test);
    const clocks = test.ledger.read.all('SELECT header FROM ledger ORDER BY position').map((row) => (JSON.parse(String(row['header'])) as { clock: [number, number] }).clock);
    for (const [index, [ms, count]] of clocks.entries()) {
      const [before, counted] = clocks[index - 1] ?? [0, -1];
      expect(ms > before || (ms === before && count > counted)).toBe(true);
    }
    test.close();
  });

  it('LED-1 a transaction over several lanes is there whole or not at all, openings included', () => {
    const test = openTestLedger();
    const before = { rows: test.ledger.read.get('SELECT count(*) AS n FROM ledger'), lanes: test.ledger.lanes(), segments: ownSegments(test.ledger.read).length };
    expect(() =>
      test.ledger.transact(test.grant, (tx) => {
        tx.append({ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'A', given: 'B', sex: 'male' }, number: '1' } });
        tx.append({ kind: 'chart.viewed', body: { what: 'x' } });
        throw new Error('broken');
      }),
    ).toThrow('broken');
    expect({ rows: test.ledger.read.get('SELECT count(*) AS n FROM ledger'), lanes: test.ledger.lanes(), segments: ownSegments(test.ledger.read).length }).toEqual(before);
    register(test);
    expect(test.ledger.read.get("SELECT name FROM session JOIN ledger USING (segment) JOIN segment ON segment.ref = ledger.segment WHERE lane = 0 AND ledger.session = session.sequence")).toEqual({ name: 'Ada Obi' });
    test.close();
  });

  it('LED-18 a lane says by itself who wrote each of its entries', () => {
    const a = openTestLedger();
    const b = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
    const patient = register(a);
    register(a);
    a.ledger.append(a.grant, [{ kind: 'encounter', patient, body: { patient, class: 'AMB', at: a.clock.now() } }]);
    for (const lane of [LANE.urgent, LANE.clinical]) {
      const { segment } = a.ledger.lanes().find((head) => head.lane === lane)!;
      expect(b.ledger.receive([{ entries: entriesOf(a.ledger.read, segment, 0, 100, 1e9) }], () => undefined)).toMatchObject({ ok: true, value: { parked: 0 } });
    }
    const authors = b.ledger.read.all(
      `SELECT session.name, session.original IS NOT NULL AS again FROM ledger JOIN segment ON segment.ref = ledger.segment
       LEFT JOIN session ON session.segment = ledger.segment AND session.sequence = ledger.session WHERE own = 0 AND ledger.kind IN ('patient.register', 'encounter')`,
    );
    expect(authors).toEqual([1, 2, 3].map(() => ({ name: 'Ada Obi', again: 1 })));
    // Once for each lane, however much is written to it.
    expect(a.ledger.read.get("SELECT count(*) AS n FROM ledger WHERE kind = 'session.open'")).toEqual({ n: 3 });
    a.close();
    b.close();
  });

  it('LED-18 nobody writes in a session that was never opened here', () => {
    const test = openTestLedger();
    const elsewhere = testGrant('00000000000000ff.1' as never);
    expect(() => test.ledger.append(elsewhere, [{ kind: 'chart.viewed', body: { what: 'x' } }])).toThrow('a session is opened before');
    test.close();
  });

  it('LED-19 two copies of one vault, opened side by side, give no id twice', () => {
    const first = openTestLedger();
    register(first);
    first.store.checkpoint();
    first.store.close();
    const folder = temporaryFolder();
    copyFileSync(join(first.path, 'vault.db'), join(folder.path, 'vault.db'));
    const copies = [openTestLedger({ folder: first.path, clock: first.clock }), openTestLedger({ folder: folder.path, clock: first.clock })];
    const reader = openTestLedger({ device: DeviceId.parse('00000000000000d3') });
    for (const copy of copies) {
      register(copy);
      view(copy);
    }
    const [one, other] = copies.map((copy) => copy.ledger.lanes().map(({ segment }) => segment));
    expect(new Set([...one!, ...other!]).size).toBe(6);
    for (const copy of copies) {
      for (const { id } of ownSegments(copy.ledger.read)) expect(reader.ledger.receive([{ entries: entriesOf(copy.ledger.read, id, 0, 100, 1e9) }], () => undefined).ok).toBe(true);
    }
    expect(reader.ledger.read.get("SELECT count(*) AS n FROM record WHERE type = 'Patient'")).toEqual({ n: 3 });
    for (const test of [...copies, reader, first]) test.close();
    folder.remove();
  });

  it('LED-20 an entry that no reader would take for its size is refused by name, and nothing comes of its transaction', () => {
    const test = openTestLedger();
    const before = test.ledger.lanes();
    const body = new Uint8Array(ENTRY_MAX_BYTES).fill(0x20);
    const outcome = test.ledger.transact(test.grant, (tx) => {
      tx.append({ kind: 'chart.viewed', body: { what: 'x' } });
      tx.append({ kind: 'resource', body });
      return { ok: true, value: null };
    });
    expect(outcome).toEqual({ ok: false, fault: { code: 'TOO_LARGE' } });
    expect(test.ledger.lanes()).toEqual(before);
    test.close();
  });

  it('LED-21 what is unsent is known by lane, urgent first, without walking what is sent', () => {
    const test = openTestLedger();
    register(test);
    view(test);
    const [urgent, ...rest] = unsentSegments(test.ledger.read);
    expect([urgent!.lane, ...rest.map(({ lane }) => lane)]).toEqual([LANE.urgent, LANE.clinical, LANE.reads]);
    expect(test.ledger.acknowledge({ segment: urgent!.id, length: urgent!.length, head: urgent!.head, text: '{}' }).ok).toBe(true);
    expect(unsentSegments(test.ledger.read).map(({ lane }) => lane)).toEqual([LANE.clinical, LANE.reads]);
    const start = test.clock.now();
    test.clock.advance(60_000);
    register(test);
    view(test);
    expect(outboxByLane(test.ledger.read)).toEqual([
      { lane: LANE.urgent, count: 1, oldestAt: start + 60_000 },
      { lane: LANE.clinical, count: 1, oldestAt: start },
      { lane: LANE.reads, count: 4, oldestAt: start },
      { lane: LANE.bulk, count: 0, oldestAt: null },
    ]);
    expect(outboxByLane(test.ledger.read).reduce((sum, { count }) => sum + count, 0)).toBe(outboxSize(test.ledger.read).count);
    const plan = test.ledger.read.all('EXPLAIN QUERY PLAN SELECT ref FROM segment INDEXED BY segment_unsent WHERE own = 1 AND acknowledged < length ORDER BY lane, ref');
    expect(plan.map(({ detail }) => detail)).toEqual(['SCAN segment USING INDEX segment_unsent']);
    test.close();
  });
});

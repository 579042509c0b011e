import { expect, it } from 'vitest';
import { FORGED_AT, FORGED_SEGMENT, forgedSegment, type Forgery } from '../../build/fixtures/forged-entries.ts';
import { mixedCharting } from '../../build/fixtures/mixed-charting.ts';
import { createSeededRandom } from '../../build/fixtures/seeded-random.ts';
import { openTestLedger, testGrant, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { systemRandom, testClock } from '../../build/fixtures/test-world.ts';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { DeviceId, RecordId, recordIdOf, type EntryId, type SegmentId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import { CHAIN_START, chainHash, Header } from '../../shared/ledger/entry.ts';
import { migrate, MIGRATIONS } from '../migrations/migrations.ts';
import { openMemoryStore } from '../store/store.ts';
import { compareProjection, entriesOf, openLedger, projectionLines, sha256, THIS_READER, unsentSegments, type Fold, type Reader } from './ledger.ts';

const DESK = '00000000000000e1';

it('LED-30 a vault folded by older rules of merging is folded anew when it is opened, and equals its ledger again', () => {
  const here = openTestLedger();
  const there = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
  const made = here.ledger.append(here.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family: 'Obi', given: 'A', sex: 'female' }, number: 'K' } }]);
  const patient = recordIdOf(made.ok ? made.value[0]!.entry : ('' as EntryId));
  const ship = (from: typeof here, to: typeof here) => from.ledger.read.all('SELECT id FROM segment WHERE own = 1').forEach(({ id }) => to.ledger.receive([{ entries: entriesOf(from.ledger.read, id as SegmentId, 0, 1000, 1e9) }], () => undefined));
  ship(here, there);
  for (const [station, sex] of [[here, '"male"'], [there, '"other"']] as const) {
    station.clock.advance(1000);
    station.ledger.append(station.grant, [{ kind: 'amend', patient, record: patient, parents: [made.ok ? made.value[0]!.entry : ('' as EntryId)], body: { fields: { gender: sex }, reason: 'told so' } }]);
  }
  ship(there, here);
  const conflict = () => here.store.read.get('SELECT element, severity, basis, since FROM conflict');
  const folded = conflict();
  expect(folded).toMatchObject({ element: 'gender', severity: 'safety', basis: 'unsettled', since: expect.any(Number) });
  here.store.transact((write) => {
    write.run("UPDATE conflict SET since = 0, basis = 'newest'");
    write.run("DELETE FROM local_state WHERE key = 'ledger.fold'");
    return ok(null);
  });
  const reopened = here.reopen();
  expect(reopened.store.read.get('SELECT element, severity, basis, since FROM conflict')).toEqual(folded);
  const comparison = compareProjection(reopened.store.read, 1000);
  let step = comparison.next();
  while (step.done !== true) step = comparison.next();
  expect(step.value).toEqual([]);
  reopened.close();
  there.close();
});

const SHARED = RecordId.parse('11111111-1111-4111-8111-111111111111');
const thought = (context: Parameters<Fold>[0], body: Uint8Array) => THIS_READER.folds['resource']!(context, body);
/** A version that folds kinds of which this one knows nothing, and entries of a later header. */
const NEWER: Reader = { version: 9, folds: { ...THIS_READER.folds, telepathy: thought } };

it('LED-23 what a newer version wrote is kept, and folded after the update as if this workstation had always had it', () => {
  const base = testSeedOf(process.env['OUTPOST_SEED']);
  for (let seed = base; seed < base + 3; seed += 1) {
    const writers = mixedCharting(createSeededRandom(seed), { stations: 2, steps: 40, kinds: ['telepathy'] });
    const lies: Forgery[] = [
      { kind: 'amend', body: { fields: { gender: '"other"' }, reason: 'x' }, over: { record: SHARED, patient: SHARED, minReader: 9 } },
      { kind: 'telepathy', raw: Uint8Array.of(0xff) },
      { kind: 'clairvoyance', body: {} },
    ];
    const streams = [...writers.streams(), forgedSegment(...lies)];
    const read = (test: TestLedger) => streams.forEach((stream) => expect(test.ledger.receive([{ entries: stream }], () => undefined).ok).toBe(true));
    const shared = (test: TestLedger) => projectionLines(test.store.read).filter((line) => !line.includes(DESK));
    const native = openTestLedger({ device: DeviceId.parse(DESK), reader: NEWER });
    read(native);
    const older = openTestLedger({ device: DeviceId.parse(DESK) });
    read(older);
    expect(shared(older), `seed ${seed}`).not.toEqual(shared(native));
    const updated = older.reopen({ reader: NEWER });
    expect(shared(updated), `seed ${seed}`).toEqual(shared(native));
    expect(updated.store.read.all('SELECT reason, count(*) AS n FROM parked WHERE reason <> ? GROUP BY reason', 'unreadable-body')).toEqual([{ reason: 'unknown-kind', n: 1 }]);
    const comparison = compareProjection(updated.store.read, 1000, NEWER);
    let step = comparison.next();
    while (step.done !== true) step = comparison.next();
    expect(step.value, `seed ${seed}`).toEqual([]);
    // Passed on unchanged, understood or not.
    const { id } = updated.store.read.get("SELECT segment.id FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE kind = 'clairvoyance'")!;
    expect(entriesOf(updated.store.read, id as SegmentId, 0, 100, 1e9).map(({ headerText, salt, body }) => ({ headerText, salt: [...salt], body }))).toEqual(streams.at(-1)!.map(({ headerText, salt, body }) => ({ headerText, salt: [...salt], body: body === null ? null : Buffer.from(body) })));
    for (const test of [native, updated]) test.close();
    writers.close();
  }
});

it('LED-23 an update that understands no more changes nothing', () => {
  const test = openTestLedger();
  const before = projectionLines(test.store.read);
  const again = test.reopen();
  expect(projectionLines(again.store.read).filter((line) => before.includes(line))).toEqual(before);
  again.close();
});

it('LED-30 a vault as version 0.1.0 left it opens, shows its chart, and goes on in lanes', () => {
  const store = openMemoryStore();
  migrate(store, MIGRATIONS.slice(0, 1));
  const entries = forgedSegment({ kind: 'patient.register', body: { demographics: { family: 'Okafor', given: 'Chidinma', sex: 'female' }, number: 'K7-0042-3' } });
  let head: Uint8Array = CHAIN_START;
  store.transact((write) => {
    write.run("INSERT INTO segment (id, device, device_name, own, signing_key, length, head) VALUES (?, '00000000000000ee', 'Elsewhere', 1, '', 0, x'00')", FORGED_SEGMENT);
    for (const [sequence, { headerText, salt, body }] of entries.entries()) {
      const header = Header.parse(JSON.parse(headerText));
      head = chainHash(sha256, head, headerText);
      write.run('INSERT INTO ledger (segment, sequence, kind, at, header, salt, body, hash) VALUES (1, ?, ?, ?, ?, ?, ?, ?)', sequence, header.kind, header.at, headerText, salt, body, head);
      write.run('INSERT INTO outbox (position) VALUES (?)', sequence + 1);
    }
    write.run('UPDATE segment SET length = ?, head = ?', entries.length, head);
    return ok(null);
  });
  migrate(store);
  const opened = openLedger({ store, clock: testClock(FORGED_AT + 1000), random: systemRandom, device: { id: DeviceId.parse('00000000000000ee'), name: 'Elsewhere', signingKey: new Uint8Array(32) }, application: 'test', buildDate: 0, systemGrant: testGrant() });
  if (!opened.ok) throw new Error(opened.fault.code);
  expect(store.read.all('SELECT family FROM patient')).toEqual([{ family: 'Okafor' }]);
  expect(unsentSegments(store.read).map(({ lane, start, length }) => [lane, start === null, length])).toEqual([[1, true, 2], [1, false, 1]]);
  const body = entriesOf(store.read, opened.value.state().segment, 0, 1, 0)[0]!.body!;
  expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ lane: 1, heads: [], previous: { segment: FORGED_SEGMENT, length: 2, head: toHex(head) } });
  expect(opened.value.trustedNow()).toBe(FORGED_AT + 1000);
  store.close();
});

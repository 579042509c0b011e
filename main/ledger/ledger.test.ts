import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTestLedger, testGrant, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { TEST_DEVICE } from '../../build/fixtures/test-world.ts';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { DeviceId, recordIdOf, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { saltsFrom } from '../../shared/ledger/salt.ts';
import { allSegments, compareProjection, entriesOf, keepSaltSeed, outboxSize, parked, saltSeedOf, sha256, type Arriving, type Grant } from './ledger.ts';

function differences(test: TestLedger): unknown {
  const steps = compareProjection(test.ledger.read, 10);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function register(test: TestLedger, family = 'Okafor'): { patient: RecordId; entry: EntryId } {
  const written = test.ledger.append(test.grant, [{ kind: 'patient.register', patient: 'made', body: { demographics: { family, given: 'Chidinma', birthDate: '1985-07-14', sex: 'female', phone: '555-0101' }, number: 'K7-0042-3' } }]);
  if (!written.ok) throw new Error(written.fault.code);
  const entry = written.value[0]!.entry;
  return { patient: recordIdOf(entry), entry };
}

function amend(test: TestLedger, record: RecordId, fields: Record<string, string | null>, parents: readonly EntryId[]): EntryId {
  const written = test.ledger.append(test.grant, [{ kind: 'amend', patient: record, record, parents, body: { fields, reason: 'told so' } }]);
  if (!written.ok) throw new Error(written.fault.code);
  return written.value[0]!.entry;
}

function ship(from: TestLedger, to: TestLedger): void {
  for (const segment of from.ledger.read.all('SELECT id FROM segment WHERE own = 1 ORDER BY ref')) {
    const entries: Arriving[] = entriesOf(from.ledger.read, segment['id'] as never, 0, 10_000, 1e9);
    const received = to.ledger.receive([{ entries }], () => undefined);
    if (!received.ok) throw new Error(received.fault.code);
  }
}

const chartOf = (test: TestLedger) =>
  test.ledger.read.all('SELECT id, type, patient, resource, title, status, amended, conflicts FROM record ORDER BY id');

describe('ledger', () => {
  it('LED-40 the salts of a segment are derived from its own seed, and a seed that comes later is kept with a foreign one', () => {
    const [here, there] = [openTestLedger(), openTestLedger({ device: DeviceId.parse('00000000000000d2') })];
    register(there);
    const own = allSegments(there.ledger.read);
    const seeds = own.map(({ id }) => saltSeedOf(there.ledger.read, id)!);
    expect(new Set(seeds.map((seed) => Buffer.from(seed).toString('hex'))).size).toBe(own.length);
    for (const [index, { id, length }] of own.entries()) {
      const entries = entriesOf(there.ledger.read, id, 0, 1000, 1e9);
      expect(entries).toHaveLength(length);
      const saltOf = saltsFrom(sha256, seeds[index]!);
      for (const { header, salt } of entries) expect(Buffer.compare(salt, saltOf(header.sequence))).toBe(0);
    }

    ship(there, here);
    const [first, second] = own;
    expect(saltSeedOf(here.ledger.read, first!.id)).toBeNull();
    here.ledger.keep((write) => {
      keepSaltSeed(write, first!.id, seeds[0]!);
      // The first that came stays, and nobody else's word changes an own segment.
      keepSaltSeed(write, first!.id, seeds[1]!);
      for (const { id, own: isOwn } of allSegments(write)) if (isOwn) keepSaltSeed(write, id, seeds[1]!);
      return { ok: true, value: null };
    });
    expect(Buffer.compare(saltSeedOf(here.ledger.read, first!.id)!, seeds[0]!)).toBe(0);
    expect(saltSeedOf(here.ledger.read, second!.id)).toBeNull();
    for (const { id, own: isOwn } of allSegments(here.ledger.read)) if (isOwn) expect(Buffer.compare(saltSeedOf(here.ledger.read, id)!, seeds[1]!)).not.toBe(0);
    here.close();
    there.close();
  });

  it('LED-1 an entry, its fold and its place in the outbox are there together', () => {
    const test = openTestLedger();
    register(test, 'Opens the lane');
    const before = outboxSize(test.ledger.read).count;
    const { patient } = register(test);
    expect(outboxSize(test.ledger.read).count).toBe(before + 1);
    expect(test.ledger.read.get('SELECT family, birth, number FROM patient WHERE record = ?', patient)).toEqual({ family: 'Okafor', birth: '1985-07-14', number: 'K7-0042-3' });
    expect(differences(test)).toEqual([]);
    test.close();
  });

  it('LED-1 a refusal or an error inside a transaction leaves nothing, in the file and in memory', () => {
    const test = openTestLedger();
    const state = test.ledger.state();
    const rows = test.ledger.read.get('SELECT count(*) AS n FROM ledger');
    expect(() =>
      test.ledger.transact(test.grant, (tx) => {
        tx.append({ kind: 'chart.viewed', body: { what: 'x' } });
        throw new Error('broken');
      }),
    ).toThrow('broken');
    expect(test.ledger.state()).toEqual(state);
    expect(test.ledger.read.get('SELECT count(*) AS n FROM ledger')).toEqual(rows);
    register(test);
    expect(differences(test)).toEqual([]);
    test.close();
  });

  it('LED-2 a grant that was not minted writes nothing', () => {
    const test = openTestLedger();
    const forged = { decision: 'x', purpose: 'TREAT', session: null, patient: null } as unknown as Grant;
    expect(() => test.ledger.append(forged, [{ kind: 'chart.viewed' }])).toThrow('not minted');
    expect(() => test.ledger.append({ ...testGrant() }, [{ kind: 'chart.viewed' }])).toThrow('not minted');
    test.close();
  });

  it('LED-3 the ledger cannot be updated or deleted through SQL, except that a body may be erased', () => {
    const test = openTestLedger();
    const { entry } = register(test);
    const sequence = Number(entry.split('.')[1]);
    for (const sql of ['DELETE FROM ledger', "UPDATE ledger SET header = '{}'", "UPDATE ledger SET body = x'00'", 'UPDATE ledger SET at = 0']) {
      expect(() => test.ledger.keep((write) => (write.run(sql), { ok: true, value: 0 }))).toThrow('append-only');
    }
    const erased = test.ledger.keep((write) => ({ ok: true, value: write.run('UPDATE ledger SET body = NULL WHERE sequence = ?', sequence).changes }));
    expect(erased).toEqual({ ok: true, value: 1 });
    test.close();
  });

  it('LED-4 header texts are canonical JSON (RFC 8785)', () => {
    const test = openTestLedger();
    register(test, 'Łukasz\u2028"quoted"');
    for (const row of test.ledger.read.all('SELECT header FROM ledger')) {
      expect(canonicalize(JSON.parse(String(row['header'])))).toBe(row['header']);
    }
    test.close();
  });

  it('LED-5 entries of another device arrive, fold to the same chart, and arrive again without effect', () => {
    const a = openTestLedger();
    const b = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
    const { patient, entry } = register(a);
    amend(a, patient, { birthDate: '"1985-07-15"' }, [entry]);
    ship(a, b);
    expect(chartOf(b)).toEqual(chartOf(a));
    const count = b.ledger.read.get('SELECT count(*) AS n FROM ledger');
    ship(a, b);
    expect(b.ledger.read.get('SELECT count(*) AS n FROM ledger')).toEqual(count);
    expect(differences(b)).toEqual([]);
    a.close();
    b.close();
  });

  it('LED-6 concurrent values of a safety element are both kept and the conflict is the same everywhere', () => {
    const a = openTestLedger();
    const b = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
    const { patient, entry } = register(a);
    ship(a, b);
    a.clock.advance(1000);
    const one = amend(a, patient, { birthDate: '"1985-07-15"' }, [entry]);
    const two = amend(b, patient, { birthDate: '"1958-07-14"' }, [entry]);
    ship(a, b);
    ship(b, a);
    const conflicts = (test: TestLedger) => test.ledger.read.all('SELECT record, element, severity FROM conflict');
    expect(conflicts(a)).toEqual([{ record: patient, element: 'birthDate', severity: 'safety' }]);
    expect(conflicts(b)).toEqual(conflicts(a));
    expect(chartOf(b)).toEqual(chartOf(a));
    amend(b, patient, { birthDate: '"1958-07-14"' }, [one, two]);
    ship(b, a);
    expect(conflicts(a)).toEqual([]);
    expect(chartOf(b)).toEqual(chartOf(a));
    expect(differences(a)).toEqual([]);
    expect(differences(b)).toEqual([]);
    a.close();
    b.close();
  });

  it('LED-7 equal concurrent values resolve silently', () => {
    const a = openTestLedger();
    const b = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
    const { patient, entry } = register(a);
    ship(a, b);
    amend(a, patient, { gender: '"other"' }, [entry]);
    amend(b, patient, { gender: '"other"' }, [entry]);
    ship(a, b);
    ship(b, a);
    expect(a.ledger.read.all('SELECT * FROM conflict')).toEqual([]);
    expect(chartOf(a)).toEqual(chartOf(b));
    a.close();
    b.close();
  });

  it('LED-8 a gap, a changed header, body or salt is refused whole', () => {
    const a = openTestLedger();
    const b = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
    register(a);
    const { segment } = a.ledger.lanes()[0]!;
    const entries = entriesOf(a.ledger.read, segment, 0, 100, 1e9);
    const before = chartOf(b);
    const code = (list: readonly Arriving[]) => {
      const result = b.ledger.receive([{ entries: list }], () => undefined);
      return result.ok ? 'applied' : result.fault.code;
    };
    expect(code(entries.slice(1))).toBe('GAP');
    expect(code([entries[0]!, entries[2]!])).toBe('GAP');
    const last = entries.at(-1)!;
    const flipped = Uint8Array.from(last.body!);
    flipped[10]! ^= 1;
    expect(code([...entries.slice(0, -1), { ...last, body: flipped }])).toBe('BAD_HASH');
    expect(code([...entries.slice(0, -1), { ...last, headerText: last.headerText.replace('{', '{ ') }])).toBe('MALFORMED');
    expect(code([...entries.slice(0, -1), { ...last, headerText: '{"__proto__":{}}' }])).toBe('MALFORMED');
    expect(chartOf(b)).toEqual(before);
    expect(code(entries)).toBe('applied');
    a.close();
    b.close();
  });

  it('LED-9 kinds of a newer version are kept, parked and shown as such, and block nothing', () => {
    const a = openTestLedger();
    const b = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
    a.ledger.append(a.grant, [{ kind: 'telepathy' as never, body: { thought: 1 } }]);
    const { patient } = register(a);
    ship(a, b);
    expect(parked(b.ledger.read, 10)).toMatchObject([{ kind: 'telepathy', reason: 'unknown-kind', device: TEST_DEVICE, deviceName: 'Test workstation', at: a.clock.now() }]);
    expect(b.ledger.read.get('SELECT family FROM patient WHERE record = ?', patient)).toEqual({ family: 'Okafor' });
    a.close();
    b.close();
  });

  it('LED-10 an amendment that arrives before what it amends takes effect when that arrives', () => {
    const a = openTestLedger();
    const b = openTestLedger({ device: DeviceId.parse('00000000000000d2') });
    const c = openTestLedger({ device: DeviceId.parse('00000000000000d3') });
    const { patient, entry } = register(a);
    ship(a, b);
    amend(b, patient, { gender: '"male"' }, [entry]);
    ship(b, c);
    expect(chartOf(c)).toEqual([]);
    ship(a, c);
    ship(b, a);
    expect(chartOf(c)).toEqual(chartOf(a));
    expect(differences(c)).toEqual([]);
    for (const test of [a, b, c]) test.close();
  });

  it('LED-11 whatever three devices amend in whatever order, their charts end the same', () => {
    const seed = testSeedOf(process.env['OUTPOST_SEED']);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.constantFrom('birthDate', 'gender', 'telecom'), fc.nat(3), fc.boolean()), { minLength: 1, maxLength: 12 }), (steps) => {
        const devices = [1, 2, 3].map((n) => openTestLedger({ device: DeviceId.parse(`00000000000000d${n}`) }));
        const { patient } = register(devices[0]!);
        for (const other of devices.slice(1)) ship(devices[0]!, other);
        for (const [who, element, value, thenShip] of steps) {
          const device = devices[who]!;
          const parents = device.ledger.read.all("SELECT DISTINCT entry FROM head WHERE record = ? AND element = ? AND present = 1 AND superseded = 0", patient, element).map((row) => row['entry'] as EntryId);
          const created = device.ledger.read.get("SELECT 1 FROM head WHERE record = ? AND element = ? AND superseded = 1 AND present = 0", patient, element) === undefined;
          const creation = created ? [`${String(device.ledger.read.get('SELECT segment.id AS id FROM record JOIN ledger ON ledger.position = record.created JOIN segment ON segment.ref = ledger.segment')?.['id'])}.2` as EntryId] : [];
          amend(device, patient, { [element]: JSON.stringify(`value ${value}`) }, [...parents, ...creation]);
          if (thenShip) ship(device, devices[(who + 1) % 3]!);
        }
        for (const from of devices) for (const to of devices) if (from !== to) ship(from, to);
        const charts = devices.map((device) => JSON.stringify([chartOf(device), device.ledger.read.all('SELECT * FROM conflict ORDER BY record, element')]));
        expect(new Set(charts).size).toBe(1);
        expect(differences(devices[2]!)).toEqual([]);
        for (const device of devices) device.close();
      }),
      { seed, numRuns: 25 },
    );
  });
});

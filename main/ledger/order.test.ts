import { expect, it } from 'vitest';
import { FORGED_AT, forgedSegment, type Forgery } from '../../build/fixtures/forged-entries.ts';
import { mixedCharting } from '../../build/fixtures/mixed-charting.ts';
import { createSeededRandom, type SeededRandom } from '../../build/fixtures/seeded-random.ts';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { testSeedOf } from '../../build/sim/first-seed.ts';
import { DeviceId } from '../../shared/base/ids.ts';
import { compareProjection, projectionLines, type Arriving } from './ledger.ts';

const ROUNDS = 8;

function last<Value>(steps: Generator<unknown, Value>): Value {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Every stream in its order, the streams in any. */
function deliver(to: TestLedger, streams: readonly (readonly Arriving[])[], random: SeededRandom): void {
  const waiting = streams.map((stream) => [...stream]);
  for (;;) {
    const left = waiting.filter((stream) => stream.length > 0);
    if (left.length === 0) return;
    const stream = random.pick(left);
    const received = to.ledger.receive([{ entries: stream.splice(0, random.between(1, 6)) }], () => undefined);
    if (!received.ok) throw new Error(received.fault.code);
  }
}

const FORGED_CLOCK = [0, 7];
const RECORD = '11111111-1111-4111-8111-111111111111';
const claims = (type: string): Forgery => ({ kind: 'resource', body: { resourceType: type, id: RECORD }, over: { record: RECORD, patient: RECORD, clock: FORGED_CLOCK } });
/** What an enrolled device that lies would add: backdated claims on a record, sessions to come, bodies that do not read. */
const LIES: readonly Forgery[] = [
  claims('Observation'),
  claims('Patient'),
  { kind: 'encounter', body: { patient: RECORD, class: 'AMB', at: FORGED_AT }, over: { patient: RECORD, session: 6 } },
  { kind: 'amend', body: { fields: { name: '7', identifier: '[null]', telecom: '{"a":[]}' }, reason: 'x' }, over: { record: RECORD, patient: RECORD } },
  { kind: 'amend', body: { fields: { gender: 'male' }, reason: 'x' }, over: { record: RECORD, patient: RECORD } },
  { kind: 'session.open', body: { user: '00000000000000a9', login: 'x', name: 'Nobody', role: 'nurse', level: 2, device: '00000000000000ee', deviceName: 'x', addresses: [], clinic: 'x', site: { name: 'x', address: 'x', latitude: null, longitude: null, source: 'none' }, purpose: 'TREAT' } },
  { kind: 'amend', body: { fields: { gender: '"other"' }, reason: 'x' }, over: { record: RECORD, patient: RECORD, minReader: 9 } },
  { kind: 'resource', raw: Uint8Array.of(0xff) },
];

it('LED-22 whatever order lanes and devices arrive in, every reader shows the same', () => {
  const base = testSeedOf(process.env['OUTPOST_SEED']);
  for (let seed = base; seed < base + ROUNDS; seed += 1) {
    const random = createSeededRandom(seed);
    const writers = mixedCharting(random, { stations: 3, steps: 40, kinds: ['telepathy'] });
    const streams = [...writers.streams(), forgedSegment(...LIES)];
    const readers = [1, 2, 3].map((turn) => {
      const reader = openTestLedger({ inMemory: true, device: DeviceId.parse('00000000000000e1') });
      deliver(reader, streams, random.fork(turn));
      return reader;
    });
    const [first, ...others] = readers.map(({ ledger }) => projectionLines(ledger.read).filter((line) => !line.includes('00000000000000e1')));
    for (const other of others) expect(other, `seed ${seed}`).toEqual(first);
    for (const { ledger } of readers) expect(last(compareProjection(ledger.read, 100)), `seed ${seed}`).toEqual([]);
    // Whoever wrote some of it has no other view of it than those who read it.
    const writer = writers.stations[0]!;
    deliver(writer, streams, random.fork('writer'));
    expect(projectionLines(writer.ledger.read), `seed ${seed}`).toEqual(first);
    for (const reader of readers) reader.close();
    writers.close();
  }
});

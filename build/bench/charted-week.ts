import { recordIdOf, UserId, type RecordId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import type { EntryKind } from '../../shared/ledger/kinds.ts';
import { mintGrant, type Grant, type LedgerTransaction } from '../../main/ledger/ledger.ts';
import { testClock } from '../fixtures/test-world.ts';
import { createSeededRandom, type SeededRandom } from '../fixtures/seeded-random.ts';
import { valueOf, type BenchVault } from './bench-vault.ts';

/** A week of a small clinic, charted entry by entry into a real ledger by a clock that runs through the week. */
export type ChartedWeek = { readonly encounters: number; readonly views: number; readonly patients: readonly RecordId[] };
export type WeekExtent = { readonly encounters: number; readonly patients: number };
export const WHOLE_WEEK: WeekExtent = { encounters: 750, patients: 600 };

const SEED = 21;
const STAFF = 5;
const VIEWS_PER_ENCOUNTER = 12;
const MINUTES = 60_000;
const WORDS = 'patient reports pain fever cough since days ago worse at night better with rest no known history of takes medication as prescribed blood pressure today slightly raised chest clear abdomen soft tender left right knee ankle swelling mild moderate severe advised fluids follow up week month review results laboratory referral district hospital mother child weight gain feeding well sleep appetite reduced nausea vomiting diarrhoea rash itching throat ear eye vision headache dizzy walking distance breathless exertion smoking alcohol none family lives alone daughter work farm'.split(' ');

/** A clock at the beginning of a week that ends about now. */
export function weekClock(): ReturnType<typeof testClock> {
  return testClock(Date.now() - 7 * 24 * 60 * MINUTES);
}

export function chartWeek({ ledger }: BenchVault, clock: ReturnType<typeof testClock>, extent: WeekExtent = WHOLE_WEEK): ChartedWeek {
  const random = createSeededRandom(SEED);
  const grants = Array.from({ length: STAFF }, (_, index) => signIn(ledger, index));
  const patients: RecordId[] = [];
  const prose = (words: number): string => Array.from({ length: words }, () => random.pick(WORDS)).join(' ');
  const act = (grant: Grant, work: (tx: LedgerTransaction) => void): void => {
    clock.advance(random.between(1, 2) * MINUTES);
    valueOf(ledger.transact(grant, (tx) => ok(work(tx))));
  };
  const see = (tx: LedgerTransaction, patient: RecordId, times: number): void => {
    for (let view = 0; view < times; view += 1) {
      clock.advance(random.between(2000, 20_000));
      tx.append({ kind: 'chart.viewed', patient, body: { what: random.pick(['chart', 'timeline', 'trend']), count: random.between(1, 40) } });
    }
  };
  let views = 0;
  for (let number = 0; number < extent.encounters; number += 1) {
    const grant = random.pick(grants);
    const known = patients.length >= extent.patients ? random.pick(patients) : undefined;
    act(grant, (tx) => {
      const patient = known ?? register(tx, random, patients.length);
      if (known === undefined) patients.push(patient);
      see(tx, patient, VIEWS_PER_ENCOUNTER / 2);
      const encounter = recordIdOf(tx.append({ kind: 'encounter', patient, body: { patient, class: 'AMB', reason: prose(3), at: clock.now() } }).entry);
      const chart = (kind: EntryKind, body: object): void => void tx.append({ kind, patient, body: { patient, encounter, ...body, at: clock.now() } });
      chart('vitals', { values: vitals(random) });
      chart('note', { soap: { subjective: prose(60), objective: prose(40), assessment: prose(15), plan: prose(40) } });
      for (let each = 0; each < 3; each += 1) chart('problem', { problem: { text: prose(2), system: 'http://snomed.info/sct', code: String(random.between(10_000_000, 10_000_200)) } });
      for (let each = 0; each < 3; each += 1) chart('medication', { medication: { text: prose(2) }, dose: `${random.between(1, 8) * 125} mg`, frequency: random.pick(['once daily', 'twice daily', 'at night']), durationDays: random.between(3, 30) });
      if (random.chance(0.2)) chart('allergy', { substance: { text: prose(1) }, category: 'medication', criticality: random.pick(['low', 'high']) });
      see(tx, patient, VIEWS_PER_ENCOUNTER / 2);
      tx.append({ kind: 'amend', patient, record: encounter, body: { fields: { status: '"finished"' }, reason: 'visit finished' } });
    });
    views += VIEWS_PER_ENCOUNTER;
  }
  return { encounters: extent.encounters, views, patients };
}

function signIn(ledger: BenchVault['ledger'], index: number): Grant {
  const user = UserId.parse(`00000000000000${(0xc0 + index).toString(16)}`);
  const site = { name: 'Bench', address: 'Nowhere 1', latitude: null, longitude: null, source: 'none' };
  const nobody = mintGrant({ decision: 'bench/0', purpose: 'TREAT', session: null, patient: null });
  const [session] = valueOf(ledger.append(nobody, [{ kind: 'session.open', body: { user, login: `nurse${index}`, name: `Nurse ${index}`, role: 'nurse', level: 2, device: '00000000000000bd', deviceName: 'Bench', addresses: ['127.0.0.1'], clinic: 'Bench', site, purpose: 'TREAT' } }]));
  if (session === undefined) throw new Error('broken assumption: one draft gives one entry');
  return mintGrant({ decision: 'nurse/7', purpose: 'TREAT', session: session.entry, patient: null });
}

export function register(tx: LedgerTransaction, random: SeededRandom, index: number): RecordId {
  const demographics = { family: `Family${random.between(1, 400)}`, given: `Given${random.between(1, 200)}`, birthDate: `${random.between(1930, 2025)}-0${random.between(1, 9)}-1${random.between(0, 9)}`, sex: random.pick(['female', 'male']), phone: String(random.between(5_550_000, 5_559_999)) };
  return recordIdOf(tx.append({ kind: 'patient.register', patient: 'made', body: { demographics, number: `K7-${String(index).padStart(5, '0')}-3` } }).entry);
}

export function vitals(random: SeededRandom): Readonly<Record<string, number>> {
  const systolic = Math.round(random.around(128, 18));
  return {
    systolic, diastolic: Math.min(systolic - 15, Math.round(random.around(80, 10))), heartRate: Math.round(random.around(76, 12)), respiratoryRate: Math.round(random.around(16, 2)),
    temperature: Math.round(random.around(36.8, 0.5) * 10) / 10, oxygenSaturation: Math.min(100, Math.round(random.around(97, 2))), weight: Math.round(random.around(70, 14) * 10) / 10, height: Math.round(random.around(168, 9)),
  };
}

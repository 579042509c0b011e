import { recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import type { LedgerTransaction } from '../../main/ledger/ledger.ts';
import { testClock } from '../fixtures/test-world.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';

/** Single entries of a kind, charted into a real ledger by a clock that the caller moves. */

const WEEK_MS = 7 * 24 * 60 * 60_000;

/** A clock at the beginning of a week that ends about now. */
export function weekClock(): ReturnType<typeof testClock> {
  return testClock(Date.now() - WEEK_MS);
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

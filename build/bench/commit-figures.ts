import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { recordIdOf, RecordId } from '../../shared/base/ids.ts';
import { assertHolds } from '../../shared/base/result.ts';
import type { Draft, Written } from '../../main/ledger/ledger.ts';
import type { ReadHandle, SqlRow } from '../../main/store/store.ts';
import { openBare } from './bare-database.ts';
import { valueOf } from './bench-vault.ts';
import type { Clinic } from './clinic.ts';
import { withDatabase } from './database-files.ts';
import { latency, type Figure } from './figure.ts';
import { timedNow, type Cost } from './measure.ts';
import type { Sizes } from './sizes.ts';

/** Charting a panel of vital signs, durable with its fold and its place in the outbox, beside one bare durable row. */

/** A charted entry commits at 0.4 of the rate of a bare row. */
const COMMIT_RATIO_LEAST = 0.4;
const PATIENTS_IN_TURN = 50;
const WARM_UP = 50;
const NUMBER_BYTES = 8;

export async function commitFigures(folder: string, { vault, patients }: Clinic, { commits }: Sizes): Promise<readonly Figure[]> {
  const { ledger, grant, store } = vault;
  const charts = openVisits(vault, patients);
  const vitals = (turn: number): Draft => {
    const visit = charts[turn % charts.length];
    assertHolds(visit !== undefined, 'there are visits');
    const values = { systolic: 120 + (turn % 40), diastolic: 80, heartRate: 60 + (turn % 60), respiratoryRate: 16, temperature: 36.8, oxygenSaturation: 98, weight: 61.5 };
    return { kind: 'vitals', patient: visit.patient, body: { ...visit, values, at: Date.now() } };
  };
  const append = (turn: number): Written => {
    const [written] = valueOf(ledger.append(grant, [vitals(turn)]));
    assertHolds(written !== undefined, 'one draft gives one entry');
    return written;
  };
  const { bytes, rows } = sizeOfEntry(store.read, append(0));
  return withDatabase(join(folder, 'bare.db'), (path) => {
    const database = openBare(path);
    database.exec('CREATE TABLE entry (position INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT');
    const insert = database.prepare('INSERT INTO entry (payload) VALUES (?)');
    const costs = { ours: [] as Cost[], bare: [] as Cost[] };
    for (let turn = -WARM_UP; turn < commits; turn += 1) {
      const payload = randomBytes(bytes);
      const ours = (): Cost => timedNow(() => append(turn + WARM_UP));
      const bare = (): Cost => timedNow(() => insert.run(payload));
      const [one, other] = turn % 2 === 0 ? [ours(), bare()] : [bare(), ours()].toReversed();
      if (turn < 0 || one === undefined || other === undefined) continue;
      costs.ours.push(one);
      costs.bare.push(other);
    }
    database.close();
    const what = `commit of one charted panel of vital signs (${rows} rows, ${bytes.toLocaleString('en')} B)`;
    return [latency({ id: 'commit.vitals', what }, { ours: costs.ours, beside: costs.bare, besideWhat: 'bare SQLCipher, one row of as many bytes' }, { ratioLeast: COMMIT_RATIO_LEAST })];
  });
}

/** Visits of patients from all over the vault, so that the commits do not all meet on the same pages. */
function openVisits({ store, ledger, grant }: Clinic['vault'], patients: number): readonly { readonly patient: RecordId; readonly encounter: RecordId }[] {
  const step = Math.max(1, Math.floor(patients / PATIENTS_IN_TURN));
  const chosen = store.read.all('SELECT record FROM patient ORDER BY record').filter((_, index) => index % step === 0);
  return chosen.map((row) => {
    const patient = RecordId.parse(row['record']);
    const [visit] = valueOf(ledger.append(grant, [{ kind: 'encounter', patient, body: { patient, class: 'AMB', at: Date.now() } }]));
    assertHolds(visit !== undefined, 'one draft gives one entry');
    return { patient, encounter: recordIdOf(visit.entry) };
  });
}

/** What the entry and its fold put into the file: every column of every row, numbers as eight bytes. */
function sizeOfEntry(read: ReadHandle, { position }: Written): { readonly bytes: number; readonly rows: number } {
  const rows = [
    ...read.all('SELECT * FROM ledger WHERE position = ?', position),
    ...read.all('SELECT * FROM outbox WHERE position = ?', position),
    ...read.all('SELECT * FROM record WHERE created = ?', position),
    ...read.all('SELECT measurement.* FROM measurement JOIN record ON record.id = measurement.record WHERE record.created = ?', position),
  ];
  return { bytes: rows.reduce((sum, row) => sum + sizeOfRow(row), 0), rows: rows.length };
}

function sizeOfRow(row: SqlRow): number {
  return Object.values(row).reduce<number>((sum, value) => {
    if (value === null) return sum;
    if (typeof value === 'string') return sum + Buffer.byteLength(value);
    return sum + (value instanceof Uint8Array ? value.length : NUMBER_BYTES);
  }, 0);
}

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordId } from '../../shared/base/ids.ts';
import { assertHolds } from '../../shared/base/result.ts';
import type { FixtureResource } from '../fixtures/fixture-resources.ts';
import { writePopulation } from '../fixtures/generate.ts';
import { makePopulation, transactionBundle } from '../fixtures/population.ts';
import { openBare } from './bare-database.ts';
import { insertRows, rowsIn } from './bare-rows.ts';
import { importFolder, openBenchVault, type BenchVault } from './bench-vault.ts';
import { withDatabase } from './database-files.ts';
import { throughput, type Figure } from './figure.ts';
import { timed } from './measure.ts';
import { CHART_RESOURCES, type Sizes } from './sizes.ts';

/** A clinic with many patients, one of whom has a long history. */
export type Clinic = {
  readonly vault: BenchVault;
  readonly path: string;
  /** Whose chart holds `CHART_RESOURCES` resources. */
  readonly longHistory: RecordId;
  readonly patients: number;
  /** A folder with the patients alone, as NDJSON. */
  readonly patientsFolder: string;
  readonly figures: readonly Figure[];
};

const CLINIC_SEED = 11;
const HISTORY_SEED = 12;
const HISTORY_EXTENT = { patients: 12, resources: 2 * CHART_RESOURCES };

export async function openClinic(folder: string, { clinic }: Sizes, say: (line: string) => void): Promise<Clinic> {
  const source = join(folder, 'clinic');
  say(`clinic: making up ${clinic.patients.toLocaleString('en')} patients`);
  writePopulation({ seed: CLINIC_SEED, ...clinic }, source, 'ndjson');
  const longHistory = writeLongHistory(join(folder, 'history'));
  const path = join(folder, 'clinic.db');
  const vault = openBenchVault(path);
  say('clinic: import');
  const imported = await timed(() => importFolder(vault, source));
  say('clinic: the same rows into bare tables');
  const rows = rowsIn(vault.store.read);
  const bare = await withDatabase(join(folder, 'bare.db'), (barePath) => {
    const database = openBare(barePath);
    const inserted = insertRows(database, rows, 'bare');
    database.close();
    return inserted;
  });
  assertHolds((await importFolder(vault, join(folder, 'history'))).taken >= CHART_RESOURCES, 'the long history was taken');
  const patients = Number(vault.store.read.get('SELECT count(*) AS count FROM patient')?.['count']);
  const patientsFolder = keepPatientsAlone(source, join(folder, 'patients'));
  const what = `import, NDJSON per type, once at full size (${imported.value.taken.toLocaleString('en')} resources, ${bare.rows.toLocaleString('en')} rows)`;
  const figure = throughput({ id: 'import.clinic', what }, bare.rows, 'rows/s', { ours: [imported], beside: [bare], besideWhat: 'the same rows, bare SQLCipher tables' });
  return { vault, path, longHistory, patients, patientsFolder, figures: [figure] };
}

/** A bundle with one patient and exactly so many resources of that chart, the patient's own included. */
function writeLongHistory(folder: string): RecordId {
  mkdirSync(folder);
  for (const group of makePopulation({ seed: HISTORY_SEED, ...HISTORY_EXTENT, references: 'urn' })) {
    if (group.patients.length === 0) writeFileSync(join(folder, 'clinic.json'), transactionBundle(group));
    const chart = chartsOf(group.resources).find(({ length }) => length >= CHART_RESOURCES);
    if (chart === undefined) continue;
    const resources = chart.slice(0, CHART_RESOURCES);
    writeFileSync(join(folder, 'patient.json'), transactionBundle({ ...group, resources }));
    return RecordId.parse(resources[0]?.id);
  }
  throw new Error('broken assumption: among a few made-up people one has a long history');
}

/** The resources of each patient, each id once; a patient's own resource comes first. */
function chartsOf(resources: readonly FixtureResource[]): readonly (readonly FixtureResource[])[] {
  const starts = resources.flatMap(({ resourceType }, index) => (resourceType === 'Patient' ? [index] : []));
  return starts.map((start, index) => [...new Map(resources.slice(start, starts[index + 1]).map((resource) => [resource.id, resource])).values()]);
}

function keepPatientsAlone(source: string, folder: string): string {
  mkdirSync(folder);
  renameSync(join(source, 'Patient.ndjson'), join(folder, 'Patient.ndjson'));
  rmSync(source, { recursive: true });
  return folder;
}

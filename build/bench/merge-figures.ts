import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordId } from '../../shared/base/ids.ts';
import { assertHolds, ok } from '../../shared/base/result.ts';
import { amend } from '../../main/records/records.ts';
import { createSeededRandom } from '../fixtures/seeded-random.ts';
import { openBare } from './bare-database.ts';
import { heldInMemory, insertRows, rowsIn } from './bare-rows.ts';
import { valueOf } from './bench-vault.ts';
import { register } from './charted-entries.ts';
import { withDatabase } from './database-files.ts';
import { throughput, type Figure } from './figure.ts';
import { timed, type Cost } from './measure.ts';
import { openSyncingVault, startCentral, type SyncingVault } from './own-sync.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';

/**
 * Amendments of two workstations that did not know of each other's: what the second takes in while its own heads stand
 * against them. Beside it the same ledger rows and heads into tables with the vault's keys and indexes.
 */

const SEED = 51;
const AMENDMENTS_PER_PATIENT = 4;
const MERGE_RATIO_LEAST = 0.35;
const SYNC_MAX_MS = 5 * 60_000;
const TABLES = ['segment', 'ledger', 'head', 'conflict'] as const;

export async function mergeFigures(folder: string, { sync, rounds }: Sizes, say: Say): Promise<readonly Figure[]> {
  const ours: Cost[] = [];
  const beside: Cost[] = [];
  const amendments = sync.mergedPatients * AMENDMENTS_PER_PATIENT;
  for (let round = 0; round <= rounds; round += 1) {
    say(`sync: concurrent amendments, round ${round} of ${rounds}`);
    const taken = await mergeRound(join(folder, `round-${round}`), sync.mergedPatients);
    if (round === 0) continue;
    ours.push(taken.ours);
    beside.push(taken.beside);
  }
  return [throughput({ id: 'sync.merge', what: `${amendments.toLocaleString('en')} concurrent amendments received and merged` }, amendments, 'entries/s', { ours, beside, besideWhat: 'their rows, with the vault\'s keys and indexes' }, MERGE_RATIO_LEAST)];
}

async function mergeRound(folder: string, patients: number): Promise<{ readonly ours: Cost; readonly beside: Cost }> {
  mkdirSync(folder, { recursive: true });
  const central = await startCentral(join(folder, 'central'));
  const [first, second] = [openSyncingVault(join(folder, 'first')), openSyncingVault(join(folder, 'second'))];
  try {
    for (const workstation of [first, second]) await workstation.enrol(central.enrolmentCode());
    const charts = registerAll(first, patients);
    for (const workstation of [first, second]) {
      await workstation.through(central.port);
      await settled(workstation);
      await workstation.through(null);
    }
    for (let turn = 0; turn < AMENDMENTS_PER_PATIENT; turn += 1) amendAll(first, charts, `5550${turn}`);
    amendAll(second, charts, '5559');
    await first.through(central.port);
    await settled(first);
    await second.through(central.port);
    const before = Number(second.vault.store.read.get('SELECT max(position) AS position FROM ledger')?.['position']);
    const taken = await timed(() => settled(second));
    const contested = Number(second.vault.store.read.get('SELECT count(*) AS count FROM conflict')?.['count']);
    assertHolds(contested === charts.length, 'every phone number is contested');
    const rows = heldInMemory(rowsIn(second.vault.store.read, TABLES, before));
    const inserted = await withDatabase(join(folder, 'bare.db'), (path) => {
      const database = openBare(path);
      const outcome = insertRows(database, rows, 'as-in-the-vault');
      database.close();
      return outcome;
    });
    return { ours: taken, beside: inserted };
  } finally {
    for (const workstation of [first, second]) await workstation.close();
    await central.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function settled(workstation: SyncingVault): Promise<void> {
  assertHolds(await workstation.until(({ unsent, running, line }) => unsent === 0 && !running && line === 'online', SYNC_MAX_MS), 'amendments are exchanged on a clear line');
}

function registerAll({ vault: { ledger, grant } }: SyncingVault, patients: number): readonly RecordId[] {
  const random = createSeededRandom(SEED);
  return valueOf(ledger.transact(grant, (tx) => ok(Array.from({ length: patients }, (_, index) => register(tx, random, index)))));
}

function amendAll({ vault: { ledger, grant } }: SyncingVault, charts: readonly RecordId[], number: string): void {
  for (const record of charts) valueOf(amend(ledger, grant, { record, patient: record, fields: { telecom: JSON.stringify([{ system: 'phone', value: number }]) }, reason: 'new number', seen: null }));
}

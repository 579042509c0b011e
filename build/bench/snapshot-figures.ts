import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { RecordId } from '../../shared/base/ids.ts';
import { assertHolds } from '../../shared/base/result.ts';
import { readChart } from '../../main/records/records.ts';
import { CLINIC_WEEK } from '../fixtures/clinic-week.ts';
import { BENCH_USER } from './bench-vault.ts';
import { alone, type Figure } from './figure.ts';
import { openSyncingVault, type Central } from './own-sync.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';
import { makeWeek, withWeek } from './week-template.ts';

/** A new workstation that is filled from a stick: what central writes for it, and how soon it is of use. */

const WEEKS_OF_A_YEAR = 52;
const SYNC_MAX_MS = 10 * 60_000;
const MS_PER_SECOND = 1000;
const MB = 1e6;
const YEAR_MOST_MB = 15;
const FIRST_CHART_MOST_S = 5;
const LOAD_LEAST = 60_000;

type Filled = { readonly firstChartS: number; readonly wholeS: number };

export async function snapshotFigures(folder: string, { sync, rounds }: Sizes, say: Say): Promise<readonly Figure[]> {
  const weeks = sync.snapshotWeeks;
  say(`sync: charting ${weeks} weeks for a snapshot`);
  const template = await makeWeek(join(folder, 'template'), { ...CLINIC_WEEK, weeks });
  return withWeek(join(folder, 'sender'), template, async (sender, central) => {
    const file = await fileAlone(join(folder, 'file'), central);
    await sender.through(central.port);
    assertHolds(await sender.until(({ unsent, running, line }) => unsent === 0 && !running && line === 'online', SYNC_MAX_MS), 'weeks are sent on a clear line');
    // Whoever was seen last: on the morning after, the day's list is of such people.
    const latest = RecordId.parse(sender.vault.store.read.get("SELECT patient FROM record WHERE type = 'Encounter' ORDER BY at DESC LIMIT 1")?.['patient']);
    const items = readChart(sender.vault.ledger.read, latest, BENCH_USER, Date.now())?.total;
    const made: { readonly seconds: number; readonly bytes: number; readonly entries: number }[] = [];
    const filled: Filled[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`sync: a workstation filled from files, round ${round + 1} of ${rounds}`);
      const each = await filledFrom(join(folder, `round-${round}`), central, latest, items);
      made.push(each.made);
      filled.push(each);
    }
    const { entries = 0, bytes = 0 } = made[0] ?? {};
    const extent = `${weeks} week${weeks === 1 ? '' : 's'} and the file, ${entries.toLocaleString('en')} entries`;
    return [
      alone({ id: 'sync.snapshot.bytes', what: `snapshot of ${extent}` }, [bytes / MB], 'MB'),
      alone({ id: 'sync.snapshot.year', what: `  a year: the file once (${(file / MB).toFixed(2)} MB) and ${WEEKS_OF_A_YEAR} such weeks` }, [(file + ((bytes - file) / weeks) * WEEKS_OF_A_YEAR) / MB], 'MB', { most: YEAR_MOST_MB }),
      alone({ id: 'sync.snapshot.made', what: '  written by central' }, made.map(({ seconds }) => entries / seconds), 'entries/s'),
      alone({ id: 'sync.snapshot.first', what: '  until the chart of whoever came last can be opened' }, filled.map(({ firstChartS }) => firstChartS), 's', { most: FIRST_CHART_MOST_S }),
      alone({ id: 'sync.snapshot.whole', what: '  until all of it is there' }, filled.map(({ wholeS }) => wholeS), 's'),
      alone({ id: 'sync.snapshot.load', what: '  read, verified, stored and folded' }, filled.map(({ wholeS }) => entries / wholeS), 'entries/s', { least: LOAD_LEAST }),
    ];
  }).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** Bytes of a snapshot of what is on file before anything is charted: there is one file, however many weeks follow. */
async function fileAlone(folder: string, central: Central): Promise<number> {
  const workstation = openSyncingVault(join(folder, 'workstation'));
  try {
    await workstation.enrol(central.enrolmentCode());
    return central.snapshot(workstation.device, join(folder, 'stick')).bytes;
  } finally {
    await workstation.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function filledFrom(folder: string, central: Central, patient: RecordId, items: number | undefined): Promise<Filled & { readonly made: { readonly seconds: number; readonly bytes: number; readonly entries: number } }> {
  const workstation = openSyncingVault(join(folder, 'workstation'));
  try {
    await workstation.enrol(central.enrolmentCode());
    const began = performance.now();
    const { entries, bytes } = central.snapshot(workstation.device, join(folder, 'stick'));
    const seconds = (performance.now() - began) / MS_PER_SECOND;
    let firstChartS: number | null = null;
    const start = performance.now();
    const since = (): number => (performance.now() - start) / MS_PER_SECOND;
    await workstation.provision(join(folder, 'stick'), () => {
      if (firstChartS === null && readChart(workstation.vault.ledger.read, patient, BENCH_USER, Date.now())?.total === items) firstChartS = since();
    });
    const wholeS = since();
    assertHolds(readChart(workstation.vault.ledger.read, patient, BENCH_USER, Date.now())?.total === items, 'what came from the files is what was charted');
    return { firstChartS: firstChartS ?? wholeS, wholeS, made: { seconds, bytes, entries } };
  } finally {
    await workstation.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

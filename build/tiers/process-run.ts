import { join } from 'node:path';
import type { EntryId } from '../../shared/base/ids.ts';
import { createSeededRandom, type SeededRandom } from '../fixtures/seeded-random.ts';
import { startCluster, type CentralCluster } from './central-cluster.ts';
import { Charted, Judged, State } from './clinic-messages.ts';
import { openClinicProcess, ProcessEnded, type ClinicProcess } from './clinic-process.ts';
import { tierFolder } from './tier-folder.ts';

/**
 * Tier T4: workstations and central servers as processes, PostgreSQL, kill -9 of any of them and lines that lead nowhere,
 * for so long; then everything is put up again, and whatever was acknowledged to anybody must be everywhere. What
 * happens is drawn from the seed; when exactly it strikes is the machine's affair.
 */
export type ProcessReport = {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly acknowledged: number;
  readonly entries: number;
  readonly settledMs: number;
  /** What was done, how often. */
  readonly faults: Readonly<Record<string, number>>;
};

const STATIONS = 3;
const CENTRALS = 2;
const PAUSE_MS = { least: 20, most: 400 } as const;
const STRIKE_WITHIN_MS = 60;
const PICK_MAX = 1_000_000;
const SETTLE_MAX_MS = 240_000;
const LOOK_MS = 500;

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

type Scene = { readonly random: SeededRandom; readonly cluster: CentralCluster; readonly stations: readonly ClinicProcess[]; readonly acknowledged: EntryId[]; readonly faults: Record<string, number>; readonly problems: string[] };

export async function runProcesses(seed: number, seconds: number, say: (line: string) => void): Promise<ProcessReport> {
  const folder = tierFolder();
  const closing: (() => Promise<void>)[] = [];
  try {
    const cluster = await startCluster(folder.path, CENTRALS);
    closing.push(() => cluster.close());
    const stations: ClinicProcess[] = [];
    for (let index = 0; index < STATIONS; index += 1) {
      const station = await openClinicProcess(join(folder.path, `clinic-${index}`));
      closing.push(() => station.kill());
      stations.push(station);
      await station.line(cluster.port(index % CENTRALS));
      await station.setUp(await cluster.enrolmentCode(index % CENTRALS));
    }
    const scene: Scene = { random: createSeededRandom(`processes ${seed}`), cluster, stations, acknowledged: [], faults: {}, problems: [] };
    const ends = performance.now() + seconds * 1000;
    while (performance.now() < ends) {
      await act(scene);
      await pause(scene.random.between(PAUSE_MS.least, PAUSE_MS.most));
    }
    say(`${scene.acknowledged.length} entries acknowledged to their authors; ${told(scene.faults)}`);
    const began = performance.now();
    await heal(scene);
    const entries = await settle(scene, began);
    const settledMs = Math.round(performance.now() - began);
    await judge(scene, entries);
    return { seed, problems: scene.problems, acknowledged: scene.acknowledged.length, entries, settledMs, faults: scene.faults };
  } finally {
    for (const close of closing.reverse()) await close();
    folder.remove();
  }
}

export const told = (faults: Readonly<Record<string, number>>): string => Object.entries(faults).toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([what, times]) => `${what} ${times}`).join(', ');

/** One thing that happens. */
async function act(scene: Scene): Promise<void> {
  const { random, cluster, stations, faults } = scene;
  const station = random.pick(stations);
  const central = random.between(0, cluster.size - 1);
  const [what, work] = random.weighted<readonly [string, () => Promise<unknown>]>([
    [60, ['chart', () => chart(scene, station)]],
    [10, ['workstation killed', () => killWhileCharting(scene, station)]],
    [6, ['central killed', () => cluster.kill(central)]],
    [8, ['central started', async () => (cluster.running(central) ? undefined : cluster.start(central))]],
    [1, ['database killed', () => cluster.strikeDatabase()]],
    [7, ['partition', () => station.line(null)]],
    [10, ['line led elsewhere', () => station.line(cluster.port(central))]],
  ]);
  faults[what] = (faults[what] ?? 0) + 1;
  await work();
}

async function chart({ random, acknowledged }: Scene, station: ClinicProcess): Promise<void> {
  const { entries } = await station.ask({ do: 'chart', pick: random.between(0, PICK_MAX) }, Charted);
  acknowledged.push(...entries);
}

/** What it said before it died is promised; what it did not live to say may be there or not. */
async function killWhileCharting(scene: Scene, station: ClinicProcess): Promise<void> {
  const charting = chart(scene, station).catch((error: unknown) => {
    if (!(error instanceof ProcessEnded)) throw error;
  });
  await pause(scene.random.between(0, STRIKE_WITHIN_MS));
  await station.kill();
  await charting;
  await station.start();
}

async function heal({ cluster, stations }: Scene): Promise<void> {
  for (let index = 0; index < cluster.size; index += 1) if (!cluster.running(index)) await cluster.start(index);
  for (const [index, station] of stations.entries()) await station.line(cluster.port(index % cluster.size));
}

/** Until nobody has anything unsent and all hold as much as each other, twice in a row. */
async function settle({ stations, problems }: Scene, began: number): Promise<number> {
  let before = -1;
  for (;;) {
    const states = await Promise.all(stations.map((station) => station.ask({ do: 'state' }, State)));
    const entries = states[0]?.entries ?? 0;
    const quiet = states.every((state) => state.unsent === 0 && state.entries === entries);
    if (quiet && entries === before) return entries;
    before = quiet ? entries : -1;
    if (performance.now() - began > SETTLE_MAX_MS) {
      problems.push(`not settled after ${SETTLE_MAX_MS / 1000} s: ${JSON.stringify(states)}`);
      return entries;
    }
    await pause(LOOK_MS);
  }
}

async function judge({ cluster, stations, acknowledged, problems }: Scene, entries: number): Promise<void> {
  const judged = await Promise.all(stations.map((station) => station.ask({ do: 'judge', acknowledged }, Judged)));
  for (const [index, each] of judged.entries()) problems.push(...each.problems.map((problem) => `workstation ${index} ${problem}`));
  if (new Set(judged.map(({ digest }) => digest)).size > 1) problems.push('the charts differ');
  const verdict = await cluster.verify();
  if (!verdict.ok) problems.push(`central does not verify: ${JSON.stringify(verdict.problems)}`);
  if (verdict.entries !== entries) problems.push(`central holds ${verdict.entries} entries, the workstations ${entries}`);
}

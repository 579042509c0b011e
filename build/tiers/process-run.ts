import { createSeededRandom } from '../fixtures/seeded-random.ts';
import { startCluster } from './central-cluster.ts';
import { Judged } from './clinic-messages.ts';
import { EPISODES, judgeNarrowed, stock } from './process-episodes.ts';
import { addStation, allOnline, chart, killDuring, noted, pause, stateOf, type Scene } from './process-scene.ts';
import { tierFolder } from './tier-folder.ts';

/**
 * Tier T4: workstations and central servers as processes, PostgreSQL, kill -9 of any of them and lines that lead nowhere,
 * for so long, and in between a seed by line and one by folder, a workstation narrowed to some patients, and neighbours
 * alone with each other; then everything is put up again, and whatever was acknowledged to anybody must be everywhere. What
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
const SETTLE_MAX_MS = 240_000;
const LOOK_MS = 500;

export async function runProcesses(seed: number, seconds: number, say: (line: string) => void): Promise<ProcessReport> {
  const folder = tierFolder();
  try {
    return await runIn(folder.path, seed, seconds, say);
  } finally {
    folder.remove();
  }
}

async function runIn(folder: string, seed: number, seconds: number, say: (line: string) => void): Promise<ProcessReport> {
  const cluster = await startCluster(folder, CENTRALS);
  const scene: Scene = { folder, random: createSeededRandom(`processes ${seed}`), cluster, stations: [], narrowed: null, acknowledged: [], faults: {}, problems: [] };
  try {
    for (let index = 0; index < STATIONS; index += 1) await addStation(scene, index % CENTRALS);
    await stock(scene);
    for (const [what, episode] of EPISODES) {
      await actFor(scene, (seconds * 1000) / EPISODES.length);
      say(what);
      noted(scene, what);
      await episode(scene);
    }
    say(`${scene.acknowledged.length} entries acknowledged to their authors; ${told(scene.faults)}`);
    const began = performance.now();
    await allOnline(scene);
    await judgeNarrowed(scene);
    const entries = await settle(scene, began);
    const settledMs = Math.round(performance.now() - began);
    await judge(scene, entries);
    return { seed, problems: scene.problems, acknowledged: scene.acknowledged.length, entries, settledMs, faults: scene.faults };
  } finally {
    for (const station of scene.stations) await station.kill();
    await cluster.close();
  }
}

export const told = (faults: Readonly<Record<string, number>>): string => Object.entries(faults).toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([what, times]) => `${what} ${times}`).join(', ');

async function actFor(scene: Scene, ms: number): Promise<void> {
  for (const ends = performance.now() + ms; performance.now() < ends; ) {
    await act(scene);
    await pause(scene.random.between(PAUSE_MS.least, PAUSE_MS.most));
  }
}

/** One thing that happens. */
async function act(scene: Scene): Promise<void> {
  const { random, cluster, stations } = scene;
  const station = random.pick(stations);
  const central = random.between(0, cluster.size - 1);
  const [what, work] = random.weighted<readonly [string, () => Promise<unknown>]>([
    [60, ['chart', () => chart(scene, station)]],
    [10, ['workstation killed', () => killDuring(scene, station, () => chart(scene, station))]],
    [6, ['central killed', () => cluster.kill(central)]],
    [8, ['central started', async () => (cluster.running(central) ? undefined : cluster.start(central))]],
    [1, ['database killed', () => cluster.strikeDatabase()]],
    [7, ['partition', () => station.line(null)]],
    [10, ['line led elsewhere', () => station.line(cluster.port(central))]],
  ]);
  noted(scene, what);
  await work();
}

/** Until nobody has anything unsent and all hold as much as each other, twice in a row. */
async function settle({ stations, problems }: Scene, began: number): Promise<number> {
  let before = -1;
  for (;;) {
    const states = await Promise.all(stations.map(stateOf));
    const entries = states[0]?.entries ?? 0;
    const quiet = states.every((state) => state.unsent === 0 && state.entries === entries);
    if (quiet && entries === before) return entries;
    before = quiet ? entries : -1;
    if (performance.now() - began > SETTLE_MAX_MS) {
      problems.push(`not settled after ${SETTLE_MAX_MS / 1000} s: ${JSON.stringify(states.map(({ unsent, entries: held }) => ({ unsent, held })))}`);
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

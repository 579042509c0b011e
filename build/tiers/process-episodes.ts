import { join } from 'node:path';
import { addStation, allOnline, chart, killDuring, noted, pause, startAll, stateOf, until, type Scene } from './process-scene.ts';
import { SEED_FROM_ENTRIES } from '../../shared/sync/limits.ts';
import { Charted, Holds } from './clinic-messages.ts';
import type { ClinicProcess } from './clinic-process.ts';

/** What happens once in every run of tier T4, each with somebody killed in the middle of it. */
export type Episode = (scene: Scene) => Promise<void>;

const STRIKES = 3;
const SEED_STRIKE_MS = 700;
const SNAPSHOT_STRIKE_MS = { least: 300, most: 2500 } as const;
const PROVISION_STRIKE_MS = 400;
const SCOPE_STRIKE_MS = 1500;
const SETTLE_MS = 90_000;
const NAMED_PATIENTS = 2;

/** So much that a new workstation begins with a seed. */
export async function stock({ stations, acknowledged, problems }: Scene): Promise<void> {
  const [founder] = stations;
  if (founder === undefined) return;
  acknowledged.push(...(await founder.ask({ do: 'stock', entries: SEED_FROM_ENTRIES }, Charted)).entries);
  if (!(await until(async () => (await stateOf(founder)).unsent === 0, SETTLE_MS))) problems.push('what a clinic has after some months was not sent');
}

/** A new workstation reads the records by line; it is killed meanwhile, and so is the central that makes them. */
const seedByLine: Episode = async (scene) => {
  const { random, cluster, problems } = scene;
  const central = random.between(0, cluster.size - 1);
  await startAll(scene);
  const station = await addStation(scene, central);
  for (let strike = 0; strike < STRIKES; strike += 1) {
    await pause(random.between(0, SEED_STRIKE_MS));
    if ((await stateOf(station)).loading) noted(scene, 'killed while a seed was read');
    if (strike % 2 === 0) await killDuring(scene, station, () => chart(scene, station));
    else {
      await cluster.kill(central);
      await cluster.start(central);
    }
  }
  if (!(await until(async () => (await stateOf(station)).entries > SEED_FROM_ENTRIES, SETTLE_MS))) problems.push('a new workstation was not filled by line');
};

/** A new workstation is filled from a folder: central dies while it writes one, the workstation while it reads another. */
const seedByFolder: Episode = async (scene) => {
  const { random, cluster, folder, problems } = scene;
  await startAll(scene);
  const station = await addStation(scene, 0);
  await station.line(null);
  const { device } = station.place();
  const [torn, whole] = [join(folder, `torn-${device}`), join(folder, `stick-${device}`)];
  await cluster.snapshot(device, torn, random.between(SNAPSHOT_STRIKE_MS.least, SNAPSHOT_STRIKE_MS.most));
  await cluster.snapshot(device, whole, null);
  // What was written of the first one is refused, or taken as far as it goes.
  await station.provision(torn);
  await killDuring(scene, station, () => station.provision(whole), PROVISION_STRIKE_MS);
  noted(scene, 'killed while a folder was read');
  if ((await station.provision(whole)) !== true) problems.push('a whole snapshot did not fill a new workstation');
  await station.line(cluster.port(0));
};

/** An operator decides that a workstation holds some patients alone; it is killed while it removes the others. */
const narrow: Episode = async (scene) => {
  const { cluster, stations, random } = scene;
  const station = stations.at(-1);
  if (station === undefined) return;
  await allOnline(scene);
  const { patients } = await stateOf(station);
  const named = [...new Set(Array.from({ length: NAMED_PATIENTS }, () => random.pick(patients)))];
  const { device } = station.place();
  await cluster.scope(device, named);
  scene.narrowed = { station, device, patients: named };
  for (let strike = 0; strike < STRIKES; strike += 1) await killDuring(scene, station, () => chart(scene, station), SCOPE_STRIKE_MS);
};

/** The outside line is dead, and neighbours go on among themselves, though the one that serves dies too. */
const outsideDead: Episode = async (scene) => {
  const { stations, problems } = scene;
  const [serving, reading] = stations;
  if (serving === undefined || reading === undefined) return;
  await allOnline(scene);
  const met = await until(async () => (await stateOf(reading)).neighbours > 0 && (await stateOf(serving)).neighbours > 0, SETTLE_MS);
  if (!met) return void problems.push('neighbours did not find each other');
  for (const station of stations) await station.line(null);
  await passOn(scene, serving, reading);
  await killDuring(scene, serving, () => chart(scene, serving));
  await passOn(scene, serving, reading);
  await passOn(scene, reading, serving);
};

/** What one of them charts the other gets, and it does not count as sent. */
async function passOn(scene: Scene, from: ClinicProcess, to: ClinicProcess): Promise<void> {
  const entries = [...(await chart(scene, from))];
  if (!(await until(() => to.ask({ do: 'holds', entries }, Holds), SETTLE_MS))) scene.problems.push('with the outside line dead a neighbour did not get what was charted');
  if ((await stateOf(from)).unsent === 0) scene.problems.push('what neighbours alone have counts as sent');
  noted(scene, 'passed on among neighbours');
}

export const EPISODES: readonly (readonly [string, Episode])[] = [['seed by line', seedByLine], ['outside line dead', outsideDead], ['seed by folder', seedByFolder], ['scope narrowed', narrow]];

/** At rest, and before it is given everybody again: a workstation holds the patients it was named, and no others. */
export async function judgeNarrowed({ narrowed, cluster, problems }: Scene): Promise<void> {
  if (narrowed === null) return;
  const { station, device, patients } = narrowed;
  const wanted = patients.toSorted().join(' ');
  let held = '';
  const exact = await until(async () => {
    const state = await stateOf(station);
    held = state.patients.toSorted().join(' ');
    return state.unsent === 0 && held === wanted;
  }, SETTLE_MS);
  if (!exact) problems.push(`a workstation that was named ${wanted} holds ${held}`);
  await cluster.scope(device, null);
}

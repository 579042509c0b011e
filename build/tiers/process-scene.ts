import { join } from 'node:path';
import type { DeviceId, EntryId, RecordId } from '../../shared/base/ids.ts';
import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { CentralCluster } from './central-cluster.ts';
import { Charted, State } from './clinic-messages.ts';
import { openClinicProcess, ProcessEnded, type ClinicProcess } from './clinic-process.ts';

/** What runs in tier T4, and what was promised by it. */
export type Scene = {
  readonly folder: string;
  readonly random: SeededRandom;
  readonly cluster: CentralCluster;
  readonly stations: ClinicProcess[];
  /** The workstation that holds some patients alone, and which. */
  narrowed: { readonly station: ClinicProcess; readonly device: DeviceId; readonly patients: readonly RecordId[] } | null;
  readonly acknowledged: EntryId[];
  readonly faults: Record<string, number>;
  readonly problems: string[];
};

const STRIKE_WITHIN_MS = 60;
const PICK_MAX = 1_000_000;
const LOOK_MS = 250;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

export function noted({ faults }: Scene, what: string): void {
  faults[what] = (faults[what] ?? 0) + 1;
}

export const stateOf = (station: ClinicProcess): Promise<State> => station.ask({ do: 'state' }, State);

/** Looks again and again until it holds; false where it did not within the limit. */
export async function until(holds: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > limitMs) return false;
    await pause(LOOK_MS);
  }
  return true;
}

/** Puts up a workstation of its own with the central of this number; it calls all that were there before. */
export async function addStation({ folder, cluster, stations }: Scene, central: number): Promise<ClinicProcess> {
  const station = await openClinicProcess(join(folder, `clinic-${stations.length}`));
  stations.push(station);
  await station.line(cluster.port(central));
  await station.setUp(await cluster.enrolmentCode(central), stations.filter((each) => each !== station).map((each) => each.place()));
  return station;
}

/** What the nurse is told is written is promised. */
export async function chart({ random, acknowledged }: Scene, station: ClinicProcess): Promise<readonly EntryId[]> {
  const { entries } = await station.ask({ do: 'chart', pick: random.between(0, PICK_MAX) }, Charted);
  acknowledged.push(...entries);
  return entries;
}

/** kill -9 in the middle of it, and another process goes on. What a workstation did not live to say may be there or not. */
export async function killDuring(scene: Scene, station: ClinicProcess, work: () => Promise<unknown>, withinMs = STRIKE_WITHIN_MS): Promise<void> {
  const working = work().catch((error: unknown) => {
    if (!(error instanceof ProcessEnded)) throw error;
  });
  await pause(scene.random.between(0, withinMs));
  await station.kill();
  await working;
  await station.start();
}

/** Every process of central runs. */
export async function startAll({ cluster }: Scene): Promise<void> {
  for (let index = 0; index < cluster.size; index += 1) if (!cluster.running(index)) await cluster.start(index);
}

/** Everybody's outside line leads to a central that runs. */
export async function allOnline(scene: Scene): Promise<void> {
  const { cluster, stations } = scene;
  await startAll(scene);
  for (const [index, station] of stations.entries()) await station.line(cluster.port(index % cluster.size));
}

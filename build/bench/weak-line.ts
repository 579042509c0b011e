import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { weakLine, type CutPlan, type LineCounters } from '../line/line-options.ts';
import { startLine, type LineProcess } from '../line/line-process.ts';
import { openSyncingVault, startCentral, type SyncingVault } from './own-sync.ts';

/** The line of the requirements, 128 kbit/s and 600 ms there and back, in three weathers. */
export type Weather = 'clean' | 'lossy' | 'cuts';
export const WEATHERS: readonly Weather[] = ['clean', 'lossy', 'cuts'];
export const WEATHER_WORDS: Readonly<Record<Weather, string>> = { clean: 'nothing lost', lossy: '5 % lost', cuts: '5 % lost, dead 5 s of every 60' };

export const LINE_BYTES_PER_S = 16_000;
const LOSS_SHARE: Readonly<Record<Weather, number>> = { clean: 0, lossy: 0.05, cuts: 0.05 };
/** Early enough to fall into the transfer of a week, so that each run has at least one cut. */
const FIRST_CUT_MS = { least: 6000, most: 14_000 } as const;
/** Little is computed on a line this thin; more at once would begin to wait for each other. */
const LINES_AT_ONCE = 3;

function cutsOf(weather: Weather, seed: number): CutPlan | null {
  if (weather !== 'cuts') return null;
  const { least, most } = FIRST_CUT_MS;
  return { everyMs: 60_000, forMs: 5000, firstAtMs: least + ((seed * 1871) % (most - least)) };
}

export async function withWeakLine<Value>(targetPort: number, weather: Weather, seed: number, work: (line: LineProcess) => Promise<Value>): Promise<Value> {
  const way = weakLine(LOSS_SHARE[weather]);
  const line = await startLine({ target: { host: '127.0.0.1', port: targetPort }, up: way, down: way, cuts: cutsOf(weather, seed), cutEffect: 'black-hole', seed });
  try {
    return await work(line);
  } finally {
    await line.close();
  }
}

/** A closed vault that was never enrolled, to be copied: each copy is the same workstation at a central of its own. */
export type VaultTemplate = { readonly folder: string; readonly identity: string };

/** A copy of a vault, enrolled at a central that nobody else uses and not connected to it; both are gone afterwards. */
export async function withEnrolled<Value>(folder: string, template: VaultTemplate, work: (vault: SyncingVault, centralPort: number) => Promise<Value>): Promise<Value> {
  mkdirSync(folder, { recursive: true });
  for (const file of ['vault.db', 'anchor.json']) {
    const from = join(template.folder, file);
    if (existsSync(from)) copyFileSync(from, join(folder, file));
  }
  const central = await startCentral(join(folder, 'central'));
  const vault = openSyncingVault(folder, { identity: template.identity });
  try {
    await vault.enrol(central.enrolmentCode());
    return await work(vault, central.port);
  } finally {
    await vault.close();
    await central.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export type Difference = { readonly up: number; readonly down: number; readonly wireUp: number; readonly wireDown: number; readonly connections: number; readonly cuts: number };

/** Bytes between two looks at a line: of the connections, and with headers and retransmissions. */
export function crossed(before: LineCounters | null, after: LineCounters): Difference {
  return {
    up: after.up.taken - (before?.up.taken ?? 0),
    down: after.down.taken - (before?.down.taken ?? 0),
    wireUp: after.up.wireBytes - (before?.up.wireBytes ?? 0),
    wireDown: after.down.wireBytes - (before?.down.wireBytes ?? 0),
    connections: after.connections - (before?.connections ?? 0),
    cuts: after.cuts - (before?.cuts ?? 0),
  };
}

/** All of them, a few at a time; results in their order. */
export async function severalAtOnce<Value>(jobs: readonly (() => Promise<Value>)[]): Promise<readonly Value[]> {
  const results: Value[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next; index < jobs.length; index = next) {
      next += 1;
      const job = jobs[index];
      if (job !== undefined) results[index] = await job();
    }
  };
  await Promise.all(Array.from({ length: LINES_AT_ONCE }, worker));
  return results;
}

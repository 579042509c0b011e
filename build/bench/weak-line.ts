import { weakLine, type CutPlan, type LineCounters } from '../line/line-options.ts';
import { startLine, type LineProcess } from '../line/line-process.ts';

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

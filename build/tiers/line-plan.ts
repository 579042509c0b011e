import { createSeededRandom, type SeededRandom } from '../fixtures/seeded-random.ts';
import type { CutEffect, DirectionOptions } from '../line/line-options.ts';
import type { Operation } from '../sim/act.ts';
import { drawPlan } from '../sim/draw.ts';

/** A scenario of tier T3 from one number: who writes what when, over which lines, and when they are cut. Milliseconds from the beginning. */
export type LineScenario = {
  readonly seed: number;
  readonly lines: readonly LineWeather[];
  /** Central has so much that a new workstation begins with a seed. */
  readonly stocked: boolean;
  /** One more workstation comes when the others have written: filled over a line that is cut meanwhile, or by a neighbour while its line is dead. */
  readonly late: { readonly from: 'line' | 'neighbour'; readonly weather: LineWeather } | null;
  readonly writes: readonly { readonly at: number; readonly station: number; readonly operation: Operation }[];
};
export type LineWeather = { readonly way: DirectionOptions; readonly cutEffect: CutEffect; readonly cuts: readonly { readonly from: number; readonly to: number }[] };

const WRITING_MS = 15_000;
const STATIONS = { least: 2, most: 3 } as const;
const WRITES_MAX = 120;
const KBIT = 1000;
const RATES_KBIT = [64, 128, 256, 512] as const;
const EFFECTS: readonly CutEffect[] = ['black-hole', 'reset', 'stall'];
/** Of so many scenarios one has a workstation that comes late and is filled by line, and one by a neighbour. */
const LATE_EVERY = 3;
const QUEUE_BYTES = 32 * 1024;

export function drawLineScenario(seed: number): LineScenario {
  const random = createSeededRandom(`lines ${seed}`);
  const count = random.between(STATIONS.least, STATIONS.most);
  const operations = drawPlan(seed).acts.flatMap((act) => (act.do === 'write' ? [act.operation] : [])).slice(0, WRITES_MAX);
  const writes = operations.map((operation) => ({ at: random.between(0, WRITING_MS), station: random.between(0, count - 1), operation }));
  const lines = Array.from({ length: count }, () => drawWeather(random));
  const late = seed % LATE_EVERY === 0 ? { from: 'line' as const, weather: drawWeather(random) } : seed % LATE_EVERY === 1 ? { from: 'neighbour' as const, weather: drawWeather(random) } : null;
  return { seed, lines, late, stocked: late !== null && random.chance(0.5), writes: writes.toSorted((left, right) => left.at - right.at) };
}

function drawWeather(random: SeededRandom): LineWeather {
  const lossShare = random.chance(0.3) ? 0 : random.unit() * 0.08;
  const way = { bitsPerSecond: random.pick(RATES_KBIT) * KBIT, delayMs: random.between(20, 300), lossShare, queueBytes: QUEUE_BYTES };
  const cuts = Array.from({ length: random.between(0, 4) }, () => {
    const from = random.between(0, WRITING_MS);
    return { from, to: from + random.between(300, 4000) };
  });
  return { way, cutEffect: random.pick(EFFECTS), cuts };
}

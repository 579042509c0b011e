import { median, percentile, ratiosOf, spread, type Cost, type Spread } from './measure.ts';

/** One line of the result: what was measured, what beside, and how they compare. */

export const UNITS = ['rows/s', 'documents/s', 'entries/s', 'batches/s', 'worlds/min', 'worlds', 's', 'ms', 'MiB', 'MB', 'kB', 'bytes', 'share', 'patients'] as const;
export type Unit = (typeof UNITS)[number];
/** `value` is a median over the samples, `least` and `most` their ends; `p95` the 95th percentile where there are enough of them. */
export type Quantity = { readonly value: number; readonly least?: number; readonly most?: number; readonly p95?: number; readonly unit: Unit };
/** A number from the requirements and whether it was met this time. It gates nothing. */
export type Target = { readonly text: string; readonly met: boolean };

export type Figure = {
  readonly id: string;
  readonly what: string;
  readonly ours: Quantity;
  readonly beside: (Quantity & { readonly what: string }) | null;
  /** What the other takes (time, memory, bytes) over what we take, of pairs taken in turn: 1 the same, 0.5 we take twice as much. */
  readonly ratio: Spread | null;
  /** The same by processor time, where both are counted whole. */
  readonly cpuRatio: Spread | null;
  readonly samples: number;
  readonly target: Target | null;
};

export type NotRun = { readonly what: string; readonly because: string };
export type Findings = { readonly figures: readonly Figure[]; readonly notRun: readonly NotRun[] };

const MS_PER_SECOND = 1000;

const times = (costs: readonly Cost[]): readonly number[] => costs.map(({ ms }) => ms);
const cpuTimes = (costs: readonly Cost[]): readonly number[] => costs.map(({ cpuMs }) => cpuMs);
const sum = (samples: readonly number[]): number => samples.reduce((total, each) => total + each, 0);

type Named = { readonly id: string; readonly what: string };
type Pair<Sample> = { readonly ours: readonly Sample[]; readonly beside: readonly Sample[]; readonly besideWhat: string };

/** The same `count` things done by both, round by round. `ratioLeast` is the target, if there is one. */
export function throughput(named: Named, count: number, unit: Unit, { ours, beside, besideWhat }: Pair<Cost>, ratioLeast: number | null = null): Figure {
  const rates = (costs: readonly Cost[]): Quantity => quantityOf(times(costs).map((ms) => (count / ms) * MS_PER_SECOND), unit);
  const ratio = spread(ratiosOf(times(ours), times(beside)));
  return {
    ...named,
    ours: rates(ours),
    beside: { what: besideWhat, ...rates(beside) },
    ratio,
    cpuRatio: spread(ratiosOf(cpuTimes(ours), cpuTimes(beside))),
    samples: ours.length,
    target: ratioLeast === null ? null : { text: `ratio >= ${ratioLeast}`, met: ratio.median >= ratioLeast },
  };
}

/**
 * Single operations, by turns. The ratio is the median over tenths of the samples, of each the ratio of the medians
 * (by processor time, of the sums: its clock is too coarse for one operation).
 */
export function latency(named: Named, { ours, beside, besideWhat }: Pair<Cost>, target: { readonly ratioLeast: number } | { readonly p95MostMs: number } | null = null): Figure {
  const ratio = spread(ratiosOf(blocks(times(ours), median), blocks(times(beside), median)));
  const p95 = percentile(times(ours), 0.95);
  return {
    ...named,
    ours: { value: median(times(ours)), p95, unit: 'ms' },
    beside: { what: besideWhat, value: median(times(beside)), p95: percentile(times(beside), 0.95), unit: 'ms' },
    ratio,
    cpuRatio: spread(ratiosOf(blocks(cpuTimes(ours), sum), blocks(cpuTimes(beside), sum))),
    samples: ours.length,
    target: target === null ? null : 'ratioLeast' in target ? { text: `ratio >= ${target.ratioLeast}`, met: ratio.median >= target.ratioLeast } : { text: `p95 <= ${target.p95MostMs} ms`, met: p95 <= target.p95MostMs },
  };
}

const BLOCKS = 10;

/** One number for each tenth of the samples. */
function blocks(samples: readonly number[], combine: (block: readonly number[]) => number): readonly number[] {
  const size = Math.max(1, Math.ceil(samples.length / BLOCKS));
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, block) => combine(samples.slice(block * size, (block + 1) * size)));
}

/** What is wanted of the quantity itself. */
export type Wanted = { readonly most: number } | { readonly least: number };

function judged(value: number, unit: Unit, wanted: Wanted | null): Target | null {
  if (wanted === null) return null;
  return 'most' in wanted ? { text: `<= ${wanted.most} ${unit}`, met: value <= wanted.most } : { text: `>= ${wanted.least} ${unit}`, met: value >= wanted.least };
}

function quantityOf(samples: readonly number[], unit: Unit): Quantity {
  const { median: value, least, most } = spread(samples);
  return samples.length > 1 ? { value, least, most, unit } : { value, unit };
}

/** Memory, bytes or time, where less is better. Both sides in pairs. */
export function amount(named: Named, unit: Unit, { ours, beside, besideWhat }: Pair<number>, wanted: Wanted | null = null): Figure {
  return { ...named, ours: quantityOf(ours, unit), beside: { what: besideWhat, ...quantityOf(beside, unit) }, ratio: spread(ratiosOf(ours, beside)), cpuRatio: null, samples: ours.length, target: judged(median(ours), unit, wanted) };
}

/** As `amount`, of samples that were not taken in pairs: the ratio is that of the medians. */
export function compared(named: Named, unit: Unit, { ours, beside, besideWhat }: Pair<number>, wanted: Wanted | null = null): Figure {
  const ratio = median(beside) / median(ours);
  return { ...named, ours: quantityOf(ours, unit), beside: { what: besideWhat, ...quantityOf(beside, unit) }, ratio: { median: ratio, least: ratio, most: ratio }, cpuRatio: null, samples: ours.length, target: judged(median(ours), unit, wanted) };
}

/** Something taken alone, once or a few times. */
export function alone(named: Named, samples: readonly number[], unit: Unit, wanted: Wanted | null = null): Figure {
  return { ...named, ours: quantityOf(samples, unit), beside: null, ratio: null, cpuRatio: null, samples: samples.length, target: judged(median(samples), unit, wanted) };
}

/** Times and what is said about many of them. Milliseconds throughout. */

export type Spread = { readonly median: number; readonly least: number; readonly most: number };

/** By the clock, and by what all threads of this process have computed meanwhile: a busy machine stretches the first. */
export type Cost = { readonly ms: number; readonly cpuMs: number };

const MICROSECONDS_PER_MS = 1000;

/** What `work` takes, with what it gives. */
export async function timed<Value>(work: () => Value | Promise<Value>): Promise<Cost & { readonly value: Value }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, cpuMs: cpuMsSince(cpu), value };
}

/** As `timed`, for work that does not wait: no turn of the event loop is measured with it. */
export function timedNow<Value>(work: () => Value): Cost & { readonly value: Value } {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const value = work();
  return { ms: performance.now() - start, cpuMs: cpuMsSince(cpu), value };
}

function cpuMsSince(earlier: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(earlier);
  return (user + system) / MICROSECONDS_PER_MS;
}

export function addCosts(one: Cost, other: Cost): Cost {
  return { ms: one.ms + other.ms, cpuMs: one.cpuMs + other.cpuMs };
}

/** The value that `share` of the samples do not exceed (nearest rank); `share` above 0, at most 1. */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new Error('broken assumption: nothing was measured');
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The middle value; of an even number of samples the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted.length % 2 === 0 ? sorted[middle - 1] : upper;
  if (upper === undefined || lower === undefined) throw new Error('broken assumption: nothing was measured');
  return (lower + upper) / 2;
}

export function spread(samples: readonly number[]): Spread {
  return { median: median(samples), least: Math.min(...samples), most: Math.max(...samples) };
}

/** Who does the same work as the others, and says what it cost. */
export type Contestant<Name extends string> = { readonly name: Name; run(round: number): Promise<Cost> };

/**
 * Every contestant once per round, and in each round another one begins, so that what else the machine does hits all
 * alike. Round 0 warms up and is not counted. Gives each contestant's costs by round.
 */
export async function contest<Name extends string>(rounds: number, contestants: readonly Contestant<Name>[], onRound: (round: number) => void): Promise<Readonly<Record<Name, readonly Cost[]>>> {
  const costs = Object.fromEntries(contestants.map(({ name }) => [name, [] as Cost[]])) as Record<Name, Cost[]>;
  for (let round = 0; round <= rounds; round += 1) {
    onRound(round);
    for (let turn = 0; turn < contestants.length; turn += 1) {
      const contestant = contestants[(round + turn) % contestants.length];
      if (contestant === undefined) continue;
      const { ms, cpuMs } = await contestant.run(round);
      if (round > 0) costs[contestant.name].push({ ms, cpuMs });
    }
  }
  return costs;
}

/** What the others took over what ours took, round by round: 1 the same, 0.5 ours took twice as much. */
export function ratiosOf(ours: readonly number[], others: readonly number[]): readonly number[] {
  return ours.flatMap((own, round) => {
    const other = others[round];
    return other === undefined ? [] : [other / own];
  });
}

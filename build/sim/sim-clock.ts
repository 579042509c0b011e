import type { Clock } from '../../shared/base/world.ts';

/** A workstation's clock: true time seen through everything that is wrong with it. */
export type SimClock = Clock & {
  jump(byMs: number): void;
  /** The wall clock stands still until it is set again. */
  stick(stuck: boolean): void;
  /** Whether it is within what a careful network time service keeps. */
  honest(): boolean;
};

const EARLIEST_MS = 0;
const HONEST_MS = 2000;
const MILLION = 1_000_000;

export function createSimClock(trueTime: () => number, options: { readonly startMs: number; readonly skewMs: number; readonly driftPpm: number }): SimClock {
  let skew = options.skewMs;
  let stuckAt: number | null = null;
  const wall = (): number => Math.max(EARLIEST_MS, options.startMs + trueTime() + skew + (trueTime() * options.driftPpm) / MILLION);
  return {
    now: () => stuckAt ?? wall(),
    monotonic: trueTime,
    zone: () => 'UTC',
    offsetMinutes: () => 0,
    jump(byMs) {
      skew += byMs;
    },
    stick(stuck) {
      stuckAt = stuck ? wall() : null;
    },
    honest: () => stuckAt === null && Math.abs(wall() - options.startMs - trueTime()) <= HONEST_MS,
  };
}

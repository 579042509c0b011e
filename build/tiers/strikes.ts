import type { Strike } from '../sim/act.ts';
import { PowerCut } from '../sim/power.ts';

/** Where the next power cut strikes: commits of a disk are counted from when it was armed. */
export type Strikes = {
  arm(strike: Strike | null): void;
  /** What the commit that begins now will suffer. */
  next(): 'none' | 'before' | 'after';
  /** The commit is over. */
  passed(): void;
  cut(): never;
};

export function createStrikes(): Strikes {
  let armed: Strike | null = null;
  return {
    arm(strike) {
      armed = strike;
    },
    next() {
      if (armed === null || armed.commits > 1) return 'none';
      return armed.durable ? 'after' : 'before';
    },
    passed() {
      if (armed !== null) armed = { ...armed, commits: armed.commits - 1 };
    },
    cut() {
      armed = null;
      throw new PowerCut('power cut');
    },
  };
}

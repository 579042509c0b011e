import type { Strike } from './act.ts';

/** Power went at a store boundary; whoever catches it starts the machine again. */
export class PowerCut extends Error {}

/** Where the next power cut strikes; every commit of a disk passes through here. */
export type Power = {
  arm(strike: Strike | null): void;
  /** Runs what one transaction changes, whole or not at all. */
  commit<Value>(change: () => Value): Value;
};

export function createPower(): Power {
  let armed: Strike | null = null;
  const due = (durable: boolean): boolean => armed !== null && armed.commits <= 1 && armed.durable === durable;
  const strike = (): never => {
    armed = null;
    throw new PowerCut('power cut');
  };
  return {
    arm(strike) {
      armed = strike;
    },
    commit(change) {
      if (due(false)) strike();
      const value = change();
      if (due(true)) strike();
      if (armed !== null) armed = { ...armed, commits: armed.commits - 1 };
      return value;
    },
  };
}

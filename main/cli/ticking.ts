import { TICK_MS } from '../engine.ts';

export type Ticked = {
  /** Keeps the session from idling out. */
  readonly touch: () => void;
  readonly tick: () => Promise<void>;
  readonly failed: (error: unknown) => void;
};

export type Ticking = {
  /** Counts as somebody being there until the work is over. */
  readonly working: <T>(work: Promise<T>) => Promise<T>;
  stop(): void;
};

/**
 * Idle limits and due conversations with central are looked at every `TICK_MS`, as in the window. Work under way counts
 * as somebody being there; a question that waits for its answer does not.
 */
export function keepTicking({ touch, tick, failed }: Ticked): Ticking {
  let underWay = 0;
  let ticking = false;
  const next = async (): Promise<void> => {
    // One still under way is not overtaken.
    if (ticking) return;
    ticking = true;
    try {
      if (underWay > 0) touch();
      await tick();
    } catch (error) {
      failed(error);
    } finally {
      ticking = false;
    }
  };
  const timer = setInterval(() => void next(), TICK_MS);
  return {
    async working(work) {
      underWay += 1;
      try {
        return await work;
      } finally {
        underWay -= 1;
      }
    },
    stop: () => clearInterval(timer),
  };
}

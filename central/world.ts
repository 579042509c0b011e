import { randomBytes } from 'node:crypto';
import type { Random } from '../shared/base/world.ts';

/** Version of the program, as package.json has it. */
export const APPLICATION = '0.1.0';

/** This machine's clock, timers and randomness: the one place that reads them for central. */
export type HubClock = { /** Epoch milliseconds. */ now(): number };

/** Runs once after so many milliseconds, unless it is stopped before. */
export type HubTimers = { after(ms: number, run: () => void): () => void };

export const systemClock: HubClock = { now: () => Date.now() };
/** Milliseconds that never go back, to measure waiting by. */
export const steadyClock: HubClock = { now: () => performance.now() };
export const systemTimers: HubTimers = {
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};
export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };

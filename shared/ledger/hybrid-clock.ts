import { z } from 'zod';

/**
 * Hybrid logical clock (Kulkarni et al., 2014): wall milliseconds and a counter that grows while the wall clock
 * stands still or runs backwards. It orders what is displayed; causality comes from parents and delivery from
 * the server's sequence, so a wrong clock can mis-sort, never lose.
 */
export const HybridTime = z.tuple([z.int().min(0), z.int().min(0).max(0xffff)]);
export type HybridTime = z.infer<typeof HybridTime>;

const COUNTER_MAX = 0xffff;
/** A remote clock further ahead than this does not pull ours along; its entries are still applied. */
export const REMOTE_LEAD_MAX_MS = 15 * 60_000;

/** The next local time: never equal to or before the last one. */
export function tick([ms, counter]: HybridTime, wallMs: number): HybridTime {
  if (wallMs > ms) return [Math.floor(wallMs), 0];
  return counter < COUNTER_MAX ? [ms, counter + 1] : [ms + 1, 0];
}

/** Our time after seeing the latest time of a page from elsewhere. */
export function witness(local: HybridTime, remote: HybridTime, wallMs: number): HybridTime {
  if (remote[0] > wallMs + REMOTE_LEAD_MAX_MS) return local;
  return compareHybrid(local, remote) >= 0 ? local : remote;
}

export function compareHybrid(left: HybridTime, right: HybridTime): number {
  return left[0] - right[0] || left[1] - right[1];
}

import { FRAME_LANES, TRUNK_AHEAD_FRAMES_MAX } from './limits.ts';
import type { LaneHoldings } from './trunk-wire.ts';

/** The receiving half of a trunk: frames of each lane in the order of their numbers, each once, whichever line brought them. */
export type TrunkReceiver = {
  /** Gives what is next in that lane by now; null where nobody could have sent such a number. */
  take(lane: number, number: number, frame: Uint8Array): readonly Uint8Array[] | null;
  held(): LaneHoldings;
  /** Bytes that came before what goes in front of them: at most a frame for each number that may be ahead, in each lane. */
  bytes(): number;
};

export function createTrunkReceiver(): TrunkReceiver {
  const lanes = Array.from({ length: FRAME_LANES }, () => ({ next: 0, early: new Map<number, Uint8Array>() }));

  return {
    take(lane, number, frame) {
      const state = lanes[lane];
      if (state === undefined || number >= state.next + TRUNK_AHEAD_FRAMES_MAX) return null;
      // Sent again, because the line that brought it ended before it was acknowledged.
      if (number < state.next) return [];
      state.early.set(number, frame);
      const frames: Uint8Array[] = [];
      for (let first = state.early.get(state.next); first !== undefined; first = state.early.get(state.next)) {
        state.early.delete(state.next);
        state.next += 1;
        frames.push(first);
      }
      return frames;
    },
    held: () => lanes.map(({ next, early }) => ({ next, beyond: [...early.keys()].toSorted((left, right) => left - right) })),
    bytes: () => lanes.reduce((total, { early }) => total + [...early.values()].reduce((sum, { length }) => sum + length, 0), 0),
  };
}

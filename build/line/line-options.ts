/** What a shaped line is like. Rates are bits per second, times milliseconds, sizes bytes. */

export type DirectionOptions = {
  /** `Infinity`: as fast as the machine. */
  readonly bitsPerSecond: number;
  /** One way, without queueing: half of the round trip. */
  readonly delayMs: number;
  /** Of all segments, acknowledgements among them: 0 none, 0.05 one in twenty, each by itself. */
  readonly lossShare: number;
  /** What waits before the bottleneck at most; the rest is dropped. Two seconds of the line are usual, and ten are not rare. */
  readonly queueBytes: number;
};

/**
 * What happens to the connections that stand when the line goes dead. `black-hole`: they stay dead when it comes back,
 * as behind a gateway that forgot them, and nobody is told. `reset`: both ends are told at once. `stall`: they go on
 * when the line is back and the next retransmission is due.
 */
export type CutEffect = 'black-hole' | 'reset' | 'stall';

/** The line is dead for `forMs` of every `everyMs`, for the first time `firstAtMs` after it was opened. */
export type CutPlan = { readonly everyMs: number; readonly forMs: number; readonly firstAtMs: number };

export type LineOptions = {
  readonly target: { readonly host: string; readonly port: number };
  /** From the client to the target, and back. */
  readonly up: DirectionOptions;
  readonly down: DirectionOptions;
  readonly cuts: CutPlan | null;
  readonly cutEffect: CutEffect;
  /** The same seed loses the same segments where the same segments are sent. */
  readonly seed: number;
};

export type DirectionCounters = {
  /** Taken from the sender's socket, and given to the receiver's. */
  readonly taken: number;
  readonly delivered: number;
  /** What crossed the line or was lost on it: payload, 40 bytes of headers a segment, acknowledgements of the other direction, retransmissions, handshakes. */
  readonly wireBytes: number;
  readonly segments: number;
  readonly retransmissions: number;
  readonly lost: number;
  readonly overflowed: number;
};

export type LineCounters = { readonly up: DirectionCounters; readonly down: DirectionCounters; readonly connections: number; readonly cuts: number };

const KBIT = 1000;
const WEAK_RATE_BITS = 128 * KBIT;
const WEAK_DELAY_MS = 300;
const WEAK_QUEUE_BYTES = 32 * 1024;

/** The line of the requirements: 128 kbit/s, 600 ms there and back, 32 KiB (2 s) of queue each way. */
export function weakLine(lossShare: number): DirectionOptions {
  return { bitsPerSecond: WEAK_RATE_BITS, delayMs: WEAK_DELAY_MS, lossShare, queueBytes: WEAK_QUEUE_BYTES };
}

/** Nothing in the way: for a control measurement through the same proxy. */
export const CLEAR_LINE: DirectionOptions = { bitsPerSecond: Number.POSITIVE_INFINITY, delayMs: 0, lossShare: 0, queueBytes: Number.POSITIVE_INFINITY };

/** Five seconds of every minute, as far into the first minute as the share says. */
export function cutEveryMinute(phaseShare: number): CutPlan {
  return { everyMs: 60_000, forMs: 5000, firstAtMs: phaseShare * 60_000 };
}

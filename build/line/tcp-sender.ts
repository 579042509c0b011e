/**
 * What decides when TCP sends: the congestion window, what counts as lost, and when patience ends. As Linux does it,
 * as far as a thin line shows: ten segments to begin with (RFC 6928), slow start, CUBIC's decrease of 0.7 with the
 * growth of its Reno-friendly region (RFC 9438, the region a window of few segments is in), loss by a later segment's
 * arrival (RFC 8985, without allowance for reordering, which this line does not do), tail loss probe, and the
 * retransmission timer (RFC 6298, at least 200 ms, doubling).
 */
export type Segment = { readonly index: number; readonly bytes: Uint8Array; readonly last: boolean; sentAt: number; transmissions: number; order: number; state: 'under way' | 'lost' | 'arrived' };

const INITIAL_WINDOW = 10;
const LEAST_WINDOW = 2;
/** What the other end's buffer holds: a quarter of a MiB. */
const MOST_WINDOW = 180;
const DECREASE = 0.7;
/** 3 (1 - 0.7) / (1 + 0.7): segments a round trip, as fair as Reno with its decrease of 0.5. */
const GROWTH = 0.53;
const RTO_LEAST_MS = 200;
const RTO_MOST_MS = 120_000;
/** A lone segment's acknowledgement may wait for this long at the other end. */
const LONE_ACK_MS = 200;

export type TcpSender = {
  /** Segments that may be under way now. */
  room(): number;
  sent(segment: Segment, at: number): void;
  /** What the other end has by its own word, whatever of it is known already; gives the bytes that are news. */
  acknowledged(segments: readonly Segment[], at: number): number;
  /** The oldest that is lost and waits for its retransmission. */
  nextLost(): Segment | undefined;
  /** When to lose patience; null where nothing is under way. */
  patienceEndsAt(): number | null;
  /** Patience ended: the segment to probe with, or null where everything counts as lost now. */
  outOfPatience(): Segment | null;
  underWay(): number;
};

export function createTcpSender(roundTripMs: number): TcpSender {
  const segments = new Map<number, Segment>();
  let window = INITIAL_WINDOW;
  let threshold = Number.POSITIVE_INFINITY;
  let smoothed = roundTripMs;
  let variation = roundTripMs / 2;
  let order = 0;
  /** A decrease answers all losses among what was under way when it was made. */
  let recoverUpTo = 0;
  let backOff = 0;
  let lastActionAt = 0;

  const under = (): Segment[] => [...segments.values()].filter(({ state }) => state === 'under way');
  const decrease = (to: number): void => {
    threshold = Math.max(LEAST_WINDOW, window * DECREASE);
    window = to;
    recoverUpTo = order;
  };

  return {
    room: () => Math.max(0, Math.floor(window) - under().length),
    underWay: () => under().length,
    sent(segment, at) {
      order += 1;
      segment.order = order;
      segment.sentAt = at;
      segment.transmissions += 1;
      segment.state = 'under way';
      segments.set(segment.index, segment);
      lastActionAt = at;
    },
    acknowledged(arrived, at) {
      const fresh = [...new Set(arrived)].filter(({ index }) => segments.has(index));
      if (fresh.length === 0) return 0;
      backOff = 0;
      lastActionAt = at;
      const wasLimited = under().length >= Math.floor(window) - 1;
      for (const segment of fresh) {
        segment.state = 'arrived';
        segments.delete(segment.index);
        if (segment.transmissions === 1) {
          const took = at - segment.sentAt;
          variation = 0.75 * variation + 0.25 * Math.abs(smoothed - took);
          smoothed = 0.875 * smoothed + 0.125 * took;
        }
        if (wasLimited && segment.order > recoverUpTo) window = Math.min(MOST_WINDOW, window + (window < threshold ? 1 : GROWTH / window));
      }
      const newest = Math.max(...fresh.map(({ order: each }) => each));
      for (const segment of under()) {
        if (segment.order >= newest) continue;
        segment.state = 'lost';
        if (segment.order > recoverUpTo) decrease(Math.max(LEAST_WINDOW, window * DECREASE));
      }
      return fresh.reduce((total, { bytes }) => total + bytes.length, 0);
    },
    nextLost: () => [...segments.values()].filter(({ state }) => state === 'lost').toSorted((left, right) => left.index - right.index)[0],
    patienceEndsAt() {
      const count = under().length;
      if (count === 0) return null;
      const probe = 2 * smoothed + (count === 1 ? LONE_ACK_MS : 0);
      const timeout = Math.max(RTO_LEAST_MS, smoothed + 4 * variation) * 2 ** Math.max(0, backOff - 1);
      return lastActionAt + Math.min(RTO_MOST_MS, backOff === 0 ? Math.min(probe, timeout) : timeout);
    },
    outOfPatience() {
      backOff += 1;
      const waiting = under().toSorted((left, right) => left.order - right.order);
      const probe = waiting.at(-1);
      if (backOff === 1 && probe !== undefined) return probe;
      for (const segment of waiting) segment.state = 'lost';
      decrease(1);
      return null;
    },
  };
}

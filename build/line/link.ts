import type { SeededRandom } from '../fixtures/seeded-random.ts';
import type { DirectionOptions } from './line-options.ts';
import type { LineTime } from './line-time.ts';

/** One direction of the line, shared by all its connections: a queue, one segment after another at the line's rate, delay, loss. */
export type Link = {
  /** Segments arrive in the order they are sent; `arrive` is not called for one that is lost, nor when there is no room for it. */
  send(wireBytes: number, at: number, arrive: (at: number) => void): void;
  counters(): { readonly wireBytes: number; readonly segments: number; readonly lost: number; readonly overflowed: number };
};

const BITS_PER_BYTE = 8;
const MS_PER_SECOND = 1000;

/** `isDead`: the line is cut, and what would arrive now does not. */
export function createLink(options: DirectionOptions, time: LineTime, random: SeededRandom, isDead: () => boolean): Link {
  const bytesPerMs = options.bitsPerSecond / BITS_PER_BYTE / MS_PER_SECOND;
  const underWay: { readonly arrivesAt: number; readonly arrive: (at: number) => void }[] = [];
  let freeAt = 0;
  const counted = { wireBytes: 0, segments: 0, lost: 0, overflowed: 0 };

  // One timer for the first of them alone: timers of a machine may overtake each other by a millisecond, segments may not.
  const awaitFirst = (): void => {
    const first = underWay[0];
    if (first !== undefined) time.at(first.arrivesAt, arrivals);
  };
  const arrivals = (): void => {
    const now = time.now();
    for (let first = underWay[0]; first !== undefined && first.arrivesAt <= now; first = underWay[0]) {
      underWay.shift();
      if (isDead()) counted.lost += 1;
      else first.arrive(first.arrivesAt);
    }
    awaitFirst();
  };

  return {
    send(wireBytes, at, arrive) {
      const begins = Math.max(freeAt, at);
      const waitingBytes = begins === at ? 0 : (begins - at) * bytesPerMs;
      if (waitingBytes + wireBytes > options.queueBytes) {
        counted.overflowed += 1;
        return;
      }
      freeAt = begins + wireBytes / bytesPerMs;
      counted.wireBytes += wireBytes;
      counted.segments += 1;
      if (options.lossShare > 0 && random.chance(options.lossShare)) {
        counted.lost += 1;
        return;
      }
      underWay.push({ arrivesAt: freeAt + options.delayMs, arrive });
      if (underWay.length === 1) awaitFirst();
    },
    counters: () => ({ ...counted }),
  };
}

import type { Random } from '../../shared/base/world.ts';
import { BATCH_SEALED_TARGET_BYTES, NO_PROGRESS_MS, PAGE_MIN_BYTES, UNACKNOWLEDGED_MAX_BYTES } from '../../shared/sync/limits.ts';

/** Waits double from the first to the longest; a refusal is not cured by asking again soon. */
const WAIT_MS = { line: { first: 2000, longest: 5 * 60_000 }, refusal: { first: 60_000, longest: 15 * 60_000 } } as const;
/** A line that stalled gets smaller batches and more patience, up to an eighth and eight times. */
const STALLS_MAX = 3;
const JITTER = 0.5;

export type Pace = {
  /** Milliseconds to wait after a failure, longer each time; spread, so that a clinic's machines do not come all at once. */
  wait(kind: keyof typeof WAIT_MS): number;
  /** No progress on the line although it was up. */
  stalled(): void;
  /** Everything sent and read. */
  settled(): void;
  sizes(): { readonly batchTargetBytes: number; readonly windowBytes: number; readonly pageBytes: number; readonly noProgressMs: number };
};

export function createPace(random: Random): Pace {
  let failures = 0;
  let stalls = 0;
  return {
    wait(kind) {
      const { first, longest } = WAIT_MS[kind];
      const full = Math.min(first * 2 ** failures, longest);
      failures += 1;
      const spread = (random.bytes(1)[0] ?? 0) / 255;
      return Math.round(full * (1 - JITTER * spread));
    },
    stalled() {
      stalls = Math.min(stalls + 1, STALLS_MAX);
    },
    settled() {
      failures = 0;
      stalls = Math.max(stalls - 1, 0);
    },
    sizes: () => ({ batchTargetBytes: BATCH_SEALED_TARGET_BYTES >> stalls, windowBytes: UNACKNOWLEDGED_MAX_BYTES >> stalls, pageBytes: PAGE_MIN_BYTES, noProgressMs: NO_PROGRESS_MS * 2 ** stalls }),
  };
}

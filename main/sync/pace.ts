import type { Random } from '../../shared/base/world.ts';
import { BATCH_SEALED_TARGET_BYTES, NO_PROGRESS_MS, PAGE_MIN_BYTES, UNACKNOWLEDGED_MAX_BYTES } from '../../shared/sync/limits.ts';

/** Waits double from the first to the longest; a refusal is not cured by asking again soon. */
const WAIT_MS = { line: { first: 2000, longest: 5 * 60_000 }, refusal: { first: 60_000, longest: 15 * 60_000 } } as const;
/** A line that brought something before it broke is taken up again at once, spread over this. */
const RESUME_MAX_MS = 250;
/** A line that stalled before it brought anything gets batches of half the size, down to an eighth, and twice the patience, once. */
const STALLS_MAX = 3;
const PATIENCE_MAX_MS = 2 * NO_PROGRESS_MS;
const JITTER = 0.5;

export type Pace = {
  /** Milliseconds to wait after a failure, longer each time; spread, so that a clinic's machines do not come all at once. */
  wait(kind: keyof typeof WAIT_MS): number;
  /** A receipt or a page came: the line carries something at these sizes, whatever becomes of it now. */
  progressed(): void;
  /** No progress on the line for too long although it was up. */
  stalled(): void;
  /** Everything sent and read. */
  settled(): void;
  sizes(): { readonly batchTargetBytes: number; readonly windowBytes: number; readonly pageBytes: number; readonly noProgressMs: number };
};

export function createPace(random: Random): Pace {
  let failures = 0;
  let stalls = 0;
  /** Since the last wait. */
  let progress = false;
  const share = (): number => (random.bytes(1)[0] ?? 0) / 255;

  return {
    wait(kind) {
      const resumes = progress && kind === 'line';
      progress = false;
      if (resumes) return Math.round(RESUME_MAX_MS * share());
      const { first, longest } = WAIT_MS[kind];
      const full = Math.min(first * 2 ** failures, longest);
      failures += 1;
      return Math.round(full * (1 - JITTER * share()));
    },
    progressed() {
      progress = true;
      failures = 0;
    },
    stalled() {
      // A line that dies every minute is not made better by smaller batches; one that brings nothing at all may be.
      stalls = progress ? Math.max(stalls - 1, 0) : Math.min(stalls + 1, STALLS_MAX);
    },
    settled() {
      failures = 0;
      stalls = Math.max(stalls - 1, 0);
    },
    sizes: () => ({
      batchTargetBytes: BATCH_SEALED_TARGET_BYTES >> stalls,
      windowBytes: UNACKNOWLEDGED_MAX_BYTES >> stalls,
      pageBytes: PAGE_MIN_BYTES,
      noProgressMs: Math.min(NO_PROGRESS_MS * 2 ** stalls, PATIENCE_MAX_MS),
    }),
  };
}

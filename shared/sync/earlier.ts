import type { Cursor } from './envelope.ts';
import { HELLO_EARLIER_MAX } from './limits.ts';

/** Each place kept lies about this many times further back than the one before it. */
const WIDER = 4;

/**
 * Places a device has passed in the log, the latest first, spaced ever wider: what it offers a hub that was restored from
 * a backup, so that the two go on from the last place both know and not from the very beginning.
 * `at` is where the device stands now.
 */
export function spacedPlaces(passed: readonly Cursor[], at: number): readonly Cursor[] {
  const kept = new Map<number, Cursor>();
  for (const place of passed) {
    if (place.lsn > 0 && place.lsn < at) kept.set(Math.floor(Math.log(at - place.lsn) / Math.log(WIDER)), place);
  }
  return [...kept.values()].toSorted((left, right) => right.lsn - left.lsn).slice(0, HELLO_EARLIER_MAX);
}

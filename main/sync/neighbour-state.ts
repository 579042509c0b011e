import type { SegmentId } from '../../shared/base/ids.ts';
import type { Position } from '../../shared/sync/message.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import { clearState, readState, writeState } from './sync-state.ts';

/** What came from neighbours since central was last read to its end: central need not send it, and may not have it yet. */

/** Beyond this many segments central is told nothing and sends some of it twice. */
export const GROWN_SEGMENTS_MAX = 256;

export function grown(read: ReadHandle): readonly Position[] {
  return readState(read, 'neighbours.grown') ?? [];
}

export function noteGrown(write: WriteHandle, segment: SegmentId, length: number): void {
  const known = grown(write).filter((each) => each.segment !== segment);
  const few = known.length < GROWN_SEGMENTS_MAX;
  if (few) writeState(write, 'neighbours.grown', [...known, { segment, length }]);
  // What central lacks of it is offered to central: these segments, or all of them where they are too many to be named.
  const owed = readState(write, 'sync.backfill');
  if (owed?.owed !== true || (!few && owed.grown)) writeState(write, 'sync.backfill', { ...owed, owed: true, grown: few });
}

export function forgetGrown(write: WriteHandle): void {
  clearState(write, 'neighbours.grown');
}

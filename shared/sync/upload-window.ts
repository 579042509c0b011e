import type { SegmentId } from '../base/ids.ts';
import { LANE, type Lane } from '../ledger/lanes.ts';
import { URGENT_EXTRA_MAX_BYTES } from './limits.ts';

/** Batches of our own that are under way without a receipt, bounded so that a cut line costs a repeat of little. */
export type UploadWindow = {
  /** A batch was cut, and waits for the line to take it. */
  cut(): void;
  /** The line has taken one; whether that makes room. */
  taken(): boolean;
  put(batch: InFlight): void;
  /** Whatever of this segment is under way is not waited for any more. */
  drop(segment: SegmentId): void;
  /** The batch that began there was answered; gives what it was, where it is under way. */
  answered(segment: SegmentId, from: number): InFlight | undefined;
  /** A receipt covers the first `length` entries. */
  covered(segment: SegmentId, length: number): void;
  /** How far what is under way reaches, of batches that join on to the first `length` entries; `length` where none does. */
  reach(segment: SegmentId, length: number): number;
  /** Whether something is under way that joins on to the first `length` entries. */
  joins(segment: SegmentId, length: number): boolean;
  /** Sealed bytes. */
  bytes(): number;
  empty(): boolean;
  /** Whether another batch may go out; one always may where nothing is under way. */
  hasRoom(lane: Lane): boolean;
};

export type InFlight = { readonly segment: SegmentId; readonly from: number; readonly upTo: number; readonly bytes: number; /** Not in a bundle. */ readonly inFull: boolean };

export type UploadWindowOptions = {
  /** Sealed bytes one batch aims at, that may be under way in all, and how many of those are not of our own segments. */
  readonly batchTargetBytes: number;
  readonly windowBytes: number;
  readonly othersUnderWay: () => number;
  /** Batches that may wait for the line, beside urgent ones: while one is cut, nothing else is done. No bound where it is left out. */
  readonly batchesAhead?: number;
};

export function createUploadWindow({ batchTargetBytes, windowBytes, othersUnderWay, batchesAhead = Number.POSITIVE_INFINITY }: UploadWindowOptions): UploadWindow {
  let inFlight: readonly InFlight[] = [];
  let ahead = 0;
  const bytes = (): number => inFlight.reduce((total, batch) => total + batch.bytes, 0);
  const joining = (segment: SegmentId, length: number): readonly InFlight[] => inFlight.filter((batch) => batch.segment === segment && batch.from <= length);

  return {
    cut() {
      ahead += 1;
    },
    taken() {
      ahead -= 1;
      return Number.isFinite(batchesAhead) && ahead < batchesAhead;
    },
    put(batch) {
      inFlight = [...inFlight, batch];
    },
    drop(segment) {
      inFlight = inFlight.filter((batch) => batch.segment !== segment);
    },
    answered(segment, from) {
      const found = inFlight.find((batch) => batch.segment === segment && batch.from === from);
      inFlight = inFlight.filter((batch) => batch.segment !== segment || batch.from !== from);
      return found;
    },
    covered(segment, length) {
      inFlight = inFlight.filter((batch) => batch.segment !== segment || batch.upTo > length);
    },
    reach: (segment, length) => Math.max(length, ...joining(segment, length).map(({ upTo }) => upTo)),
    joins: (segment, length) => joining(segment, length).length > 0,
    bytes,
    empty: () => inFlight.length === 0,
    hasRoom(lane) {
      if (ahead >= batchesAhead && lane !== LANE.urgent) return false;
      const underWay = bytes() + othersUnderWay();
      return underWay === 0 || underWay + batchTargetBytes <= windowBytes + (lane === LANE.urgent ? URGENT_EXTRA_MAX_BYTES : 0);
    },
  };
}

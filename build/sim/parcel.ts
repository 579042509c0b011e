import { LANE, type Lane } from '../../shared/ledger/lanes.ts';
import type { Message } from '../../shared/sync/message.ts';

/** What a simulated line carries: frames as bytes, or whole messages where no byte of them is of interest. */
export type Parcel = { readonly message: Message; readonly lane: Lane; /** Bytes it would take. */ readonly length: number };

/** A message with no content to speak of, and one that names positions and places. */
const SMALL_BYTES = 60;
const GREETING_BYTES = 400;
const RUN_BYTES = 110;

export function parcelOf(message: Message, lane: Lane = LANE.urgent): Parcel {
  return { message, lane, length: lengthOf(message) };
}

function lengthOf(message: Message): number {
  switch (message.type) {
    case 'hello':
    case 'hi': return GREETING_BYTES;
    case 'push':
    case 'carry': return message.batch.header.length + message.batch.sealed.length + SMALL_BYTES;
    case 'page': return message.page.header.length + message.page.sealed.length + SMALL_BYTES;
    case 'bundle': return message.bundle.runs.length * RUN_BYTES + message.bundle.sealed.length;
    default: return SMALL_BYTES;
  }
}

/** How a line handles what it carries. */
export type Cargo<Load> = {
  readonly length: (load: Load) => number;
  readonly lane: (load: Load) => number;
  /** Whether a message ends with it. */
  readonly ends: (load: Load) => boolean;
  /** A piece of it; null where no less than all of it is anything. */
  readonly part: (load: Load, from: number, to: number) => Load | null;
  /** The same with one bit changed. */
  readonly flipped: (load: Load, at: number, bit: number) => Load;
};

/** Offset of the lane, and offset and bit that mark the last frame of a message (shared/sync/frame.ts). */
const LANE_OFFSET = 2;
const FLAGS_OFFSET = 3;
const FLAG_LAST = 1;

export const FRAMES: Cargo<Uint8Array> = {
  length: (frame) => frame.length,
  lane: (frame) => frame[LANE_OFFSET] ?? LANE.urgent,
  ends: (frame) => ((frame[FLAGS_OFFSET] ?? 0) & FLAG_LAST) !== 0,
  part: (frame, from, to) => (to > from ? frame.slice(from, to) : null),
  flipped(frame, at, bit) {
    const changed = frame.slice();
    changed[at] = (changed[at] ?? 0) ^ (1 << bit);
    return changed;
  },
};

export const PARCELS: Cargo<Parcel> = {
  length: ({ length }) => length,
  lane: ({ lane }) => lane,
  ends: () => true,
  part: (parcel, from, to) => (from === 0 && to === parcel.length ? parcel : null),
  flipped: (parcel) => parcel,
};

import { fromHex, toHex } from '../base/bytes.ts';
import type { SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import type { DeviceStore, OwnSegment } from './device-store.ts';
import type { Hi, Position } from './message.ts';
import { byteWriter } from './wire-bytes.ts';

/** A segment up to a length, and the chain hash (32 bytes) of its last entry there. */
export type Holding = Position & { readonly head: Uint8Array };

/**
 * One value for everything a hub holds of a device, so that both find out by 32 bytes whether they mean the same: SHA-256
 * over `segment (8) length (uint) head (32)` of each segment in order of the ids; what has length 0 is left out.
 * Lower-case hexadecimal. A count of entries would do as long as nobody is restored from a backup: two losses can add up
 * to the number expected.
 */
export function holdingsDigest(sha256: Sha256, holdings: readonly Holding[]): string {
  const writer = byteWriter();
  for (const { segment, length, head } of holdings.toSorted((left, right) => (left.segment < right.segment ? -1 : 1))) {
    if (length > 0) writer.fixed(fromHex(segment)).uint(length).fixed(head);
  }
  return toHex(sha256(writer.done()));
}

/** Whether a hub holds of this device what its own words so far make it expect. */
export type HoldingsCheck = {
  /** The hub's first words: HI with the positions asked about. `moved`: its log is of another epoch than our cursor. */
  begin(hi: Pick<Hi, 'positions' | 'held' | 'holds'>, moved: boolean): void;
  /** The hub's first word on segments asked about later. */
  learn(positions: readonly Position[]): void;
  /** Entries expected and not held, by their number alone. */
  short(): number;
  /** To be asked when the hub has said how far it holds every segment that was asked about. */
  differs(): boolean;
};

export function createHoldingsCheck(sha256: Sha256, store: DeviceStore): HoldingsCheck {
  const expected = new Map<SegmentId, number>();
  let held = 0;
  let holds: string | null = null;
  let otherLog = false;

  const sum = (): number => [...expected.values()].reduce((total, length) => total + length, 0);

  /** Our chain hash behind the first `length` entries; null where we do not hold so many. */
  const headAt = ({ segment, length: ours, head }: OwnSegment, length: number): Uint8Array | null =>
    length > ours ? null : length === ours ? head : store.ownEntries(segment, length, 1, 0).previous;

  const digest = (): string | null => {
    const holdings: Holding[] = [];
    const own = new Map(store.ownSegments().map((each) => [each.segment, each]));
    for (const [segment, length] of expected) {
      const ours = own.get(segment);
      // Of a segment with two histories the hub leaves its own out as well.
      if (ours?.closed === true) continue;
      const head = ours === undefined ? null : headAt(ours, length);
      if (head === null) return null;
      holdings.push({ segment, length, head });
    }
    return holdingsDigest(sha256, holdings);
  };

  return {
    begin(hi, moved) {
      ({ held } = hi);
      holds = hi.holds ?? null;
      otherLog = moved;
      for (const { segment, acknowledged } of store.ownSegments()) expected.set(segment, acknowledged);
      for (const { segment, length } of hi.positions) expected.set(segment, length);
    },
    learn(positions) {
      for (const { segment, length } of positions) expected.set(segment, length);
    },
    short: () => Math.max(0, sum() - held),
    differs() {
      if (holds !== null) return digest() !== holds;
      return otherLog || sum() !== held || store.ownSegments().some(({ segment, length }) => (expected.get(segment) ?? 0) > length);
    },
  };
}

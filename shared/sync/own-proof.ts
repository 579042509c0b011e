import { equalBytes, toHex } from '../base/bytes.ts';
import type { SegmentId } from '../base/ids.ts';
import { ok, type Result } from '../base/result.ts';
import type { DeviceStore, LocalFault, OwnSegment } from './device-store.ts';
import type { Holding } from './holdings.ts';
import { ROLLED_HEAD_BYTES } from './limits.ts';
import type { Position } from './message.ts';
import type { Tracked } from './own-positions.ts';

/**
 * Whether what receipts of earlier conversations cover is this device's history at the hub still. A hub that was restored
 * may have taken another one under the same ids, from a copy of this machine, as long or longer: then lengths prove
 * nothing, and nothing is believed but heads that are our own chain's.
 */
export type OwnProof = {
  /** What receipts cover of it has not been shown in this conversation. */
  want(segment: SegmentId): void;
  wanted(segment: SegmentId): boolean;
  /** The hub holds our history as far as receipts cover it. */
  shown(segment: SegmentId): void;
  /** Every segment is shown to be ours as far as receipts cover it; where they cover nothing there is nothing to show. */
  complete(find: (segment: SegmentId) => Tracked | undefined): boolean;
  /** The hub's word on some is still on its way. */
  waiting(): boolean;
  /** Reads from there what the hub holds, once in a conversation. */
  doubt(segment: SegmentId, from: number): void;
  /** Places to read from, since this was last asked. */
  doubts(): readonly Position[];
  /** The hub holds another history of a closed segment, or more of it than is here: where the two part is to be found out, unless it was before. `head` in hexadecimal, perhaps its beginning alone. */
  other(segment: SegmentId, state: Tracked, length: number, head: string): void;
  /** As `other`, by a receipt, which is remembered once it has been found out. */
  otherBy(holding: Holding, state: Tracked): void;
  /** The hub's entries of an own segment came, and agree with ours up to so many entries. */
  found(segment: SegmentId, state: Tracked, common: number): Result<null, LocalFault>;
};

/** Consecutive entries of one segment as the hub holds them: the chain hash before the first, and that of each. */
export type HeldRun = { readonly segment: SegmentId; readonly from: number; readonly previous: Uint8Array; readonly hashes: readonly Uint8Array[] };

/** How many entries both hold alike; null where they part before the run. `differs`: and where they part in it. */
export function commonLength(store: DeviceStore, { segment, from, previous, hashes }: HeldRun): { readonly length: number; readonly differs: boolean } | null {
  const ours = store.ownEntries(segment, from, hashes.length, Number.MAX_SAFE_INTEGER);
  if (!equalBytes(ours.previous, previous)) return null;
  const at = ours.entries.findIndex(({ hash }, index) => !equalBytes(hash, hashes[index] ?? hash));
  return { length: from + (at < 0 ? ours.entries.length : at), differs: at >= 0 };
}

/** Our chain hash behind so many entries, as a ROLLED gives it. */
export function headOf(store: DeviceStore, { segment, length: ours, head }: OwnSegment, length: number): string {
  return toHex((length === ours ? head : store.ownEntries(segment, length, 1, 0).previous).subarray(0, ROLLED_HEAD_BYTES));
}

/** The furthest place that both sides may agree on and the hub has an entry behind. */
export const lastCommon = ({ acknowledged, length: ours }: Tracked, length: number): number => Math.max(0, Math.min(acknowledged, ours, length - 1));

export function createOwnProof(store: DeviceStore): OwnProof {
  const unproven = new Set<SegmentId>();
  const doubted = new Map<SegmentId, ReadonlySet<number>>();
  let doubts: Position[] = [];
  /** What the hub holds of a closed segment where that is being found out. */
  const others = new Map<SegmentId, Holding>();

  const doubt = (segment: SegmentId, from: number): void => {
    const places = doubted.get(segment) ?? new Set();
    if (places.has(from)) return;
    doubted.set(segment, new Set([...places, from]));
    doubts.push({ segment, length: from });
  };

  const other = (segment: SegmentId, state: Tracked, length: number, head: string): void => {
    // The very history that was compared with ours before: what receipts cover was taken back then.
    if (store.others().some((each) => each.segment === segment && each.length === length && toHex(each.head).startsWith(head))) return void unproven.delete(segment);
    unproven.add(segment);
    doubt(segment, lastCommon(state, length));
  };

  return {
    want: (segment) => void unproven.add(segment),
    wanted: (segment) => unproven.has(segment),
    shown: (segment) => void unproven.delete(segment),
    complete(find) {
      for (const segment of unproven) if (find(segment)?.acknowledged === 0) unproven.delete(segment);
      return unproven.size === 0;
    },
    waiting: () => [...unproven].some((segment) => !doubted.has(segment)),
    doubt,
    doubts() {
      const found = doubts;
      doubts = [];
      return found;
    },
    other,
    otherBy({ segment, length, head }, state) {
      other(segment, state, length, toHex(head));
      if (unproven.has(segment)) others.set(segment, { segment, length, head });
    },
    found(segment, { acknowledged, blocked }, common) {
      if (common < acknowledged) return ok(null);
      unproven.delete(segment);
      const compared = others.get(segment);
      if (compared === undefined || !blocked) return ok(null);
      others.delete(segment);
      return store.keepOther(compared);
    },
  };
}

import type { EntryId } from '../base/ids.ts';
import { compareHybrid, type HybridTime } from '../ledger/hybrid-clock.ts';
import { carefulRank, mergeClass, type MergeClass } from './merge-class.ts';

/** A live value of one element: the entry that set it, when, and the element's JSON text (null: removed or absent). */
export type Head = { readonly entry: EntryId; readonly clock: HybridTime; readonly value: string | null };

export type Merged = {
  readonly value: string | null;
  /** The head whose value counts. */
  readonly used: EntryId;
  /** Set when live heads hold different values. */
  readonly conflict: MergeClass | null;
};

/**
 * The value that counts among the live heads of an element. Independent of the order in which entries arrived:
 * equal values resolve silently; else safety elements take the most careful value, all others the newest.
 */
export function mergeHeads(type: string, element: string, heads: readonly Head[]): Merged {
  const newest = heads.toSorted(newestFirst);
  const first = newest[0];
  if (first === undefined) throw new Error('broken assumption: an element has at least one head');
  const differ = newest.some((head) => head.value !== first.value);
  if (!differ) return { value: first.value, used: first.entry, conflict: null };
  // Bookkeeping of the servers it passed through, which no person can decide; the stricter confidentiality label stays.
  if (element === 'meta') {
    const strictest = mostCareful(type, element, newest);
    return { value: strictest.value, used: strictest.entry, conflict: null };
  }
  const severity = mergeClass(type, element);
  const used = severity === 'safety' ? mostCareful(type, element, newest) : first;
  return { value: used.value, used: used.entry, conflict: severity };
}

function newestFirst(left: Head, right: Head): number {
  return compareHybrid(right.clock, left.clock) || (left.entry < right.entry ? -1 : left.entry > right.entry ? 1 : 0);
}

function mostCareful(type: string, element: string, newest: readonly Head[]): Head {
  const ranked = newest.map((head) => ({ head, rank: carefulRank(type, element, head.value) ?? 0 }));
  const best = Math.min(...ranked.map(({ rank }) => rank));
  const chosen = ranked.find(({ rank }) => rank === best);
  if (chosen === undefined) throw new Error('broken assumption: an element has at least one head');
  return chosen.head;
}

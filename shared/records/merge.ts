import type { EntryId } from '../base/ids.ts';
import { compareHybrid, type HybridTime } from '../ledger/hybrid-clock.ts';
import { carefulRanks } from './careful-order.ts';
import { isRawNumber, parseLossless, type LosslessValue } from './lossless-json.ts';
import { mergeClass, type MergeClass } from './merge-class.ts';

/** A live value of one element: the entry that set it, when, and the element's JSON text (null: removed or absent). */
export type Head = { readonly entry: EntryId; readonly clock: HybridTime; readonly value: string | null };

/**
 * Why a value counts meanwhile. `careful`: it is the most careful of them. `unsettled`: none is known to be more
 * careful; the newest is shown and must not be used without looking at all. `newest`: nothing depends on it.
 */
export const MERGE_BASES = ['careful', 'unsettled', 'newest'] as const;
export type MergeBasis = (typeof MERGE_BASES)[number];

export type Conflict = {
  readonly severity: MergeClass;
  readonly basis: MergeBasis;
  /** Epoch milliseconds by the authors' clocks: when the second of the differing values was written. */
  readonly since: number;
};

export type Merged = {
  readonly value: string | null;
  /** The head whose value counts. */
  readonly used: EntryId;
  /** Set when live heads hold values of different meaning. */
  readonly conflict: Conflict | null;
};

/**
 * The value that counts among the live heads of an element. Independent of the order in which entries arrived: equal
 * values resolve silently; else safety elements take the most careful value where one is known, all others the newest.
 * `about` is the JSON text of the record's `code`, on which the meaning of some elements depends.
 */
export function mergeHeads(type: string, element: string, heads: readonly Head[], about: string | null = null): Merged {
  const newest = heads.toSorted(newestFirst);
  const first = newest[0];
  if (first === undefined) throw new Error('broken assumption: an element has at least one head');
  if (newest.every((head) => head.value === first.value)) return { value: first.value, used: first.entry, conflict: null };
  const meanings = meaningsOf(type, element, newest, about);
  const severity = mergeClass(type, element);
  // Bookkeeping of the servers it passed through, which no person can decide; the stricter confidentiality label stays.
  const decided = element === 'meta' || new Set(meanings.map(({ key }) => key)).size === 1;
  const ordered = severity === 'safety' || element === 'meta' ? mostCareful(meanings) : undefined;
  const used = ordered?.head ?? first;
  if (decided) return { value: used.value, used: used.entry, conflict: null };
  const basis = severity === 'review' ? 'newest' : (ordered?.basis ?? 'unsettled');
  return { value: used.value, used: used.entry, conflict: { severity, basis, since: secondWritten(meanings) } };
}

/** `key` is the same for values of the same meaning; `rank` is the place in a careful order, null where there is none. */
type Meaning = { readonly head: Head; readonly key: string; readonly rank: number | null };

function meaningsOf(type: string, element: string, newest: readonly Head[], about: string | null): readonly Meaning[] {
  const ranks = carefulRanks(type, element, newest.map(({ value }) => value), about);
  return newest.map((head, index) => {
    const rank = ranks?.[index] ?? null;
    return { head, rank, key: rank !== null && isPlainlyCoded(element) ? `rank ${rank}` : meaningText(head.value) };
  });
}

/** Elements that say nothing but their code: two spellings of one code are one value. Others may share a code and differ besides. */
function isPlainlyCoded(element: string): boolean {
  return /[sS]tatus$|^criticality$|^type$|^doNotPerform$/.test(element);
}

/** One text for every way to write the same JSON: members in order, numbers with the digits they were written with. */
function meaningText(value: string | null): string {
  return value === null ? '' : orderedText(parseLossless(value));
}

function orderedText(value: LosslessValue): string {
  if (isRawNumber(value) || typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each: LosslessValue) => orderedText(each)).join(',')}]`;
  const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, part]) => `${JSON.stringify(name)}:${orderedText(part)}`).join(',')}}`;
}

/**
 * A value without a place in the order is shown rather than hidden: only the most careful meaning of all goes before it.
 * Then, and where several values share the first place, nobody can say that the order has settled it.
 */
function mostCareful(meanings: readonly Meaning[]): { readonly head: Head; readonly basis: MergeBasis } | undefined {
  if (meanings.every(({ rank }) => rank === null)) return undefined;
  const best = Math.min(...meanings.map(placeOf));
  const candidates = meanings.filter((meaning) => placeOf(meaning) === best);
  const [chosen] = candidates;
  if (chosen === undefined) throw new Error('broken assumption: an element has at least one head');
  const settled = candidates.every(({ key }) => key === chosen.key) && meanings.every(({ rank }) => rank !== null);
  return { head: chosen.head, basis: settled ? 'careful' : 'unsettled' };
}

const NO_PLACE = 0.5;

function placeOf({ rank }: Meaning): number {
  return rank ?? NO_PLACE;
}

/** The first values of two different meanings, in the order in which they were written, make the conflict. */
function secondWritten(meanings: readonly Meaning[]): number {
  const oldestFirst = meanings.toReversed();
  const [first] = oldestFirst;
  return oldestFirst.find(({ key }) => key !== first?.key)?.head.clock[0] ?? 0;
}

function newestFirst(left: Head, right: Head): number {
  return compareHybrid(right.clock, left.clock) || (left.entry < right.entry ? -1 : left.entry > right.entry ? 1 : 0);
}

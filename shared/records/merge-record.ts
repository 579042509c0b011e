import type { EntryId } from '../base/ids.ts';
import { compareHybrid, type HybridTime } from '../ledger/hybrid-clock.ts';
import { resourceFromElements } from './elements.ts';
import { mergeHeads, type Conflict, type Head } from './merge.ts';

/** A record's creation: one entry, or several when two devices brought the same record. Elements are JSON texts. */
export type Creation = { readonly entry: EntryId; readonly clock: HybridTime; readonly elements: ReadonlyMap<string, string> };
/** A value set after creation, or (`present` false) an entry known only because another names it as parent. */
export type Setting = { readonly element: string; readonly entry: EntryId; readonly clock: HybridTime; readonly present: boolean; readonly superseded: boolean; readonly value: string | null };

/**
 * Every live value of every element that was set after creation or created differently. The heads are the setters
 * that no other entry lists as parent, so the result depends on the set of entries, never on their order.
 */
export function headsOfRecord(creations: readonly Creation[], settings: readonly Setting[]): ReadonlyMap<string, readonly Head[]> {
  const touched = new Set(settings.map(({ element }) => element));
  if (creations.length > 1) for (const { elements } of creations) for (const element of elements.keys()) touched.add(element);
  return new Map([...touched].map((element) => [element, headsOfElement(element, creations, settings.filter((each) => each.element === element))]));
}

/**
 * The live values of one element; `settings` are its own. Where one id has two histories, each value may have superseded
 * the other: then nobody has settled anything, and all that were set are live.
 */
export function headsOfElement(element: string, creations: readonly Pick<Creation, 'entry' | 'clock' | 'elements'>[], settings: readonly Setting[]): readonly Head[] {
  const superseded = new Set(settings.filter((setting) => setting.superseded).map(({ entry }) => entry));
  const created = creations.filter(({ entry }) => !superseded.has(entry)).map(({ entry, clock, elements }) => ({ entry, clock, value: elements.get(element) ?? null }));
  const present = settings.filter((setting) => setting.present);
  const live = present.filter((setting) => !setting.superseded);
  const set = created.length > 0 || live.length > 0 ? live : present;
  return [...created, ...set.map(({ entry, clock, value }) => ({ entry, clock, value }))];
}

export type MergedRecord = { readonly text: string; readonly conflicts: readonly (readonly [element: string, conflict: Conflict])[] };

/** The resource as it stands now, and the elements whose live values differ. Null where nothing created it yet. */
export function mergeRecord(type: string, creations: readonly Creation[], settings: readonly Setting[]): MergedRecord | null {
  const base = creations.toSorted((left, right) => compareHybrid(left.clock, right.clock) || (left.entry < right.entry ? -1 : 1))[0];
  if (base === undefined) return null;
  const elements = new Map(base.elements);
  const conflicts: (readonly [string, Conflict])[] = [];
  for (const [element, heads] of headsOfRecord(creations, settings)) {
    if (heads.length === 0) continue;
    const merged = mergeHeads(type, element, heads, base.elements.get('code') ?? null);
    if (merged.value === null) elements.delete(element);
    else elements.set(element, merged.value);
    if (merged.conflict !== null) conflicts.push([element, merged.conflict]);
  }
  return { text: resourceFromElements(elements), conflicts };
}

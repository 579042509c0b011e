import type { EntryId, RecordId } from '../../shared/base/ids.ts';
import { liveHeads } from '../ledger/ledger.ts';
import type { ReadHandle } from '../store/store.ts';

/** The entries whose values of these elements count or compete now: what an amendment supersedes. */
export function headsOf(read: ReadHandle, record: RecordId, elements: readonly string[]): readonly EntryId[] {
  const live = liveHeads(read, record);
  if (live === undefined) return [];
  const creations = live.creations.map(({ entry }) => entry);
  return [...new Set(elements.flatMap((element) => live.heads.get(element)?.map(({ entry }) => entry) ?? creations))];
}

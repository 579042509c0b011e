import { SegmentId } from '../../shared/base/ids.ts';
import { Lane } from '../../shared/ledger/lanes.ts';
import type { Cursor } from '../../shared/sync/envelope.ts';
import { seedOrder, type SeedSegment } from '../../shared/sync/hub-rules.ts';
import { numberOf, textOf } from './row.ts';
import type { Reads } from './sql.ts';

/** The order of a seed: others' segments up to a place of the log, and how many entries come before each. */
export type SeedIndex = { readonly segments: readonly (SeedSegment & { /** Entries of the seed before it. */ readonly before: number })[]; readonly last: number };

/** A stretch of a seed: these segments by their numbers, the first from an entry on, the last up to one. */
export type Stretch = { readonly refs: readonly number[]; readonly from: number; readonly upTo: number };

/** What stands up to a place of the log never changes, so that one index serves all pages of a seed. */
const INDEXES_KEPT = 8;

export type SeedIndexes = { of(view: Reads, device: string, at: Cursor): Promise<SeedIndex> };

export function createSeedIndexes(): SeedIndexes {
  const kept = new Map<string, SeedIndex>();
  return {
    async of(view, device, { epoch, lsn, mark }) {
      const key = `${device} ${epoch} ${lsn} ${mark}`;
      const index = kept.get(key) ?? (await indexAt(view, device, lsn));
      kept.delete(key);
      kept.set(key, index);
      for (const [oldest] of kept) if (kept.size > INDEXES_KEPT) kept.delete(oldest);
      return index;
    },
  };
}

async function indexAt(view: Reads, device: string, lsn: number): Promise<SeedIndex> {
  // Only segments that have grown since have to be counted.
  const rows = await view.all(
    'SELECT ref, id, lane, CASE WHEN lsn <= ? THEN length ELSE (SELECT count(*) FROM op WHERE op.segment = segment.ref AND op.lsn <= ?) END AS held FROM segment WHERE device <> ? ORDER BY ref', lsn, lsn, device,
  );
  const found = rows.map((row) => ({ segment: SegmentId.parse(textOf(row, 'id')), number: numberOf(row, 'ref'), lane: Lane.parse(row['lane']), length: numberOf(row, 'held') }));
  let last = 0;
  const segments = seedOrder(found.filter(({ length }) => length > 0)).map((segment) => {
    const before = last;
    last += segment.length;
    return { ...segment, before };
  });
  return { segments, last };
}

/** At most `count` entries behind the first `after`; null at the end. */
export function stretchOf({ segments, last }: SeedIndex, after: number, count: number): Stretch | null {
  const end = Math.min(last, after + count);
  if (end <= after) return null;
  const first = atEntry(segments, after);
  const final = atEntry(segments, end - 1);
  const [opening, closing] = [segments[first], segments[final]];
  if (opening === undefined || closing === undefined) throw new Error('broken assumption: every entry of a seed is in a segment');
  return { refs: segments.slice(first, final + 1).map(({ number }) => number), from: after - opening.before, upTo: end - closing.before };
}

/** The segment that holds this entry of the seed, by bisection. */
function atEntry(segments: SeedIndex['segments'], entry: number): number {
  let [low, high] = [0, segments.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((segments[middle]?.before ?? 0) <= entry) low = middle;
    else high = middle - 1;
  }
  return low;
}

import type { RecordId } from '../../shared/base/ids.ts';
import type { Contested } from '../../shared/ipc/shapes.ts';
import { mergeHeads, type Head } from '../../shared/records/merge.ts';
import { liveHeads } from '../ledger/ledger.ts';
import type { ReadHandle } from '../store/store.ts';
import { valueWords } from './value-words.ts';

/** The fields of a record that have several live values, each with all of them: what a chart must not show as settled. */
export function contestedFields(read: ReadHandle, record: RecordId): Contested[] {
  const rows = read.all("SELECT conflict.element, conflict.severity, conflict.basis, record.type FROM conflict JOIN record ON record.id = conflict.record WHERE conflict.record = ? AND conflict.element NOT LIKE '#%' ORDER BY conflict.element", record);
  if (rows.length === 0) return [];
  const live = liveHeads(read, record);
  return rows.flatMap((row) => {
    const element = String(row['element']);
    const heads = live?.heads.get(element);
    if (heads === undefined) return [];
    const { used } = mergeHeads(String(row['type']), element, heads, live?.creations[0]?.elements.get('code') ?? null);
    const values = distinctHeads(heads, used).map(({ entry, value }) => ({ text: valueWords(element, value), json: value, used: entry === used }));
    return [{ field: element, severity: row['severity'] === 'safety' ? 'safety' : 'review', basis: basisOf(row['basis']), values }];
  });
}

/** One head for each value as it is written, the one that counts first. */
export function distinctHeads(heads: readonly Head[], used: string): readonly Head[] {
  const first = heads.filter(({ entry }) => entry === used);
  const others = heads.filter((head, index) => head.entry !== used && head.value !== first[0]?.value && heads.findIndex((other) => other.value === head.value) === index);
  return [...first, ...others];
}

export function basisOf(value: unknown): Contested['basis'] {
  return value === 'careful' || value === 'unsettled' ? value : 'newest';
}

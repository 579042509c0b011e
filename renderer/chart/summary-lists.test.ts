import { expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import type { ChartItem } from '../../shared/ipc/shapes.ts';
import { givenList, summaryList } from './summary-lists.ts';

const item = (title: string, at: number | null, status: string | null, conflict = false): ChartItem => ({
  record: title as RecordId, type: 'Condition', at, precision: 'day', title, detail: null, status, encounter: null, conflict, amended: false,
});

it('shows what counts now, conflicts first, then the newest, and counts the rest', () => {
  const list = summaryList([item('old', 1, 'active'), item('gone', 9, 'resolved'), item('new', 5, null), item('odd', 0, 'active', true), item('strange', 3, 'some-new-code')], 3);
  expect(list.shown.map(({ title }) => title)).toEqual(['odd', 'new', 'strange']);
  expect(list).toMatchObject({ more: 1, ended: 1 });
});

it('keeps doses that were given, whatever came after', () => {
  expect(givenList([item('a', 1, 'completed'), item('b', 2, 'not-done'), item('c', 3, 'entered-in-error')], 5).shown.map(({ title }) => title)).toEqual(['a']);
});

import { expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import type { ChartItem } from '../../shared/ipc/shapes.ts';
import { givenList, medicineList, summaryList } from './current-items.ts';

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

it('makes one line of a medicine that was asked for many times, and lists the newest first', () => {
  const day = (year: number): number => Date.UTC(year, 0, 1);
  const request = (title: string, year: number | null, status = 'active', detail: string | null = 'one a day') => ({ ...item(`${title} ${year} ${status}`, year === null ? null : day(year), status), title, detail });
  const list = medicineList([request('Amlodipine 5 mg', 2019), request('amlodipine  5 mg', 2026), request('Amlodipine 5 mg', 2022), request('Metformin', 2025), request('Amlodipine 5 mg', 2018, 'stopped')], 5);
  expect(list.shown.map(({ newest, times, since, differs }) => [newest.title, times, since?.at ?? null, differs])).toEqual([
    ['amlodipine  5 mg', 3, day(2019), false],
    ['Metformin', 1, null, false],
  ]);
  expect(list).toMatchObject({ more: 0, ended: 1 });
});

it('says when an earlier request is taken otherwise, and how many medicines are left out', () => {
  const list = medicineList([{ ...item('a', 2, 'active'), title: 'X', detail: 'two a day' }, { ...item('b', 1, 'active'), title: 'X', detail: 'one a day' }, item('Y', 0, null)], 1);
  expect(list.shown).toMatchObject([{ times: 2, differs: true }]);
  expect(list.more).toBe(1);
});

it('never hides a conflict behind a newer request of the same medicine', () => {
  const list = medicineList([{ ...item('new', 9, 'active'), title: 'X' }, { ...item('torn', 1, 'active', true), title: 'X' }], 5);
  expect(list.shown.map(({ newest, times }) => [newest.record, times])).toEqual([['torn', 1], ['new', 1]]);
});

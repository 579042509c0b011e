import { expect, it } from 'vitest';
import { onsetProblem } from './onset.ts';

it.each([
  ['', null],
  ['2026', null],
  ['2026-07', null],
  ['2026-07-14', null],
  ['2026-07-15', 'future'],
  ['2026-08', 'future'],
  ['2027', 'future'],
  ['2025-12-31', null],
  ['2026-02-30', 'unreadable'],
  ['14-Jul-2026', 'unreadable'],
  ['last year', 'unreadable'],
])('%s: %s', (typed, expected) => {
  expect(onsetProblem(typed, { year: 2026, month: 7, day: 14 })).toBe(expected);
});

import { describe, expect, it } from 'vitest';
import type { RecordId } from '../../shared/base/ids.ts';
import { isAdult, previousValues } from './vital-context.ts';

const now = Date.UTC(2026, 6, 14, 12);
const record = '00000000-0000-8000-8000-000000000000' as RecordId;

describe('adult', () => {
  it.each([
    ['2008-07-14', true],
    ['2008-07-15', false],
    ['2008-06', true],
    ['2008-08', false],
    ['2008-07', null],
    ['2008', null],
    ['2007', true],
    ['2009', false],
    [null, null],
    ['garbage', null],
  ])('%s is %s', (birthDate, expected) => {
    expect(isAdult(birthDate, now, 'UTC')).toBe(expected);
  });
});

it('takes the newest value of each sign, whatever the order, and only in the unit of the row', () => {
  const points = [{ at: 5, value: 61, record }, { at: 9, value: 62, record }, { at: 7, value: 60, record }];
  const trends = [
    { code: '29463-7', display: 'Body weight', unit: 'kg', sign: 'weight', points },
    { code: '8302-2', display: 'Body height', unit: '[in_i]', sign: 'height', points: [{ at: 1, value: 63, record }] },
  ];
  expect(previousValues(trends)).toEqual({ weight: { at: 9, value: 62 } });
});

import { describe, expect, it } from 'vitest';
import { readBirth } from './birth-text.ts';

const TODAY = { year: 2026, month: 11, day: 22 };

describe('a birth date or an age as it is said at a desk', () => {
  it.each([
    ['14-Jul-1985', '1985-07-14'],
    ['14 july 1985', '1985-07-14'],
    ['July 14, 1985', '1985-07-14'],
    ['july 3rd 1985', '1985-07-03'],
    ['1985-07-14', '1985-07-14'],
    ['1985-7-4', '1985-07-04'],
    ['7/14/1985', '1985-07-14'],
    ['Jul 1985', '1985-07'],
    ['sept 2001', '2001-09'],
    ['1985', '1985'],
  ])('reads the date %s', (text, date) => {
    expect(readBirth(text, TODAY)).toEqual({ reads: 'date', date });
  });

  it.each([
    ['41y', '1985'],
    ['41 years', '1985'],
    ['8m', '2026-03'],
    ['30 months', '2024'],
    ['3w', '2026-11'],
    ['10d', '2026-11-12'],
    ['0d', '2026-11-22'],
  ])('reads the age %s no more exactly than it is', (text, date) => {
    expect(readBirth(text, TODAY)).toEqual({ reads: 'date', date });
  });

  it('tells empty, unreadable, still to come and impossibly old apart', () => {
    expect(readBirth(' ', TODAY)).toEqual({ reads: 'empty' });
    for (const text of ['soon', '31 feb 2001', '14/7/1985', '41', '1985-13-01', 'foo 1985', '99']) expect(readBirth(text, TODAY)).toEqual({ reads: 'problem', problem: 'not-read' });
    for (const text of ['23 nov 2026', '2027', 'dec 2026']) expect(readBirth(text, TODAY)).toEqual({ reads: 'problem', problem: 'future' });
    for (const text of ['1850', '140y']) expect(readBirth(text, TODAY)).toEqual({ reads: 'problem', problem: 'too-old' });
  });
});

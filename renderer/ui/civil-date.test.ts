import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMonths, daysBetween, daysInMonth, partialDate } from './civil-date.ts';

const dates = fc.record({ year: fc.integer({ min: 1850, max: 2150 }), month: fc.integer({ min: 1, max: 12 }), day: fc.integer({ min: 1, max: 28 }) });

describe('calendar', () => {
  it('reads each precision and refuses days that are not', () => {
    expect(partialDate('2024-02-29')).toEqual({ year: 2024, month: 2, day: 29 });
    expect(partialDate('2023-02-29')).toBeNull();
    expect(partialDate('2023-00')).toBeNull();
    expect(partialDate('2023')).toEqual({ year: 2023, month: null, day: null });
    expect(partialDate('20230101')).toBeNull();
  });

  it('knows the length of every February', () => {
    expect([1900, 2000, 2023, 2024].map((year) => daysInMonth(year, 2))).toEqual([28, 29, 28, 29]);
  });

  it('goes months forward and back to the same day', () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: -600, max: 600 }), (date, months) => {
        expect(addMonths(addMonths(date, months), -months)).toEqual(date);
      }),
    );
  });

  it('counts days alike in both directions', () => {
    fc.assert(
      fc.property(dates, dates, (left, right) => {
        expect(daysBetween(left, right) + daysBetween(right, left)).toBe(0);
      }),
    );
  });

  it('ends in a shorter month on its last day', () => {
    expect(addMonths({ year: 2024, month: 1, day: 31 }, 1)).toEqual({ year: 2024, month: 2, day: 29 });
  });
});

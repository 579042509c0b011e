import { expect, it } from 'vitest';
import { itemDate, itemDateTime } from './item-date.ts';

const midnight = Date.UTC(2026, 6, 14);

it('never moves a calendar day by the zone', () => {
  expect(itemDate({ at: midnight, precision: 'day' }, 'America/Chicago')).toBe('14-Jul-2026');
  expect(itemDate({ at: midnight, precision: 'time' }, 'America/Chicago')).toBe('13-Jul-2026');
});

it('says no more than is known', () => {
  expect(itemDate({ at: Date.UTC(2026, 0, 1), precision: 'year' }, 'America/Chicago')).toBe('2026');
  expect(itemDate({ at: Date.UTC(2026, 6, 1), precision: 'month' }, 'America/Chicago')).toBe('Jul-2026');
  expect(itemDate({ at: null, precision: null }, 'UTC')).toBeNull();
  expect(itemDateTime({ at: midnight, precision: 'day' }, 'UTC')).toBe('14-Jul-2026');
  expect(itemDateTime({ at: midnight + 34_200_000, precision: 'time' }, 'UTC')).toBe('14-Jul-2026 09:30');
});

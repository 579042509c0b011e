import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTRY_KINDS } from '../../shared/ledger/kinds.ts';
import { civilDateAt } from '../ui/civil-date.ts';
import { KIND_GROUPS, NO_FILTER, readFilter, startOfDay } from './trail-filter.ts';

it('puts every kind of entry in exactly one group', () => {
  expect(Object.values(KIND_GROUPS).flat().toSorted()).toEqual([...ENTRY_KINDS].toSorted());
});

describe('the filter', () => {
  it('asks for everything when nothing is typed', () => {
    expect(readFilter(NO_FILTER, 'UTC')).toEqual({ filter: { userName: null, kinds: [], refusedOnly: false, from: null, to: null }, wrong: [] });
  });

  it('takes days of the clinic, the last one whole', () => {
    const { filter } = readFilter({ ...NO_FILTER, from: '2026-07-14', to: '2026-07-14' }, 'America/Chicago');
    expect(filter.from).toBe(Date.UTC(2026, 6, 14, 5));
    expect(filter.to).toBe(Date.UTC(2026, 6, 15, 5) - 1);
  });

  it('names the end that cannot be read', () => {
    expect(readFilter({ ...NO_FILTER, from: '2026-07', to: '14-Jul-2026' }, 'UTC').wrong).toEqual(['from', 'to']);
  });
});

it('finds the first instant of any day in any zone, changes of the clocks included', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom('America/Chicago', 'Asia/Kathmandu', 'Pacific/Apia', 'Africa/Lagos', 'Europe/London'), (day, zone) => {
      const date = new Date(day * 86_400_000);
      const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      // Apia left out 30 December 2011 altogether.
      fc.pre(!(zone === 'Pacific/Apia' && civil.year === 2011 && civil.month === 12 && civil.day >= 29));
      const start = startOfDay(civil, zone);
      expect(civilDateAt(start, zone)).toEqual(civil);
      expect(civilDateAt(start - 1, zone)).not.toEqual(civil);
    }),
  );
});

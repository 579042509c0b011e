import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupsOf, inGroups, positionsToCheck, sameGroup } from './secret-text.ts';

describe('codes on paper', () => {
  it('groups for reading and takes apart whatever stands between', () => {
    expect(inGroups('JBSWY3DPEHPK')).toBe('JBSW Y3DP EHPK');
    expect(groupsOf('K3QF-7M2X 9TDW')).toEqual(['K3QF', '7M2X', '9TDW']);
  });

  it('takes a group in any case and with the letters that look like digits', () => {
    expect(sameGroup(' k3qf ', 'K3QF')).toBe(true);
    expect(sameGroup('o1lI', '0111')).toBe(true);
    expect(sameGroup('K3QE', 'K3QF')).toBe(false);
    expect(sameGroup('', 'K3QF')).toBe(false);
  });

  it('asks for two different groups, in order, for every random number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (groups, random) => {
        const [first, second] = positionsToCheck(groups, random);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(first).toBeLessThan(second);
        expect(second).toBeLessThan(groups);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEASE_DEFAULT_MS, LEASE_GRACE_DEFAULT_MS, leaseElapsed, leaseState } from './lease.ts';

const lease = { lifeMs: LEASE_DEFAULT_MS, graceMs: LEASE_GRACE_DEFAULT_MS };
const DAY_MS = 86_400_000;

describe('a lease', () => {
  it('ORD-14 lasts seven days unless the organisation says otherwise, then lapses for 72 hours, then seals', () => {
    expect(LEASE_DEFAULT_MS).toBe(7 * DAY_MS);
    expect(leaseState(lease, 0)).toBe('working');
    expect(leaseState(lease, 7 * DAY_MS - 1)).toBe('working');
    expect(leaseState(lease, 7 * DAY_MS)).toBe('lapsed');
    expect(leaseState(lease, 10 * DAY_MS - 1)).toBe('lapsed');
    expect(leaseState(lease, 10 * DAY_MS)).toBe('sealed');
    expect(leaseState({ lifeMs: 5, graceMs: 0 }, 5)).toBe('sealed');
  });

  it('ORD-14 without a life never ends', () => {
    expect(leaseState({ lifeMs: null, graceMs: 0 }, Number.MAX_SAFE_INTEGER)).toBe('working');
  });

  it('ORD-14 no clock set back, and no clock standing still, makes time since the contact less', () => {
    const count = { before: 5 * DAY_MS, since: 1000, contactAt: 100 * DAY_MS };
    expect(leaseElapsed(count, { wall: 0, steady: 1000 })).toBe(5 * DAY_MS);
    expect(leaseElapsed(count, { wall: 0, steady: 1000 + DAY_MS })).toBe(6 * DAY_MS);
    expect(leaseElapsed(count, { wall: 108 * DAY_MS, steady: 1000 })).toBe(8 * DAY_MS);
    expect(leaseElapsed({ before: 0, since: 5, contactAt: 10 }, { wall: 0, steady: 0 })).toBe(0);
  });

  it('ORD-14 whatever the wall clock does, time counted and kept never runs backwards and never lags the steady clock', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ wall: fc.integer({ min: -1e12, max: 1e12 }), steady: fc.integer({ min: 0, max: 1e9 }), restart: fc.boolean() }), { maxLength: 40 }), (steps) => {
        let count = { before: 0, since: 0, contactAt: 0 };
        let steady = 0;
        let lived = 0;
        let last = 0;
        for (const step of steps) {
          steady += step.steady;
          lived += step.steady;
          const elapsed = leaseElapsed(count, { wall: step.wall, steady });
          expect(elapsed).toBeGreaterThanOrEqual(last);
          expect(elapsed).toBeGreaterThanOrEqual(lived);
          last = elapsed;
          // What was counted is kept, and the next process begins from it with a steady clock of its own.
          if (step.restart) steady = 0;
          count = { before: elapsed, since: steady, contactAt: 0 };
        }
      }),
    );
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../../build/fixtures/test-ledger.ts';
import { testClock } from '../../build/fixtures/test-world.ts';
import { ok } from '../../shared/base/result.ts';
import { createLeaseCount, type LeaseCount } from './lease-count.ts';

const DAY_MS = 86_400_000;
const LEASE = { lifeMs: 7 * DAY_MS, graceMs: 3 * DAY_MS };

let test: TestLedger;
let clock: ReturnType<typeof testClock>;
let count: LeaseCount;

beforeEach(() => {
  clock = testClock();
  test = openTestLedger({ clock });
  count = createLeaseCount(test.ledger, clock);
  const run = test.ledger.keep((write) => ok(count.write(write, 1)));
  if (!run.ok) throw new Error(run.fault.code);
  count.begin(run.value);
});
afterEach(() => test.close());

/** A new process: its steady clock begins anew, whatever the wall clock says by then. */
const restart = (wall: number): void => {
  const next = testClock(wall);
  test = test.reopen();
  clock = next;
  count = createLeaseCount(test.ledger, clock);
};

describe('the count of a lease', () => {
  it('ORD-14 goes on over a restart, by the wall clock', () => {
    const start = clock.now();
    restart(start + 8 * DAY_MS);
    expect(count.view(LEASE).state).toBe('lapsed');
    expect(count.view(LEASE)).toMatchObject({ givenAt: start, endsAt: start + 7 * DAY_MS, graceEndsAt: start + 10 * DAY_MS });
  });

  it('ORD-14 keeps what it counted when the wall clock is set back, within a run and over restarts', () => {
    clock.advance(6 * DAY_MS);
    count.keep('due');
    clock.set(clock.now() - 300 * DAY_MS);
    expect(count.view(LEASE)).toMatchObject({ state: 'working', endsAt: clock.now() + DAY_MS });
    restart(clock.now());
    expect(count.view(LEASE).endsAt).toBe(clock.now() + DAY_MS);
    clock.advance(DAY_MS);
    expect(count.view(LEASE).state).toBe('lapsed');
    count.keep('now');
    restart(0);
    expect(count.view(LEASE).state).toBe('lapsed');
  });

  it('ORD-14 is written down at most every five minutes, and at the end', () => {
    const kept = (): unknown => test.store.read.get("SELECT value FROM local_state WHERE key = 'orders.lease'")?.['value'];
    const first = kept();
    clock.advance(299_999);
    count.keep('due');
    expect(kept()).toBe(first);
    clock.advance(1);
    count.keep('due');
    expect(JSON.parse(String(kept()))).toMatchObject({ countedMs: 300_000 });
    clock.advance(1);
    count.keep('now');
    expect(JSON.parse(String(kept()))).toMatchObject({ countedMs: 300_001 });
  });

  it('ORD-16 unsealed by the printed code it lapses once more for its grace', () => {
    clock.advance(30 * DAY_MS);
    expect(count.view(LEASE).state).toBe('sealed');
    count.unseal(LEASE);
    expect(count.view(LEASE).state).toBe('lapsed');
    restart(clock.now() + 2 * DAY_MS);
    expect(count.view(LEASE).state).toBe('lapsed');
    clock.advance(DAY_MS);
    expect(count.view(LEASE).state).toBe('sealed');
  });
});

import { ok } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import type { Lease } from '../../shared/orders/contents.ts';
import { leaseElapsed, leaseState, type LeaseState } from '../../shared/orders/lease.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { WriteHandle } from '../store/store.ts';
import { readLeaseRun, writeLeaseRun, type LeaseRun } from './orders-state.ts';

/** What is counted is kept so often: as much as a process that is killed may gain. */
const KEEP_EVERY_MS = 5 * 60_000;

export type LeaseView = { readonly state: LeaseState; readonly givenAt: number; /** By this workstation's clock; null without limit. */ readonly endsAt: number | null; readonly graceEndsAt: number | null };

/** Counts the time since the contact at which the lease was given, over restarts and against clocks that are set. */
export type LeaseCount = {
  /** Within the transaction that keeps the lease; in force once `begin` is called after its commit. */
  write(write: WriteHandle, version: number): LeaseRun;
  begin(run: LeaseRun): void;
  view(lease: Lease): LeaseView;
  /** Keeps what was counted, if it is worth a write; `now`: whatever it is. */
  keep(when: 'due' | 'now'): void;
  /** From a sealed lease back to the beginning of its grace. */
  unseal(lease: Lease): void;
};

export function createLeaseCount(ledger: Ledger, clock: Clock): LeaseCount {
  const kept = readLeaseRun(ledger.read);
  let run = kept;
  let before = kept?.countedMs ?? 0;
  let since = clock.monotonic();
  let keptMs = before;

  const elapsed = (): number => (run === null ? 0 : Math.floor(leaseElapsed({ before, since, contactAt: run.contactAt }, { wall: clock.now(), steady: clock.monotonic() })));
  const set = (next: LeaseRun): void => {
    run = next;
    before = next.countedMs;
    keptMs = next.countedMs;
    since = clock.monotonic();
  };
  const store = (next: LeaseRun): void => {
    const written = ledger.keep<null, never>((write) => {
      writeLeaseRun(write, next);
      return ok(null);
    });
    // A disk that takes nothing is told of by whatever else is written; what was counted stays in memory until it does.
    if (written.ok) keptMs = next.countedMs;
  };

  return {
    write(write, version) {
      const next = { version, contactAt: Math.floor(clock.now()), countedMs: 0 };
      writeLeaseRun(write, next);
      return next;
    },
    begin: set,
    view(lease) {
      const ran = elapsed();
      const now = clock.now();
      const { lifeMs, graceMs } = lease;
      return { state: leaseState(lease, ran), givenAt: run?.contactAt ?? now, endsAt: lifeMs === null ? null : now + lifeMs - ran, graceEndsAt: lifeMs === null ? null : now + lifeMs + graceMs - ran };
    },
    keep(when) {
      if (run === null) return;
      const countedMs = elapsed();
      if (when === 'due' && countedMs - keptMs < KEEP_EVERY_MS) return;
      // Counting goes on from here, so that a wall clock that jumped ahead and was set right again has counted.
      before = countedMs;
      since = clock.monotonic();
      store({ ...run, countedMs });
    },
    unseal({ lifeMs }) {
      if (run === null || lifeMs === null) return;
      const next = { version: run.version, contactAt: Math.floor(clock.now() - lifeMs), countedMs: lifeMs };
      set(next);
      store(next);
    },
  };
}

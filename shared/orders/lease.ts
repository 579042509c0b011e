import type { Lease } from './contents.ts';

/**
 * How far a workstation may go without word from its organisation. `working`: as ever. `lapsed`: it is read, and
 * nothing is written but what emergencies ask for. `sealed`: it opens for nothing but the next contact. What bounds the
 * harm of a stolen machine or a dismissed colleague is this, since nobody can reach a workstation that stays offline.
 */
export type LeaseState = 'working' | 'lapsed' | 'sealed';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Central's figures until an operator sets others. */
export const LEASE_DEFAULT_MS = 7 * DAY_MS;
export const LEASE_GRACE_DEFAULT_MS = 72 * HOUR_MS;
export const LEASE_MAX_DAYS = 366;

/** `elapsedMs`: since the contact at which the lease was given, as the workstation counts it. */
export function leaseState({ lifeMs, graceMs }: Lease, elapsedMs: number): LeaseState {
  if (lifeMs === null || elapsedMs < lifeMs) return 'working';
  return elapsedMs < lifeMs + graceMs ? 'lapsed' : 'sealed';
}

/**
 * Time since a contact that no clock set back can shorten: what was counted before this process began, and since then
 * the longer of the monotonic clock and the wall clock. All in milliseconds.
 */
export type LeaseCount = {
  /** Counted already when this process began to count. */
  readonly before: number;
  /** The monotonic clock then. */
  readonly since: number;
  /** The wall clock at the contact. */
  readonly contactAt: number;
};

export function leaseElapsed({ before, since, contactAt }: LeaseCount, now: { readonly wall: number; readonly steady: number }): number {
  return Math.max(before + Math.max(0, now.steady - since), now.wall - contactAt, 0);
}

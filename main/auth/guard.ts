import { z } from 'zod';

/**
 * What is remembered of attempts while nobody is signed in: failures per account, the last accepted one-time code, recent
 * failures of the whole device, and events that wait to be told to the ledger. Pure; `guard-store.ts` keeps it.
 */

const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60 * MS_PER_SECOND;

/** After so many failures in a row the account is disabled on this device. NIST SP 800-63B-4: at most ten. */
export const FAILURES_MAX = 10;
/** Milliseconds to wait after the nth failure in a row; none before the fourth. */
const DELAYS_MS: Readonly<Record<number, number>> = {
  4: 5 * MS_PER_SECOND,
  5: 15 * MS_PER_SECOND,
  6: 30 * MS_PER_SECOND,
  7: MS_PER_MINUTE,
  8: 5 * MS_PER_MINUTE,
  9: 15 * MS_PER_MINUTE,
};
/** Failures of everybody together, against somebody who tries one password on every account. */
export const DEVICE_FAILURES_MAX = 30;
export const DEVICE_WINDOW_MS = 60 * MS_PER_MINUTE;
export const EVENTS_MAX = 200;
const SUBJECTS_MAX = 2000;

const EpochMs = z.number();
export const Subject = z.strictObject({
  failures: z.int().min(0).max(FAILURES_MAX),
  failedAt: EpochMs.nullable(),
  /** RFC 6238 time step of the last code accepted. */
  lastStep: z.int().min(0).nullable(),
});
export type Subject = z.infer<typeof Subject>;

export const SecurityEvent = z.strictObject({
  /** Delivery may repeat after a crash; the id does not change. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  kind: z.enum(['sign-in-failed', 'step-up-failed', 'password-change-failed', 'account-disabled', 'guard-restarted', 'recovered']),
  at: EpochMs,
  /** Null for a login that is nobody's: what was typed there may be a password. */
  userId: z.string().nullable(),
});
export type SecurityEvent = z.infer<typeof SecurityEvent>;

export const Guard = z.strictObject({
  version: z.literal(1),
  /** By credential id. */
  subjects: z.record(z.string().max(64), Subject).refine((subjects) => Object.keys(subjects).length <= SUBJECTS_MAX),
  deviceFailures: z.array(EpochMs).max(DEVICE_FAILURES_MAX),
  events: z.array(SecurityEvent).max(EVENTS_MAX),
  /** Events that found no room. Their number is told with the rest. */
  dropped: z.int().min(0),
});
export type Guard = z.infer<typeof Guard>;

export const EMPTY_GUARD: Guard = { version: 1, subjects: {}, deviceFailures: [], events: [], dropped: 0 };
export const FRESH_SUBJECT: Subject = { failures: 0, failedAt: null, lastStep: null };

/** Milliseconds since an instant of the wall clock, as well as this process can know. Never negative. */
export type Elapsed = (at: number) => number;

export type Standing = { readonly state: 'free' } | { readonly state: 'wait'; readonly waitMs: number } | { readonly state: 'disabled' };

/** Own property only: a subject is never found on a prototype. */
export function subjectOf(guard: Guard, key: string): Subject {
  return Object.hasOwn(guard.subjects, key) ? (guard.subjects[key] ?? FRESH_SUBJECT) : FRESH_SUBJECT;
}

export function delayAfter(failures: number): number {
  return DELAYS_MS[failures] ?? 0;
}

/** Whether an attempt may be made now. An account's own delay and the device's limit: the longer wins. */
export function standingOf(guard: Guard, subject: Subject, elapsed: Elapsed): Standing {
  if (subject.failures >= FAILURES_MAX) return { state: 'disabled' };
  const own = subject.failedAt === null ? 0 : delayAfter(subject.failures) - elapsed(subject.failedAt);
  const oldest = guard.deviceFailures.length < DEVICE_FAILURES_MAX ? undefined : guard.deviceFailures[0];
  const device = oldest === undefined ? 0 : DEVICE_WINDOW_MS - elapsed(oldest);
  const waitMs = Math.max(own, device);
  return waitMs > 0 ? { state: 'wait', waitMs } : { state: 'free' };
}

export function failedSubject(subject: Subject, at: number): Subject {
  return { ...subject, failures: Math.min(subject.failures + 1, FAILURES_MAX), failedAt: at };
}

/** A code accepted at a step: failures are forgotten, the step is not. Steps never go back. */
export function provedSubject(subject: Subject, step: number | null): Subject {
  const last = step === null ? subject.lastStep : Math.max(step, subject.lastStep ?? 0);
  return { failures: 0, failedAt: null, lastStep: last };
}

export function withSubject(guard: Guard, key: string, subject: Subject): Guard {
  return { ...guard, subjects: { ...guard.subjects, [key]: subject } };
}

export function withDeviceFailure(guard: Guard, at: number): Guard {
  return { ...guard, deviceFailures: [...guard.deviceFailures, at].slice(-DEVICE_FAILURES_MAX) };
}

export function withEvent(guard: Guard, event: SecurityEvent): Guard {
  const events = [...guard.events, event];
  const tooMany = Math.max(0, events.length - EVENTS_MAX);
  return { ...guard, events: events.slice(tooMany), dropped: guard.dropped + tooMany };
}

/** Forgets accounts and credentials that no longer exist. */
export function withOnly(guard: Guard, keys: ReadonlySet<string>): Guard {
  return { ...guard, subjects: Object.fromEntries(Object.entries(guard.subjects).filter(([key]) => keys.has(key))) };
}

/** What a guard that cannot be trusted is taken for: nobody has an attempt left. */
export function exhaustedGuard(keys: readonly string[], event: SecurityEvent): Guard {
  const exhausted: Subject = { failures: FAILURES_MAX, failedAt: event.at, lastStep: null };
  return { ...EMPTY_GUARD, subjects: Object.fromEntries(keys.map((key) => [key, exhausted])), events: [event] };
}

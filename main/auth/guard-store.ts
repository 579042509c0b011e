import { toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import type { DiskFault, GuardFault, OpenFault, Vault, VaultUser } from '../vault/vault.ts';
import {
  EMPTY_GUARD, exhaustedGuard, failedSubject, FAILURES_MAX, FRESH_SUBJECT, Guard, provedSubject, standingOf, subjectOf, withDeviceFailure, withEvent, withOnly, withSubject,
  type SecurityEvent, type Subject,
} from './guard.ts';

/** Logins that are nobody's, remembered only while the process lives: what was typed there may be a password. */
const STRANGERS_MAX = 64;
const EVENT_ID_BYTES = 8;
const OBSERVATIONS_MAX = 1000;

/** Whose attempt it is. */
export type Attempter = { readonly user: VaultUser; readonly login?: never } | { readonly user?: never; readonly login: string };
type FailureKind = Extract<SecurityEvent['kind'], `${string}-failed`>;

export type AttemptFault = 'TRY_LATER' | 'ACCOUNT_DISABLED' | OpenFault | DiskFault;
/** What a proof yields: its value and the step of the code it used, if it used one. */
export type Proof<Value> = { readonly value: Value; readonly step: number | null };

export type GuardStore = {
  /**
   * One attempt at a proof, by whom `identify` names once the vault has been read and found genuine. It is counted as a failure, on the medium, before the proof begins; success takes it back,
   * on the medium, before the value is handed out. A killed process therefore leaves a failure, never a free try.
   */
  attempt<Value, Code extends string>(
    identify: () => Result<Attempter, 'ACCOUNT_DISABLED'>,
    kind: FailureKind,
    prove: (lastStep: number | null) => Promise<Result<Proof<Value>, Code>>,
    discard: (value: Value) => void,
  ): Promise<Result<Value, Code | AttemptFault>>;
  /** Changes what is remembered, for somebody whose keys are open. */
  update(change: (guard: Guard) => Guard): Promise<Result<void, GuardFault | DiskFault>>;
  load(): Promise<Result<Guard, GuardFault>>;
  /** Whether an account has no try left, or nothing can be known of it. */
  isExhausted(who: Attempter): Promise<boolean>;
  /** What to begin with again after a loss. */
  afterLoss(): Guard;
  event(kind: SecurityEvent['kind'], userId: string | null): SecurityEvent;
};

type Parts = { readonly vault: Vault; readonly clock: Clock; readonly random: Random; readonly untrusted: () => void };

export function makeGuardStore({ vault, clock, random, untrusted }: Parts): GuardStore {
  const startedAt = clock.monotonic();
  /** When, by the monotonic clock, this process saw the failures it counted. */
  const observed = new Map<number, number>();
  const strangers = new Map<string, Subject>();

  const observe = (at: number): void => {
    observed.set(at, clock.monotonic());
    const oldest = observed.keys().next();
    if (observed.size > OBSERVATIONS_MAX && oldest.done !== true) observed.delete(oldest.value);
  };

  /** The monotonic clock where it saw the beginning, the wall clock across restarts; a wall clock that went back is not asked. */
  const elapsed = (at: number): number => {
    const byWall = clock.now() - at;
    const seen = observed.get(at);
    if (seen === undefined) return byWall >= 0 ? byWall : clock.monotonic() - startedAt;
    const byMonotonic = clock.monotonic() - seen;
    return byWall >= 0 ? Math.min(byWall, byMonotonic) : byMonotonic;
  };

  const load = async (): Promise<Result<Guard, GuardFault>> => {
    const payload = await vault.guard.load();
    if (!payload.ok) return payload;
    if (payload.value === null) return ok(EMPTY_GUARD);
    const parsed = Guard.safeParse(payload.value);
    return parsed.success ? ok(parsed.data) : refuse('GUARD_UNTRUSTED', { rule: 'payload' });
  };

  const save = async (guard: Guard): Promise<Result<void, OpenFault | DiskFault>> =>
    vault.guard.save(withOnly(guard, new Set(vault.users().map(({ credentialId }) => credentialId))));

  const event: GuardStore['event'] = (kind, userId) => ({ id: toHex(random.bytes(EVENT_ID_BYTES)), kind, at: clock.now(), userId });

  const recall = (guard: Guard, who: Attempter): Subject => (who.user === undefined ? (strangers.get(who.login) ?? FRESH_SUBJECT) : subjectOf(guard, who.user.credentialId));

  const remember = (guard: Guard, who: Attempter, subject: Subject): Guard => {
    if (who.user !== undefined) return withSubject(guard, who.user.credentialId, subject);
    strangers.delete(who.login);
    strangers.set(who.login, subject);
    const oldest = strangers.keys().next();
    if (strangers.size > STRANGERS_MAX && oldest.done !== true) strangers.delete(oldest.value);
    return guard;
  };

  const countFailure = (guard: Guard, who: Attempter, kind: FailureKind): Guard => {
    const at = clock.now();
    observe(at);
    const subject = failedSubject(recall(guard, who), at);
    const userId = who.user?.userId ?? null;
    const counted = withEvent(withDeviceFailure(remember(guard, who, subject), at), event(kind, userId));
    return subject.failures < FAILURES_MAX ? counted : withEvent(counted, event('account-disabled', userId));
  };

  return {
    load,
    event,
    afterLoss: () => exhaustedGuard(vault.users().map(({ credentialId }) => credentialId), event('guard-restarted', null)),
    update: async (change) => {
      const guard = await load();
      return guard.ok ? save(change(guard.value)) : guard;
    },
    isExhausted: async (who) => {
      const guard = await load();
      return !guard.ok || recall(guard.value, who).failures >= FAILURES_MAX;
    },
    attempt: async (identify, kind, prove, discard) => {
      const loaded = await load();
      if (!loaded.ok) {
        const { code, detail } = loaded.fault;
        if (code !== 'GUARD_UNTRUSTED') return refuse(code, detail);
        untrusted();
        return refuse('ACCOUNT_DISABLED', { rule: 'guard-untrusted', guard: detail?.['rule'] ?? null });
      }
      const identified = identify();
      if (!identified.ok) return identified;
      const who = identified.value;
      const guard = loaded.value;
      const subject = recall(guard, who);
      const standing = standingOf(guard, subject, elapsed);
      if (standing.state === 'disabled') return refuse('ACCOUNT_DISABLED', { rule: 'too-many-failures' });
      if (standing.state === 'wait') return refuse('TRY_LATER', { waitMs: standing.waitMs });

      const counted = await save(countFailure(guard, who, kind));
      if (!counted.ok) return counted;
      const proof = await prove(subject.lastStep);
      if (!proof.ok) return proof;
      const cleared = await save(remember(guard, who, provedSubject(subject, proof.value.step)));
      if (cleared.ok) return ok(proof.value.value);
      discard(proof.value.value);
      return cleared;
    },
  };
}

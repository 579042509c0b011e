import { toHex } from '../../shared/base/bytes.ts';
import type { UserId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import type { Unlocked } from '../vault/vault.ts';

const MS_PER_MINUTE = 60_000;
/** 45 CFR 164.312(a)(2)(iii), automatic logoff. */
export const IDLE_LIMIT_DEFAULT_MINUTES = 10;
export const IDLE_LIMIT_MIN_MINUTES = 2;
export const IDLE_LIMIT_MAX_MINUTES = 30;
export const SESSION_LIMIT_MS = 12 * 60 * MS_PER_MINUTE;
export const STEP_UP_MS = 5 * MS_PER_MINUTE;
const SESSION_ID_BYTES = 16;

/** 1: password and device. 2: a one-time code in this session. 3: another code within the last five minutes. */
export type AuthLevel = 1 | 2 | 3;

export type Session = {
  readonly sessionId: string;
  readonly userId: UserId;
  readonly login: string;
  readonly level: AuthLevel;
  /** When level 3 ends, epoch milliseconds; null at the other levels. */
  readonly levelUntil: number | null;
  readonly startedAt: number;
  readonly lastActiveAt: number;
  /** When the session locks by itself if nobody touches it. */
  readonly locksAt: number;
};

export type LockReason = 'person' | 'idle' | 'session-limit' | 'suspend' | 'screen-locked' | 'window-closed' | 'switched' | 'account-disabled' | 'erased' | 'stopping';
export type LockListener = (session: Session, reason: LockReason) => void | Promise<void>;

/** An instant on both clocks. */
type Instant = { readonly wallMs: number; readonly monotonicMs: number };

type Open = {
  readonly sessionId: string;
  readonly unlocked: Unlocked;
  readonly started: Instant;
  lastActive: Instant;
  steppedUp: Instant | null;
};

export type Sessions = {
  begin(unlocked: Unlocked): Session;
  /** Null when nobody is signed in or a limit has passed, whether or not `tick` has noticed. */
  current(): Session | null;
  /** The one-time-code secret and the rest of what the open session holds. */
  unlocked(): Unlocked | null;
  touch(): boolean;
  raiseLevel(): void;
  lock(reason: LockReason): Promise<void>;
  /** Locks if a limit has passed. */
  tick(): Promise<void>;
  onLock(listener: LockListener): () => void;
  setIdleLimit(minutes: number): Result<void, 'MALFORMED'>;
};

type Parts = { readonly clock: Clock; readonly random: Random; readonly listenerFailed: () => void };

export function makeSessions({ clock, random, listenerFailed }: Parts): Sessions {
  const listeners = new Set<LockListener>();
  let open: Open | null = null;
  let locking: Promise<void> = Promise.resolve();
  let idleLimitMs = IDLE_LIMIT_DEFAULT_MINUTES * MS_PER_MINUTE;

  const instant = (): Instant => ({ wallMs: clock.now(), monotonicMs: clock.monotonic() });

  /**
   * The longer of the two clocks. The monotonic one may stand still while the machine sleeps, and the wall clock may be
   * put back: either way the session must not live longer for it.
   */
  const since = (then: Instant): number => Math.max(clock.monotonic() - then.monotonicMs, clock.now() - then.wallMs);

  const expiry = (session: Open): 'idle' | 'session-limit' | null => {
    if (since(session.started) >= SESSION_LIMIT_MS) return 'session-limit';
    return since(session.lastActive) >= idleLimitMs ? 'idle' : null;
  };

  const view = (session: Open): Session => {
    const raised = session.steppedUp !== null && since(session.steppedUp) < STEP_UP_MS;
    return {
      sessionId: session.sessionId,
      userId: session.unlocked.userId,
      login: session.unlocked.login,
      level: raised ? 3 : 2,
      levelUntil: raised && session.steppedUp !== null ? session.steppedUp.wallMs + STEP_UP_MS : null,
      startedAt: session.started.wallMs,
      lastActiveAt: session.lastActive.wallMs,
      locksAt: Math.min(session.lastActive.wallMs + idleLimitMs, session.started.wallMs + SESSION_LIMIT_MS),
    };
  };

  const live = (): Open | null => (open === null || expiry(open) !== null ? null : open);

  const tellAndDestroy = async (session: Open, shown: Session, reason: LockReason): Promise<void> => {
    const told = await Promise.allSettled([...listeners].map(async (listener) => listener(shown, reason)));
    session.unlocked.keys.destroy();
    session.unlocked.totpSecret.destroy();
    if (told.some(({ status }) => status === 'rejected')) listenerFailed();
  };

  const lock = async (reason: LockReason): Promise<void> => {
    const session = open;
    if (session === null) return locking;
    const shown = view(session);
    // From this line on nobody is signed in; the keys live until the listeners have closed what they opened with them.
    open = null;
    locking = tellAndDestroy(session, shown, reason);
    return locking;
  };

  return {
    begin: (unlocked) => {
      const now = instant();
      open = { sessionId: toHex(random.bytes(SESSION_ID_BYTES)), unlocked, started: now, lastActive: now, steppedUp: null };
      return view(open);
    },
    current: () => {
      const session = live();
      return session === null ? null : view(session);
    },
    unlocked: () => live()?.unlocked ?? null,
    touch: () => {
      const session = live();
      if (session !== null) session.lastActive = instant();
      return session !== null;
    },
    raiseLevel: () => {
      const session = live();
      if (session !== null) session.steppedUp = instant();
    },
    lock,
    tick: async () => {
      const reason = open === null ? null : expiry(open);
      if (reason !== null) await lock(reason);
    },
    onLock: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setIdleLimit: (minutes) => {
      if (!(minutes >= IDLE_LIMIT_MIN_MINUTES && minutes <= IDLE_LIMIT_MAX_MINUTES)) return refuse('MALFORMED', { field: 'idleLimitMinutes' });
      idleLimitMs = minutes * MS_PER_MINUTE;
      return ok(undefined);
    },
  };
}

import type { UserId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import {
  makeSerial, normalizeLogin, type CreateFault, type DiskFault, type GuardFault, type OpenFault, type RecoverFault, type RosterFault, type Unlocked, type Vault, type VaultKeys,
} from '../vault/vault.ts';
import { makeAccounts, type CredentialFault, type Credentials, type NewAccount, type WithRecoveryCode } from './accounts.ts';
import type { SecurityEvent } from './guard.ts';
import { makeGuardStore, type AttemptFault, type Attempter } from './guard-store.ts';
import { checkPassword, passwordAdvice, type PasswordAdvice } from './password-advice.ts';
import { makeSessions, type LockListener, type LockReason, type Session } from './session.ts';
import { totpEnrolment, verifyCode, type TotpEnrolment } from './totp.ts';

export type { CredentialFault, Credentials, NewAccount } from './accounts.ts';
export type { SecurityEvent } from './guard.ts';
export type { PasswordAdvice } from './password-advice.ts';
export { IDLE_LIMIT_DEFAULT_MINUTES, IDLE_LIMIT_MAX_MINUTES, IDLE_LIMIT_MIN_MINUTES, type AuthLevel, type LockListener, type LockReason, type Session } from './session.ts';
export type { TotpEnrolment } from './totp.ts';

/** A session just begun, and the keys that live as long as it does. */
export type SignedIn = Session & { readonly keys: VaultKeys };
export type SignInFault = 'CREDENTIALS_REFUSED' | AttemptFault;
export type StepUpFault = 'CODE_REFUSED' | 'LOCKED' | AttemptFault;
export type ChangePasswordFault = 'CREDENTIALS_REFUSED' | 'PASSWORD_TOO_WEAK' | 'MALFORMED' | 'LOCKED' | AttemptFault;

/** For the log, which takes codes only. */
export type AuthAlert = 'GUARD_UNTRUSTED' | 'GUARD_NOT_SAVED' | 'LOCK_LISTENER_FAILED';

export type EventReport = { readonly events: readonly SecurityEvent[]; readonly dropped: number };

/**
 * Who is at the keyboard. Promise: a session exists only after password and one-time code, nothing about a failed attempt
 * tells which of them was wrong, no attempt is free, and no keys outlive the session. Has no timers: call `tick`.
 */
export interface Auth {
  /** Replaces an open session, which is locked first. The same answer for unknown login, wrong password and wrong code. */
  signIn(credentials: { readonly login: string; readonly password: string; readonly code: unknown }): Promise<Result<SignedIn, SignInFault>>;
  session(): Session | null;
  /** False when there is no session to keep alive. */
  touch(): boolean;
  /** RFC 6238 time step of the last code this account used up, for a program that makes its own codes; null if none. */
  lastCodeStep(login: string): Promise<number | null>;
  /** Level 3 for five minutes. A failure counts like one at sign-in; the tenth in a row locks and disables. */
  stepUp(code: unknown): Promise<Result<Session, StepUpFault>>;
  /** Resolves when listeners have run and the keys are destroyed. */
  lock(reason: LockReason): Promise<void>;
  /**
   * Called before the keys go: close what was opened with them. A listener that fails stops neither the others nor the
   * lock. It does not call back into this interface, whose calls wait for it.
   */
  onLock(listener: LockListener): () => void;
  /** Locks once the idle limit or the twelve hours have passed. Limits hold without it; only the locking waits for it. */
  tick(): Promise<void>;
  setIdleLimit(minutes: number): Result<void, 'MALFORMED'>;

  passwordAdvice(password: string, words: readonly string[]): Promise<PasswordAdvice>;
  totpEnrolment(login: string, issuer: string): TotpEnrolment;

  /** Makes the vault and its first account, and signs it in. The recovery code is shown once. */
  setUp(account: NewAccount): Promise<Result<SignedIn & { readonly recoveryCode: string }, CredentialFault | CreateFault>>;
  addUser(keys: VaultKeys, account: NewAccount): Promise<Result<void, CredentialFault | RosterFault | OpenFault>>;
  /** For a colleague who forgot the password or lost the authenticator. Their failures are forgotten with the credentials. */
  resetCredentials(keys: VaultKeys, userId: UserId, credentials: Credentials): Promise<Result<void, CredentialFault | RosterFault | OpenFault>>;
  /** Of whoever is signed in. */
  changePassword(request: { readonly oldPassword: string; readonly newPassword: string; readonly words: readonly string[] }): Promise<Result<void, ChangePasswordFault>>;
  /** With the printed code: new credentials for one account, signed in, and a new code. Everybody else's lockout stays. */
  recover(
    request: Credentials & { readonly login: string; readonly recoveryCode: string },
  ): Promise<Result<SignedIn & { readonly recoveryCode: string }, CredentialFault | RecoverFault>>;
  /** Gives an account its ten tries back, on the word of somebody signed in who may. */
  clearFailures(keys: VaultKeys, userId: UserId): Promise<Result<void, 'LOCKED' | GuardFault | DiskFault>>;

  /**
   * Hands events that happened while the ledger was closed to `write`, and forgets them once it has returned. An event may
   * come twice (a crash in between), with the same id. Call with a session open.
   */
  deliverEvents(write: (report: EventReport) => Promise<void>): Promise<Result<number, GuardFault | DiskFault>>;
}

export type AuthParts = {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly alert?: (alert: AuthAlert) => void;
};

function discardUnlocked({ keys, totpSecret }: Unlocked): void {
  keys.destroy();
  totpSecret.destroy();
}

export function createAuth({ vault, clock, random, alert = () => undefined }: AuthParts): Auth {
  const inTurn = makeSerial();
  const guard = makeGuardStore({ vault, clock, random, untrusted: () => alert('GUARD_UNTRUSTED') });
  const sessions = makeSessions({ clock, random, listenerFailed: () => alert('LOCK_LISTENER_FAILED') });
  const accounts = makeAccounts({ vault, guard, clock, notSaved: () => alert('GUARD_NOT_SAVED') });

  const begin = async (unlocked: Unlocked): Promise<SignedIn> => {
    await sessions.lock('switched');
    return { ...sessions.begin(unlocked), keys: unlocked.keys };
  };

  const beginWithCode = async <Code extends string>(made: Result<WithRecoveryCode, Code>): Promise<Result<SignedIn & { readonly recoveryCode: string }, Code>> =>
    made.ok ? ok({ ...(await begin(made.value.unlocked)), recoveryCode: made.value.recoveryCode }) : made;

  const whoIs = (login: string): Attempter => {
    const normal = normalizeLogin(login);
    const user = vault.users().find((candidate) => candidate.login === normal);
    return user === undefined ? { login: normal } : { user };
  };

  const prove = async (login: string, password: string, code: unknown, lastStep: number | null): Promise<Result<{ value: Unlocked; step: number }, 'CREDENTIALS_REFUSED' | OpenFault>> => {
    const unlocked = await vault.unlock(login, password);
    if (!unlocked.ok) return unlocked;
    const step = verifyCode(unlocked.value.totpSecret, code, lastStep, clock.now());
    if (step.ok) return ok({ value: unlocked.value, step: step.value });
    discardUnlocked(unlocked.value);
    return refuse('CREDENTIALS_REFUSED');
  };

  const signIn = async (login: string, password: string, code: unknown): Promise<Result<SignedIn, SignInFault>> => {
    const identify = (): Result<Attempter, 'ACCOUNT_DISABLED'> => {
      const who = whoIs(login);
      if (who.user?.enabled === false) return refuse('ACCOUNT_DISABLED', { rule: 'not-enabled' });
      return who.user?.needsReset === true ? refuse('ACCOUNT_DISABLED', { rule: 'needs-reset' }) : ok(who);
    };
    const proved = await guard.attempt(identify, 'sign-in-failed', async (lastStep) => prove(login, password, code, lastStep), discardUnlocked);
    return proved.ok ? ok(await begin(proved.value)) : proved;
  };

  /** An account that ran out of tries does not keep the session it tried from. */
  const lockIfExhausted = async (login: string): Promise<void> => {
    if (await guard.isExhausted(whoIs(login))) await sessions.lock('account-disabled');
  };

  const stepUp = async (code: unknown): Promise<Result<Session, StepUpFault>> => {
    const unlocked = sessions.unlocked();
    if (unlocked === null) return refuse('LOCKED');
    const proved = await guard.attempt(
      () => ok(whoIs(unlocked.login)),
      'step-up-failed',
      async (lastStep) => {
        // The screen may have locked while the attempt was being counted.
        if (unlocked.totpSecret.destroyed) return refuse('CODE_REFUSED');
        const step = verifyCode(unlocked.totpSecret, code, lastStep, clock.now());
        return step.ok ? ok({ value: null, step: step.value }) : step;
      },
      () => undefined,
    );
    if (proved.ok) sessions.raiseLevel();
    else await lockIfExhausted(unlocked.login);
    const session = sessions.current();
    if (!proved.ok) return proved;
    return session === null ? refuse('LOCKED') : ok(session);
  };

  const changePassword = async (oldPassword: string, newPassword: string, words: readonly string[]): Promise<Result<void, ChangePasswordFault>> => {
    const unlocked = sessions.unlocked();
    if (unlocked === null) return refuse('LOCKED');
    const strong = await checkPassword(newPassword, [unlocked.login, ...words]);
    if (!strong.ok) return strong;
    const changed = await guard.attempt<void, 'CREDENTIALS_REFUSED' | 'PASSWORD_TOO_WEAK' | 'MALFORMED' | OpenFault | DiskFault>(
      () => ok(whoIs(unlocked.login)),
      'password-change-failed',
      async () => {
        const done = await vault.changePassword(unlocked.login, oldPassword, newPassword);
        return done.ok ? ok({ value: undefined, step: null }) : done;
      },
      () => undefined,
    );
    if (!changed.ok) await lockIfExhausted(unlocked.login);
    return changed;
  };

  const deliverEvents: Auth['deliverEvents'] = async (write) => {
    const loaded = await guard.load();
    if (!loaded.ok) return loaded;
    const { events, dropped } = loaded.value;
    if (events.length === 0 && dropped === 0) return ok(0);
    await write({ events, dropped });
    const forgotten = await guard.update((before) => ({ ...before, events: before.events.slice(events.length), dropped: 0 }));
    return forgotten.ok ? ok(events.length) : forgotten;
  };

  return {
    signIn: async ({ login, password, code }) => inTurn(async () => signIn(login, password, code)),
    session: sessions.current,
    touch: sessions.touch,
    lastCodeStep: async (login) =>
      inTurn(async () => {
        const credentialId = whoIs(login).user?.credentialId;
        const loaded = await guard.load();
        return loaded.ok && credentialId !== undefined ? (loaded.value.subjects[credentialId]?.lastStep ?? null) : null;
      }),
    stepUp: async (code) => inTurn(async () => stepUp(code)),
    lock: sessions.lock,
    onLock: sessions.onLock,
    tick: sessions.tick,
    setIdleLimit: sessions.setIdleLimit,
    passwordAdvice,
    totpEnrolment: (login, issuer) => totpEnrolment(login, issuer, random),
    setUp: async (account) => inTurn(async () => beginWithCode(await accounts.setUp(account))),
    addUser: async (keys, account) => inTurn(async () => accounts.add(keys, account)),
    resetCredentials: async (keys, userId, credentials) => inTurn(async () => accounts.reset(keys, userId, credentials)),
    changePassword: async ({ oldPassword, newPassword, words }) => inTurn(async () => changePassword(oldPassword, newPassword, words)),
    recover: async (request) => inTurn(async () => beginWithCode(await accounts.recover(request))),
    clearFailures: async (keys, userId) => (keys.destroyed ? refuse('LOCKED') : inTurn(async () => accounts.clearFailures(userId))),
    deliverEvents: async (write) => inTurn(async () => deliverEvents(write)),
  };
}

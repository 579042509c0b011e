import type { UserId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import type { CreateFault, DiskFault, GuardFault, OpenFault, RecoverFault, RosterFault, Secret, Unlocked, Vault, VaultKeys } from '../vault/vault.ts';
import { FRESH_SUBJECT, provedSubject, subjectOf, withEvent, withSubject } from './guard.ts';
import type { GuardStore } from './guard-store.ts';
import { checkPassword } from './password-advice.ts';
import { readTotpSecret, verifyCode } from './totp.ts';

/** Making and renewing what people sign in with. Whoever calls these has been allowed to. */

/** A new password and a new authenticator, with a code from it that proves the secret arrived there. */
export type Credentials = { readonly password: string; readonly totpSecretBase32: string; readonly code: unknown; readonly words: readonly string[] };
export type NewAccount = Credentials & { readonly userId: UserId; readonly login: string };
export type CredentialFault = 'PASSWORD_TOO_WEAK' | 'CODE_REFUSED' | 'MALFORMED';

export type WithRecoveryCode = { readonly unlocked: Unlocked; readonly recoveryCode: string };

export type Accounts = {
  setUp(account: NewAccount): Promise<Result<WithRecoveryCode, CredentialFault | CreateFault>>;
  add(keys: VaultKeys, account: NewAccount): Promise<Result<void, CredentialFault | RosterFault | OpenFault>>;
  reset(keys: VaultKeys, userId: UserId, credentials: Credentials): Promise<Result<void, CredentialFault | RosterFault | OpenFault>>;
  recover(request: Credentials & { readonly login: string; readonly recoveryCode: string }): Promise<Result<WithRecoveryCode, CredentialFault | RecoverFault>>;
  clearFailures(userId: UserId): Promise<Result<void, GuardFault | DiskFault>>;
};

type Checked = { readonly totpSecret: Secret; readonly step: number };
type Parts = { readonly vault: Vault; readonly guard: GuardStore; readonly clock: Clock; readonly notSaved: () => void };

export function makeAccounts({ vault, guard, clock, notSaved }: Parts): Accounts {
  const check = async ({ password, totpSecretBase32, code, words }: Credentials, login: string): Promise<Result<Checked, CredentialFault>> => {
    const strong = await checkPassword(password, [login, ...words]);
    if (!strong.ok) return strong;
    const secret = readTotpSecret(totpSecretBase32);
    if (!secret.ok) return secret;
    const step = verifyCode(secret.value, code, null, clock.now());
    if (step.ok) return ok({ totpSecret: secret.value, step: step.value });
    secret.value.destroy();
    return step;
  };

  /**
   * The code that proved the enrolment is spent. If this cannot be noted now, the account exists all the same and its
   * owner has just been told so: refusing would be a lie, and the code lapses by itself.
   */
  const noteStep = async (userId: UserId, step: number, recovered: boolean): Promise<void> => {
    const credentialId = vault.users().find((user) => user.userId === userId)?.credentialId;
    const noted = await guard.update((before) => {
      const after = credentialId === undefined ? before : withSubject(before, credentialId, provedSubject(FRESH_SUBJECT, step));
      return recovered ? withEvent(after, guard.event('recovered', userId)) : after;
    });
    if (!noted.ok) notSaved();
  };

  /** Runs with checked credentials; the secret is destroyed unless the outcome took it over. */
  const withChecked = async <Value, Code extends string>(
    credentials: Credentials,
    login: string,
    run: (checked: Checked) => Promise<Result<Value, Code>>,
  ): Promise<Result<Value, Code | CredentialFault>> => {
    const checked = await check(credentials, login);
    if (!checked.ok) return checked;
    try {
      return await run(checked.value);
    } finally {
      checked.value.totpSecret.destroy();
    }
  };

  const loginOf = (userId: UserId): string => vault.users().find((user) => user.userId === userId)?.login ?? '';

  return {
    setUp: async (account) =>
      withChecked(account, account.login, async ({ totpSecret, step }) => {
        const { userId, login, password } = account;
        const created = await vault.create({ administrator: { userId, login, password, totpSecret } });
        if (!created.ok) return created;
        await noteStep(userId, step, false);
        const { keys, recoveryCode } = created.value;
        return ok({ unlocked: { userId, login: loginOf(userId), keys, totpSecret: totpSecret.clone() }, recoveryCode });
      }),

    add: async (keys, account) =>
      withChecked(account, account.login, async ({ totpSecret, step }) => {
        const { userId, login, password } = account;
        const added = await vault.addUser(keys, { userId, login, password, totpSecret });
        if (added.ok) await noteStep(userId, step, false);
        return added;
      }),

    reset: async (keys, userId, credentials) =>
      withChecked(credentials, loginOf(userId), async ({ totpSecret, step }) => {
        const reset = await vault.resetCredentials(keys, userId, { password: credentials.password, totpSecret });
        if (reset.ok) await noteStep(userId, step, false);
        return reset;
      }),

    recover: async (request) =>
      withChecked(request, request.login, async ({ totpSecret, step }) => {
        const { login, password, recoveryCode: code } = request;
        const recovered = await vault.recover({ code, login, password, totpSecret, guardIfLost: guard.afterLoss() });
        if (!recovered.ok) return recovered;
        const { userId, keys, recoveryCode } = recovered.value;
        await noteStep(userId, step, true);
        return ok({ unlocked: { userId, login: loginOf(userId), keys, totpSecret: totpSecret.clone() }, recoveryCode });
      }),

    clearFailures: async (userId) =>
      guard.update((before) => {
        const credentialId = vault.users().find((user) => user.userId === userId)?.credentialId;
        return credentialId === undefined ? before : withSubject(before, credentialId, provedSubject(subjectOf(before, credentialId), null));
      }),
  };
}

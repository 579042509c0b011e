import { UserId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { DiskFault } from './disk.ts';
import { LOGIN_PATTERN, normalizeLogin, type Keybag, type KeybagUser } from './keybag.ts';
import { checkPasswordLength, type PasswordCost } from './password-key.ts';
import { KEY_BYTES } from './primitives.ts';
import { Secret } from './secret.ts';
import { destroyBundle, grantMaster, sealBundle, type VaultIdentity } from './user-bundle.ts';

/** Who may open the vault. Names, roles and what they may do live in the ledger. */

export const TOTP_SECRET_MIN_BYTES = 16;
export const TOTP_SECRET_MAX_BYTES = 64;

export type NewUser = { readonly userId: UserId; readonly login: string; readonly password: string; readonly totpSecret: Secret };
export type NewCredentials = Pick<NewUser, 'password' | 'totpSecret'>;
export type PersonFault = 'MALFORMED' | 'PASSWORD_TOO_WEAK';
export type RosterFault = PersonFault | 'LOGIN_TAKEN' | 'NOT_FOUND' | 'LAST_ADMINISTRATOR' | DiskFault;

export function checkCredentials({ password, totpSecret }: NewCredentials): Result<void, PersonFault> {
  if (totpSecret.length < TOTP_SECRET_MIN_BYTES || totpSecret.length > TOTP_SECRET_MAX_BYTES) return refuse('MALFORMED', { field: 'totpSecret' });
  return checkPasswordLength(password);
}

export function checkNewUser(user: NewUser): Result<void, PersonFault> {
  if (!UserId.safeParse(user.userId).success) return refuse('MALFORMED', { field: 'userId' });
  if (!LOGIN_PATTERN.test(normalizeLogin(user.login))) return refuse('MALFORMED', { field: 'login' });
  return checkCredentials(user);
}

/** Refuses a login in use, and an id in use now or ever. */
export function checkFree(bag: Keybag, user: NewUser): Result<void, 'LOGIN_TAKEN'> {
  const login = normalizeLogin(user.login);
  if (bag.users.some((other) => other.login === login)) return refuse('LOGIN_TAKEN', { field: 'login' });
  if (bag.retired.includes(user.userId) || bag.users.some((other) => other.userId === user.userId)) return refuse('LOGIN_TAKEN', { field: 'userId' });
  return ok(undefined);
}

type Enrolment = {
  readonly identity: VaultIdentity;
  readonly user: NewUser;
  readonly kekVersion: number;
  readonly cost: PasswordCost;
  readonly master: Secret;
  readonly masterVersion: number;
  readonly deviceKey: Secret;
  readonly random: Random;
};

/** A user with a key pair of their own, made now, and the master key granted to it. */
export async function enrol({ identity, user, kekVersion, cost, master, masterVersion, deviceKey, random }: Enrolment): Promise<KeybagUser> {
  const contents = { privateKey: Secret.take(random.bytes(KEY_BYTES)), totpSecret: user.totpSecret.clone() };
  const login = normalizeLogin(user.login);
  const sealed = await sealBundle(identity, { userId: user.userId, login, password: user.password, kekVersion, cost, contents }, deviceKey, random);
  destroyBundle(contents);
  return { ...sealed, grant: await grantMaster(identity, sealed, master, masterVersion) };
}

export function replaceUser(bag: Keybag, user: KeybagUser): Keybag {
  return { ...bag, users: bag.users.map((other) => (other.userId === user.userId ? user : other)) };
}

/** Somebody must be left who can sign in. */
export function keepsSomebody(bag: Keybag): Result<void, 'LAST_ADMINISTRATOR'> {
  return bag.users.some((user) => user.grant !== null) ? ok(undefined) : refuse('LAST_ADMINISTRATOR', { rule: 'last-enabled-account' });
}

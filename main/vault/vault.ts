import type { UserId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { DiskFault } from './disk.ts';
import type { Erased } from './erasure.ts';
import type { OpenGuard } from './guard-file.ts';
import type { KeystoreLevel } from './keystore.ts';
import type { NewCredentials, NewUser, PersonFault, RosterFault } from './people.ts';
import { makeSerial } from './serial.ts';
import { createVaultIn, type CreateFault } from './vault-create.ts';
import { openVaultFiles, type OpenFault, type VaultParts, type VaultState } from './vault-files.ts';
import type { VaultKeys } from './vault-keys.ts';
import { makeRecoveryDoor, type Recovered, type RecoverFault, type RecoveryRequest } from './vault-recovery.ts';
import { makeRoster } from './vault-roster.ts';
import { eraseVault } from './vault-erase.ts';
import { makeUnlocking, type Unlocked, type UnlockFault } from './vault-unlock.ts';

export { nodeDisk, replaceFile, type Disk, type DiskFault } from './disk.ts';
export type { Keystore, KeystoreFault, KeystoreLevel } from './keystore.ts';
export { createFileKeystore } from './keystore-file.ts';
export { createSafeStorageKeystore } from './keystore-safe-storage.ts';
export { normalizeLogin } from './keybag.ts';
export { normalizePassword, PASSWORD_COST_FLOOR, PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS, PasswordCost } from './password-key.ts';
export { TOTP_SECRET_MAX_BYTES, TOTP_SECRET_MIN_BYTES, type NewCredentials, type NewUser, type RosterFault } from './people.ts';
export { Secret } from './secret.ts';
export { makeSerial, type Serial } from './serial.ts';
export type { Erased } from './erasure.ts';
export type { CreateFault } from './vault-create.ts';
export { DATABASE_FILE, type OpenFault, type VaultParts, type VaultState } from './vault-files.ts';
export type { VaultKeys } from './vault-keys.ts';
export type { Recovered, RecoverFault, RecoveryRequest } from './vault-recovery.ts';
export type { Unlocked, UnlockFault } from './vault-unlock.ts';

/** An account as the lock screen shows it. */
export type VaultUser = {
  readonly userId: UserId;
  readonly login: string;
  readonly enabled: boolean;
  /** The device key was replaced since the password was set: no password opens this account until it is reset. */
  readonly needsReset: boolean;
  /** Stays through a change of password, changes with a reset or a recovery: failures are counted against it. */
  readonly credentialId: string;
};

const CREDENTIAL_ID_HEX = 16;

export type GuardFault = OpenFault | 'GUARD_UNTRUSTED';

/**
 * The keys of one clinic workstation. Promise: keys leave this concern only as `VaultKeys`, to somebody who signed in or
 * holds the recovery code, and are gone when those are destroyed. Whoever receives a `Secret` destroys it.
 * Calls run one after the other. Disk errors that nobody can act on are thrown.
 */
export interface Vault {
  readonly keystoreLevel: KeystoreLevel;
  readonly keystoreBackend: string;
  /** As of the last call that read the folder. Damaged: a key bag that does not read, or a database without one. */
  state(): VaultState;
  /** Not yet authenticated: for the lock screen, never for a decision. */
  users(): readonly VaultUser[];
  /** Makes keys and the first account. The recovery code is shown once; it is kept nowhere. */
  create(request: { readonly administrator: NewUser }): Promise<Result<{ readonly keys: VaultKeys; readonly recoveryCode: string }, CreateFault>>;
  /** An unknown login, a disabled account and a wrong password are one answer after the same work. */
  unlock(login: string, password: string): Promise<Result<Unlocked, UnlockFault>>;
  addUser(keys: VaultKeys, user: NewUser): Promise<Result<void, RosterFault | OpenFault>>;
  /** Disabling deletes the grant and rotates the master key; enabling grants it again. */
  setUserEnabled(keys: VaultKeys, userId: UserId, enabled: boolean): Promise<Result<void, RosterFault | OpenFault>>;
  /** The id is never given out again. Rotates the master key. */
  removeUser(keys: VaultKeys, userId: UserId): Promise<Result<void, RosterFault | OpenFault>>;
  changePassword(login: string, oldPassword: string, newPassword: string): Promise<Result<void, UnlockFault | PersonFault | DiskFault>>;
  /** For a forgotten password or a lost authenticator. Whether the account is enabled does not change. */
  resetCredentials(keys: VaultKeys, userId: UserId, credentials: NewCredentials): Promise<Result<void, RosterFault | OpenFault>>;
  /** Opens with the printed code alone, and changes nothing. */
  unlockWithRecoveryCode(code: string): Promise<Result<VaultKeys, RecoverFault>>;
  /**
   * One step: new credentials for one account (enabled by it), a new master key, a new code. The code used is dead in
   * the new key bag. Where the device key is lost a new one is made, and everybody else's password needs a reset.
   */
  recover(request: RecoveryRequest): Promise<Result<Recovered, RecoverFault>>;
  /** A new printed code; the one before is dead in the new key bag. */
  newRecoveryCode(keys: VaultKeys): Promise<Result<string, OpenFault | DiskFault>>;
  /** Crypto-erase, by somebody whose keys are open: after it nothing opens this vault, and a power cut changes nothing in that. A refusal leaves it as it was. */
  erase(keys: VaultKeys, notice: Erased): Promise<Result<void, OpenFault | DiskFault>>;
  /** To be called once the database of an erased vault is closed: what could not be removed while it was open goes. */
  finishErasure(): Promise<void>;
  /** When, and by whose order, the vault that was here was erased; null where none was. For the lock screen. */
  erased(): Erased | null;
  /** What is kept about attempts to sign in while nobody is signed in. `null` in a new vault. */
  readonly guard: {
    /** GUARD_UNTRUSTED: missing, forged, of another vault, or an older copy put back. */
    load(): Promise<Result<OpenGuard['payload'], GuardFault>>;
    /** Any JSON value. Returns once it is on the medium and its epoch is mirrored. */
    save(payload: unknown): Promise<Result<void, OpenFault | DiskFault>>;
  };
}

export async function openVault(parts: VaultParts): Promise<Vault> {
  const files = await openVaultFiles(parts);
  const inTurn = makeSerial();
  const unlocking = makeUnlocking(files, parts);
  const roster = makeRoster(files, parts);
  const recovery = makeRecoveryDoor(files, parts);

  return {
    get keystoreLevel() {
      return parts.keystore.level;
    },
    get keystoreBackend() {
      return parts.keystore.backend;
    },
    state: files.state,
    users: () => {
      const bag = files.lastRead()?.bag;
      if (bag === undefined) return [];
      return bag.users.map(({ userId, login, grant, deviceKeyId, publicKey }) => ({
        userId,
        login,
        enabled: grant !== null,
        needsReset: deviceKeyId !== bag.deviceKeyId,
        credentialId: publicKey.slice(0, CREDENTIAL_ID_HEX),
      }));
    },
    create: async ({ administrator }) => inTurn(async () => createVaultIn(files, parts, administrator)),
    unlock: async (login, password) => inTurn(async () => unlocking.unlock(login, password)),
    changePassword: async (login, oldPassword, newPassword) => inTurn(async () => unlocking.changePassword(login, oldPassword, newPassword)),
    addUser: async (keys, user) => inTurn(async () => roster.addUser(keys, user)),
    setUserEnabled: async (keys, userId, enabled) => inTurn(async () => roster.setUserEnabled(keys, userId, enabled)),
    removeUser: async (keys, userId) => inTurn(async () => roster.removeUser(keys, userId)),
    resetCredentials: async (keys, userId, credentials) => inTurn(async () => roster.resetCredentials(keys, userId, credentials)),
    newRecoveryCode: async (keys) => inTurn(async () => roster.newRecoveryCode(keys)),
    unlockWithRecoveryCode: async (code) => inTurn(async () => recovery.unlock(code)),
    recover: async (request) => inTurn(async () => recovery.recover(request)),
    erase: async (keys, notice) => inTurn(async () => eraseVault(files, keys, notice)),
    finishErasure: async () => inTurn(async () => void (await files.readBag())),
    erased: files.erased,
    guard: {
      load: async () =>
        inTurn(async () =>
          files.withDevice(async (opened) => {
            const guard = await files.readGuard(opened);
            return guard.ok ? ok(guard.value.payload) : guard;
          }),
        ),
      save: async (payload) => inTurn(async () => files.withDevice(async (opened) => files.writeGuard(opened, payload))),
    },
  };
}

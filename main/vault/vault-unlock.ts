import type { UserId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { DiskFault } from './disk.ts';
import { isVouchedByMaster, normalizeLogin, type Keybag, type KeybagUser } from './keybag.ts';
import { checkPasswordLength, PASSWORD_MAX_CHARACTERS, passwordKey, SALT_BYTES } from './password-key.ts';
import { replaceUser, type PersonFault } from './people.ts';
import type { Secret } from './secret.ts';
import { destroyBundle, openBundle, openMasterGrant, sealBundle, type OpenBundle, type VaultIdentity } from './user-bundle.ts';
import type { OpenedBag, OpenFault, VaultFiles } from './vault-files.ts';
import { makeVaultKeys, unwrapSecrets, type VaultKeys } from './vault-keys.ts';

export type UnlockFault = 'CREDENTIALS_REFUSED' | OpenFault;

export type Unlocked = { readonly userId: UserId; readonly login: string; readonly keys: VaultKeys; readonly totpSecret: Secret };

type OpenUser = { readonly user: KeybagUser; readonly bundle: OpenBundle; readonly master: Secret };

export function identityOf(bag: Keybag): VaultIdentity {
  return { vaultId: bag.vaultId, deviceId: bag.deviceId };
}

/** The work of a real attempt, so that time does not tell an unknown login from a wrong password. */
async function workInVain(bag: Keybag, password: string, random: Random): Promise<void> {
  const key = await passwordKey(password, random.bytes(SALT_BYTES), bag.cost);
  key.destroy();
}

async function openUser({ file, deviceKey }: OpenedBag, typedLogin: string, password: string, random: Random): Promise<Result<OpenUser, UnlockFault>> {
  const { bag } = file;
  const login = normalizeLogin(typedLogin);
  const user = bag.users.find((candidate) => candidate.login === login);
  // No password of this length was ever accepted; hashing it whole would let a caller choose how long we work.
  const tooLong = password.length > PASSWORD_MAX_CHARACTERS * 4;
  if (user === undefined || user.grant === null || tooLong) {
    await workInVain(bag, tooLong ? '' : password, random);
    return refuse('CREDENTIALS_REFUSED');
  }
  const bundle = await openBundle(identityOf(bag), user, password, deviceKey);
  if (!bundle.ok) return refuse('CREDENTIALS_REFUSED');
  const master = await openMasterGrant(identityOf(bag), user.userId, user.grant, bundle.value.privateKey, bag.masterVersion);
  if (master.ok && isVouchedByMaster(file, master.value)) return ok({ user, bundle: bundle.value, master: master.value });
  destroyBundle(bundle.value);
  if (master.ok) master.value.destroy();
  return refuse('VAULT_DAMAGED', { file: 'keybag', rule: master.ok ? 'master-mac' : 'grant' });
}

export type Unlocking = {
  unlock(login: string, password: string): Promise<Result<Unlocked, UnlockFault>>;
  changePassword(login: string, oldPassword: string, newPassword: string): Promise<Result<void, UnlockFault | PersonFault | DiskFault>>;
};

export function makeUnlocking(files: VaultFiles, { random }: { readonly random: Random }): Unlocking {
  const unlockOpened = async (opened: OpenedBag, login: string, password: string): Promise<Result<Unlocked, UnlockFault>> => {
    const person = await openUser(opened, login, password, random);
    if (!person.ok) return person;
    const { user, bundle, master } = person.value;
    const { bag } = opened.file;
    bundle.privateKey.destroy();
    const secrets = unwrapSecrets(bag, master);
    if (!secrets.ok) {
      bundle.totpSecret.destroy();
      master.destroy();
      return secrets;
    }
    const keys = makeVaultKeys(identityOf(bag), secrets.value, master, bag.masterVersion);
    return ok({ userId: user.userId, login: user.login, keys, totpSecret: bundle.totpSecret });
  };

  const rewrap = async (opened: OpenedBag, { user, bundle, master }: OpenUser, password: string): Promise<Result<void, DiskFault>> => {
    const { bag } = opened.file;
    const { userId, login } = user;
    const request = { userId, login, password, kekVersion: user.kekVersion + 1, cost: bag.cost, contents: bundle };
    const sealed = await sealBundle(identityOf(bag), request, opened.deviceKey, random);
    return files.commitBag(replaceUser(bag, { ...sealed, grant: user.grant }), master, opened.deviceKey);
  };

  return {
    unlock: async (login, password) => files.withDevice(async (opened) => unlockOpened(opened, login, password)),
    changePassword: async (login, oldPassword, newPassword) => {
      const long = checkPasswordLength(newPassword);
      if (!long.ok) return long;
      return files.withDevice(async (opened) => {
        const person = await openUser(opened, login, oldPassword, random);
        if (!person.ok) return person;
        try {
          return await rewrap(opened, person.value, newPassword);
        } finally {
          destroyBundle(person.value.bundle);
          person.value.master.destroy();
        }
      });
    },
  };
}

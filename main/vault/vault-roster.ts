import type { UserId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import type { DiskFault } from './disk.ts';
import { isVouchedByMaster, type Keybag, type KeybagUser } from './keybag.ts';
import { checkCredentials, checkFree, checkNewUser, enrol, keepsSomebody, replaceUser, type NewCredentials, type NewUser, type RosterFault } from './people.ts';
import { makeRecovery } from './recovery-grant.ts';
import { rotateMaster } from './rotation.ts';
import type { Secret } from './secret.ts';
import { grantMaster } from './user-bundle.ts';
import type { OpenedBag, OpenFault, VaultFiles } from './vault-files.ts';
import { adoptMaster, authorityOf, type DeviceSecrets, type VaultKeys } from './vault-keys.ts';
import { identityOf } from './vault-unlock.ts';

type Authority = { readonly master: Secret; readonly secrets: DeviceSecrets; readonly deviceKey: Secret };
type Change<Code extends string> = (bag: Keybag, authority: Authority) => Promise<Result<Keybag, Code>>;

export type Roster = {
  addUser(keys: VaultKeys, user: NewUser): Promise<Result<void, RosterFault | OpenFault>>;
  setUserEnabled(keys: VaultKeys, userId: UserId, enabled: boolean): Promise<Result<void, RosterFault | OpenFault>>;
  removeUser(keys: VaultKeys, userId: UserId): Promise<Result<void, RosterFault | OpenFault>>;
  resetCredentials(keys: VaultKeys, userId: UserId, credentials: NewCredentials): Promise<Result<void, RosterFault | OpenFault>>;
  newRecoveryCode(keys: VaultKeys): Promise<Result<string, OpenFault | DiskFault>>;
};

function findUser(bag: Keybag, userId: UserId): Result<KeybagUser, 'NOT_FOUND'> {
  const user = bag.users.find((candidate) => candidate.userId === userId);
  return user === undefined ? refuse('NOT_FOUND') : ok(user);
}

/** Changes of the key bag by somebody whose keys are open. Who may ask for them is decided elsewhere. */
export function makeRoster(files: VaultFiles, { random }: { readonly random: Random }): Roster {
  /** Checks that the keys are this vault's and current, applies the change, and commits it; with a new master key if asked. */
  const changeOpened = async <Code extends string>({ file, deviceKey }: OpenedBag, keys: VaultKeys, rotate: boolean, change: Change<Code>): Promise<Result<void, Code | OpenFault | DiskFault>> => {
    const { master, secrets } = authorityOf(keys);
    if (!isVouchedByMaster(file, master.key)) return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'master-mac' });
    const changed = await change(file.bag, { master: master.key, secrets, deviceKey });
    if (!changed.ok) return changed;
    if (!rotate) return files.commitBag(changed.value, master.key, deviceKey);
    const rotated = await rotateMaster(changed.value, secrets, random);
    const written = await files.commitBag(rotated.bag, rotated.master, deviceKey);
    if (written.ok) adoptMaster(keys, rotated.master, rotated.bag.masterVersion);
    else rotated.master.destroy();
    return written;
  };

  const change = async <Code extends string>(keys: VaultKeys, rotate: boolean, how: Change<Code>): Promise<Result<void, Code | OpenFault | DiskFault>> =>
    files.withDevice(async (opened) => changeOpened(opened, keys, rotate, how));

  return {
    addUser: async (keys, user) => {
      const valid = checkNewUser(user);
      if (!valid.ok) return valid;
      return change(keys, false, async (bag, { master, deviceKey }) => {
        const free = checkFree(bag, user);
        if (!free.ok) return free;
        const { cost, masterVersion } = bag;
        const enrolled = await enrol({ identity: identityOf(bag), user, kekVersion: 1, cost, master, masterVersion, deviceKey, random });
        return ok({ ...bag, users: [...bag.users, enrolled] });
      });
    },

    setUserEnabled: async (keys, userId, enabled) =>
      change(keys, !enabled, async (bag, { master }) => {
        const user = findUser(bag, userId);
        if (!user.ok) return user;
        const grant = enabled ? await grantMaster(identityOf(bag), user.value, master, bag.masterVersion) : null;
        const next = replaceUser(bag, { ...user.value, grant });
        const somebody = keepsSomebody(next);
        return somebody.ok ? ok(next) : somebody;
      }),

    removeUser: async (keys, userId) =>
      change(keys, true, async (bag) => {
        const user = findUser(bag, userId);
        if (!user.ok) return user;
        const next = { ...bag, users: bag.users.filter((other) => other.userId !== userId), retired: [...bag.retired, userId] };
        const somebody = keepsSomebody(next);
        return somebody.ok ? ok(next) : somebody;
      }),

    resetCredentials: async (keys, userId, credentials) => {
      const valid = checkCredentials(credentials);
      if (!valid.ok) return valid;
      return change(keys, false, async (bag, { master, deviceKey }) => {
        const user = findUser(bag, userId);
        if (!user.ok) return user;
        const { login, kekVersion, grant } = user.value;
        const { cost, masterVersion } = bag;
        const person = { userId, login, ...credentials };
        const reset = await enrol({ identity: identityOf(bag), user: person, kekVersion: kekVersion + 1, cost, master, masterVersion, deviceKey, random });
        return ok(replaceUser(bag, grant === null ? { ...reset, grant } : reset));
      });
    },

    newRecoveryCode: async (keys) => {
      let code = '';
      const changed = await change<never>(keys, true, async (bag, { master }) => {
        const made = await makeRecovery(identityOf(bag), bag.recovery.generation + 1, master, bag.masterVersion, random);
        code = made.code;
        return ok({ ...bag, recovery: made.recovery });
      });
      return changed.ok ? ok(code) : changed;
    },
  };
}

import type { UserId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { DiskFault } from './disk.ts';
import { deviceKeyId, isVouchedByMaster, normalizeLogin, type KeybagFile, type KeybagUser } from './keybag.ts';
import type { KeystoreFault } from './keystore.ts';
import { checkCredentials, enrol, replaceUser, type NewCredentials, type PersonFault } from './people.ts';
import { makeRecovery, openRecovery } from './recovery-grant.ts';
import { rotateMaster } from './rotation.ts';
import type { Secret } from './secret.ts';
import { storeDeviceKey } from './vault-create.ts';
import type { BagFault, VaultFiles, VaultParts } from './vault-files.ts';
import { makeVaultKeys, unwrapSecrets, type DeviceSecrets, type VaultKeys } from './vault-keys.ts';
import { identityOf } from './vault-unlock.ts';

export type RecoverFault = 'RECOVERY_CODE_REFUSED' | 'NOT_FOUND' | PersonFault | BagFault | KeystoreFault | DiskFault;

type Opened = { readonly file: KeybagFile; readonly master: Secret; readonly secrets: DeviceSecrets };
export type Recovered = { readonly userId: UserId; readonly keys: VaultKeys; readonly recoveryCode: string };

/** `guardIfLost`: what the guard starts from again (any JSON value) where the one on disk cannot be trusted. */
export type RecoveryRequest = NewCredentials & { readonly code: string; readonly login: string; readonly guardIfLost: unknown };

export type RecoveryDoor = {
  unlock(code: string): Promise<Result<VaultKeys, RecoverFault>>;
  recover(request: RecoveryRequest): Promise<Result<Recovered, RecoverFault>>;
};

function destroyOpened({ master, secrets }: Opened): void {
  master.destroy();
  for (const secret of Object.values(secrets)) secret.destroy();
}

export function makeRecoveryDoor(files: VaultFiles, { random, keystore }: VaultParts): RecoveryDoor {
  /** A key bag that was put back is refused here too while the device key is there to notice it: it may revive a used code. */
  const readBag = async (): Promise<Result<KeybagFile, RecoverFault>> => {
    const vouched = await files.withDevice<KeybagFile, never>(async ({ file }) => ok(file));
    const lostDevice = !vouched.ok && (vouched.fault.code === 'KEYSTORE_UNAVAILABLE' || vouched.fault.code === 'KEYSTORE_CHANGED');
    return lostDevice ? files.readBag() : vouched;
  };

  const open = async (code: string): Promise<Result<Opened, RecoverFault>> => {
    const file = await readBag();
    if (!file.ok) return file;
    const master = await openRecovery(file.value.bag, code);
    if (!master.ok) return master;
    const genuine = isVouchedByMaster(file.value, master.value);
    const secrets = genuine ? unwrapSecrets(file.value.bag, master.value) : refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'master-mac' });
    if (secrets.ok) return ok({ file: file.value, master: master.value, secrets: secrets.value });
    master.value.destroy();
    return secrets;
  };

  /** The device key of this key bag; a new one where the keystore lost it, holds another or cannot open it any more. */
  const deviceKeyFor = async (wanted: string): Promise<Result<Secret, KeystoreFault>> => {
    const kept = await keystore.load();
    if (kept.ok && kept.value !== null && deviceKeyId(kept.value) === wanted) return ok(kept.value);
    if (kept.ok) kept.value?.destroy();
    return storeDeviceKey(keystore, random);
  };

  const renew = async ({ file, secrets }: Opened, user: KeybagUser, request: RecoveryRequest, deviceKey: Secret): Promise<Result<Recovered, RecoverFault>> => {
    const { bag } = file;
    const identity = identityOf(bag);
    // Before the key bag: a cut in between leaves the code good for another try, and no guard that accuses everybody.
    const guard = await files.restartGuard(bag, deviceKey, request.guardIfLost);
    if (!guard.ok) return guard;
    const rotated = await rotateMaster({ ...bag, deviceKeyId: deviceKeyId(deviceKey) }, secrets, random);
    const { masterVersion, cost } = rotated.bag;
    const { code, recovery } = await makeRecovery(identity, bag.recovery.generation + 1, rotated.master, masterVersion, random);
    const person = { userId: user.userId, login: user.login, password: request.password, totpSecret: request.totpSecret };
    const enrolled = await enrol({ identity, user: person, kekVersion: user.kekVersion + 1, cost, master: rotated.master, masterVersion, deviceKey, random });
    const written = await files.commitBag(replaceUser({ ...rotated.bag, recovery }, enrolled), rotated.master, deviceKey);
    if (written.ok) return ok({ userId: user.userId, keys: makeVaultKeys(identity, secrets, rotated.master, masterVersion), recoveryCode: code });
    rotated.master.destroy();
    return written;
  };

  const recoverOpened = async (opened: Opened, request: RecoveryRequest): Promise<Result<Recovered, RecoverFault>> => {
    const { bag } = opened.file;
    const user = bag.users.find((candidate) => candidate.login === normalizeLogin(request.login));
    if (user === undefined) return refuse('NOT_FOUND');
    const deviceKey = await deviceKeyFor(bag.deviceKeyId);
    if (!deviceKey.ok) return deviceKey;
    try {
      return await renew(opened, user, request, deviceKey.value);
    } finally {
      deviceKey.value.destroy();
    }
  };

  return {
    unlock: async (code) => {
      const opened = await open(code);
      if (!opened.ok) return opened;
      const { file, master, secrets } = opened.value;
      return ok(makeVaultKeys(identityOf(file.bag), secrets, master, file.bag.masterVersion));
    },
    recover: async (request) => {
      const valid = checkCredentials(request);
      if (!valid.ok) return valid;
      const opened = await open(request.code);
      if (!opened.ok) return opened;
      const recovered = await recoverOpened(opened.value, request);
      if (recovered.ok) opened.value.master.destroy();
      else destroyOpened(opened.value);
      return recovered;
    },
  };
}

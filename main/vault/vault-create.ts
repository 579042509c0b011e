import { DeviceId } from '../../shared/base/ids.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { diskFault, type DiskFault } from './disk.ts';
import { deviceKeyId, VaultId, type Keybag } from './keybag.ts';
import type { Keystore, KeystoreFault } from './keystore.ts';
import { calibratePasswordCost, PasswordCost } from './password-key.ts';
import { checkNewUser, enrol, type NewUser, type PersonFault } from './people.ts';
import { KEY_BYTES } from './primitives.ts';
import { makeRecovery } from './recovery-grant.ts';
import { Secret } from './secret.ts';
import type { OpenFault, VaultFiles, VaultParts } from './vault-files.ts';
import { makeDeviceSecrets, makeVaultKeys, wrapSecrets, type VaultKeys } from './vault-keys.ts';

const ID_BYTES = 8;

export type CreateFault = PersonFault | OpenFault | DiskFault | 'ALREADY_SET_UP';

/** The device key that is already there, or a new one. What a cut-short set-up left behind is used, never replaced. */
async function firstDeviceKey(keystore: Keystore, random: Random): Promise<Result<Secret, KeystoreFault>> {
  const kept = await keystore.load();
  if (!kept.ok) return kept;
  return kept.value === null ? storeDeviceKey(keystore, random) : ok(kept.value);
}

export async function storeDeviceKey(keystore: Keystore, random: Random): Promise<Result<Secret, KeystoreFault>> {
  const deviceKey = Secret.take(random.bytes(KEY_BYTES));
  const stored = await keystore.store(deviceKey);
  if (stored.ok) return ok(deviceKey);
  deviceKey.destroy();
  return stored;
}

async function makeFolder({ disk, folder }: VaultParts): Promise<Result<void, DiskFault>> {
  try {
    await disk.makeFolder(folder);
    return ok(undefined);
  } catch (error) {
    return diskFault(error);
  }
}

export async function createVaultIn(
  files: VaultFiles,
  parts: VaultParts,
  administrator: NewUser,
): Promise<Result<{ readonly keys: VaultKeys; readonly recoveryCode: string }, CreateFault>> {
  const { random, clock, keystore } = parts;
  await files.readBag();
  if (files.state() === 'present') return refuse('ALREADY_SET_UP');
  if (files.state() === 'damaged') return refuse('VAULT_DAMAGED', { rule: 'not-empty' });
  const valid = checkNewUser(administrator);
  if (!valid.ok) return valid;
  const folder = await makeFolder(parts);
  if (!folder.ok) return folder;
  const deviceKey = await firstDeviceKey(keystore, random);
  if (!deviceKey.ok) return deviceKey;

  const cost = parts.cost === undefined ? await calibratePasswordCost(clock) : PasswordCost.parse(parts.cost);
  const identity = { vaultId: VaultId.parse(toHex(random.bytes(ID_BYTES))), deviceId: DeviceId.parse(toHex(random.bytes(ID_BYTES))) };
  const master = Secret.take(random.bytes(KEY_BYTES));
  const masterVersion = 1;
  const secrets = makeDeviceSecrets(random);
  const { code, recovery } = await makeRecovery(identity, 1, master, masterVersion, random);
  const user = await enrol({ identity, user: administrator, kekVersion: 1, cost, master, masterVersion, deviceKey: deviceKey.value, random });
  const bag: Keybag = {
    ...identity,
    epoch: 1,
    guardEpoch: 1,
    deviceKeyId: deviceKeyId(deviceKey.value),
    masterVersion,
    cost,
    secrets: wrapSecrets(identity, secrets, master, masterVersion, random),
    recovery,
    users: [user],
    retired: [],
  };
  const keys = makeVaultKeys(identity, secrets, master, masterVersion);
  const written = await files.createBag(bag, master, deviceKey.value);
  deviceKey.value.destroy();
  if (written.ok) return ok({ keys, recoveryCode: code });
  keys.destroy();
  return written;
}

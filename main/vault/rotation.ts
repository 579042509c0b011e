import type { Random } from '../../shared/base/world.ts';
import type { Keybag, KeybagUser } from './keybag.ts';
import { KEY_BYTES } from './primitives.ts';
import { regrantRecovery } from './recovery-grant.ts';
import { Secret } from './secret.ts';
import { grantMaster } from './user-bundle.ts';
import { wrapSecrets, type DeviceSecrets } from './vault-keys.ts';

/**
 * A new master key: the device's secrets wrapped anew, and the key granted to everybody who still holds a grant and to
 * the printed code. No password is needed. A grant kept from before opens nothing of the key bag afterwards.
 */
export async function rotateMaster(bag: Keybag, secrets: DeviceSecrets, random: Random): Promise<{ readonly bag: Keybag; readonly master: Secret }> {
  const identity = { vaultId: bag.vaultId, deviceId: bag.deviceId };
  const master = Secret.take(random.bytes(KEY_BYTES));
  const masterVersion = bag.masterVersion + 1;
  const users: KeybagUser[] = [];
  for (const user of bag.users) {
    users.push(user.grant === null ? user : { ...user, grant: await grantMaster(identity, user, master, masterVersion) });
  }
  const rotated = {
    ...bag,
    masterVersion,
    users,
    secrets: wrapSecrets(identity, secrets, master, masterVersion, random),
    recovery: await regrantRecovery(identity, bag.recovery, master, masterVersion),
  };
  return { bag: rotated, master };
}

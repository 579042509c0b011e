import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { openGrant, sealGrant, x25519PublicKey } from './grant.ts';
import type { Keybag } from './keybag.ts';
import { deriveKey, KEY_BYTES, type Context } from './primitives.ts';
import { printRecoveryCode, readRecoveryCode } from './recovery-code.ts';
import { Secret } from './secret.ts';
import type { VaultIdentity } from './user-bundle.ts';

/**
 * The way in without password and device key. The code stands for an X25519 key pair whose public half stays in the
 * key bag, so that a new master key can be sealed to it while the code is in the safe.
 */

type Recovery = Keybag['recovery'];

function recoveryPrivateKey(identity: VaultIdentity, code: Secret): Secret {
  return Secret.take(code.use((bytes) => deriveKey(bytes, `recovery/v1|${identity.vaultId}|${identity.deviceId}`, fromHex(identity.vaultId))));
}

function recoveryContext(identity: VaultIdentity, generation: number, masterVersion: number): Context {
  return { purpose: 'outpost/recovery-grant/v1', ...identity, generation, masterVersion };
}

/** A new code and the grant it opens. The code is shown once and kept nowhere. */
export async function makeRecovery(
  identity: VaultIdentity,
  generation: number,
  master: Secret,
  masterVersion: number,
  random: Random,
): Promise<{ readonly code: string; readonly recovery: Recovery }> {
  const secret = Secret.take(random.bytes(KEY_BYTES));
  const code = printRecoveryCode(secret);
  const privateKey = recoveryPrivateKey(identity, secret);
  const publicKey = toHex(x25519PublicKey(privateKey));
  secret.destroy();
  privateKey.destroy();
  return { code, recovery: await regrantRecovery(identity, { generation, publicKey }, master, masterVersion) };
}

/** The same code for another master key. */
export async function regrantRecovery(identity: VaultIdentity, recovery: Pick<Recovery, 'generation' | 'publicKey'>, master: Secret, masterVersion: number): Promise<Recovery> {
  const { generation, publicKey } = recovery;
  return { generation, publicKey, grant: await sealGrant(fromHex(publicKey), master, recoveryContext(identity, generation, masterVersion)) };
}

export async function openRecovery(bag: Keybag, typedCode: string): Promise<Result<Secret, 'RECOVERY_CODE_REFUSED'>> {
  const secret = readRecoveryCode(typedCode);
  if (!secret.ok) return secret;
  const identity = { vaultId: bag.vaultId, deviceId: bag.deviceId };
  const privateKey = recoveryPrivateKey(identity, secret.value);
  secret.value.destroy();
  const master = await openGrant(privateKey, bag.recovery.grant, recoveryContext(identity, bag.recovery.generation, bag.masterVersion));
  privateKey.destroy();
  return master.ok ? master : refuse('RECOVERY_CODE_REFUSED', { rule: 'grant' });
}

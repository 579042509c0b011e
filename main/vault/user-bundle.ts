import type { DeviceId, UserId } from '../../shared/base/ids.ts';
import { concatBytes, fromHex, toHex } from '../../shared/base/bytes.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { openGrant, sealGrant, x25519PublicKey, type KeyGrant } from './grant.ts';
import { deviceKeyId, type KeybagUser, type VaultId } from './keybag.ts';
import { passwordKey, SALT_BYTES, type PasswordCost } from './password-key.ts';
import { deriveKey, KEY_BYTES, seal, unseal, type Context } from './primitives.ts';
import { Secret } from './secret.ts';

/**
 * What belongs to one user: key-encryption key = HKDF-SHA256(argon2id(password) || device key), which opens the
 * bundle, whose X25519 key opens the grant of the master key. Neither factor opens anything without the other.
 */

export type VaultIdentity = { readonly vaultId: VaultId; readonly deviceId: DeviceId };
type UserHeader = Omit<KeybagUser, 'bundle' | 'grant'>;

export type OpenBundle = { readonly privateKey: Secret; readonly totpSecret: Secret };

function bundleContext(identity: VaultIdentity, header: UserHeader): Context {
  const { userId, login, kekVersion, deviceKeyId: deviceKey, salt, cost, publicKey } = header;
  return { purpose: 'outpost/user-bundle/v1', ...identity, userId, login, kekVersion, deviceKeyId: deviceKey, salt, cost, publicKey };
}

function grantContext(identity: VaultIdentity, userId: UserId, masterVersion: number): Context {
  return { purpose: 'outpost/user-grant/v1', ...identity, userId, masterVersion };
}

async function keyEncryptionKey(identity: VaultIdentity, header: UserHeader, password: string, deviceKey: Secret): Promise<Secret> {
  const salt = fromHex(header.salt);
  const fromPassword = await passwordKey(password, salt, header.cost);
  const info = `kek/v1|${identity.vaultId}|${identity.deviceId}|${header.userId}|${header.kekVersion}`;
  const material = fromPassword.use((first) => deviceKey.use((second) => concatBytes(first, second)));
  fromPassword.destroy();
  const key = Secret.take(deriveKey(material, info, salt));
  material.fill(0);
  return key;
}

export type BundleRequest = {
  readonly userId: UserId;
  readonly login: string;
  readonly password: string;
  readonly kekVersion: number;
  readonly cost: PasswordCost;
  readonly contents: OpenBundle;
};

/** A user's part of the key bag under a new password, without a grant. The contents stay the caller's. */
export async function sealBundle(identity: VaultIdentity, request: BundleRequest, deviceKey: Secret, random: Random): Promise<Omit<KeybagUser, 'grant'>> {
  const header: UserHeader = {
    userId: request.userId,
    login: request.login,
    kekVersion: request.kekVersion,
    deviceKeyId: deviceKeyId(deviceKey),
    salt: toHex(random.bytes(SALT_BYTES)),
    cost: request.cost,
    publicKey: toHex(x25519PublicKey(request.contents.privateKey)),
  };
  const key = await keyEncryptionKey(identity, header, request.password, deviceKey);
  const plain = request.contents.privateKey.use((first) => request.contents.totpSecret.use((second) => concatBytes(first, second)));
  const bundle = key.use((bytes) => seal(bytes, plain, bundleContext(identity, header), random));
  plain.fill(0);
  key.destroy();
  return { ...header, bundle };
}

/** Refuses a wrong password, another device's key and any changed byte of the header or the bundle alike. */
export async function openBundle(identity: VaultIdentity, user: KeybagUser, password: string, deviceKey: Secret): Promise<Result<OpenBundle, 'NOT_AUTHENTIC'>> {
  const key = await keyEncryptionKey(identity, user, password, deviceKey);
  const opened = key.use((bytes) => unseal(bytes, user.bundle, bundleContext(identity, user)));
  key.destroy();
  if (!opened.ok) return opened;
  const contents = { privateKey: Secret.copyOf(opened.value.subarray(0, KEY_BYTES)), totpSecret: Secret.copyOf(opened.value.subarray(KEY_BYTES)) };
  opened.value.fill(0);
  return ok(contents);
}

export function destroyBundle(bundle: OpenBundle): void {
  bundle.privateKey.destroy();
  bundle.totpSecret.destroy();
}

export async function grantMaster(identity: VaultIdentity, user: Pick<KeybagUser, 'userId' | 'publicKey'>, master: Secret, masterVersion: number): Promise<KeyGrant> {
  return sealGrant(fromHex(user.publicKey), master, grantContext(identity, user.userId, masterVersion));
}

export async function openMasterGrant(identity: VaultIdentity, userId: UserId, grant: KeyGrant, privateKey: Secret, masterVersion: number): Promise<Result<Secret, 'NOT_AUTHENTIC'>> {
  return openGrant(privateKey, grant, grantContext(identity, userId, masterVersion));
}

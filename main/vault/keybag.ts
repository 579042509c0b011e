import { z } from 'zod';
import { equalBytes, fromHex, fromUtf8, toHex } from '../../shared/base/bytes.ts';
import { DeviceId, UserId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { KeyGrant, PUBLIC_KEY_BYTES } from './grant.ts';
import { PasswordCost, SALT_BYTES } from './password-key.ts';
import { canonicalBytes, deriveKey, hexBytes, hmacSha256, KEY_BYTES, Sealed, sha256 } from './primitives.ts';
import type { Secret } from './secret.ts';

/** `keybag.json`: every key of the vault, each wrapped. Nothing in it is secret to somebody who may read the folder. */

const USERS_MAX = 1000;
const RETIRED_MAX = 10_000;
const KEYBAG_MAX_BYTES = 4 * 1024 * 1024;
const FORMAT = 'outpost-keybag/1';
const FORMAT_PATTERN = /^outpost-keybag\/(\d{1,6})$/;

export const VaultId = z.string().regex(/^[0-9a-f]{16}$/).brand<'VaultId'>();
export type VaultId = z.infer<typeof VaultId>;

const Counter = z.int().min(1);

export const LOGIN_PATTERN = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;
export const KeybagUser = z.strictObject({
  userId: UserId,
  login: z.string().regex(LOGIN_PATTERN),
  /** Rises with every change of the password. */
  kekVersion: Counter,
  /** The device key that the user's key-encryption key was joined with. */
  deviceKeyId: hexBytes(8),
  salt: hexBytes(SALT_BYTES),
  cost: PasswordCost,
  publicKey: hexBytes(PUBLIC_KEY_BYTES),
  /** X25519 private key and TOTP secret, under the key-encryption key. */
  bundle: Sealed,
  /** The master key sealed to `publicKey`. Null disables the account: there is nothing left to open. */
  grant: KeyGrant.nullable(),
});
export type KeybagUser = z.infer<typeof KeybagUser>;

export const DEVICE_SECRETS = ['database', 'derivation', 'signing', 'sealing', 'tls'] as const;
export type DeviceSecretName = (typeof DEVICE_SECRETS)[number];

export const Keybag = z.strictObject({
  vaultId: VaultId,
  deviceId: DeviceId,
  /** Rises with every change of anybody's credentials; the guard file remembers the newest it saw. */
  epoch: Counter,
  /** The newest epoch of the guard file that this key bag saw. */
  guardEpoch: Counter,
  deviceKeyId: hexBytes(8),
  masterVersion: Counter,
  /** What new passwords cost on this machine, and what an unknown login costs whoever tries it. */
  cost: PasswordCost,
  /** Made once per device; each wrapped by the master key. */
  secrets: z.strictObject({ database: Sealed, derivation: Sealed, signing: Sealed, sealing: Sealed, tls: Sealed }),
  /** The master key sealed to the key pair that the printed recovery code stands for. */
  recovery: z.strictObject({ generation: Counter, publicKey: hexBytes(PUBLIC_KEY_BYTES), grant: KeyGrant }),
  users: z.array(KeybagUser).min(1).max(USERS_MAX),
  /** Ids of removed members of staff, which nobody gets again, 45 CFR 164.312(a)(2)(i). */
  retired: z.array(UserId).max(RETIRED_MAX),
});
export type Keybag = z.infer<typeof Keybag>;

const Mac = hexBytes(KEY_BYTES);
const KeybagFile = z.strictObject({
  format: z.literal(FORMAT),
  bag: Keybag,
  /** HMAC under a key of the master key: whoever holds the device key alone cannot enrol or re-enable anybody. */
  masterMac: Mac,
  /** HMAC under a key of the device key: checked before any password is tried. */
  deviceMac: Mac,
  /** SHA-256, to tell damage from another device's key. */
  digest: Mac,
});
export type KeybagFile = z.infer<typeof KeybagFile>;

/** Text a person types as a login, in the form it is kept and compared in. */
export function normalizeLogin(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
}

/** A public name for a device key: tells two apart, says nothing about either. */
export function deviceKeyId(deviceKey: Secret): string {
  return toHex(deviceKey.use((bytes) => deriveKey(bytes, 'outpost/device-key-id/v1')).subarray(0, 8));
}

/** Everything that only somebody signed in may change: all but the mirror of the guard's epoch. */
function masterMac(bag: Keybag, master: Secret): string {
  const { guardEpoch: _mirror, ...substance } = bag;
  const key = master.use((bytes) => deriveKey(bytes, 'outpost/keybag-master-mac/v1', fromHex(bag.vaultId)));
  return toHex(hmacSha256(key, canonicalBytes(substance)));
}

function deviceMac(bag: Keybag, masterMacHex: string, deviceKey: Secret): string {
  const key = deviceKey.use((bytes) => deriveKey(bytes, 'outpost/keybag-device-mac/v1', fromHex(bag.vaultId)));
  return toHex(hmacSha256(key, fromHex(masterMacHex), canonicalBytes(bag)));
}

function digestOf(bag: Keybag, masterMacHex: string, deviceMacHex: string): string {
  return toHex(sha256(fromHex(masterMacHex), fromHex(deviceMacHex), canonicalBytes(bag)));
}

function sameHex(left: string, right: string): boolean {
  return equalBytes(fromHex(left), fromHex(right));
}

export function isVouchedByMaster(file: KeybagFile, master: Secret): boolean {
  return sameHex(masterMac(file.bag, master), file.masterMac);
}

export function isVouchedByDevice(file: KeybagFile, deviceKey: Secret): boolean {
  return sameHex(deviceMac(file.bag, file.masterMac, deviceKey), file.deviceMac);
}

/** A key bag with changed substance, vouched for by both keys. */
export function vouch(bag: Keybag, master: Secret, deviceKey: Secret): KeybagFile {
  return withDeviceMac(bag, masterMac(bag, master), deviceKey);
}

/** A key bag in which nothing but the mirror of the guard's epoch changed: the device key alone vouches for it. */
export function withGuardEpoch(file: KeybagFile, guardEpoch: number, deviceKey: Secret): KeybagFile {
  return withDeviceMac({ ...file.bag, guardEpoch }, file.masterMac, deviceKey);
}

function withDeviceMac(bag: Keybag, masterMacHex: string, deviceKey: Secret): KeybagFile {
  const mac = deviceMac(bag, masterMacHex, deviceKey);
  return { format: FORMAT, bag, masterMac: masterMacHex, deviceMac: mac, digest: digestOf(bag, masterMacHex, mac) };
}

export function renderKeybag(file: KeybagFile): Uint8Array<ArrayBuffer> {
  return canonicalBytes(file);
}

function parseJson(bytes: Uint8Array): Result<unknown, 'VAULT_DAMAGED'> {
  try {
    return ok(JSON.parse(fromUtf8(bytes)) as unknown);
  } catch {
    return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'json' });
  }
}

function isFromFuture(parsed: unknown): boolean {
  const format = z.looseObject({ format: z.string().regex(FORMAT_PATTERN) }).safeParse(parsed);
  return format.success && Number(FORMAT_PATTERN.exec(format.data.format)?.[1] ?? 0) > 1;
}

/**
 * Reads a key bag. Only the exact bytes that `renderKeybag` writes are accepted, so that no bit of the file is free.
 * Whether it is genuine is for `isVouchedByDevice` and `isVouchedByMaster` to say.
 */
export function parseKeybag(bytes: Uint8Array): Result<KeybagFile, 'VAULT_DAMAGED' | 'VAULT_FROM_FUTURE'> {
  if (bytes.length > KEYBAG_MAX_BYTES) return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'size' });
  const json = parseJson(bytes);
  if (!json.ok) return json;
  if (isFromFuture(json.value)) return refuse('VAULT_FROM_FUTURE');
  const parsed = KeybagFile.safeParse(json.value);
  if (!parsed.success) return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'schema' });
  const file = parsed.data;
  if (!equalBytes(renderKeybag(file), bytes)) return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'canonical-form' });
  if (!sameHex(digestOf(file.bag, file.masterMac, file.deviceMac), file.digest)) return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'digest' });
  return ok(file);
}

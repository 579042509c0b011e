import { createECDH, createPrivateKey, createPublicKey, sign as signBytes } from 'node:crypto';
import { concatBytes, fromHex, utf8 } from '../../shared/base/bytes.ts';
import type { DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { x25519PublicKey } from './grant.ts';
import { DEVICE_SECRETS, type DeviceSecretName, type Keybag, type VaultId } from './keybag.ts';
import { deriveKey, KEY_BYTES, seal, unseal, type Context } from './primitives.ts';
import { Secret } from './secret.ts';
import type { VaultIdentity } from './user-bundle.ts';

/** What a signed-in session may do with keys. All of it is gone after `destroy()`. */
export interface VaultKeys {
  readonly vaultId: VaultId;
  readonly deviceId: DeviceId;
  /** SQLCipher raw key, 32 bytes. */
  readonly database: Secret;
  /** Ed25519 (RFC 8032): what this device writes is signed with it. `privateKey` is the 32-byte seed. */
  readonly signing: { readonly privateKey: Secret; readonly publicKey: Uint8Array<ArrayBuffer>; sign(message: Uint8Array): Uint8Array<ArrayBuffer> };
  /** X25519 (RFC 7748), raw: what is sealed to this device is opened with it. */
  readonly sealing: { readonly privateKey: Secret; readonly publicKey: Uint8Array<ArrayBuffer> };
  /** ECDSA P-256 for mutual TLS: PKCS #8 as PEM text bytes, and SubjectPublicKeyInfo as DER. */
  readonly tls: { readonly privateKeyPem: Secret; readonly publicKey: Uint8Array<ArrayBuffer> };
  /**
   * A 32-byte key for one purpose, the same for the life of the vault. One label, one secret object: it belongs to
   * these keys and is destroyed with them.
   */
  subkey(label: string): Secret;
  readonly destroyed: boolean;
  destroy(): void;
}

export type DeviceSecrets = Readonly<Record<DeviceSecretName, Secret>>;

/** RFC 8410: the fixed head of a PKCS #8 Ed25519 private key, before its 32-byte seed. */
const ED25519_PKCS8_HEAD = fromHex('302e020100300506032b657004220420');
const ED25519_PUBLIC_BYTES = 32;

function ed25519Key(seed: Secret): ReturnType<typeof createPrivateKey> {
  const encoded = seed.use((bytes) => concatBytes(ED25519_PKCS8_HEAD, bytes));
  const key = createPrivateKey({ key: Buffer.from(encoded.buffer), format: 'der', type: 'pkcs8' });
  encoded.fill(0);
  return key;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** SEC 1: an uncompressed point is 0x04, x, y. */
const P256_COORDINATE_BYTES = 32;

/** PKCS #8 PEM bytes of a P-256 key whose private scalar comes from the given random source. */
function makeTlsKey(random: Random): Secret {
  const curve = createECDH('prime256v1');
  for (;;) {
    const scalar = random.bytes(KEY_BYTES);
    try {
      curve.setPrivateKey(scalar);
    } catch {
      // Not below the order of the curve: one in 2^32, draw again.
      continue;
    }
    const point = curve.getPublicKey();
    const x = base64url(point.subarray(1, 1 + P256_COORDINATE_BYTES));
    const y = base64url(point.subarray(1 + P256_COORDINATE_BYTES));
    const key = createPrivateKey({ key: { kty: 'EC', crv: 'P-256', d: base64url(scalar), x, y }, format: 'jwk' });
    scalar.fill(0);
    return Secret.take(utf8(key.export({ format: 'pem', type: 'pkcs8' }).toString()));
  }
}

export function makeDeviceSecrets(random: Random): DeviceSecrets {
  const fresh = (): Secret => Secret.take(random.bytes(KEY_BYTES));
  return { database: fresh(), derivation: fresh(), signing: fresh(), sealing: fresh(), tls: makeTlsKey(random) };
}

function wrapContext(identity: VaultIdentity, name: DeviceSecretName, masterVersion: number): Context {
  return { purpose: 'outpost/device-secret/v1', ...identity, name, masterVersion };
}

function wrappingKey(master: Secret): Secret {
  return Secret.take(master.use((bytes) => deriveKey(bytes, 'outpost/wrap/v1')));
}

export function wrapSecrets(identity: VaultIdentity, secrets: DeviceSecrets, master: Secret, masterVersion: number, random: Random): Keybag['secrets'] {
  const key = wrappingKey(master);
  const wrap = (name: DeviceSecretName): Keybag['secrets']['database'] =>
    key.use((wrapping) => secrets[name].use((plain) => seal(wrapping, plain, wrapContext(identity, name, masterVersion), random)));
  const wrapped = { database: wrap('database'), derivation: wrap('derivation'), signing: wrap('signing'), sealing: wrap('sealing'), tls: wrap('tls') };
  key.destroy();
  return wrapped;
}

export function unwrapSecrets(bag: Keybag, master: Secret): Result<DeviceSecrets, 'VAULT_DAMAGED'> {
  const identity = { vaultId: bag.vaultId, deviceId: bag.deviceId };
  const key = wrappingKey(master);
  const opened = new Map<DeviceSecretName, Secret>();
  for (const name of DEVICE_SECRETS) {
    const plain = key.use((bytes) => unseal(bytes, bag.secrets[name], wrapContext(identity, name, bag.masterVersion)));
    if (plain.ok) opened.set(name, Secret.take(plain.value));
  }
  key.destroy();
  const [database, derivation, signing, sealing, tls] = DEVICE_SECRETS.map((name) => opened.get(name));
  if (database === undefined || derivation === undefined || signing === undefined || sealing === undefined || tls === undefined) {
    for (const secret of opened.values()) secret.destroy();
    return refuse('VAULT_DAMAGED', { file: 'keybag', rule: 'device-secrets' });
  }
  return ok({ database, derivation, signing, sealing, tls });
}

type Master = { key: Secret; version: number };
/** The master key behind a set of keys: known to this concern, reachable by nobody who merely holds the keys. */
const masters = new WeakMap<VaultKeys, Master>();
const deviceSecrets = new WeakMap<VaultKeys, DeviceSecrets>();

export function makeVaultKeys(identity: VaultIdentity, secrets: DeviceSecrets, master: Secret, masterVersion: number): VaultKeys {
  const subkeys = new Map<string, Secret>();
  const { database, derivation, signing, sealing, tls } = secrets;
  const tlsPublicKey = tls.use((bytes) => {
    const pem = Buffer.from(bytes);
    const key = createPublicKey(pem);
    pem.fill(0);
    return key.export({ format: 'der', type: 'spki' });
  });
  const verifyKey = createPublicKey(ed25519Key(signing)).export({ format: 'der', type: 'spki' });
  const keys: VaultKeys = {
    ...identity,
    database,
    signing: {
      privateKey: signing,
      publicKey: new Uint8Array(verifyKey.subarray(verifyKey.length - ED25519_PUBLIC_BYTES)),
      sign: (message) => new Uint8Array(signBytes(null, message, ed25519Key(signing))),
    },
    sealing: { privateKey: sealing, publicKey: x25519PublicKey(sealing) },
    tls: { privateKeyPem: tls, publicKey: new Uint8Array(tlsPublicKey) },
    subkey: (label) => {
      const known = subkeys.get(label);
      if (known !== undefined && !known.destroyed) return known;
      const made = Secret.take(derivation.use((bytes) => deriveKey(bytes, `subkey/v1|${label}`, fromHex(identity.vaultId))));
      subkeys.set(label, made);
      return made;
    },
    get destroyed() {
      return database.destroyed;
    },
    destroy: () => {
      for (const secret of [...Object.values(secrets), ...subkeys.values()]) secret.destroy();
      masters.get(keys)?.key.destroy();
    },
  };
  masters.set(keys, { key: master, version: masterVersion });
  deviceSecrets.set(keys, secrets);
  return keys;
}

/** What a change of the key bag needs of the person who makes it. */
export function authorityOf(keys: VaultKeys): { readonly master: Master; readonly secrets: DeviceSecrets } {
  const master = masters.get(keys);
  const secrets = deviceSecrets.get(keys);
  if (master === undefined || secrets === undefined || keys.destroyed) throw new Error('broken assumption: keys of a live session of this process');
  return { master, secrets };
}

/** After a rotation: the same session goes on with the new master key. */
export function adoptMaster(keys: VaultKeys, key: Secret, version: number): void {
  const { master } = authorityOf(keys);
  master.key.destroy();
  masters.set(keys, { key, version });
}

import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { z } from 'zod';
import { concatBytes, fromHex, toHex, utf8 } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { canonicalBytes, hexBytes, type Context } from './primitives.ts';
import { Secret } from './secret.ts';

/** HPKE base mode (RFC 9180): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */

export const PUBLIC_KEY_BYTES = 32;
const GRANT_MAX_BYTES = 256;
const INFO = utf8('outpost/grant/v1');

/** One key sealed to one public key. */
export const KeyGrant = z.strictObject({ enc: hexBytes(PUBLIC_KEY_BYTES), box: hexBytes(16, GRANT_MAX_BYTES) });
export type KeyGrant = z.infer<typeof KeyGrant>;

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** RFC 8410: the fixed head of a PKCS #8 X25519 private key, before its 32 raw bytes. */
const X25519_PKCS8_HEAD = fromHex('302e020100300506032b656e04220420');

/** The raw public key of raw X25519 private bytes. */
export function x25519PublicKey(privateKey: Secret): Uint8Array<ArrayBuffer> {
  const encoded = privateKey.use((bytes) => concatBytes(X25519_PKCS8_HEAD, bytes));
  const spki = createPublicKey(createPrivateKey({ key: Buffer.from(encoded.buffer), format: 'der', type: 'pkcs8' })).export({ format: 'der', type: 'spki' });
  encoded.fill(0);
  return new Uint8Array(spki.subarray(spki.length - PUBLIC_KEY_BYTES));
}

export async function sealGrant(recipient: Uint8Array<ArrayBuffer>, key: Secret, context: Context): Promise<KeyGrant> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(recipient);
  const sealed = await key.use(async (bytes) => suite.seal({ recipientPublicKey, info: INFO }, bytes, canonicalBytes(context)));
  return { enc: toHex(new Uint8Array(sealed.enc)), box: toHex(new Uint8Array(sealed.ct)) };
}

export async function openGrant(privateKey: Secret, grant: KeyGrant, context: Context): Promise<Result<Secret, 'NOT_AUTHENTIC'>> {
  try {
    const recipientKey = await privateKey.use(async (bytes) => suite.kem.deserializePrivateKey(bytes));
    const opened = await suite.open({ recipientKey, enc: fromHex(grant.enc), info: INFO }, fromHex(grant.box), canonicalBytes(context));
    return ok(Secret.take(new Uint8Array(opened)));
  } catch {
    // A point that is no key, another recipient and a changed bit are one answer: this grant does not open.
    return refuse('NOT_AUTHENTIC');
  }
}

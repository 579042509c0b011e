import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { concatBytes, fromHex, toHex, utf8 } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';

/** HKDF-SHA256 (RFC 5869), AES-256-GCM (NIST SP 800-38D), SHA-256 and HMAC, with the byte forms the vault uses. */

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NO_SALT = new Uint8Array(0);

/** An even number of lower-case hexadecimal digits, between the given numbers of bytes. */
export function hexBytes(minimum: number, maximum = minimum): z.ZodString {
  return z.string().regex(new RegExp(`^(?:[0-9a-f]{2}){${minimum},${maximum}}$`));
}

const SEALED_MAX_BYTES = 1 << 20;

/** AES-256-GCM: a 96-bit random nonce, and the ciphertext followed by its 128-bit tag. */
export const Sealed = z.strictObject({ nonce: hexBytes(NONCE_BYTES), box: hexBytes(TAG_BYTES, SEALED_MAX_BYTES) });
export type Sealed = z.infer<typeof Sealed>;

/** What a sealed value is bound to. Authenticated in RFC 8785 form, so that member order does not matter. */
export type Context = Readonly<Record<string, unknown>>;

/** RFC 8785 bytes. Throws on what JSON cannot hold, which no schema of the vault lets through. */
export function canonicalBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('broken assumption: the value has a canonical form');
  return utf8(text);
}

export function deriveKey(material: Uint8Array, info: string, salt: Uint8Array = NO_SALT): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hkdfSync('sha256', material, salt, utf8(info), KEY_BYTES));
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
}

export function seal(key: Uint8Array, plain: Uint8Array, context: Context, random: Random): Sealed {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(canonicalBytes(context));
  const box = concatBytes(cipher.update(plain), cipher.final(), cipher.getAuthTag());
  return { nonce: toHex(nonce), box: toHex(box) };
}

/** Refuses another key, another context and any changed bit alike. */
export function unseal(key: Uint8Array, sealed: Sealed, context: Context): Result<Uint8Array<ArrayBuffer>, 'NOT_AUTHENTIC'> {
  const box = fromHex(sealed.box);
  const body = box.subarray(0, box.length - TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, fromHex(sealed.nonce), { authTagLength: TAG_BYTES });
  decipher.setAAD(canonicalBytes(context));
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
  const plain = decipher.update(body);
  try {
    decipher.final();
  } catch {
    plain.fill(0);
    return refuse('NOT_AUTHENTIC');
  }
  const copy = new Uint8Array(plain);
  plain.fill(0);
  return ok(copy);
}

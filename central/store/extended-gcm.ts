import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { concatBytes } from '../../shared/base/bytes.ts';

/**
 * AES-256-GCM with nonces of 24 bytes, long enough to be drawn at random for any number of messages under one key:
 * XAES-256-GCM (C2SP, github.com/C2SP/C2SP/blob/main/XAES-256-GCM.md). The first half of the nonce derives a key by
 * the counter mode of NIST SP 800-108r1 with CMAC, the second is GCM's own nonce; so one derived key serves all
 * nonces with the same first half.
 */
export const EXTENDED_NONCE_BYTES = 24;
export const TAG_BYTES = 16;
const HALF = 12;
const BLOCK_BYTES = 16;
/** The polynomial of CMAC's subkeys for 128-bit blocks (NIST SP 800-38B). */
const POLYNOMIAL = 0x87;

function encryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return concatBytes(cipher.update(blocks), cipher.final());
}

/** CMAC's first subkey: the encrypted zero block, doubled in GF(2^128). */
function subkey(key: Uint8Array): Uint8Array {
  const block = encryptBlocks(key, new Uint8Array(BLOCK_BYTES));
  const doubled = new Uint8Array(BLOCK_BYTES);
  for (let index = 0; index < BLOCK_BYTES; index += 1) doubled[index] = (((block[index] ?? 0) << 1) | ((block[index + 1] ?? 0) >> 7)) & 0xff;
  if (((block[0] ?? 0) & 0x80) !== 0) doubled[BLOCK_BYTES - 1] = (doubled[BLOCK_BYTES - 1] ?? 0) ^ POLYNOMIAL;
  return doubled;
}

/** `half`: the nonce's first 12 bytes. A key made ready once; raw bytes would be read anew by every cipher. */
export function derivedKey(key: Uint8Array, half: Uint8Array): KeyObject {
  const mask = subkey(key);
  const blocks = new Uint8Array(2 * BLOCK_BYTES);
  for (const counter of [1, 2]) {
    const offset = (counter - 1) * BLOCK_BYTES;
    blocks.set([0, counter, 'X'.charCodeAt(0), 0], offset);
    blocks.set(half, offset + 4);
    for (let index = 0; index < BLOCK_BYTES; index += 1) blocks[offset + index] = (blocks[offset + index] ?? 0) ^ (mask[index] ?? 0);
  }
  return createSecretKey(encryptBlocks(key, blocks));
}

/** `derived`: of the nonce's first half; `nonce`: its second. Ciphertext and tag. */
export function sealExtended(derived: KeyObject, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', derived, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  return concatBytes(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** Null where key, nonce, additional data or bytes are not those it was sealed with. */
export function openExtended(derived: KeyObject, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', derived, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return concatBytes(decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final());
  } catch {
    return null;
  }
}

export const halvesOf = (nonce: Uint8Array): { readonly first: Uint8Array; readonly second: Uint8Array } => ({ first: nonce.subarray(0, HALF), second: nonce.subarray(HALF) });

import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { concatBytes, utf8 } from '../../shared/base/bytes.ts';
import type { Random } from '../../shared/base/world.ts';
import type { KeyWrapper } from './key-adapter.ts';

/** Wraps by AES-256-GCM (NIST SP 800-38D) under a key drawn from one of the organisation's by HKDF-SHA-256: nonce (12), ciphertext, tag (16). */
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const INFO = 'outpost-central key wrapping 1';

export function createKeyWrapper(organizationKey: Uint8Array, random: Random): KeyWrapper {
  const key = new Uint8Array(hkdfSync('sha256', organizationKey, new Uint8Array(0), INFO, KEY_BYTES));
  return {
    async wrap(purpose, plain) {
      const nonce = random.bytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(utf8(purpose));
      return concatBytes(nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag());
    },
    async unwrap(purpose, wrapped) {
      if (wrapped.length < NONCE_BYTES + TAG_BYTES) return null;
      const decipher = createDecipheriv('aes-256-gcm', key, wrapped.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(utf8(purpose));
      decipher.setAuthTag(wrapped.subarray(-TAG_BYTES));
      try {
        return concatBytes(decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final());
      } catch {
        return null;
      }
    },
  };
}

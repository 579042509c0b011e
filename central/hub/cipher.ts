import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { concatBytes, fromHex } from '../../shared/base/bytes.ts';
import type { Sha256 } from '../../shared/base/world.ts';
import type { Compression, Hpke, SyncCrypto, Verify } from '../../shared/sync/sealing.ts';

/** The protocol's primitives on Node: @hpke/core for the seals, node:crypto for signatures, node:zlib for Zstandard. */

const ENC_BYTES = 32;
/** Between the two the gain is a few per cent and the time many times over (measured on clinic text). */
const ZSTD_LEVELS = { thorough: 19, quick: 9, stored: 19 } as const;
/** Fixed DER around raw Ed25519 and X25519 keys (RFC 8410). */
const DER = {
  ed25519Public: fromHex('302a300506032b6570032100'),
  ed25519Private: fromHex('302e020100300506032b657004220420'),
  x25519Private: fromHex('302e020100300506032b656e04220420'),
} as const;

export const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const verifyEd25519: Verify = (publicKey, message, signature) => {
  const key = createPublicKey({ key: Buffer.from(concatBytes(DER.ed25519Public, publicKey)), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
};

const privateKey = (prefix: Uint8Array, raw: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.from(concatBytes(prefix, raw)), format: 'der', type: 'pkcs8' });
const rawPublic = (key: KeyObject): Uint8Array => new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-ENC_BYTES));

/** Raw public keys of raw private ones, 32 bytes each. */
export const ed25519PublicKey = (seed: Uint8Array): Uint8Array => rawPublic(privateKey(DER.ed25519Private, seed));
export const x25519PublicKey = (raw: Uint8Array): Uint8Array => rawPublic(privateKey(DER.x25519Private, raw));

export const zstd: Compression = {
  compress: (bytes, effort, dictionary) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVELS[effort] }, ...(dictionary === undefined ? {} : { dictionary }) }),
  decompress(bytes, maxBytes, dictionary) {
    try {
      return zstdDecompressSync(bytes, { maxOutputLength: maxBytes, ...(dictionary === undefined ? {} : { dictionary }) });
    } catch {
      return null;
    }
  },
};

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

export function createHpke(openWith: Uint8Array): Hpke {
  const recipientKey = suite.kem.importKey('raw', new Uint8Array(openWith).buffer, false);
  return {
    async seal(recipient, info, aad, plaintext) {
      const recipientPublicKey = await suite.kem.importKey('raw', new Uint8Array(recipient).buffer, true);
      const { enc, ct } = await suite.seal({ recipientPublicKey, info }, plaintext, aad);
      return concatBytes(new Uint8Array(enc), new Uint8Array(ct));
    },
    async open(info, aad, sealed) {
      if (sealed.length <= ENC_BYTES) return null;
      try {
        return new Uint8Array(await suite.open({ recipientKey: await recipientKey, enc: sealed.subarray(0, ENC_BYTES), info }, sealed.subarray(ENC_BYTES), aad));
      } catch {
        return null;
      }
    },
  };
}

/** `openWith`: X25519, `signWith`: Ed25519, raw private keys of 32 bytes. */
export function createSyncCrypto(keys: { readonly openWith: Uint8Array; readonly signWith: Uint8Array }): SyncCrypto {
  const signer = privateKey(DER.ed25519Private, keys.signWith);
  return { sha256, hpke: createHpke(keys.openWith), sign: (message) => new Uint8Array(sign(null, message, signer)), verify: verifyEd25519, compression: zstd };
}

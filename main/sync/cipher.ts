import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { concatBytes, equalBytes, fromHex } from '../../shared/base/bytes.ts';
import type { Compression, Hpke, SyncCrypto, Verify } from '../../shared/sync/sealing.ts';
import { sha256 } from '../ledger/ledger.ts';
import type { VaultKeys } from '../vault/vault.ts';

/** The protocol's primitives on Node: @hpke/core for the seals, node:crypto for signatures, node:zlib for Zstandard. */

const ENC_BYTES = 32;
/** Between the two the gain is a few per cent and the time many times over (measured on clinic text). */
const ZSTD_LEVELS = { thorough: 19, quick: 9, stored: 19 } as const;
/** Fixed DER before a raw Ed25519 public key (RFC 8410). */
const ED25519_SPKI_HEAD = fromHex('302a300506032b6570032100');

/** Most signatures of a page are of one author: making a key of its bytes costs as much as a third of a verification. */
function createVerify(): Verify {
  let last: { readonly bytes: Uint8Array; readonly key: KeyObject } | null = null;
  return (publicKey, message, signature) => {
    if (last === null || !equalBytes(last.bytes, publicKey)) {
      const bytes = Uint8Array.from(publicKey);
      last = { bytes, key: createPublicKey({ key: Buffer.from(concatBytes(ED25519_SPKI_HEAD, bytes)), format: 'der', type: 'spki' }) };
    }
    return verify(null, message, last.key, signature);
  };
}

const zstd: Compression = {
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
const importKey = (bytes: Uint8Array, isPublic: boolean): Promise<CryptoKey> => suite.kem.importKey('raw', new Uint8Array(bytes).buffer, isPublic);

function createHpke(keys: VaultKeys): Hpke {
  return {
    async seal(recipient, info, aad, plaintext) {
      const { enc, ct } = await suite.seal({ recipientPublicKey: await importKey(recipient, true), info }, plaintext, aad);
      return concatBytes(new Uint8Array(enc), new Uint8Array(ct));
    },
    async open(info, aad, sealed) {
      if (sealed.length <= ENC_BYTES || keys.destroyed) return null;
      const recipientKey = await keys.sealing.privateKey.use((bytes) => importKey(bytes, false));
      try {
        return new Uint8Array(await suite.open({ recipientKey, enc: sealed.subarray(0, ENC_BYTES), info }, sealed.subarray(ENC_BYTES), aad));
      } catch {
        return null;
      }
    },
  };
}

/** Opens and signs with the device's own keys; they stay in the vault's hands. */
export function createDeviceCrypto(keys: VaultKeys): SyncCrypto {
  return { sha256, hpke: createHpke(keys), sign: (message) => keys.signing.sign(message), verify: createVerify(), compression: zstd };
}

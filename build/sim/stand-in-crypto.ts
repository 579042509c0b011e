import { concatBytes, equalBytes, utf8 } from '../../shared/base/bytes.ts';
import type { Sha256 } from '../../shared/base/world.ts';
import type { Codec } from '../../shared/sync/codec.ts';
import type { Compression, SyncCrypto } from '../../shared/sync/sealing.ts';

/**
 * Cryptography for worlds in which nobody computes collisions: as many bytes as the real thing, every changed, missing
 * or added byte found, and some ten times faster. Nothing here is secret.
 */

const DIGEST_BYTES = 32;
const DIGEST_WORDS = 8;
const LONG_BYTES = 256;
const MULTIPLIER_A = 0x01000193;
const MULTIPLIER_B = 0x85ebca6b;
const MULTIPLIER_C = 0xc2b2ae35;

/** Two 32-bit accumulators over four bytes at a time (after MurmurHash3), stretched to 32 bytes. */
export const standInSha256: Sha256 = (...parts) => {
  let a = 0x9e3779b9;
  let b = 0x7f4a7c15;
  let total = 0;
  for (const part of parts) {
    const length = part.length;
    const whole = length & ~3;
    total += length;
    // Of much, four bytes at a time: a view costs more than a few words are worth.
    const words = whole >= LONG_BYTES && (part.byteOffset & 3) === 0 ? new Uint32Array(part.buffer, part.byteOffset, whole >> 2) : null;
    for (let index = 0; index < whole; index += 4) {
      const word = words === null ? (part[index] ?? 0) | ((part[index + 1] ?? 0) << 8) | ((part[index + 2] ?? 0) << 16) | ((part[index + 3] ?? 0) << 24) : (words[index >> 2] ?? 0) | 0;
      a = Math.imul(a ^ word, MULTIPLIER_A);
      a = (a << 13) | (a >>> 19);
      b = Math.imul((b + word) | 0, MULTIPLIER_B) ^ a;
    }
    for (let index = whole; index < length; index += 1) {
      const byte = part[index] ?? 0;
      a = Math.imul(a ^ byte, MULTIPLIER_A);
      b = Math.imul((b + byte) | 0, MULTIPLIER_C) ^ a;
    }
  }
  const digest = new Uint8Array(DIGEST_BYTES);
  const words = new Uint32Array(digest.buffer);
  a ^= total;
  for (let index = 0; index < DIGEST_WORDS; index += 1) {
    a = Math.imul(a ^ (a >>> 16), MULTIPLIER_B);
    b = (Math.imul(b ^ (b >>> 13), MULTIPLIER_C) + a) | 0;
    words[index] = a ^ b;
  }
  return digest;
};

/** A key is its owner's name, hashed; private and public are the same. */
export const standInKey = (owner: string): Uint8Array => standInSha256(utf8(owner));

const ENC = new Uint8Array(32);
const TAG_BYTES = 16;
const tagOf = (key: Uint8Array, info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array => standInSha256(key, info, aad, plaintext).subarray(0, TAG_BYTES);
const signatureOf = (key: Uint8Array, message: Uint8Array): Uint8Array => {
  const half = standInSha256(key, message);
  return concatBytes(half, half);
};

export type StandInKeys = { /** Opens what is sealed to its owner. */ readonly opens: Uint8Array; readonly signs: Uint8Array };

/** Passes everything through: what is cut and changed on the line is then the content itself. */
export const NO_COMPRESSION: Compression = { compress: (bytes) => bytes, decompress: (bytes, max) => (bytes.length > max ? null : bytes) };

const TICKET_BYTES = 8;
/** About what the real thing makes of ledger entries. */
const COMPRESSION_RATIO = 8;
const TICKETS_MAX = 20_000;

/** Keeps the content aside and sends a ticket for it, as long as the compressed content would be: one world's own. */
export function createTicketCompression(): Compression {
  const kept = new Map<number, Uint8Array>();
  let next = 1;
  return {
    compress(bytes) {
      const ticket = new Uint8Array(Math.max(TICKET_BYTES, Math.floor(bytes.length / COMPRESSION_RATIO)));
      new DataView(ticket.buffer).setUint32(0, next);
      if (kept.size >= TICKETS_MAX) kept.clear();
      kept.set(next, bytes);
      next += 1;
      return ticket;
    },
    decompress(bytes, max) {
      const content = bytes.length < TICKET_BYTES ? undefined : kept.get(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0));
      return content === undefined || content.length > max ? null : content;
    },
  };
}

export function createStandInCrypto({ opens, signs }: StandInKeys, compression: Compression, repertoire?: readonly Codec[]): SyncCrypto {
  return {
    sha256: standInSha256,
    sign: (message) => signatureOf(signs, message),
    verify: (publicKey, message, signature) => equalBytes(signatureOf(publicKey, message), signature),
    hpke: {
      seal: async (recipient, info, aad, plaintext) => concatBytes(ENC, plaintext, tagOf(recipient, info, aad, plaintext)),
      open: async (info, aad, sealed) => {
        if (sealed.length < ENC.length + TAG_BYTES || !equalBytes(sealed.subarray(0, ENC.length), ENC)) return null;
        const plaintext = sealed.subarray(ENC.length, -TAG_BYTES);
        return equalBytes(tagOf(opens, info, aad, plaintext), sealed.subarray(-TAG_BYTES)) ? plaintext : null;
      },
    },
    compression,
    ...(repertoire === undefined ? {} : { repertoire }),
  };
}

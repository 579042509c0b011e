import type { Sha256 } from '../base/world.ts';
import { SALT_BYTES } from './entry.ts';

/**
 * Salts that need not travel: each segment draws one random seed, and the salt of its entry number n is the first
 * 16 bytes of HMAC-SHA-256(seed, n as 8 bytes, big-endian) (RFC 2104). Whoever knows the seed knows every salt made
 * from it; so whoever erases a body forgets the seed too and keeps the salts of the other entries one by one, else
 * the commitment to an erased body could be tried out.
 */
export const SALT_SEED_BYTES = 32;

const BLOCK_BYTES = 64;
const SEQUENCE_BYTES = 8;
const WORD = 0x1_0000_0000;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** Gives the salts of one segment. The seed is kept as it is handed over. */
export function saltsFrom(sha256: Sha256, seed: Uint8Array): (sequence: number) => Uint8Array {
  if (seed.length !== SALT_SEED_BYTES) throw new Error('broken assumption: a salt seed has 32 bytes');
  const inner = new Uint8Array(BLOCK_BYTES + SEQUENCE_BYTES).fill(INNER_PAD, 0, BLOCK_BYTES);
  const outer = new Uint8Array(BLOCK_BYTES).fill(OUTER_PAD);
  for (const [index, byte] of seed.entries()) {
    inner[index] = INNER_PAD ^ byte;
    outer[index] = OUTER_PAD ^ byte;
  }
  const message = new DataView(inner.buffer, BLOCK_BYTES);
  return (sequence) => {
    message.setUint32(0, Math.floor(sequence / WORD));
    message.setUint32(4, sequence % WORD);
    return sha256(outer, sha256(inner)).slice(0, SALT_BYTES);
  };
}

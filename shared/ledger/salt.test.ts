import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../build/sim/model-world.ts';
import { toHex } from '../base/bytes.ts';
import { SALT_SEED_BYTES, saltsFrom } from './salt.ts';

describe('derived salts', () => {
  it('SYN-60 a salt is the first 16 bytes of HMAC-SHA-256 over the sequence, as the platform computes it', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: SALT_SEED_BYTES, maxLength: SALT_SEED_BYTES }), fc.maxSafeNat(), (seed, sequence) => {
      const message = Buffer.alloc(8);
      message.writeBigUInt64BE(BigInt(sequence));
      expect(toHex(saltsFrom(sha256, seed)(sequence))).toBe(createHmac('sha256', seed).update(message).digest('hex').slice(0, 32));
    }));
  });

  it('SYN-60 salts of one segment differ from each other and from those of another', () => {
    const salts = [1, 2].flatMap((seed) => Array.from({ length: 500 }, (_, sequence) => toHex(saltsFrom(sha256, new Uint8Array(SALT_SEED_BYTES).fill(seed))(sequence))));
    expect(new Set(salts).size).toBe(1000);
  });

  it('SYN-60 a seed of another length is a defect of the caller', () => {
    expect(() => saltsFrom(sha256, new Uint8Array(16))).toThrow('32 bytes');
  });
});

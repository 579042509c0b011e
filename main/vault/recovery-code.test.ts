import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printRecoveryCode, readRecoveryCode } from './recovery-code.ts';
import { Secret } from './secret.ts';

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('recovery code', () => {
  it('VLT-28 is 14 groups of four without I, L, O and U, and reads back however it is typed', () => {
    fc.assert(
      fc.property(secrets, fc.constantFrom('', ' ', '-', '  '), fc.boolean(), (bytes, separator, lower) => {
        const code = printRecoveryCode(Secret.copyOf(bytes));
        expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){13}[0-9A-HJKMNP-TV-Z]{4}$/);
        const typed = code.replaceAll('-', separator).replaceAll('1', 'l').replaceAll('0', 'o');
        const read = readRecoveryCode(lower ? typed.toLowerCase() : typed);
        expect(read.ok && read.value.equals(Secret.copyOf(bytes))).toBe(true);
      }),
    );
  });

  it('VLT-28 notices every single wrong character and every two neighbours swapped', () => {
    const code = printRecoveryCode(Secret.copyOf(Uint8Array.from({ length: 32 }, (_, index) => index * 7)));
    const plain = code.replaceAll('-', '');
    const slips = new Set<string>();
    for (let at = 0; at < plain.length; at += 1) {
      for (const other of ALPHABET) slips.add(plain.slice(0, at) + other + plain.slice(at + 1));
      if (at > 0) slips.add(plain.slice(0, at - 1) + plain[at]! + plain[at - 1]! + plain.slice(at + 1));
    }
    slips.delete(plain);
    expect(slips.size).toBeGreaterThan(56 * 31);
    expect([...slips].filter((slip) => readRecoveryCode(slip).ok)).toEqual([]);
  });

  it('VLT-28 refuses anything else a person or an attacker may send', () => {
    const other = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 56, maxLength: 56 }));
    fc.assert(
      fc.property(other, (typed) => {
        expect(readRecoveryCode(typed)).toMatchObject({ ok: false, fault: { code: 'RECOVERY_CODE_REFUSED' } });
      }),
    );
  });
});

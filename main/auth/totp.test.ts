import * as fc from 'fast-check';
import { generateSync } from 'otplib';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../shared/base/bytes.ts';
import { Secret } from '../vault/vault.ts';
import { readTotpSecret, verifyCode } from './totp.ts';

/** The secret of RFC 6238 appendix B. */
const RFC = Secret.copyOf(utf8('12345678901234567890'));
const codeAt = (epoch: number): string => RFC.use((secret) => generateSync({ secret, epoch }));

describe('one-time codes', () => {
  it('AUT-23 are those of RFC 6238 appendix B, at six digits', () => {
    const table = [[59, '287082'], [1_111_111_109, '081804'], [1_111_111_111, '050471'], [1_234_567_890, '005924'], [2_000_000_000, '279037'], [20_000_000_000, '353130']] as const;
    expect(table.map(([epoch, code]) => verifyCode(RFC, code, null, epoch * 1000))).toEqual(table.map(([epoch]) => ({ ok: true, value: Math.floor(epoch / 30) })));
  });

  it('AUT-23 hold one step to either side and no further, whatever the second of the step', () => {
    const steps = [-3, -2, -1, 0, 1, 2, 3];
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000, max: 4_000_000_000 }), (epoch) => {
        const step = Math.floor(epoch / 30);
        const held = steps.filter((offset) => {
          const found = verifyCode(RFC, codeAt((step + offset) * 30), null, epoch * 1000);
          // Two steps may share a code, once in a million: then it counts for the one in reach.
          return found.ok && found.value === step + offset;
        });
        expect(held).toEqual([-1, 0, 1]);
      }),
    );
  });

  it('AUT-4 are accepted in rising order only', () => {
    const now = 1_700_000_000;
    const step = Math.floor(now / 30);
    const outcome = (offset: number, last: number | null): boolean => verifyCode(RFC, codeAt((step + offset) * 30), last, now * 1000).ok;
    expect([outcome(-1, step - 2), outcome(-1, step - 1), outcome(0, step - 1), outcome(0, step), outcome(1, step), outcome(1, step + 1), outcome(1, step + 1000)]).toEqual([true, false, true, false, true, false, false]);
  });

  it('AUT-3 may be typed in two halves; anything else of any type is refused', () => {
    const now = 1_700_000_000;
    const code = codeAt(now);
    expect(verifyCode(RFC, ` ${code.slice(0, 3)} ${code.slice(3)} `, null, now * 1000).ok).toBe(true);
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: 'binary' })), (typed) => {
        fc.pre(typed !== code);
        expect(verifyCode(RFC, typed, null, now * 1000)).toEqual({ ok: false, fault: { code: 'CODE_REFUSED' } });
      }),
    );
  });

  it('AUT-22 secrets are read as people copy them, and refused when too short, too long or no base32', () => {
    const read = (typed: string): number | string => {
      const secret = readTotpSecret(typed);
      return secret.ok ? secret.value.length : secret.fault.code;
    };
    expect(['JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', 'jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp', 'JBSWY3DP-EHPK3PXP-JBSWY3DP-EHPK3PXP==='].map(read)).toEqual([20, 20, 20]);
    expect(['', 'JBSWY3DPEHPK3PXP', 'A'.repeat(400), 'JBSWY3DPEHPK3PX1JBSWY3DPEHPK3PX1', 'ÄÖÜ', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPB'].map(read)).toEqual(Array(6).fill('MALFORMED'));
  });
});

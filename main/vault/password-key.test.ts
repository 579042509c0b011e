import { describe, expect, it } from 'vitest';
import { testClock } from '../../build/fixtures/test-world.ts';
import { toHex } from '../../shared/base/bytes.ts';
import { calibratePasswordCost, checkPasswordLength, PASSWORD_COST_FLOOR, PasswordCost, passwordKey } from './password-key.ts';

/** Of OpenSSL's argon2id: 64 MiB, 3 passes, 4 lanes, 32 bytes, the salt below. */
const KNOWN_ANSWER = '5995fc5ddabdb7f10fae2ad796270c269821d70b0efb8fb60262a81f1b6f0eb8';
const SALT = Uint8Array.from({ length: 16 }, (_, index) => index);

describe('password key', () => {
  it('VLT-29 is argon2id as RFC 9106 has it: an independent implementation gives the same key', async () => {
    const key = await passwordKey('correct horse battery', SALT, PASSWORD_COST_FLOOR);
    expect(key.use(toHex)).toBe(KNOWN_ANSWER);
  });

  it('VLT-29 refuses any parameter below the floor and any that would exhaust the machine', () => {
    const bad = [{ memoryKiB: 65_535 }, { passes: 2 }, { lanes: 3 }, { memoryKiB: 1 << 30 }, { passes: 1000 }, { lanes: 1000 }, { memoryKiB: 65_536.5 }, { memoryKiB: '65536' }, { extra: 1 }];
    expect(bad.map((change) => PasswordCost.safeParse({ ...PASSWORD_COST_FLOOR, ...change }).success)).toEqual(bad.map(() => false));
    expect(PasswordCost.safeParse(PASSWORD_COST_FLOOR).success).toBe(true);
  });

  it('VLT-30 calibration raises memory until a run takes 250 to 500 ms, up to 256 MiB, never below the floor', async () => {
    /** A machine that needs so many milliseconds for 64 MiB. */
    const machine = async (msAtFloor: number) => calibratePasswordCost(testClock(), async (_, { memoryKiB }) => (msAtFloor * memoryKiB) / PASSWORD_COST_FLOOR.memoryKiB);
    const chosen = await Promise.all([1, 63, 124, 130, 249, 251, 5000].map(machine));
    expect(chosen.map(({ memoryKiB }) => memoryKiB / 1024)).toEqual([256, 256, 256, 128, 128, 64, 64]);
    expect(chosen.every((cost) => PasswordCost.safeParse(cost).success && cost.passes === 3 && cost.lanes === 4)).toBe(true);
  });

  it('VLT-30 a machine that takes a leap past 500 ms keeps the step before', async () => {
    const times = new Map([[64, 240], [128, 900]]);
    expect((await calibratePasswordCost(testClock(), async (_, { memoryKiB }) => times.get(memoryKiB / 1024) ?? 0)).memoryKiB).toBe(64 * 1024);
  });

  it('VLT-30 measures with the clock it is given', async () => {
    const clock = testClock();
    // Every reading is 300 ms after the one before, so one real run at the floor is enough.
    const cost = await calibratePasswordCost({
      ...clock,
      monotonic: () => {
        clock.advance(300);
        return clock.monotonic();
      },
    });
    expect(cost).toEqual(PASSWORD_COST_FLOOR);
  });

  it('VLT-4 counts characters as people do, after normalising, and has no rules of composition', () => {
    const accepted = ['aaaaaaaaaaaa', '            ', '密码很长很长很长很长很好', '👩‍⚕️👩‍⚕️👩‍⚕️👩‍⚕️', 'é'.repeat(12), 'x'.repeat(256)];
    expect(accepted.map((password) => checkPasswordLength(password).ok)).toEqual(accepted.map(() => true));
    const refused = ['', 'a'.repeat(11), 'e\u0301'.repeat(11), '👩'.repeat(11), 'x'.repeat(257), 'ﬃ'.repeat(100)];
    expect(refused.map((password) => checkPasswordLength(password).ok)).toEqual(refused.map(() => false));
  });
});

import { describe, expect, it } from 'vitest';
import { checkPassword, passwordAdvice } from './password-advice.ts';

const CLINIC = ['Cedar Creek', 'ada.obi', 'Ada Obi'];

describe('password advice', () => {
  it('AUT-24 accepts long, unlikely passwords of any script, without rules of composition', async () => {
    const good = ['maple kettle orbit 41', 'correct horse battery staple', 'зимнийвечервдоме', 'øllebrød og solskin', 'ada likes quiet violet harbors', 'x7 \u{1F33E} lantern drift'];
    expect(await Promise.all(good.map(async (password) => (await passwordAdvice(password, CLINIC)).acceptable))).toEqual(good.map(() => true));
  });

  it('AUT-24 refuses common, repeated and keyboard passwords, and those made of the clinic\'s own words', async () => {
    const bad = ['password1234', 'aaaaaaaaaaaaaaaa', 'qwertyuiop[]', 'letmeinplease12', 'Cedar Creek Cedar', 'CedarCreek2026!', 'ada1985obi0714', 'outpost outpost', 'ＣＥＤＡＲcreekＡＤＡ'];
    expect(await Promise.all(bad.map(async (password) => (await passwordAdvice(password, CLINIC)).acceptable))).toEqual(bad.map(() => false));
    expect((await passwordAdvice('Cedar Creek Cedar', CLINIC)).warning).toBe('userInputs');
  });

  it('AUT-24 says too short and too long first, however strong', async () => {
    expect(await passwordAdvice('kV9#xq!Tz2w', [])).toMatchObject({ warning: 'tooShort', acceptable: false });
    expect(await passwordAdvice('maple kettle orbit '.repeat(20), [])).toMatchObject({ warning: 'tooLong', acceptable: false });
    expect(await passwordAdvice('', [])).toMatchObject({ score: 0, warning: 'tooShort', acceptable: false });
  });

  it('AUT-24 speaks in keys, and its refusal holds nothing of the password', async () => {
    const { warning, suggestions } = await passwordAdvice('summer summer 2024', []);
    expect([warning ?? 'none', ...suggestions].every((key) => /^[a-zA-Z0-9]+$/.test(key))).toBe(true);
    expect(await checkPassword('password1234', [])).toEqual({ ok: false, fault: { code: 'PASSWORD_TOO_WEAK', detail: { score: 1, warning: 'similarToCommon' } } });
  });
});

import { describe, expect, it } from 'vitest';
import { isLogin, suggestLogin } from './setup-form.ts';

describe('sign-in names', () => {
  it.each([['Dr Ruth Mensah', 'ruth.mensah'], ['Ada', 'ada'], ['José María Hernández', 'jose.hernandez'], ["Sean O'Neill", 'sean.oneill'], ['  ', ''], ['Ольга Тимофеева', 'ольга.тимофеева']])('suggests for %s', (name, login) => {
    expect(suggestLogin(name)).toBe(login);
  });

  it('takes what the engine takes', () => {
    for (const login of ['ruth.mensah', 'ольга', 'a-b_c9']) expect(isLogin(login)).toBe(true);
    for (const login of ['', 'two words', 'a@b', 'x'.repeat(65)]) expect(isLogin(login)).toBe(false);
  });
});

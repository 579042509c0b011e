import { describe, expect, it } from 'vitest';
import { translations } from '@zxcvbn-ts/language-en';
import { passwordAdvice } from './password-advice.ts';

const GENERAL = passwordAdvice('no such key', []);

describe('password advice', () => {
  it.each(['tooShort', 'tooLong', ...Object.keys(translations.warnings)])('has words of its own for the warning %s', (key) => {
    expect(passwordAdvice(key, [])).not.toBe(GENERAL);
  });

  it.each(Object.keys(translations.suggestions))('has words of its own for the suggestion %s', (key) => {
    expect(passwordAdvice(null, [key])).not.toBe(GENERAL);
  });

  it('joins what there is to say, once each', () => {
    expect(passwordAdvice(null, [])).toBe('');
    expect(passwordAdvice('new key', ['another new key'])).toBe(GENERAL);
    expect(passwordAdvice('tooShort', ['noNeed', 'noNeed'])).toBe('Use twelve characters or more. Signs, digits and capitals are not needed.');
  });
});

import { describe, expect, it } from 'vitest';
import { REASONS, reasonIn } from './reason.ts';

describe('a reason', () => {
  it('is what was typed, or a usual one by its number', () => {
    expect(reasonIn(' her mother told me ')).toBe('her mother told me');
    expect(REASONS.map((_reason, index) => reasonIn(` ${index + 1} `))).toEqual(REASONS);
  });

  it('is no number that stands for none, nor one within words', () => {
    for (const text of ['0', '9', '12', '1 tablet seen', '', '٢']) expect(reasonIn(text)).toBe(text);
  });
});

import { describe, expect, it } from 'vitest';
import { readNumber, writeNumber } from './number-text.ts';

describe('numbers as people type them', () => {
  it.each([['5', 5], [' 36,5 ', 36.5], ['.5', 0.5], ['-109.5526', -109.5526], ['+3', 3], ['7.', 7], ['٣٦٫٥'.replace('٫', '.'), 36.5], ['１２', 12]])('reads %s', (text, value) => {
    expect(readNumber(text)).toEqual({ reads: 'number', value });
  });

  it.each(['1e5', '1,000.5', '1.2.3', 'abc', '12kg', '-', '0x10', 'Infinity', 'NaN', '1 2'])('does not guess at %s', (text) => {
    expect(readNumber(text)).toEqual({ reads: 'other' });
  });

  it('tells empty from unreadable', () => {
    expect(readNumber('  ')).toEqual({ reads: 'empty' });
  });

  it('writes without trailing zeros and with a leading one', () => {
    expect(writeNumber(5, 1)).toBe('5');
    expect(writeNumber(0.5, 2)).toBe('0.5');
    expect(writeNumber(36.55, 1)).toBe('36.5');
    expect(writeNumber(-0.25, 2)).toBe('-0.25');
  });
});

import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './bytes.ts';

describe('hexadecimal', () => {
  it('reads every byte in both cases and writes it in lower case', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const text = byte.toString(16).padStart(2, '0');
      expect([fromHex(text)[0], fromHex(text.toUpperCase())[0], toHex(Uint8Array.of(byte))]).toEqual([byte, byte, text]);
    }
  });

  it.each(['0', 'g0', '0g', ' 0', '0 ', '-1', '+1', '0x', '0\n', 'é0', '0é', '😀'])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow('not hexadecimal');
  });
});

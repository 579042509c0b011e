import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';

describe('parseJson', () => {
  it.each([['null', null], ['"a"', 'a'], ['[1,{"b":2}]', [1, { b: 2 }]]])('reads %s', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each(['', ' ', '{', '{"family":"Okafor"', 'undefined', "{'a':1}", '\u0000'])('gives undefined for %j, and throws nothing that quotes it', (text) => {
    expect(parseJson(text)).toBeUndefined();
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRawNumber, numberOf, parseLossless, stringifyLossless, type LosslessObject } from './lossless-json.ts';

const digits = fc.stringMatching(/^[0-9]{1,25}$/);
const decimal = fc
  .tuple(fc.boolean(), fc.stringMatching(/^(0|[1-9][0-9]{0,20})$/), fc.option(digits), fc.option(fc.stringMatching(/^[eE][+-]?[0-9]{1,3}$/)))
  .map(([negative, whole, fraction, exponent]) => `${negative ? '-' : ''}${whole}${fraction === null ? '' : `.${fraction}`}${exponent ?? ''}`);

describe('lossless JSON', () => {
  it('gives every number back as it was written', () => {
    fc.assert(
      fc.property(fc.array(decimal), (numbers) => {
        const text = `{"value":[${numbers.join(',')}],"nested":{"a":${numbers[0] ?? '1.00'}}}`;
        expect(stringifyLossless(parseLossless(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('gives every JSON value back as it was', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(stringifyLossless(parseLossless(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('marks only the numbers that JavaScript would write otherwise', () => {
    const parsed = parseLossless('{"plain":36.6,"trailing":1.00,"tiny":1E-245,"minus":-0,"long":12345678901234567890,"word":"1.00"}') as LosslessObject;
    const raw = Object.keys(parsed).filter((name) => isRawNumber(parsed[name]));
    expect(raw).toEqual(['trailing', 'tiny', 'minus', 'long']);
    expect(parsed['plain']).toBe(36.6);
    const { trailing, plain } = parsed;
    if (!isRawNumber(trailing) || typeof plain !== 'number') throw new Error('expected numbers');
    expect([numberOf(trailing), numberOf(plain)]).toEqual([1, 36.6]);
  });

  it('keeps the rest of a resource when one member is amended', () => {
    const before = parseLossless('{"resourceType":"Observation","status":"final","valueQuantity":{"value":7.20,"unit":"mmol/L"}}') as LosslessObject;
    expect(stringifyLossless({ ...before, status: 'amended' })).toBe('{"resourceType":"Observation","status":"amended","valueQuantity":{"value":7.20,"unit":"mmol/L"}}');
  });
});

import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCanonical } from './canonical.ts';

/** What the reference implementation has to say. */
function reference(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return canonicalize(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Objects whose keys come in any order, are numbers, or are alike but for their case. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false, '', '\u2028', '\ud83d\ude00', '\ud800', 'é', '\u0000', '"', '\\'),
    fc.double(), fc.integer(), fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.oneof(fc.constantFrom('a', 'B', 'b', '1', '10', '2', '\ue000', '\ud83d\ude00', '__proto__'), fc.string()), tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

describe('a canonical text', () => {
  it('is told as the reference implementation tells it, canonical or not', () => {
    fc.assert(
      fc.property(json, fc.boolean(), (value, canonical) => {
        let text: string | undefined;
        try {
          text = canonical ? canonicalize(value) : JSON.stringify(value);
        } catch {
          // Nothing canonical can be said of it.
        }
        fc.pre(text !== undefined);
        expect(parseCanonical(text)).toEqual(reference(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('with one character changed is told as the reference implementation tells it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 3 }), fc.oneof(fc.integer(), fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }))), fc.nat(), fc.constantFrom(' ', '0', ',', '"', '\\', 'e', '-', '.'), (value, at, change) => {
        const text = canonicalize(value) ?? '';
        const changed = `${text.slice(0, at % text.length)}${change}${text.slice((at % text.length) + 1)}`;
        expect(parseCanonical(changed)).toEqual(reference(changed));
      }),
      { numRuns: 3000 },
    );
  });

  it.each(['{"a":1,"a":1}', '{"b":1,"a":1}', '{ "a":1}', '{"a":1e400}', '{"a":-0}', '{"a":1.0}', '"\\ud800"', '{"10":1,"9":1}', '{"9":1,"10":1}', '{"a":"\\u0041"}', '', '{', 'undefined', '[{"b":1,"a":2}]', '{"\\ud800":1}'])('%s', (text) => {
    expect(parseCanonical(text)).toEqual(reference(text));
  });

  it('a lone surrogate that stands in the text itself is refused', () => {
    expect(parseCanonical('"\ud800"')).toBeUndefined();
    expect(parseCanonical('"\ud83d\ude00"')).toBe('\ud83d\ude00');
  });
});

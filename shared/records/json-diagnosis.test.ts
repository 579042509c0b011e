import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { firstInvalidUtf8, withoutWhitespace } from './json-bytes.ts';
import { diagnoseJson } from './json-diagnosis.ts';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON texts with a few characters replaced, left out or put in. */
const almostJson = fc
  .tuple(fc.json({ maxDepth: 3 }), fc.array(fc.tuple(fc.nat(), fc.constantFrom('', '"', "'", ',', ':', '{', '}', '[', ']', '0', '.', 'e', '-', '\\', 'u', 't', '/', ' ', '\n', '\0', 'é'), fc.boolean()), { maxLength: 3 }))
  .map(([text, edits]) => {
    const letters = [...text];
    for (const [at, letter, replaces] of edits) letters.splice(at % (letters.length + 1), replaces ? 1 : 0, letter);
    return letters.join('');
  });

describe('the diagnosis', () => {
  it('finds a mistake exactly where JSON.parse refuses', () => {
    fc.assert(
      fc.property(almostJson, (text) => {
        expect(diagnoseJson(utf8(text)) === null).toBe(parses(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('points at a place up to which the text can be completed', () => {
    fc.assert(
      fc.property(almostJson, (text) => {
        const bytes = utf8(text);
        const mistake = diagnoseJson(bytes);
        fc.pre(mistake !== null && mistake.code !== 'truncated' && mistake.code !== 'content-after-end');
        const before = diagnoseJson(bytes.slice(0, mistake?.offset));
        expect(before === null || before.code === 'truncated').toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['truncated', '', 0],
    ['truncated', '{"a":tr', 7],
    ['truncated', '[-', 2],
    ['truncated', '["\\u00', 6],
    ['bad-number', '[1,-x]', 3],
    ['bad-number', '[1e]', 1],
    ['bad-number', '[+1]', 1],
    ['unexpected-character', '[,1]', 1],
    ['trailing-comma', '{"a":1,}', 7],
    ['mismatched-bracket', '{"a":1]', 6],
    ['missing-colon', '{"a"1}', 4],
    ['content-after-end', '{} {}', 3],
    ['unquoted-text', '[NaN]', 1],
    ['unquoted-text', '[undefined]', 1],
    ['comment', '[1,#]'.replace('#', '//'), 3],
  ])('%s in %j', (code, text, offset) => {
    expect(diagnoseJson(utf8(text))).toEqual({ code, offset });
  });
});

describe('bytes', () => {
  it('leaves out whitespace between tokens and nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 4 }), (value, indent) => {
        expect(withoutWhitespace(utf8(JSON.stringify(value, null, indent)))).toEqual(utf8(JSON.stringify(value)));
      }),
    );
  });

  it('finds the first byte that is not UTF-8 where a strict decoder refuses', () => {
    const accepts = (bytes: Uint8Array): boolean => {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }), (text, edits) => {
        const bytes = utf8(text);
        for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        const found = firstInvalidUtf8(bytes);
        expect(found === null).toBe(accepts(bytes));
        expect(accepts(bytes.slice(0, found ?? 0))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

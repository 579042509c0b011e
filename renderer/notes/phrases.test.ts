import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandAt, GAP, insertLines, insertPhrase, nextGap, phrasesAt } from './phrases.ts';

const phrases = [
  { name: 'chest', text: 'Chest clear.' },
  { name: 'cough', text: `Cough for ${GAP} days, sputum ${GAP}.` },
  { name: 'ent', text: 'Ears, nose, throat normal.' },
];

describe('phrases', () => {
  it('are offered from the semicolon on, by how their name begins', () => {
    expect(phrasesAt('S: ;', 4, phrases)?.map(({ name }) => name)).toEqual(['chest', 'cough', 'ent']);
    expect(phrasesAt('S: ;co', 6, phrases)?.map(({ name }) => name)).toEqual(['cough']);
    expect(phrasesAt('S: ;CO', 6, phrases)?.map(({ name }) => name)).toEqual(['cough']);
    expect(phrasesAt('S: ;x', 5, phrases)).toBeNull();
    expect(phrasesAt('fever; co', 9, phrases)).toBeNull();
    expect(phrasesAt('fever;co', 8, phrases)).toBeNull();
  });

  it('take the place of their name and select the first gap', () => {
    const edited = expandAt('Since Monday ;cough and more', 19, phrases)!;
    expect(edited.text).toBe(`Since Monday Cough for ${GAP} days, sputum ${GAP}. and more`);
    expect(edited.text.slice(edited.selection.from, edited.selection.to)).toBe(GAP);
    expect(edited.selection.from).toBe('Since Monday Cough for '.length);
  });

  it('leave alone what is not the whole name of a phrase', () => {
    expect(expandAt(';coug', 5, phrases)).toBeNull();
    expect(expandAt('a;cough', 7, phrases)).toBeNull();
    expect(expandAt('', 0, phrases)).toBeNull();
  });

  it('complete a begun name when picked from the list', () => {
    expect(insertPhrase('x ;co', 5, phrases[1]!).text).toBe(`x ${phrases[1]!.text}`);
  });

  it('gaps are walked in a circle', () => {
    const text = `${GAP} a ${GAP}`;
    expect(nextGap(text, 0)).toEqual({ from: 0, to: 3 });
    expect(nextGap(text, 3)).toEqual({ from: 6, to: 9 });
    expect(nextGap(text, 9)).toEqual({ from: 0, to: 3 });
    expect(nextGap('none', 0)).toBeNull();
  });

  it('lines are put on lines of their own', () => {
    expect(insertLines('ab', 1, 'X')).toEqual({ text: 'a\nX\nb', selection: { from: 3, to: 3 } });
    expect(insertLines('', 0, 'X').text).toBe('X');
    expect(insertLines('a\n', 2, 'X').text).toBe('a\nX');
  });

  it('never change what stands around them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), fc.constantFrom(...phrases), (before, after, phrase) => {
        const head = `${before.trimEnd()} ;${phrase.name}`.trimStart();
        const edited = expandAt(`${head}${after}`, head.length, phrases)!;
        expect(edited.text.startsWith(head.slice(0, -phrase.name.length - 1))).toBe(true);
        expect(edited.text.endsWith(after)).toBe(true);
        expect(edited.text).toContain(phrase.text);
      }),
    );
  });
});

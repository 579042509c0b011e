/** Phrases in a note: `;name` and a space become a text; `___` in it is a gap to fill. */

export type Phrase = { readonly name: string; readonly text: string };
export type Selection = { readonly from: number; readonly to: number };
export type Edited = { readonly text: string; readonly selection: Selection };

export const GAP = '___';

const PARTIAL = /(?:^|\s);([\p{L}\p{N}-]*)$/u;
const NAME = /(?:^|\s);([\p{L}\p{N}-]+)$/u;

/** Phrases whose name begins with what stands between the last `;` and the cursor; null where no phrase is being typed. */
export function phrasesAt(text: string, cursor: number, phrases: readonly Phrase[]): readonly Phrase[] | null {
  const typed = PARTIAL.exec(text.slice(0, cursor))?.[1];
  if (typed === undefined) return null;
  const found = phrases.filter(({ name }) => name.startsWith(typed.toLowerCase()));
  return found.length === 0 ? null : found;
}

/** Puts a phrase where its `;name` (whole or begun) stands before the cursor, and selects its first gap. */
export function insertPhrase(text: string, cursor: number, phrase: Phrase): Edited {
  const before = text.slice(0, cursor);
  const typed = PARTIAL.exec(before)?.[1];
  const start = typed === undefined ? cursor : cursor - typed.length - 1;
  return placed(text.slice(0, start), phrase.text, text.slice(cursor));
}

/** Called when a space or Enter is about to follow the cursor: expands a whole `;name`; null where there is none. */
export function expandAt(text: string, cursor: number, phrases: readonly Phrase[]): Edited | null {
  const name = NAME.exec(text.slice(0, cursor))?.[1]?.toLowerCase();
  const phrase = phrases.find((each) => each.name === name);
  return phrase === undefined ? null : insertPhrase(text, cursor, phrase);
}

/** The next gap after the cursor, or from the beginning when none follows; null where the text has none. */
export function nextGap(text: string, cursor: number): Selection | null {
  const after = text.indexOf(GAP, cursor);
  const from = after === -1 ? text.indexOf(GAP) : after;
  return from === -1 ? null : { from, to: from + GAP.length };
}

/** Adds a text at the cursor on a line of its own. */
export function insertLines(text: string, cursor: number, lines: string): Edited {
  const before = text.slice(0, cursor);
  const after = text.slice(cursor);
  const lead = before === '' || before.endsWith('\n') ? '' : '\n';
  const tail = after === '' || after.startsWith('\n') ? '' : '\n';
  return placed(`${before}${lead}`, lines, `${tail}${after}`);
}

function placed(before: string, inserted: string, after: string): Edited {
  const gap = inserted.indexOf(GAP);
  const end = before.length + inserted.length;
  const selection = gap === -1 ? { from: end, to: end } : { from: before.length + gap, to: before.length + gap + GAP.length };
  return { text: `${before}${inserted}${after}`, selection };
}

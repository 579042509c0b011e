import { beginningDistance, editDistance } from './edit-distance.ts';
import { soundKeys } from './sound-keys.ts';

/** How well a typed word stands for a token of a name, 0 (not at all) to 1 (equal), and in what way. */
export type Likeness = { readonly quality: number; readonly by: 'name' | 'spelt-like' | 'sounds-like' };

const NONE: Likeness = { quality: 0, by: 'spelt-like' };
const EQUAL: Likeness = { quality: 1, by: 'name' };

/** Below this a word and a token are taken for different names. */
export const LIKENESS_MIN = 0.35;

/** Errors of typing that a word of so many letters may hold and still be looked up by. */
export function errorsAllowed(length: number): number {
  if (length <= 2) return 0;
  return length <= 4 ? 1 : 2;
}

/** Compares generously: for ranking somebody who is a candidate already by another word. */
export function likeness(word: string, token: string, wordSounds: readonly string[] = soundKeys(word), tokenSounds: readonly string[] = soundKeys(token)): Likeness {
  if (word === token) return EQUAL;
  let best = NONE;
  const offer = (quality: number, by: Likeness['by']): void => {
    if (quality > best.quality) best = { quality, by };
  };
  const longest = Math.max(word.length, token.length);
  const errors = editDistance(word, token, Math.ceil(longest / 2));
  if (token.startsWith(word)) offer(0.62 + (0.33 * word.length) / token.length, 'name');
  offer(speltLike(errors, longest), 'spelt-like');
  if (word.length >= 4 && token.length > word.length && beginningDistance(word, token, 1) === 1) offer(0.45 + (0.25 * word.length) / token.length, 'spelt-like');
  if (wordSounds.some((sound) => tokenSounds.includes(sound))) offer(0.55 + 0.38 * (1 - errors / longest), 'sounds-like');
  return best.quality < LIKENESS_MIN ? NONE : best;
}

function speltLike(errors: number, longest: number): number {
  return 1 - (1.25 * errors) / Math.max(longest, 3);
}

import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { normalizePassword, PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS } from '../vault/vault.ts';

/** How guessable a new password is (zxcvbn, with the clinic's own words). NIST SP 800-63B-4: length and a blocklist. */

/** 0 to 4, in powers of ten of guesses: below 3, 6, 8, 10, and more. */
const ACCEPTABLE_SCORE = 3;
/** What is judged. The estimate's time grows with the square of the length, and this much decides it. */
const JUDGED_CHARACTERS = 64;
const WORD_MIN_CHARACTERS = 3;
const PRODUCT_NAME = 'outpost';

export type PasswordAdvice = {
  readonly score: 0 | 1 | 2 | 3 | 4;
  /** Keys of sentences, never sentences. */
  readonly warning: string | null;
  readonly suggestions: readonly string[];
  readonly acceptable: boolean;
};

let estimator: Promise<ZxcvbnFactory> | null = null;

/** The dictionaries are several megabytes: read when the first password is judged, then kept. */
async function loadEstimator(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, common, english] = await Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common'), import('@zxcvbn-ts/language-en')]);
  return new Factory({ dictionary: { ...common.dictionary, ...english.dictionary }, graphs: common.adjacencyGraphs });
}

function lengthWarning(password: string): 'tooShort' | 'tooLong' | null {
  const characters = Array.from(password).length;
  if (characters < PASSWORD_MIN_CHARACTERS) return 'tooShort';
  return characters > PASSWORD_MAX_CHARACTERS ? 'tooLong' : null;
}

/** Parts of names an attacker knows: the phrases and their words, longest first, so that a word does not cut a phrase. */
function knownWords(context: readonly string[]): readonly string[] {
  const words = [PRODUCT_NAME, ...context].flatMap((phrase) => [phrase, ...phrase.split(/[^\p{L}\p{N}]+/u)]).map((word) => normalizePassword(word).toLowerCase());
  return [...new Set(words)].filter((word) => word.length >= WORD_MIN_CHARACTERS).sort((left, right) => right.length - left.length);
}

/** What is left to guess for somebody who knows the words. The estimator alone counts two of them side by side as strong. */
function withoutWords(password: string, words: readonly string[]): string {
  let rest = password.toLowerCase();
  for (const word of words) rest = rest.replaceAll(word, ' ');
  return rest.replaceAll(/\s+/g, ' ').trim();
}

/** `context`: names of clinic, site and person, which an attacker tries first. */
export async function passwordAdvice(typed: string, context: readonly string[]): Promise<PasswordAdvice> {
  estimator ??= loadEstimator();
  const password = normalizePassword(typed);
  const words = knownWords(context);
  const judged = Array.from(password).slice(0, JUDGED_CHARACTERS).join('');
  const { score, feedback } = (await estimator).check(judged, [...words]);
  const rest = withoutWords(judged, words);
  const restScore = rest === judged.toLowerCase() ? score : (await estimator).check(rest).score;
  const lower = restScore < score ? restScore : score;
  const warning = lengthWarning(password) ?? (restScore < score ? 'userInputs' : feedback.warning || null);
  return { score: lower, warning, suggestions: feedback.suggestions, acceptable: lengthWarning(password) === null && lower >= ACCEPTABLE_SCORE };
}

export async function checkPassword(password: string, context: readonly string[]): Promise<Result<void, 'PASSWORD_TOO_WEAK'>> {
  const { acceptable, score, warning } = await passwordAdvice(password, context);
  return acceptable ? ok(undefined) : refuse('PASSWORD_TOO_WEAK', { score, warning });
}

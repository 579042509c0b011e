/** Written names brought to a form in which two spellings of one name have a chance to be equal. */

const TEXT_MAX_CHARACTERS = 400;
const WORD_MAX_CHARACTERS = 64;

/** Letters that decomposition (Unicode NFKD) leaves whole, as people type them without the right keyboard. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', þ: 'th', ð: 'd', đ: 'd', ɗ: 'd', ɖ: 'd', ł: 'l', ħ: 'h', ı: 'i', ŋ: 'n', ɓ: 'b', ƙ: 'k', ƴ: 'y', ɛ: 'e', ə: 'e', ɔ: 'o',
  // Arabic: forms of alef's and ya's seat, ta marbuta, the lengthening stroke
  ى: 'ي', ة: 'ه', ـ: '', ٱ: 'ا', ک: 'ك', ی: 'ي',
};
const PLAIN_LETTERS = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu');
/** What stands within a word and is left out by most who type it: apostrophes, okina, glottal stops, middle dots. */
const WITHIN_WORD = /['’‘ʼʻ`´ʹʾʿ·.]/gu;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;

/** Lower case, without diacritics and vowel points; other scripts stay in their own letters. */
export function foldText(text: string): string {
  const decomposed = text.slice(0, TEXT_MAX_CHARACTERS).normalize('NFKD').toLowerCase().normalize('NFKD');
  return decomposed.replace(/\p{M}/gu, '').replace(PLAIN_LETTERS, (letter) => PLAIN[letter] ?? letter);
}

/** The words of a name as typed or filed: "O'Neill-García" gives `oneill`, `garcia`. */
export function nameWords(text: string): string[] {
  return foldText(text)
    .replace(WITHIN_WORD, '')
    .split(BETWEEN_WORDS)
    .filter((word) => word !== '')
    .map((word) => word.slice(0, WORD_MAX_CHARACTERS));
}

const JOINED_WORDS_MAX = 4;
const PART_MIN_CHARACTERS = 3;
/** Scripts written without spaces between family and given name. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\s・]+$/u;

/**
 * Everything one part of a name is found by: its words, the words run together ("de la Cruz", "delacruz"), and what
 * follows an apostrophe ("O'Brien", "brien").
 */
export function partTokens(part: string): string[] {
  const words = nameWords(part);
  const joined = words.length > 1 && words.length <= JOINED_WORDS_MAX ? [words.join('').slice(0, WORD_MAX_CHARACTERS)] : [];
  const pieces = foldText(part)
    .split(BETWEEN_WORDS)
    .filter((piece) => piece.length >= PART_MIN_CHARACTERS)
    .map((piece) => piece.slice(0, WORD_MAX_CHARACTERS));
  return [...new Set([...words, ...joined, ...pieces])];
}

/** Family and given name in one word, both ways round, for scripts that write them so. */
export function unspacedTokens(family: string, given: string): string[] {
  if (family === '' || given === '' || !UNSPACED.test(family) || !UNSPACED.test(given)) return [];
  const [one, other] = [nameWords(family).join(''), nameWords(given).join('')];
  return [`${one}${other}`, `${other}${one}`].map((token) => token.slice(0, WORD_MAX_CHARACTERS));
}

/** What the engine finds in a password, by its keys (those of zxcvbn and its own), in words. */

const WARNINGS: Readonly<Record<string, string>> = {
  tooShort: 'Use twelve characters or more.',
  tooLong: 'Use at most 256 characters.',
  userInputs: 'Names of the clinic or of people are tried first.',
  straightRow: 'A row of keys is guessed at once.',
  keyPattern: 'A pattern of keys is easy to guess.',
  simpleRepeat: 'Repeated letters are easy to guess.',
  extendedRepeat: 'Repeated groups of letters are easy to guess.',
  sequences: 'A sequence such as abc or 1234 is easy to guess.',
  recentYears: 'Years are easy to guess.',
  dates: 'Dates are easy to guess.',
  topTen: 'This is among the passwords used most.',
  topHundred: 'This is among the passwords used most.',
  common: 'This password is used by many.',
  similarToCommon: 'This is close to a password used by many.',
  wordByItself: 'A single word is easy to guess.',
  namesByThemselves: 'A name by itself is easy to guess.',
  commonNames: 'Names are easy to guess.',
  pwned: 'This password has been published by thieves.',
};

const SUGGESTIONS: Readonly<Record<string, string>> = {
  l33t: 'Signs in the place of letters do not help.',
  reverseWords: 'Words spelt backwards do not help.',
  allUppercase: 'Capitals alone do not help.',
  capitalization: 'A capital at the start does not help.',
  dates: 'Leave out dates of your own.',
  recentYears: 'Leave out years.',
  associatedYears: 'Leave out years of your own.',
  sequences: 'Leave out sequences.',
  repeated: 'Do not repeat words or letters.',
  longerKeyboardPattern: 'Use words instead of a pattern of keys.',
  anotherWord: 'Add another word that is less common.',
  useWords: 'Use several words, but no saying.',
  noNeed: 'Signs, digits and capitals are not needed.',
  pwned: 'Change it wherever else you use it.',
};

const UNKNOWN = 'Make it longer, with words that do not belong together.';

/** One line of advice; empty where there is nothing to say. A key without words of ours gives the general advice. */
export function passwordAdvice(warning: string | null, suggestions: readonly string[]): string {
  const lines = [...(warning === null ? [] : [WARNINGS[warning] ?? UNKNOWN]), ...suggestions.map((key) => SUGGESTIONS[key] ?? UNKNOWN)];
  return [...new Set(lines)].join(' ');
}

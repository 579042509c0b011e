/**
 * How a name in Latin letters sounds, roughly and across languages: consonants in eight classes, vowels only at the
 * beginning. In the manner of Double Metaphone (Philips 2000), made for names that English, Spanish, German, Slavic,
 * Arabic and African ears write down for one another: Hernández and Ernandes, Yusuf and Jusuf, Kowalczyk and Kovalchik.
 * Coarse on purpose: what sounds alike is ranked by how alike it is spelt.
 */
export const SOUND_KEY_MIN_LENGTH = 2;

type Rewrite = readonly [pattern: RegExp, by: string];

/** Lower case is yet to be read, upper case is a sound: A vowel at the beginning, S hissing, J as in jam, K, T, P, F, and L M N R. A dot is a vowel. */
const REWRITES: readonly Rewrite[] = [
  [/^(?:kn|gn|pn|ng)/, 'N'],
  [/^ps/, 'S'],
  [/^wr|^rh/, 'R'],
  [/^wh/, 'w'],
  [/mp(?=[st])/g, 'M'],
  [/tsch|sch|tch|sh|ch|cz|sz|zh|ts|tz|sc(?=[eiy])/g, 'S'],
  [/dzh|dj|dg(?=[eiy])/g, 'J'],
  [/ph/g, 'F'],
  [/gh(?=[^aeiouy]|$)/g, ''],
  [/kh|gh|ck|qu|q|gu(?=[eiy])/g, 'K'],
  [/th|dh/g, 'T'],
  [/bh/g, 'P'],
  [/c(?=[eiy])/g, 'S'],
  [/g(?=[eiy])/g, 'J'],
  [/^x/, 'S'],
  [/x/g, 'KS'],
  [/[sz]/g, 'S'],
  [/j/g, 'J'],
  [/[cgk]/g, 'K'],
  [/[fv]|^w/g, 'F'],
  [/[bp]/g, 'P'],
  [/[dt]/g, 'T'],
  [/l/g, 'L'],
  [/m/g, 'M'],
  [/n/g, 'N'],
  [/r/g, 'R'],
  [/[hw]/g, ''],
  [/[aeiouy]+/g, '.'],
];

/** Letters that languages read in different ways, tried in one other way each. */
const OTHER_READINGS: readonly Rewrite[] = [
  [/j/g, 'y'],
  [/ch/g, 'k'],
  [/(?!^)w/g, 'v'],
  [/^x/, 'j'],
  [/^x/, 'ks'],
  [/g(?=[eiy])/g, 'k'],
];

/** The sounds of a word as `foldText` leaves it; none for other scripts and for words of a single sound. */
export function soundKeys(word: string): readonly string[] {
  if (!/^[a-z]+$/.test(word)) return [];
  const spellings = [word, ...OTHER_READINGS.map(([pattern, by]) => word.replace(pattern, by))];
  return [...new Set(spellings.map(soundOf))].filter((key) => key.length >= SOUND_KEY_MIN_LENGTH);
}

function soundOf(word: string): string {
  const read = REWRITES.reduce((text, [pattern, by]) => text.replace(pattern, by), word);
  const single = read.replace(/([A-Z])\1+/g, '$1');
  return single.replace(/^\./, 'A').replaceAll('.', '');
}

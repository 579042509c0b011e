const TITLES: readonly string[] = ['dr', 'mr', 'mrs', 'ms', 'miss', 'prof', 'sr', 'jr', 'md', 'do', 'rn', 'np', 'pa'];

/** The words of a person's name without titles and degrees; all of them where nothing else is left. */
export function nameWords(name: string): readonly string[] {
  const words = name.split(/[^\p{L}\p{M}\p{N}'’]+/u).filter((word) => word !== '');
  const own = words.filter((word) => !TITLES.includes(word.toLowerCase()));
  return own.length === 0 ? words : own;
}

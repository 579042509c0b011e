const SEED_LIMIT = 2 ** 31;

/** Where a run of drawn worlds begins: where it was told to, or anywhere. */
export function firstSeedOf(given: string | undefined): { readonly seed: number; readonly source: 'given' | 'drawn' } {
  const seed = Number(given);
  return given === undefined || !Number.isSafeInteger(seed) ? { seed: Math.floor(Math.random() * SEED_LIMIT), source: 'drawn' } : { seed, source: 'given' };
}

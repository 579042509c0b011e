const SEED_LIMIT = 2 ** 31;

/** Of `npm test`: what passed once passes again, whoever changed what. Worlds that nobody has seen are the command's affair, not of a change that has nothing to do with them. */
export const TEST_FIRST_SEED = 900_000_000;

/** Where the tests' worlds begin: where they are told to (`OUTPOST_SEED=any` draws it), or where they always do. */
export function testSeedOf(given: string | undefined): number {
  return given === undefined ? TEST_FIRST_SEED : firstSeedOf(given).seed;
}

/** Where a run of drawn worlds begins: where it was told to, or anywhere. */
export function firstSeedOf(given: string | undefined): { readonly seed: number; readonly source: 'given' | 'drawn' } {
  const seed = Number(given);
  return given === undefined || !Number.isSafeInteger(seed) ? { seed: Math.floor(Math.random() * SEED_LIMIT), source: 'drawn' } : { seed, source: 'given' };
}

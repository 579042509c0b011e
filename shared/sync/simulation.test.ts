import { describe, expect, it } from 'vitest';
import { runSeed } from '../../build/sim/sync-seed.ts';
import { testSeedOf } from '../../build/sim/first-seed.ts';

const SEEDS = 12;
/** Seeds that once failed, by what they found. */
const KEPT: Readonly<Record<string, number>> = {};

describe('sync under faults', () => {
  it('SYN-50 hub and workstations converge, nothing is lost, nothing is acknowledged that the hub lacks', { timeout: 60_000 }, async () => {
    const first = testSeedOf(process.env['OUTPOST_SEED']);
    process.stdout.write(`sync simulation: seeds ${first} to ${first + SEEDS - 1}\n`);
    for (let seed = first; seed < first + SEEDS; seed += 1) expect(await runSeed(seed)).toMatchObject({ seed, problems: [] });
  });

  it.each(Object.entries(KEPT))('SYN-50 seed kept for %s', { timeout: 60_000 }, async (_, seed) => {
    expect(await runSeed(seed)).toMatchObject({ seed, problems: [] });
  });

  it('SYN-51 a seed run twice leaves the same bytes on the lines', { timeout: 60_000 }, async () => {
    expect(await runSeed(3)).toEqual(await runSeed(3));
  });
});

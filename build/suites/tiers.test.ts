import { expect, it } from 'vitest';
import { testSeedOf } from '../sim/first-seed.ts';
import { runWorldTier, type WorldTier } from '../tiers/world-tiers.ts';

/** A few worlds of the tiers that need no network; `npm run sim -- --tier T1` runs as many as there is time for. */
async function worlds(tier: WorldTier, seeds: number): Promise<unknown> {
  const firstSeed = testSeedOf(process.env['OUTPOST_SEED']);
  process.stdout.write(`${tier}: seeds ${firstSeed} to ${firstSeed + seeds - 1}\n`);
  const result = await runWorldTier(tier, { firstSeed, kept: false, shrinks: false, enough: (done) => done.seeds >= seeds, onFailure: () => undefined });
  expect(result.entries).toBeGreaterThan(0);
  return result.failures.map(({ name, problems }) => ({ name, problems }));
}

it('SYN-201 worlds of shipped ledgers and a shipped central store end as they should', async () => {
  expect(await worlds('T1', 3)).toEqual([]);
});

it('SYN-202 so they do when power goes in the middle of commits and disks are full', async () => {
  expect(await worlds('T2', 1)).toEqual([]);
});

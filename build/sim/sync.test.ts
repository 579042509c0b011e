import { describe, expect, it } from 'vitest';
import { testSeedOf } from './first-seed.ts';
import { runSeed } from './sync-seed.ts';
import { createSqliteHub } from './sqlite-hub.ts';

/** More worlds than fit into the unit tests. OUTPOST_SIM_SEEDS says how many. */
const SEEDS = Number(process.env['OUTPOST_SIM_SEEDS'] ?? 60);
const SQLITE_SEEDS = Math.ceil(SEEDS / 3);

describe('sync under faults, at length', () => {
  it('SYN-50 modelled hub', async () => {
    const first = testSeedOf(process.env['OUTPOST_SEED']);
    process.stdout.write(`sync simulation: seeds ${first} to ${first + SEEDS - 1}\n`);
    for (let seed = first; seed < first + SEEDS; seed += 1) expect(await runSeed(seed)).toMatchObject({ seed, problems: [] });
  });

  it('SYN-50 SYN-12 the shipped hub store on an encrypted file', async () => {
    const first = testSeedOf(process.env['OUTPOST_SEED']);
    process.stdout.write(`sync simulation on SQLite: seeds ${first} to ${first + SQLITE_SEEDS - 1}\n`);
    for (let seed = first; seed < first + SQLITE_SEEDS; seed += 1) expect(await runSeed(seed, createSqliteHub)).toMatchObject({ seed, problems: [] });
  });
});

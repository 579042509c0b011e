import { stripTypeScriptTypes } from 'node:module';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../fixtures/seeded-random.ts';
import type { Plan } from './act.ts';
import { drawPlan } from './draw.ts';
import { testSeedOf } from './first-seed.ts';
import { keptPlans } from './kept.ts';
import { patched, tryMutation } from './mutant.ts';
import { MUTATIONS, type Mutation } from './mutations.ts';

/**
 * Known mistakes, made on purpose: a few of them at every run, drawn from the printed seed, so that all have their turn.
 * All at once: `npm run sim -- --mutations`.
 */
const TRIED = 8;
const WORLDS = 100;
/** What is harmless is looked at in fewer: a world that refuses it would refuse it there too. */
const HARMLESS_WORLDS = 15;
const seed = testSeedOf(process.env['OUTPOST_SEED']);

function* worlds(most: number): Generator<Plan> {
  for (const { plan } of keptPlans()) yield plan;
  for (let drawn = 0; drawn < most; drawn += 1) yield drawPlan(seed + drawn);
}

function drawn(): readonly Mutation[] {
  const random = createSeededRandom(`mutations ${seed}`);
  const harmful = MUTATIONS.filter(({ harmless }) => harmless !== true);
  return Array.from({ length: TRIED }, () => harmful.splice(random.between(0, harmful.length - 1), 1)).flat();
}

describe('the simulator', () => {
  it('SYN-122 every mistake still fits the sources, which go on reading as they do', () => {
    for (const mutation of MUTATIONS) for (const [file, text] of patched(mutation)) expect(() => stripTypeScriptTypes(text), `${mutation.name}: ${file}`).not.toThrow();
  });

  it('SYN-122 notices known mistakes', async () => {
    const chosen = drawn();
    process.stdout.write(`mutations: ${chosen.length} of ${MUTATIONS.length}, drawn from seed ${seed} (again with OUTPOST_SEED=${seed}; all by npm run sim -- --mutations)\n`);
    for (const mutation of chosen) {
      const { seeds, rules } = await tryMutation(mutation, worlds(WORLDS));
      process.stdout.write(`  ${mutation.name}: ${seeds === null ? 'UNNOTICED' : `world ${seeds}, ${rules.join(', ')}`}\n`);
      expect(seeds, mutation.name).not.toBeNull();
    }
  });

  it('SYN-122 has nothing against what is harmless', async () => {
    for (const mutation of MUTATIONS.filter(({ harmless }) => harmless === true)) expect(await tryMutation(mutation, worlds(HARMLESS_WORLDS)), mutation.name).toMatchObject({ seeds: null });
  });
});

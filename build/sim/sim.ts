import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign, tellCampaign, tellFailure, type CampaignResult, type Failure } from './campaign.ts';
import { drawPlan, THEMES } from './draw.ts';
import type { Plan } from './act.ts';
import { firstSeedOf } from './first-seed.ts';
import { keptPlans } from './kept.ts';
import { tryMutation, type Verdict } from './mutant.ts';
import { MUTATIONS } from './mutations.ts';
import { SHIPPED } from './parts.ts';
import { runPlan } from './run-plan.ts';
import { isTier, runTier } from '../tiers/tiers.ts';

/** `npm run sim`: more worlds than the tests have time for. */

const USAGE = `npm run sim -- [--tier T0] [--seeds N | --seconds S | --minutes M] [--seed FIRST] [--theme THEME] [--no-shrink] [--json FILE]
npm run sim -- --tier T1|T2|T3|T4 [the same]
npm run sim -- --mutations [--only WORDS] [--seeds N] [--seed FIRST] [--json FILE]

Themes of T0's worlds: ${THEMES.join(', ')}; each seed's own unless given. Seeds are drawn unless given here or in OUTPOST_SEED. A failing world is made small, told, and written to out/sim.`;
const OUT = join(import.meta.dirname, '../../out/sim');
const DEFAULT_SECONDS = 60;
/** In a run that is bounded by time a share of the worlds is run twice; else all are. */
const TWICE_EVERY_TIMED = 4;
/** A mistake that so many worlds do not notice counts as unnoticed. */
const MUTATION_WORLDS = 100;

type Options = ReturnType<typeof read>;
function read() {
  const { values } = parseArgs({
    options: {
      tier: { type: 'string', default: 'T0' }, theme: { type: 'string' }, mutations: { type: 'boolean', default: false }, only: { type: 'string', default: '' },
      seed: { type: 'string' }, seeds: { type: 'string' }, seconds: { type: 'string' }, minutes: { type: 'string' },
      json: { type: 'string' }, 'no-shrink': { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  });
  const { seed: firstSeed } = firstSeedOf(values.seed ?? process.env['OUTPOST_SEED']);
  const theme = THEMES.find((each) => each === values.theme) ?? null;
  if (values.theme !== undefined && theme === null) throw new Error(`there is no theme ${values.theme}`);
  const seeds = values.seeds === undefined ? null : Number(values.seeds);
  const seconds = values.minutes === undefined ? Number(values.seconds ?? DEFAULT_SECONDS) : Number(values.minutes) * 60;
  return { ...values, theme, firstSeed, seeds, seconds };
}

/** A failing world is written down whole, to be looked at and perhaps kept by name in seeds.json. */
function keep(tier: string, failure: Failure): void {
  mkdirSync(OUT, { recursive: true });
  const file = join(OUT, `${tier}-${failure.name.replaceAll(' ', '-')}.json`);
  writeFileSync(file, JSON.stringify(failure, null, 1));
  console.error(`${tellFailure(failure)}\nwritten to ${file}`);
}

async function model({ firstSeed, seeds, seconds, theme, 'no-shrink': noShrink }: Options): Promise<CampaignResult> {
  const limitMs = seconds * 1000;
  return runCampaign({
    run: (plan) => runPlan(plan, SHIPPED),
    draw: (seed) => drawPlan(seed, theme),
    kept: keptPlans(),
    firstSeed,
    enough: (done) => (seeds === null ? done.wallMs >= limitMs : done.seeds >= seeds),
    twiceEvery: seeds === null ? TWICE_EVERY_TIMED : 1,
    shrinks: !noShrink,
    onFailure: (failure) => keep('T0', failure),
  });
}

function verdictLine({ mutation, seeds, rules, tried }: Verdict): string {
  if (mutation.harmless === true) return seeds === null ? `passes, as it should (${tried} worlds)` : `HARMLESS AND REFUSED by world ${seeds}: ${rules.join(', ')}`;
  return seeds === null ? `UNNOTICED in ${tried} worlds` : `noticed by world ${seeds}: ${rules.join(', ')}`;
}

/** Whether the simulator said of a mistake what is to be said of it. */
const isRight = ({ mutation, seeds }: Verdict): boolean => (seeds === null) === (mutation.harmless === true);

async function mutations({ firstSeed, seeds, only }: Options): Promise<readonly Verdict[]> {
  const most = seeds ?? MUTATION_WORLDS;
  function* plans(): Generator<Plan> {
    for (const { plan } of keptPlans()) yield plan;
    for (let seed = firstSeed; seed < firstSeed + most; seed += 1) yield drawPlan(seed);
  }
  const verdicts: Verdict[] = [];
  for (const mutation of MUTATIONS.filter(({ name }) => name.includes(only))) {
    const verdict = await tryMutation(mutation, plans());
    verdicts.push(verdict);
    console.log(`${mutation.name.padEnd(60)} ${verdictLine(verdict)}`);
  }
  const noticed = verdicts.filter(({ seeds: caught }) => caught !== null).length;
  console.log(`${noticed} of ${verdicts.filter(({ mutation }) => mutation.harmless !== true).length} mistakes noticed, ${verdicts.filter(isRight).length} of ${verdicts.length} verdicts as they should be`);
  return verdicts;
}

const options = read();
const write = (result: unknown): void => {
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(result, null, 1));
};
if (!options.help && isTier(options.tier)) {
  console.log(`seed ${options.firstSeed} (again with OUTPOST_SEED=${options.firstSeed})`);
  const { passed, result } = await runTier(options.tier, { ...options, shrinks: !options['no-shrink'], keep });
  write(result);
  process.exitCode = passed ? 0 : 1;
} else if (options.help || options.tier !== 'T0') {
  console.log(USAGE);
  process.exitCode = options.help ? 0 : 2;
} else {
  console.log(`seed ${options.firstSeed} (again with OUTPOST_SEED=${options.firstSeed})`);
  if (options.mutations) {
    const verdicts = await mutations(options);
    write(verdicts);
    process.exitCode = verdicts.every(isRight) ? 0 : 1;
  } else {
    const result = await model(options);
    console.log(tellCampaign(options.tier, result));
    write(result);
    process.exitCode = result.failures.length === 0 ? 0 : 1;
  }
}

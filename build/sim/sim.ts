import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign, tellFailure, type CampaignResult, type Failure } from './campaign.ts';
import { keptPlans } from './kept.ts';
import { SHIPPED } from './parts.ts';
import { runPlan } from './run-plan.ts';

/** `npm run sim`: more worlds than the tests have time for. */

const USAGE = `npm run sim -- [--tier T0] [--seeds N | --seconds S | --minutes M] [--seed FIRST] [--ignore RULE,RULE] [--no-shrink] [--json FILE]`;
const OUT = join(import.meta.dirname, '../../out/sim');
const DEFAULT_SECONDS = 60;
/** In a run that is bounded by time a share of the worlds is run twice; else all are. */
const TWICE_EVERY_TIMED = 4;
const SEED_LIMIT = 2 ** 31;

type Options = ReturnType<typeof read>;
function read() {
  const { values } = parseArgs({
    options: {
      tier: { type: 'string', default: 'T0' }, seed: { type: 'string' }, seeds: { type: 'string' }, seconds: { type: 'string' }, minutes: { type: 'string' },
      json: { type: 'string' }, ignore: { type: 'string', default: '' }, 'no-shrink': { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  });
  const given = values.seed ?? process.env['OUTPOST_SEED'];
  const firstSeed = given === undefined ? Math.floor(Math.random() * SEED_LIMIT) : Number(given);
  const seeds = values.seeds === undefined ? null : Number(values.seeds);
  const seconds = values.minutes === undefined ? Number(values.seconds ?? DEFAULT_SECONDS) : Number(values.minutes) * 60;
  return { ...values, firstSeed, seeds, seconds };
}

/** A failing world is written down whole, to be looked at and perhaps kept by name in seeds.json. */
function keep(tier: string, failure: Failure): void {
  mkdirSync(OUT, { recursive: true });
  const file = join(OUT, `${tier}-${failure.name.replaceAll(' ', '-')}.json`);
  writeFileSync(file, JSON.stringify(failure, null, 1));
  console.error(`${tellFailure(failure)}\nwritten to ${file}`);
}

function summary(tier: string, result: CampaignResult): string {
  const rate = result.cpuMs === 0 ? 0 : Math.round(((result.seeds + result.twice) * 60_000) / result.cpuMs);
  return `${tier}: ${result.seeds} worlds (${result.twice} of them twice), ${result.entries} entries, ${result.virtualHours} simulated hours, ${(result.wallMs / 1000).toFixed(1)} s, ${rate} worlds a minute and core, ${result.failures.length} failures`;
}

async function model({ firstSeed, seeds, seconds, ignore, 'no-shrink': noShrink }: Options): Promise<CampaignResult> {
  const limitMs = seconds * 1000;
  const ignored = ignore.split(',');
  return runCampaign({
    run: async (plan) => {
      const report = await runPlan(plan, SHIPPED);
      return { ...report, problems: report.problems.filter(({ rule }) => !ignored.includes(rule)) };
    },
    kept: keptPlans(),
    firstSeed,
    enough: (done) => (seeds === null ? done.wallMs >= limitMs : done.seeds >= seeds),
    twiceEvery: seeds === null ? TWICE_EVERY_TIMED : 1,
    shrinks: !noShrink,
    onFailure: (failure) => keep('T0', failure),
  });
}

const options = read();
if (options.help || options.tier !== 'T0') {
  console.log(USAGE);
  process.exitCode = options.help ? 0 : 2;
} else {
  console.log(`seed ${options.firstSeed} (again with OUTPOST_SEED=${options.firstSeed})`);
  const result = await model(options);
  console.log(summary(options.tier, result));
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(result, null, 1));
  process.exitCode = result.failures.length === 0 ? 0 : 1;
}

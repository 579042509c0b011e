import { drawPlan } from './draw.ts';
import type { Plan } from './act.ts';
import type { Counts, Problem } from './judge.ts';
import type { Report } from './run-plan.ts';
import { shrink, tell } from './shrink.ts';

/** Many worlds, one after the other, until enough of them or of time. */
export type Failure = { readonly name: string; readonly seed: number; readonly problems: readonly Problem[]; readonly smallest: Plan; readonly trials: number };
export type CampaignResult = {
  readonly seeds: number;
  /** How many of them were run a second time. */
  readonly twice: number;
  readonly entries: number;
  readonly acts: number;
  readonly virtualHours: number;
  /** Of this process. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** What happened in them, how often. */
  readonly counts: Counts;
  readonly failures: readonly Failure[];
};

export type CampaignOptions = {
  readonly run: (plan: Plan) => Promise<Report>;
  /** The world of a seed, where it is not the usual one. */
  readonly draw?: (seed: number) => Plan;
  /** Worlds that once failed, by name. */
  readonly kept: readonly { readonly name: string; readonly plan: Plan }[];
  readonly firstSeed: number;
  /** `seeds`: of worlds drawn so far; the kept ones do not count. */
  readonly enough: (done: { readonly seeds: number; readonly wallMs: number }) => boolean;
  /** Every so many worlds are run a second time and must leave the same trace; 1 for all. */
  readonly twiceEvery: number;
  readonly shrinks: boolean;
  readonly onFailure: (failure: Failure) => void;
};

const FAILURES_MAX = 5;
const MINUTE_MS = 60_000;

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { run } = options;
  const began = performance.now();
  const cpu = process.cpuUsage();
  const failures: Failure[] = [];
  let seeds = 0;
  let twice = 0;
  let entries = 0;
  let acts = 0;
  let virtualMs = 0;
  const counts: Record<string, number> = {};

  const judged = async (plan: Plan, again: boolean): Promise<readonly Problem[]> => {
    const report = await run(plan);
    entries += report.entries;
    acts += report.acts;
    virtualMs += report.virtualMs;
    for (const [what, times] of Object.entries(report.counts)) counts[what] = (counts[what] ?? 0) + times;
    if (!again || report.problems.length > 0) return report.problems;
    twice += 1;
    const second = await run(plan);
    return second.trace === report.trace ? [] : [{ rule: 'SYN-51', what: `${report.trace} the first time and ${second.trace} the second` }];
  };

  const failed = async (name: string, plan: Plan, problems: readonly Problem[]): Promise<void> => {
    const rule = problems[0]?.rule;
    const { plan: smallest, trials } = options.shrinks ? await shrink(plan, async (candidate) => (await judged(candidate, rule === 'SYN-51')).some((problem) => problem.rule === rule)) : { plan, trials: 0 };
    const failure = { name, seed: plan.seed, problems, smallest, trials };
    failures.push(failure);
    options.onFailure(failure);
  };

  for (const { name, plan } of options.kept) {
    const problems = await judged(plan, true);
    seeds += 1;
    if (problems.length > 0) await failed(name, plan, problems);
  }
  for (let seed = options.firstSeed; failures.length < FAILURES_MAX && !options.enough({ seeds: seed - options.firstSeed, wallMs: performance.now() - began }); seed += 1) {
    const plan = (options.draw ?? drawPlan)(seed);
    const problems = await judged(plan, seeds % options.twiceEvery === 0);
    seeds += 1;
    if (problems.length > 0) await failed(`seed ${seed}`, plan, problems);
  }
  const used = process.cpuUsage(cpu);
  return { seeds, twice, entries, acts, virtualHours: Math.round(virtualMs / 3_600_000), cpuMs: Math.round((used.user + used.system) / 1000), wallMs: Math.round(performance.now() - began), counts, failures };
}

/** One line about all of it. */
export function tellCampaign(tier: string, { seeds, twice, entries, virtualHours, cpuMs, wallMs, failures }: CampaignResult): string {
  const rate = cpuMs === 0 ? 0 : Math.round(((seeds + twice) * MINUTE_MS) / cpuMs);
  return `${tier}: ${seeds} worlds (${twice} of them twice), ${entries} entries, ${virtualHours} simulated hours, ${(wallMs / 1000).toFixed(1)} s, ${rate} worlds a minute and core, ${failures.length} failures`;
}

export function tellFailure({ name, problems, smallest, trials }: Failure): string {
  return [`FAILED ${name}`, ...problems.map(({ rule, what }) => `  ${rule} ${what}`), `smallest world that breaks ${problems[0]?.rule ?? ''} (${trials} trials):`, tell(smallest)].join('\n');
}

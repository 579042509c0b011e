import type { CampaignResult, Failure } from '../sim/campaign.ts';
import { postgresMissing } from '../fixtures/test-postgres.ts';
import { drawLineScenario } from './line-plan.ts';
import { runLineScenario, type LineReport } from './line-run.ts';
import { runProcesses, told, type ProcessReport } from './process-run.ts';
import { runWorldTier, type WorldTier } from './world-tiers.ts';

/** Tiers behind T0: the same protocol on ever more of what ships (docs/testing.md). Each says its seeds, what it did to them and its verdict. */
export const TIERS = ['T1', 'T2', 'T3', 'T4'] as const;
export type Tier = (typeof TIERS)[number];

export type TierOptions = {
  readonly firstSeed: number;
  /** So many worlds, or null for as many as the time allows. */
  readonly seeds: number | null;
  readonly seconds: number;
  readonly shrinks: boolean;
  /** A world that failed, to be written down. */
  readonly keep: (tier: WorldTier, failure: Failure) => void;
};
/** `result`: what `--json` writes. */
export type TierResult = { readonly tier: Tier; readonly passed: boolean; readonly result: CampaignResult | readonly LineReport[] | ProcessReport | null };

export const isTier = (text: string): text is Tier => (TIERS as readonly string[]).includes(text);

export async function runTier(tier: Tier, options: TierOptions): Promise<TierResult> {
  const { passed, result } = await (tier === 'T3' ? lines(options) : tier === 'T4' ? processes(options) : worlds(tier, options));
  console.log(`${tier} ${passed ? 'PASS' : 'FAIL'}`);
  return { tier, passed, result };
}

type Outcome = Omit<TierResult, 'tier'>;

async function worlds(tier: WorldTier, { firstSeed, seeds, seconds, shrinks, keep }: TierOptions): Promise<Outcome> {
  const result = await runWorldTier(tier, {
    firstSeed, shrinks, kept: true,
    enough: (done) => (seeds === null ? done.wallMs >= seconds * 1000 : done.seeds >= seeds),
    onFailure: (failure) => keep(tier, failure),
  });
  const rate = Math.round(((result.seeds + result.twice) * 60_000) / Math.max(1, result.cpuMs));
  console.log(`${tier}: ${result.seeds} worlds (${result.twice} of them twice), ${result.entries} entries, ${result.virtualHours} simulated hours, ${(result.wallMs / 1000).toFixed(1)} s, ${rate} worlds a minute and core, ${result.failures.length} failures`);
  console.log(told(result.counts));
  return { passed: result.failures.length === 0, result };
}

async function lines({ firstSeed, seeds, seconds }: TierOptions): Promise<Outcome> {
  const reports: LineReport[] = [];
  const began = performance.now();
  const enough = (): boolean => (seeds === null ? performance.now() - began >= seconds * 1000 : reports.length >= seeds);
  for (let seed = firstSeed; !enough(); seed += 1) {
    const report = await runLineScenario(drawLineScenario(seed));
    reports.push(report);
    const { stations, entries, cuts, connections, wireBytes, settledMs, problems } = report;
    console.log(`seed ${seed}: ${stations} workstations, ${entries} entries, ${cuts} cuts, ${connections} connections, ${Math.round(wireBytes / 1000)} kB on the lines, settled ${(settledMs / 1000).toFixed(1)} s after the last write${problems.length === 0 ? '' : `: FAILED ${problems.join('; ')}`}`);
  }
  return { passed: reports.every(({ problems }) => problems.length === 0), result: reports };
}

async function processes({ firstSeed, seconds }: TierOptions): Promise<Outcome> {
  if (postgresMissing('tier T4') !== null) return { passed: false, result: null };
  const report = await runProcesses(firstSeed, seconds, console.log);
  console.log(`T4: ${report.acknowledged} acknowledged, ${report.entries} entries in all, settled ${(report.settledMs / 1000).toFixed(1)} s after everything was up again`);
  for (const problem of report.problems) console.error(`FAILED ${problem}`);
  return { passed: report.problems.length === 0, result: report };
}

import type { CampaignResult, Failure } from '../sim/campaign.ts';
import { runWorldTier } from './world-tiers.ts';

/** Tiers behind T0: the same protocol on ever more of what ships. Each says its seed, what it did and its verdict. */
export const TIERS = ['T1', 'T2'] as const;
export type Tier = (typeof TIERS)[number];

export type TierOptions = {
  readonly firstSeed: number;
  /** So many worlds, or null for as many as the time allows. */
  readonly seeds: number | null;
  readonly seconds: number;
  readonly shrinks: boolean;
  /** What failed, to be written down. */
  readonly keep: (tier: Tier, failure: Failure) => void;
};
export type TierResult = { readonly tier: Tier; readonly passed: boolean; readonly result: CampaignResult };

export const isTier = (text: string): text is Tier => (TIERS as readonly string[]).includes(text);

export async function runTier(tier: Tier, { firstSeed, seeds, seconds, shrinks, keep }: TierOptions): Promise<TierResult> {
  const result = await runWorldTier(tier, {
    firstSeed, shrinks, kept: true,
    enough: (done) => (seeds === null ? done.wallMs >= seconds * 1000 : done.seeds >= seeds),
    onFailure: (failure) => keep(tier, failure),
  });
  const rate = Math.round(((result.seeds + result.twice) * 60_000) / Math.max(1, result.cpuMs));
  console.log(`${tier}: ${result.seeds} worlds (${result.twice} of them twice), ${result.entries} entries, ${result.virtualHours} simulated hours, ${(result.wallMs / 1000).toFixed(1)} s, ${rate} worlds a minute and core`);
  console.log(Object.entries(result.counts).toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([what, times]) => `${what} ${times}`).join(', '));
  const passed = result.failures.length === 0;
  console.log(passed ? `${tier} PASS` : `${tier} FAIL: ${result.failures.length} worlds`);
  return { tier, passed, result };
}


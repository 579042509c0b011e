import type { Plan } from '../sim/act.ts';
import { runCampaign, type CampaignResult, type Failure } from '../sim/campaign.ts';
import { drawPlan } from '../sim/draw.ts';
import { keptPlans } from '../sim/kept.ts';
import { runRealPlan } from './real-run.ts';
import type { CutStyle } from './vault-disk.ts';

/** Tiers T1 and T2: the simulator's worlds on the shipped ledger and the shipped central store, in virtual time and encrypted files. */
export type WorldTier = 'T1' | 'T2';

const CUTS: Readonly<Record<WorldTier, CutStyle>> = { T1: 'throw', T2: 'files' };
const HARSH_STRIKES = 6;
/** So many worlds, and the last of them is run a second time. */
const TWICE_EVERY = 5;

export type WorldTierOptions = {
  readonly firstSeed: number;
  readonly enough: (done: { readonly seeds: number; readonly wallMs: number }) => boolean;
  readonly shrinks: boolean;
  /** Worlds that once failed come first. */
  readonly kept: boolean;
  readonly onFailure: (failure: Failure) => void;
};

export function runWorldTier(tier: WorldTier, options: WorldTierOptions): Promise<CampaignResult> {
  return runCampaign({
    run: (plan) => runRealPlan(plan, CUTS[tier]),
    draw: (seed) => (tier === 'T2' ? harsher(drawPlan(seed)) : drawPlan(seed)),
    kept: options.kept ? keptPlans() : [],
    firstSeed: options.firstSeed,
    enough: options.enough,
    twiceEvery: TWICE_EVERY,
    shrinks: options.shrinks,
    onFailure: options.onFailure,
  });
}

/** Power goes again and again, at commits of every kind, and each disk is full once. */
function harsher(plan: Plan): Plan {
  const acts = plan.devices.flatMap((_, device) => {
    const at = (part: number): number => Math.floor((plan.horizonMs * (part + 0.5 + (device % 2) * 0.3)) / HARSH_STRIKES);
    const strikes = Array.from({ length: HARSH_STRIKES }, (_strike, part) => ({ at: at(part), device, do: 'strike' as const, strike: { commits: 1 + ((part * 7 + device * 3 + plan.seed) % 9), durable: (part + plan.seed) % 2 === 0 } }));
    return [...strikes, { at: at(2), device, do: 'disk-full' as const, full: true }, { at: at(3), device, do: 'disk-full' as const, full: false }];
  });
  return { ...plan, acts: [...plan.acts, ...acts].toSorted((left, right) => left.at - right.at) };
}

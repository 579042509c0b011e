import type { Plan } from './act.ts';
import { drawPlan } from './draw.ts';
import { finalProblems } from './final.ts';
import type { Problem } from './judge.ts';
import type { Parts } from './parts.ts';
import { createWorld } from './world.ts';

/** Runs one world to its end and says what was wrong with it. */
export type Report = {
  readonly seed: number;
  readonly problems: readonly Problem[];
  /** 16 hexadecimal digits over everything that happened; equal for two runs of a plan. */
  readonly trace: string;
  readonly entries: number;
  readonly acts: number;
  readonly virtualMs: number;
};

/** How long healed machines may take to come to rest. */
const REST_MAX_MS = 6 * 60 * 60_000;
const STEP_MS = 20_000;
/** Half-dead lines are found by then, by the device and by central. */
const FOUND_OUT_MS = 13 * 60_000;
const QUIET_STEPS = 2;

export async function runPlan(plan: Plan, parts: Parts): Promise<Report> {
  const world = createWorld({ plan, parts });
  const report = (): Report => ({ seed: plan.seed, problems: world.judge.problems, trace: world.trace.value(), entries: world.hub.entries(), acts: world.acts.performed, virtualMs: world.now() });
  try {
    await world.run(plan.horizonMs + 1);
    world.heal();
    await world.run(world.now() + FOUND_OUT_MS);
    // Connections do not live for ever; whoever keeps the name of another machine hears of it at the next greeting.
    world.central.restart();
    let quiet = 0;
    for (const healed = world.now(); quiet < QUIET_STEPS && world.now() - healed < REST_MAX_MS; ) {
      await world.run(world.now() + STEP_MS);
      quiet = world.workstations().every((each) => world.revoked(each.device) || each.core()?.view().settled === true) ? quiet + 1 : 0;
    }
    if (quiet < QUIET_STEPS) {
      const restless = world.workstations().filter((each) => !world.revoked(each.device) && each.core()?.view().settled !== true);
      world.judge.report('SYN-119', `${restless.map(({ device }) => device).join(', ')} did not come to rest`);
    }
    finalProblems(world);
  } catch (cause) {
    world.judge.report('SYN-110', `broke: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
  }
  world.hub.close();
  return report();
}

export function runSeed(seed: number, parts: Parts): Promise<Report> {
  return runPlan(drawPlan(seed), parts);
}


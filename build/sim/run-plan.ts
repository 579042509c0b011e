import type { Plan } from './act.ts';
import { drawPlan } from './draw.ts';
import { finalProblems } from './final.ts';
import { judgeReplay } from './replay.ts';
import type { Counts, Problem } from './judge.ts';
import type { Parts } from './parts.ts';
import { bringToRest } from './rest.ts';
import type { SimWorkstation } from './sim-workstation.ts';
import type { Variant } from './variant.ts';
import { createWorld, type World } from './world.ts';

/** Runs one world to its end and says what was wrong with it. */
export type Report = {
  readonly seed: number;
  readonly problems: readonly Problem[];
  /** 16 hexadecimal digits over everything that happened; equal for two runs of a plan. */
  readonly trace: string;
  readonly entries: number;
  readonly acts: number;
  readonly virtualMs: number;
  readonly counts: Counts;
};

export async function runPlan(plan: Plan, parts: Parts, variant: Variant = {}): Promise<Report> {
  const world = createWorld({ plan, parts, variant });
  const report = (): Report => ({ seed: plan.seed, problems: world.judge.problems, trace: world.trace.value(), entries: world.hub.entries(), acts: world.acts.performed, virtualMs: world.now(), counts: world.judge.counts });
  try {
    const restless = await bringToRest({
      plan, now: world.now, run: world.run, heal: world.heal, workstations: world.workstations, restartCentral: world.central.restart,
      healed: () => undefined,
      greetingsOfCopies: 3,
      restless: (workstation) => !world.revoked(workstation.device) && (workstation.core()?.view().settled !== true || scopeOwed(world, workstation)),
    });
    if (restless.length > 0) world.judge.report('SYN-119', `${restless.join(', ')} did not come to rest`);
    finalProblems(world);
    await judgeReplay(world);
  } catch (cause) {
    world.judge.report('SYN-110', `broke: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
  }
  const [first] = world.judge.problems;
  if (plan.liar !== undefined && first !== undefined) world.judge.report('SYN-260', `lied to, it broke ${first.rule}`);
  if (plan.rosterLagMs !== undefined && first !== undefined) world.judge.report('SYN-262', `with other certificates it broke ${first.rule}`);
  if (plan.hubSpeech !== undefined && first !== undefined) world.judge.report('SYN-261', `between releases it broke ${first.rule}`);
  world.hub.close();
  return report();
}

/** There are changes of its scope that it has not done. */
const scopeOwed = ({ hub }: World, { device, disk }: SimWorkstation): boolean => disk.scope !== null && hub.scopes.changes(device, disk.scope.version(), 1).length > 0;

export function runSeed(seed: number, parts: Parts): Promise<Report> {
  return runPlan(drawPlan(seed), parts);
}


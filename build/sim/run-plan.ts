import type { Plan } from './act.ts';
import { drawPlan } from './draw.ts';
import { finalProblems } from './final.ts';
import { judgeReplay } from './replay.ts';
import type { Counts, Problem } from './judge.ts';
import type { Parts } from './parts.ts';
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

/** How long healed machines may take to come to rest. */
const REST_MAX_MS = 6 * 60 * 60_000;
const STEP_MS = 20_000;
/** By then a device has noticed that nobody answers. */
const FOUND_OUT_MS = 13 * 60_000;
const QUIET_STEPS = 2;

export async function runPlan(plan: Plan, parts: Parts, variant: Variant = {}): Promise<Report> {
  const world = createWorld({ plan, parts, variant });
  const report = (): Report => ({ seed: plan.seed, problems: world.judge.problems, trace: world.trace.value(), entries: world.hub.entries(), acts: world.acts.performed, virtualMs: world.now(), counts: world.judge.counts });
  try {
    await world.run(plan.horizonMs + 1);
    world.heal();
    // Half-dead lines are found, each by its own end: nobody is told of them.
    for (const healed = world.now(); world.now() - healed < FOUND_OUT_MS && world.workstations().some((each) => each.deceived()); ) await world.run(world.now() + STEP_MS);
    // What another machine of its name wrote, or what it sent itself before it was restored, a workstation hears of at its
    // next greeting; connections do not live for ever. Whoever waits for bytes that a changed length promised is helped by one as well.
    const greetings = plan.acts.some((act) => act.do === 'clone' || act.do === 'restore') ? 3 : plan.line.flip > 0 ? 2 : 1;
    for (let greeting = 1; greeting <= greetings; greeting += 1) {
      if (greeting > 1) world.central.restart();
      const restless = await rest(world, greeting === greetings ? REST_MAX_MS : REST_MAX_MS / 10);
      if (greeting === greetings && restless.length > 0) world.judge.report('SYN-119', `${restless.join(', ')} did not come to rest`);
    }
    finalProblems(world);
    await judgeReplay(world);
  } catch (cause) {
    world.judge.report('SYN-110', `broke: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
  }
  world.hub.close();
  return report();
}

/** There are changes of its scope that it has not done. */
const scopeOwed = ({ hub }: World, { device, disk }: SimWorkstation): boolean => disk.scope !== null && hub.scopes.changes(device, disk.scope.version(), 1).length > 0;

/** Lets time pass until nobody has anything left to do, or for so long; gives those who still have. */
async function rest(world: World, limitMs: number): Promise<readonly string[]> {
  const restless = (): readonly SimWorkstation[] => world.workstations().filter((each) => !world.revoked(each.device) && (each.core()?.view().settled !== true || scopeOwed(world, each)));
  let quiet = 0;
  for (const began = world.now(); quiet < QUIET_STEPS && world.now() - began < limitMs; ) {
    await world.run(world.now() + STEP_MS);
    quiet = restless().length === 0 ? quiet + 1 : 0;
  }
  return quiet < QUIET_STEPS ? restless().map(({ device }) => device) : [];
}

export function runSeed(seed: number, parts: Parts): Promise<Report> {
  return runPlan(drawPlan(seed), parts);
}


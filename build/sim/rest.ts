import type { Act, Plan } from './act.ts';
import type { Workstation } from './machine-parts.ts';

/** How a world whose plan is over is healed and brought to rest, whatever its disks are. */
export type Resting<Each extends Workstation> = {
  readonly plan: Plan;
  now(): number;
  run(untilMs: number): Promise<void>;
  /** No fault from now on; everybody is on the line. */
  heal(): void;
  /** Between the last fault and the waiting for rest. */
  healed(): void;
  restartCentral(): void;
  workstations(): readonly Each[];
  restless(workstation: Each): boolean;
  /** After so many greetings two machines of one name have told each other all: what one reads of the other it may note, and the other reads that. */
  readonly greetingsOfCopies: number;
};

/** How long healed machines may take to come to rest. */
const REST_MAX_MS = 6 * 60 * 60_000;
const STEP_MS = 20_000;
/** By then a device has noticed that nobody answers. */
const FOUND_OUT_MS = 13 * 60_000;
const QUIET_STEPS = 2;
const GREETINGS_AFTER_RESTORE = 3;

/** Performs the whole plan; gives the names of those who did not come to rest. */
export async function bringToRest<Each extends Workstation>(world: Resting<Each>): Promise<readonly string[]> {
  const { plan } = world;
  await world.run(plan.horizonMs + 1);
  world.heal();
  // Half-dead lines are found, each by its own end: nobody is told of them.
  for (const healed = world.now(); world.now() - healed < FOUND_OUT_MS && world.workstations().some((each) => each.deceived()); ) await world.run(world.now() + STEP_MS);
  world.healed();
  // What another machine of its name wrote, or what it sent itself before it was restored, a workstation hears of at its
  // next greeting; connections do not live for ever. Whoever waits for bytes that a changed length promised is helped by one as well.
  const did = (what: Act['do']): boolean => plan.acts.some((act) => act.do === what);
  const greetings = did('clone') ? world.greetingsOfCopies : did('restore') ? GREETINGS_AFTER_RESTORE : plan.line.flip > 0 ? 2 : 1;
  for (let greeting = 1; greeting < greetings; greeting += 1) {
    await rest(world, REST_MAX_MS / 10);
    world.restartCentral();
  }
  return rest(world, REST_MAX_MS);
}

/** Lets time pass until nobody has anything left to do, or for so long; gives those who still have. */
async function rest<Each extends Workstation>(world: Resting<Each>, limitMs: number): Promise<readonly string[]> {
  const restless = (): readonly Each[] => world.workstations().filter(world.restless);
  let quiet = 0;
  for (const began = world.now(); quiet < QUIET_STEPS && world.now() - began < limitMs; ) {
    await world.run(world.now() + STEP_MS);
    quiet = restless().length === 0 ? quiet + 1 : 0;
  }
  return quiet < QUIET_STEPS ? restless().map(({ device }) => device) : [];
}

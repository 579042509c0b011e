import { createSeededRandom } from '../fixtures/seeded-random.ts';
import type { Plan } from '../sim/act.ts';
import type { Report } from '../sim/run-plan.ts';
import { judgeRealWorld } from './real-final.ts';
import { createRealWorld, type RealWorld } from './real-world.ts';
import { tierFolder } from './tier-folder.ts';
import { createVaultDisk, type CutStyle, type DiskImage } from './vault-disk.ts';

/** Runs one world on shipped stores to its end and says what was wrong with it. */

const REST_MAX_MS = 6 * 60 * 60_000;
const STEP_MS = 20_000;
/** By then a device has noticed that nobody answers. */
const FOUND_OUT_MS = 13 * 60_000;
const QUIET_STEPS = 2;
const NEWEST_READER = 2;

let template: DiskImage | null = null;
function emptyVault(): DiskImage {
  if (template !== null) return template;
  const folder = tierFolder();
  const disk = createVaultDisk({ folder: folder.path, cuts: 'throw', random: createSeededRandom(0) });
  disk.store().checkpoint();
  template = disk.image();
  disk.close();
  folder.remove();
  return template;
}

export async function runRealPlan(plan: Plan, cuts: CutStyle): Promise<Report> {
  const folder = tierFolder();
  let world: RealWorld | null = null;
  try {
    world = await createRealWorld(plan, { folder: folder.path, cuts, template: emptyVault() });
    try {
      await bringToRest(world, plan);
      await judgeRealWorld(world);
    } catch (cause) {
      world.report('SYN-201', `broke: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
    }
    const entries = (await world.hub.segments()).reduce((sum, { length }) => sum + length, 0);
    const acts = plan.acts.length;
    return { seed: plan.seed, problems: world.problems, counts: world.counts, trace: world.trace.value(), entries, acts, virtualMs: world.now() };
  } finally {
    await world?.close();
    folder.remove();
  }
}

async function bringToRest(world: RealWorld, plan: Plan): Promise<void> {
  await world.run(plan.horizonMs + 1);
  world.heal();
  for (const healed = world.now(); world.now() - healed < FOUND_OUT_MS && world.running().some((each) => each.deceived()); ) await world.run(world.now() + STEP_MS);
  // Everybody is brought to the newest version, whatever it could read before.
  for (const workstation of world.running()) workstation.upgrade(NEWEST_READER);
  // What another machine of its name wrote, or what it sent itself before it was restored, a workstation hears of at its next greeting.
  const greetings = plan.acts.some(({ do: act }) => act === 'clone' || act === 'restore') ? 3 : 1;
  for (let greeting = 1; greeting <= greetings; greeting += 1) {
    if (greeting > 1) world.restartCentral();
    const restless = await rest(world, greeting === greetings ? REST_MAX_MS : REST_MAX_MS / 10);
    if (greeting === greetings && restless.length > 0) world.report('SYN-201', `${restless.join(', ')} did not come to rest`);
  }
}

/** Lets time pass until nobody has anything left to do, or for so long; gives those who still have. */
async function rest(world: RealWorld, limitMs: number): Promise<readonly string[]> {
  const restless = (): readonly string[] => world.running().filter(({ device, core }) => !world.revoked(device) && !world.cloned(device) && core()?.view().settled !== true).map(({ device }) => device);
  let quiet = 0;
  for (const began = world.now(); quiet < QUIET_STEPS && world.now() - began < limitMs; ) {
    await world.run(world.now() + STEP_MS);
    quiet = restless().length === 0 ? quiet + 1 : 0;
  }
  return quiet < QUIET_STEPS ? restless() : [];
}

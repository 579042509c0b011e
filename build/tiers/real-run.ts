import { createSeededRandom } from '../fixtures/seeded-random.ts';
import type { Plan } from '../sim/act.ts';
import { bringToRest } from '../sim/rest.ts';
import type { Report } from '../sim/run-plan.ts';
import { judgeRealWorld } from './real-final.ts';
import { createRealWorld, type RealWorld } from './real-world.ts';
import { tierFolder } from './tier-folder.ts';
import { createVaultDisk, type CutStyle, type DiskImage } from './vault-disk.ts';

/** Runs one world on shipped stores to its end and says what was wrong with it. */

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
      const { now, run, heal, running, restartCentral, revoked } = world;
      const restless = await bringToRest({
        plan, now, run, heal, restartCentral,
        workstations: running,
        greetingsOfCopies: 5,
        // Everybody is brought to the newest version, whatever it could read before.
        healed() {
          for (const workstation of running()) workstation.upgrade(NEWEST_READER, 'this');
        },
        restless: ({ device, core }) => !revoked(device) && core()?.view().settled !== true,
      });
      if (restless.length > 0) world.report('SYN-201', `${restless.join(', ')} did not come to rest`);
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

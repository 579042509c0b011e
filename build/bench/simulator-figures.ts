import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { alone, type Figure, type Findings, type NotRun } from './figure.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';

/** How many simulated organisations a core judges in a minute, and whether any of them lost or overwrote something. */

const SIMULATOR = join(import.meta.dirname, '../sim/sim.ts');
const MS_PER_MINUTE = 60_000;
const TIERS = [{ tier: 'T0', what: 'the shipped core over stores in memory', least: 20_000 }, { tier: 'T1', what: 'the same over real SQL stores', least: 3000 }] as const;
/** Wrong usage: this simulator has no such tier. */
const UNKNOWN = 2;
const SEED = 1;

const Campaign = z.looseObject({ seeds: z.int(), twice: z.int(), entries: z.number(), cpuMs: z.number(), failures: z.array(z.unknown()) });

export async function simulatorFigures(folder: string, { sync }: Sizes, say: Say): Promise<Findings> {
  mkdirSync(folder, { recursive: true });
  const figures: Figure[] = [];
  const notRun: NotRun[] = [];
  for (const { tier, what, least } of TIERS) {
    say(`sync: simulator, ${tier}`);
    const json = join(folder, `${tier}.json`);
    const code = await simulate(tier, sync.simulatorSeconds, json);
    if (code === UNKNOWN) {
      notRun.push({ what: `simulator, ${tier}`, because: 'the simulator does not know this tier yet' });
      continue;
    }
    const { seeds, twice, entries, cpuMs, failures } = Campaign.parse(JSON.parse(readFileSync(json, 'utf8')));
    figures.push(
      alone({ id: `sync.simulator.${tier}`, what: `simulator ${tier}, ${what}: worlds for each core, by processor time` }, [((seeds + twice) / cpuMs) * MS_PER_MINUTE], 'worlds/min', { least }),
      alone({ id: `sync.simulator.${tier}.failures`, what: `  of them lost, overwrote or hid something (${entries.toLocaleString('en')} entries)` }, [failures.length], 'worlds', { most: 0 }),
    );
  }
  return { figures, notRun };
}

function simulate(tier: string, seconds: number, json: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [SIMULATOR, '--tier', tier, '--seconds', String(seconds), '--seed', String(SEED), '--no-shrink', '--json', json], () => undefined);
    child.once('error', reject);
    child.once('exit', (code) => (code === null ? reject(new Error('the simulator was ended')) : resolve(code)));
  });
}

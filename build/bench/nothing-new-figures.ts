import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertHolds } from '../../shared/base/result.ts';
import { writePopulation } from '../fixtures/generate.ts';
import { importFolder } from './bench-vault.ts';
import { alone, compared, type Figure } from './figure.ts';
import { openSyncingVault, startCentral, type SyncingVault } from './own-sync.ts';
import { pouchNothingNew } from './pouch-line.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';
import { crossed, withWeakLine } from './weak-line.ts';

/** A workstation that has sent everything connects and finds nothing to do: however many patients there are, it should cost the same. */

const SEED = 41;
const ROUNDS = 5;
const WEAK_ROUNDS = 5;
const SYNC_MAX_MS = 10 * 60_000;
const MS_PER_SECOND = 1000;
const KB = 1000;
const WEAK_MOST_S = 2;
const MOST_KB = 10;

export async function nothingNewFigures(folder: string, { sync }: Sizes, hasPouch: boolean, say: Say): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const patients of sync.nothingNewPatients) {
    say(`sync: nothing new among ${patients.toLocaleString('en')} patients`);
    const place = join(folder, String(patients));
    mkdirSync(place, { recursive: true });
    writePopulation({ seed: SEED, patients, resources: 1 }, join(place, 'source'), 'ndjson');
    const { clearMs, weak, held } = await ownRounds(place);
    const peer = hasPouch ? await pouchNothingNew(join(place, 'pouch'), join(place, 'source')) : null;
    const among = `sync that finds nothing, ${held.toLocaleString('en')} patients`;
    const named = { id: `sync.nothing-new.${patients}`, what: `${among}: clear line` };
    figures.push(
      peer === null ? alone(named, clearMs, 'ms') : compared(named, 'ms', { ours: clearMs, beside: [peer.ms], besideWhat: `PouchDB, one push, ${(peer.bytes / KB).toFixed(1)} kB` }),
      ...WAYS.flatMap((way) => [
        alone({ id: `sync.nothing-new.${patients}.${way}`, what: `  weak line, 5 % lost, ${WAY_WORDS[way]}` }, weak[way].map(({ seconds }) => seconds), 's', { most: WEAK_MOST_S }),
        alone({ id: `sync.nothing-new.${patients}.${way}.bytes`, what: '  both ways, TLS handshake included' }, weak[way].map(({ kilobytes }) => kilobytes), 'kB', { most: MOST_KB }),
      ]),
    );
    rmSync(place, { recursive: true, force: true });
  }
  return figures;
}

/** The first connection of a start shows certificates, the next ones resume its TLS session. */
const WAYS = ['first', 'again'] as const;
const WAY_WORDS = { first: 'first connection of a start', again: 'connected before' } as const;
type Reconnection = { readonly seconds: number; readonly kilobytes: number };
type Rounds = { readonly clearMs: readonly number[]; readonly weak: Readonly<Record<(typeof WAYS)[number], readonly Reconnection[]>>; readonly held: number };

async function ownRounds(folder: string): Promise<Rounds> {
  const central = await startCentral(join(folder, 'central'));
  const workstation = openSyncingVault(join(folder, 'workstation'));
  try {
    await workstation.enrol(central.enrolmentCode());
    await importFolder(workstation.vault, join(folder, 'source'));
    await workstation.through(central.port);
    assertHolds(await settled(workstation), 'central takes all patients');
    const held = Number(workstation.vault.store.read.get('SELECT count(*) AS count FROM patient')?.['count']);
    const clearMs: number[] = [];
    const weak = { first: [] as Reconnection[], again: [] as Reconnection[] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      const took = await reconnect(workstation);
      // The first warms up.
      if (round > 0) clearMs.push(took);
    }
    for (let round = 0; round < WEAK_ROUNDS; round += 1) {
      await withWeakLine(central.port, 'lossy', round, async (line) => {
        await workstation.through(line.port);
        for (const way of WAYS) {
          const before = await line.counters();
          const seconds = (await reconnect(workstation)) / MS_PER_SECOND;
          const { up, down } = crossed(before, await line.counters());
          weak[way].push({ seconds, kilobytes: (up + down) / KB });
        }
        await workstation.disconnect();
      });
    }
    return { clearMs, weak, held };
  } finally {
    await workstation.close();
    await central.close();
  }
}

const settled = (workstation: SyncingVault): Promise<boolean> => workstation.until(({ unsent, running, line }) => unsent === 0 && !running && line === 'online', SYNC_MAX_MS);

/** Milliseconds from dialling until central has said that nothing is missing. */
async function reconnect(workstation: SyncingVault): Promise<number> {
  await workstation.disconnect();
  const start = performance.now();
  assertHolds(await settled(workstation), 'a sync that finds nothing comes to its end');
  return performance.now() - start;
}

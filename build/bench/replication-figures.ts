import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertHolds } from '../../shared/base/result.ts';
import { writePopulation } from '../fixtures/generate.ts';
import { importFolder } from './bench-vault.ts';
import { alone, amount, throughput, type Figure } from './figure.ts';
import { timed, type Cost } from './measure.ts';
import { openSyncingVault, startCentral } from './own-sync.ts';
import { startPouch, type PouchProcess } from './pouch.ts';
import type { Sizes } from './sizes.ts';

/**
 * The same resources sent from one workstation to a server on loopback, and fetched from there by another. Both
 * workstations in one process, the server in its own; a new server for every round.
 */

const SEED = 14;
/** PouchDB's own default is 100; with a thousand it is faster here. */
const POUCH_BATCH_DOCUMENTS = 1000;

type Round = { readonly push: Cost; readonly pull: Cost; readonly pushBytes: number; readonly pullBytes: number };

export async function replicationFigures(folder: string, { replicated, rounds }: Sizes, pouch: PouchProcess | null, say: (line: string) => void): Promise<readonly Figure[]> {
  const source = join(folder, 'replicated');
  writePopulation({ seed: SEED, ...replicated }, source, 'ndjson');
  const taken: Record<'ours' | 'pouch', { count: number; rounds: Round[] }> = { ours: { count: 0, rounds: [] }, pouch: { count: 0, rounds: [] } };
  const turns = {
    ours: () => ourRound(join(folder, 'sync'), source),
    pouch: () => (pouch === null ? null : pouchRound(join(folder, 'pouch-sync'), source, pouch)),
  };
  for (let round = 0; round <= rounds; round += 1) {
    say(`replication: round ${round} of ${rounds}`);
    for (const name of round % 2 === 0 ? (['ours', 'pouch'] as const) : (['pouch', 'ours'] as const)) {
      const outcome = await turns[name]();
      if (outcome === null) continue;
      taken[name].count = outcome.count;
      if (round > 0) taken[name].rounds.push(outcome.round);
    }
  }
  rmSync(source, { recursive: true });
  return figuresOf(taken.ours, taken.pouch);
}

type Taken = { readonly count: number; readonly rounds: readonly Round[] };

function figuresOf(ours: Taken, pouch: Taken): readonly Figure[] {
  const resources = `${ours.count.toLocaleString('en')} resources`;
  const names = { push: `sync, ${resources} sealed, signed and sent over TLS 1.3`, pull: '  the same, fetched, verified and folded' } as const;
  return (['push', 'pull'] as const).flatMap((way) => {
    const id = `replicate.${way}`;
    const [own, other] = [ours.rounds.map((round) => round[way]), pouch.rounds.map((round) => round[way])];
    if (pouch.rounds.length === 0) return [alone({ id, what: names[way] }, own.map(({ ms }) => (ours.count / ms) * 1000), 'documents/s')];
    const perDocument = ({ rounds, count }: Taken): readonly number[] => rounds.map((round) => round[`${way}Bytes`] / count);
    return [
      throughput({ id, what: names[way] }, ours.count, 'documents/s', { ours: own, beside: other, besideWhat: 'PouchDB over plain HTTP' }),
      amount({ id: `${id}.bytes`, what: '  bytes on the line for each' }, 'bytes', { ours: perDocument(ours), beside: perDocument(pouch), besideWhat: 'PouchDB over plain HTTP' }),
    ];
  });
}

type Outcome = { readonly count: number; readonly round: Round };

async function ourRound(folder: string, source: string): Promise<Outcome> {
  const central = await startCentral(join(folder, 'central'));
  const [first, second] = [openSyncingVault(join(folder, 'first')), openSyncingVault(join(folder, 'second'))];
  try {
    for (const workstation of [first, second]) await workstation.enrol(central.enrolmentCode());
    const { taken } = await importFolder(first.vault, source);
    for (const workstation of [first, second]) await workstation.through(central.port);
    const push = await timed(() => first.sync());
    assertHolds(push.value.sent > taken, 'every entry was acknowledged');
    const pull = await timed(() => second.sync());
    const records = Number(second.vault.store.read.get('SELECT count(*) AS count FROM record')?.['count']);
    assertHolds(pull.value.received > taken && records >= taken, 'the second workstation has fetched the same chart');
    return { count: taken, round: { push, pull, pushBytes: push.value.bytes, pullBytes: pull.value.bytes } };
  } finally {
    await first.close();
    await second.close();
    await central.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function pouchRound(folder: string, source: string, pouch: PouchProcess): Promise<Outcome> {
  mkdirSync(join(folder, 'server'), { recursive: true });
  const server = startPouch();
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  try {
    const { count: port } = await server.ask({ do: 'serve', folder: join(folder, 'server') });
    const url = `http://127.0.0.1:${port}/central`;
    const { count } = await pouch.ask({ do: 'insert', database: first, folder: source });
    const push = await pouch.ask({ do: 'replicate', database: first, direction: 'push', url, batch: POUCH_BATCH_DOCUMENTS });
    const { count: pushBytes } = await server.ask({ do: 'traffic' });
    const pull = await pouch.ask({ do: 'replicate', database: second, direction: 'pull', url, batch: POUCH_BATCH_DOCUMENTS });
    const { count: allBytes } = await server.ask({ do: 'traffic' });
    assertHolds(push.count === count && pull.count === count, 'PouchDB replicates every document');
    for (const database of [first, second]) await pouch.ask({ do: 'remove', database });
    return { count, round: { push, pull, pushBytes, pullBytes: allBytes - pushBytes } };
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

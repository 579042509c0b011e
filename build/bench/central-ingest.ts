import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { x25519PublicKey } from '../../central/hub/cipher.ts';
import { keyFile } from '../../central/authority/key-file.ts';
import type { OrganizationKeys } from '../../central/authority/key-adapter.ts';
import { openDatabase } from '../../central/store/database.ts';
import { systemClock, systemRandom } from '../../central/world.ts';
import { encodeEntries } from '../../shared/sync/entry-codec.ts';
import { encodeBatchHeader } from '../../shared/sync/envelope.ts';
import { pad, seal, type Sealed } from '../../shared/sync/sealing.ts';
import { serveCentral, type CentralProcess } from '../fixtures/central-process.ts';
import { headerOf, newSegment, testChain, type TestDevice } from '../fixtures/test-batches.ts';
import { findPostgres, startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts';
import { sha256 } from '../sim/model-world.ts';
import { alone, throughput, type Figure, type Findings, type NotRun } from './figure.ts';
import { connectLight, lightMember, type LightMember, type LightWorkstation } from './light-workstation.ts';
import { timed, type Cost } from './measure.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';

/**
 * What central takes in: workstations on real TLS lines push batches that were sealed beforehand, and every receipt is
 * waited for. Central is a process of its own (two, where it says so), its database flushes every commit.
 */

/** What is charted between two looks at the line, and what a morning offline leaves. */
const KINDS = [{ name: 'a visit', entries: 8 }, { name: 'a morning', entries: 500 }] as const;
const MS_PER_SECOND = 1000;
/** Batches without a receipt on each line. */
const UNDER_WAY = 4;
const BODY_BYTES = 60;

export type IngestSizes = { readonly workstations: readonly number[]; /** Entries pushed in each measurement, in all. */ readonly entries: number; readonly rounds: number };
const SIZES: Readonly<Record<Sizes['name'], IngestSizes>> = {
  quick: { workstations: [1, 16], entries: 4_000, rounds: 1 },
  full: { workstations: [1, 4, 16, 64], entries: 16_000, rounds: 3 },
};

type Server = { readonly name: string; readonly members: readonly LightMember[]; readonly keys: OrganizationKeys; readonly processes: readonly CentralProcess[]; close(): Promise<void> };

export async function centralIngestFigures(folder: string, { name }: Pick<Sizes, 'name'>, say: Say): Promise<Findings> {
  const sizes = SIZES[name];
  const most = Math.max(...sizes.workstations);
  const notRun: NotRun[] = [];
  const servers: Server[] = [];
  const postgres = 'missing' in findPostgres() ? null : await startTestPostgres({ durable: true });
  try {
    servers.push(await startServer(join(folder, 'sqlite'), 'SQLite', null, 1, most));
    if (postgres === null) notRun.push({ what: 'central on PostgreSQL', because: 'no PostgreSQL server is installed' });
    else for (const processes of [1, 2]) servers.push(await startServer(join(folder, `postgres-${processes}`), processes === 1 ? 'PostgreSQL' : 'PostgreSQL, two processes', postgres, processes, most));
    const figures: Figure[] = [];
    for (const kind of KINDS) {
      for (const workstations of sizes.workstations) {
        say(`central: ${workstations} workstations, ${kind.name} a batch`);
        figures.push(...(await measured(servers, sizes, kind, workstations)));
      }
    }
    return { figures, notRun };
  } finally {
    for (const server of servers) await server.close();
    await postgres?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `most` workstations are entered; with several processes they are divided among them. */
async function startServer(folder: string, name: string, postgres: TestPostgres | null, count: number, most: number): Promise<Server> {
  const url = postgres === null ? null : await postgres.database();
  const environment: Record<string, string> = url === null ? {} : { DATABASE_URL: url };
  const processes: CentralProcess[] = [];
  for (let index = 0; index < count; index += 1) {
    const home = join(folder, String(index));
    if (index > 0) {
      mkdirSync(home, { mode: 0o700 });
      copyFileSync(join(folder, '0', 'organization.json'), join(home, 'organization.json'));
    }
    processes.push(await serveCentral(home, environment));
  }
  const keys = await keyFile(join(folder, '0'), { clock: systemClock, random: systemRandom }).load();
  if (!keys.ok) throw new Error(keys.fault.code);
  const opened = await openDatabase(join(folder, '0'), keys.value, { url, clock: systemClock, random: systemRandom });
  if (!opened.ok) throw new Error(opened.fault.code);
  const members: LightMember[] = [];
  for (let index = 0; index < most; index += 1) members.push(await lightMember(opened.value, keys.value));
  await opened.value.close();
  return {
    name, members, keys: keys.value, processes,
    async close() {
      for (const process of processes) await process.kill('SIGTERM');
    },
  };
}

async function measured(servers: readonly Server[], { entries, rounds }: IngestSizes, kind: (typeof KINDS)[number], workstations: number): Promise<readonly Figure[]> {
  const batches = Math.max(1, Math.floor(entries / kind.entries / workstations));
  const costs = new Map<string, Cost[]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
      const cost = await pushedAll(server, workstations, batches, kind.entries);
      // The first round warms up.
      if (round > 0) costs.get(server.name)?.push(cost);
    }
  }
  const [first, ...others] = servers;
  if (first === undefined) return [];
  const costsOf = (server: Server): readonly Cost[] => costs.get(server.name) ?? [];
  const count = batches * workstations;
  const id = `sync.central.${kind.entries}.${workstations}`;
  const what = `central, ${workstations} workstation${workstations === 1 ? '' : 's'}, ${kind.entries} entries a batch, ${first.name}`;
  const pair = (server: Server) => ({ ours: costsOf(server), beside: costsOf(first), besideWhat: first.name });
  return [
    alone({ id, what }, costsOf(first).map(({ ms }) => (count / ms) * MS_PER_SECOND), 'batches/s'),
    // Processor time is the clients' here, and says nothing of central.
    ...others.map((other, index) => ({ ...throughput({ id: `${id}.${index + 1}`, what: `  ${other.name}` }, count, 'batches/s', pair(other)), cpuRatio: null })),
  ];
}

/** Connects, then takes the time from the first batch to the last receipt. */
async function pushedAll({ members, keys, processes }: Server, workstations: number, batches: number, entries: number): Promise<Cost> {
  const lines: { readonly line: LightWorkstation; readonly batches: readonly Sealed[] }[] = [];
  for (const [index, member] of members.slice(0, workstations).entries()) {
    const process = processes[index % processes.length];
    if (process === undefined) throw new Error('broken assumption: a server has a process');
    lines.push({ line: await connectLight(member, process.port, keys), batches: await sealedBatches(member.device, keys, batches, entries) });
  }
  const cost = await timed(() => Promise.all(lines.map(({ line, batches: sealed }) => line.push(sealed, UNDER_WAY))));
  for (const { line } of lines) line.close();
  return cost;
}

async function sealedBatches(device: TestDevice, keys: OrganizationKeys, count: number, entries: number): Promise<readonly Sealed[]> {
  const chain = testChain(device.device, newSegment(), count * entries, BODY_BYTES);
  const sealingKey = x25519PublicKey(keys.sealing);
  const sealed: Sealed[] = [];
  for (let from = 0; from < chain.length; from += entries) {
    const header = { ...headerOf(device.device, chain, from, from + entries), organization: keys.id };
    const packed = pad(device.crypto.compression.compress(encodeEntries(sha256, chain.slice(from, from + entries)), 'quick'));
    sealed.push(await seal(device.crypto, 'batch', sealingKey, encodeBatchHeader(header), packed));
  }
  return sealed;
}

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startPouch } from './pouch.ts';
import { CLEAR_LINE } from '../line/line-options.ts';
import { startLine } from '../line/line-process.ts';
import { crossed, withWeakLine, type Weather } from './weak-line.ts';

/** PouchDB over the weak line: its workstation and its server in processes of their own. */

/** `finished`: all that was wanted arrived in time. */
export type PouchRun = { readonly weather: Weather; readonly wanted: number; readonly documents: number; readonly seconds: number; readonly finished: boolean };

/** PouchDB's own default, and better than a thousand where the line breaks. */
const BATCH_DOCUMENTS = 100;
const CLEAR_BATCH_DOCUMENTS = 1000;
const RUN_MAX_MS = 180_000;
const MS_PER_SECOND = 1000;
const SEED = 3;
const BUSY_FOR_MS = 5000;
/** Over loopback beside the line, so that looking costs the line nothing. */
const LOOK_EVERY_MS = 50;

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

export async function pouchOverWeakLine(folder: string, source: string, weather: Weather, wanted: number): Promise<PouchRun> {
  mkdirSync(join(folder, 'server'), { recursive: true });
  const [server, workstation] = [startPouch(), startPouch()];
  try {
    const { count: port } = await server.ask({ do: 'serve', folder: join(folder, 'server') });
    const database = join(folder, 'workstation');
    await workstation.ask({ do: 'insert', database, folder: source, most: wanted });
    return await withWeakLine(port, weather, SEED, async (line) => {
      const start = performance.now();
      const replicated = workstation.ask({ do: 'replicate', database, direction: 'push', url: `http://127.0.0.1:${line.port}/central`, batch: BATCH_DOCUMENTS, persist: true });
      const finished = await inTime(replicated, RUN_MAX_MS);
      const seconds = (performance.now() - start) / MS_PER_SECOND;
      const { count: documents } = await server.ask({ do: 'count', database: 'central' });
      return { weather, wanted, documents, seconds, finished };
    });
  } finally {
    workstation.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds until the server has a document: of a replication begun for it, and of one that is busy with others; null where it took too long. */
export async function pouchUrgent(folder: string, weather: Weather, others: number): Promise<{ readonly cold: number | null; readonly warm: number | null }> {
  mkdirSync(join(folder, 'server'), { recursive: true });
  const [server, workstation] = [startPouch(), startPouch()];
  try {
    const { count: port } = await server.ask({ do: 'serve', folder: join(folder, 'server') });
    return await withWeakLine(port, weather, SEED, async (line) => {
      const url = `http://127.0.0.1:${line.port}/central`;
      const until = async (database: string, id: string, busyWith: number): Promise<number | null> => {
        if (busyWith > 0) await workstation.ask({ do: 'fill', database, documents: busyWith });
        await workstation.ask({ do: 'begin', database, url, batch: BATCH_DOCUMENTS });
        if (busyWith > 0) await pause(BUSY_FOR_MS);
        const start = performance.now();
        await workstation.ask({ do: 'put', database, id });
        for (; performance.now() - start < RUN_MAX_MS; await pause(LOOK_EVERY_MS)) {
          if ((await server.ask({ do: 'has', database: 'central', id })).count === 1) return (performance.now() - start) / MS_PER_SECOND;
        }
        return null;
      };
      return { cold: await until(join(folder, 'idle'), 'allergy-1', 0), warm: await until(join(folder, 'busy'), 'allergy-2', others) };
    });
  } finally {
    workstation.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes both ways for all documents, without a line in between. */
export async function pouchBytes(folder: string, source: string): Promise<number> {
  mkdirSync(join(folder, 'server'), { recursive: true });
  const [server, workstation] = [startPouch(), startPouch()];
  try {
    const { count: port } = await server.ask({ do: 'serve', folder: join(folder, 'server') });
    const database = join(folder, 'workstation');
    await workstation.ask({ do: 'insert', database, folder: source });
    await workstation.ask({ do: 'replicate', database, direction: 'push', url: `http://127.0.0.1:${port}/central`, batch: CLEAR_BATCH_DOCUMENTS });
    return (await server.ask({ do: 'traffic' })).count;
  } finally {
    workstation.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function inTime(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  // What it says once the process is closed interests nobody; a refusal before that does.
  return Promise.race([work.then(() => true), limit]).finally(() => clearTimeout(timer));
}

/** Bytes each way of one push and one pull that find nothing new, of ten patients. */
export async function pouchIdleBytes(folder: string): Promise<{ readonly up: number; readonly down: number }> {
  mkdirSync(join(folder, 'server'), { recursive: true });
  const [server, workstation] = [startPouch(), startPouch()];
  try {
    const { count: port } = await server.ask({ do: 'serve', folder: join(folder, 'server') });
    const line = await startLine({ target: { host: '127.0.0.1', port }, up: CLEAR_LINE, down: CLEAR_LINE, cuts: null, cutEffect: 'stall', seed: SEED });
    try {
      const [database, url] = [join(folder, 'workstation'), `http://127.0.0.1:${line.port}/central`];
      const both = async (): Promise<void> => {
        for (const direction of ['push', 'pull'] as const) await workstation.ask({ do: 'replicate', database, direction, url, batch: BATCH_DOCUMENTS });
      };
      await workstation.ask({ do: 'fill', database, documents: 10 });
      await both();
      const before = await line.counters();
      await both();
      const { up, down } = crossed(before, await line.counters());
      return { up, down };
    } finally {
      await line.close();
    }
  } finally {
    workstation.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One push that finds nothing new among the documents of a folder, on a clear line: milliseconds, and bytes both ways. */
export async function pouchNothingNew(folder: string, source: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  mkdirSync(join(folder, 'server'), { recursive: true });
  const [server, workstation] = [startPouch(), startPouch()];
  try {
    const { count: port } = await server.ask({ do: 'serve', folder: join(folder, 'server') });
    const database = join(folder, 'workstation');
    const push = { do: 'replicate', database, direction: 'push', url: `http://127.0.0.1:${port}/central`, batch: CLEAR_BATCH_DOCUMENTS } as const;
    await workstation.ask({ do: 'insert', database, folder: source });
    await workstation.ask(push);
    const { count: before } = await server.ask({ do: 'traffic' });
    const { ms } = await workstation.ask(push);
    return { ms, bytes: (await server.ask({ do: 'traffic' })).count - before };
  } finally {
    workstation.close();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

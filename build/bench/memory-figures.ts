import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { amount, type Figure } from './figure.ts';
import { MemoryUse, type MemoryTask } from './memory-messages.ts';
import type { Query } from './search-queries.ts';

/** Resident memory of a process with the clinic open, after searches and a long chart. */

const CHILD = join(import.meta.dirname, 'memory-child.ts');
const MIB = 1024 ** 2;
const QUERIES_MAX = 100;
const ROUNDS = 3;

/** The vault must be closed here: one process holds it at a time. */
export async function memoryFigures({ path, longHistory, patients }: { readonly path: string; readonly longHistory: string; readonly patients: number }, asked: readonly Query[]): Promise<readonly Figure[]> {
  const queries = asked.slice(0, QUERIES_MAX).map(({ text, prefix }) => ({ text, prefix }));
  const uses: Record<MemoryTask['mode'], MemoryUse[]> = { engine: [], bare: [], nothing: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const mode of ['nothing', 'bare', 'engine'] as const) uses[mode].push(await measure({ mode, path, patient: longHistory, queries }));
  }
  const among = `${patients.toLocaleString('en')} patients open`;
  const mib = (mode: MemoryTask['mode'], of: 'rssBytes' | 'peakBytes'): readonly number[] => uses[mode].flatMap((use) => (use[of] === null ? [] : [use[of] / MIB]));
  const figure = (id: string, what: string, of: 'rssBytes' | 'peakBytes', mode: MemoryTask['mode'], besideWhat: string): readonly Figure[] => {
    const [ours, beside] = [mib('engine', of), mib(mode, of)];
    return ours.length === 0 ? [] : [amount({ id, what }, 'MiB', { ours, beside, besideWhat })];
  };
  const bare = 'bare SQLCipher, same settings and queries';
  return [
    ...figure('memory.engine', `memory of a process with ${among}, after ${queries.length} searches and a chart`, 'rssBytes', 'bare', bare),
    ...figure('memory.peak', '  its peak', 'peakBytes', 'bare', bare),
    ...figure('memory.node', '  the same', 'rssBytes', 'nothing', 'Node with the same modules and no database'),
  ];
}

async function measure(task: MemoryTask): Promise<MemoryUse> {
  const child = fork(CHILD, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send(task);
  const outcome = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => null)]);
  return MemoryUse.parse(outcome?.[0]);
}

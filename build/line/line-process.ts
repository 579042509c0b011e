import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { LineReply, type LineRequest } from './line-messages.ts';
import type { LineCounters, LineOptions } from './line-options.ts';

const CHILD = join(import.meta.dirname, 'line-child.ts');

/** As `ShapedLine`, in a process of its own: what measures should not measure how busy it is itself. */
export type LineProcess = {
  readonly port: number;
  counters(): Promise<LineCounters>;
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
};

export async function startLine(options: LineOptions): Promise<LineProcess> {
  const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let last: Promise<unknown> = Promise.resolve();
  /** One at a time: answers carry no name. */
  const ask = (request: LineRequest): Promise<ReturnType<typeof LineReply.parse>> => {
    const asked = last.then(async () => LineReply.parse(await nextMessage(child, () => void child.send(request))));
    last = asked.catch(() => undefined);
    return asked;
  };
  const { port } = await ask({ do: 'open', options });
  return {
    port,
    counters: async () => (await ask({ do: 'counters' })).counters,
    cut: async () => void (await ask({ do: 'cut' })),
    mend: async () => void (await ask({ do: 'mend' })),
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

function nextMessage(child: ChildProcess, send: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const exited = (): void => reject(new Error('the process of the line has ended'));
    child.once('exit', exited);
    child.once('message', (message) => {
      child.off('exit', exited);
      resolve(message);
    });
    send();
  });
}

import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Cost } from './measure.ts';
import { PouchReply, type PouchRequest } from './pouch-messages.ts';

/** PouchDB as a peer: installed in a folder of its own when it is first wanted, run in its own process. */

const PEERS = join(import.meta.dirname, '../peers');
const CHILD = join(import.meta.dirname, 'pouch-child.ts');
const INSTALL_MAX_MS = 5 * 60_000;

/** Why PouchDB is not to be had here; null where it is. */
export function installPouch(): string | null {
  if (existsSync(join(PEERS, 'node_modules/pouchdb-core/package.json'))) return null;
  try {
    execFileSync('npm', ['ci', '--loglevel=error'], { cwd: PEERS, stdio: ['ignore', 'ignore', 'pipe'], timeout: INSTALL_MAX_MS, shell: process.platform === 'win32' });
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? 'unknown') : 'unknown';
  }
}

export interface PouchProcess {
  /** One request at a time; rejects where PouchDB does. */
  ask(request: PouchRequest): Promise<Cost & { readonly count: number }>;
  close(): void;
}

export function startPouch(): PouchProcess {
  const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return {
    async ask(request) {
      const reply = PouchReply.parse(await nextMessage(child, () => child.send(request)));
      if (!reply.ok) throw new Error(`PouchDB, ${request.do}: ${reply.because}`);
      return reply;
    },
    close: () => {
      child.kill();
    },
  };
}

function nextMessage(child: ChildProcess, send: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const exited = (): void => reject(new Error('the process that runs PouchDB has ended'));
    child.once('exit', exited);
    child.once('message', (message) => {
      child.off('exit', exited);
      resolve(message);
    });
    send();
  });
}

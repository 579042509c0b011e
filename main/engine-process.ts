import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openEngineLink } from '../shared/ipc/link.ts';
import type { Port } from '../shared/ipc/port.ts';
import { createEngine, TICK_MS, type Engine } from './engine.ts';
import { createLog, logFile } from './log/log.ts';
import { nodeNetwork } from './sync/sync.ts';
import { createFileKeystore, createSafeStorageKeystore, nodeDisk } from './vault/vault.ts';
import { localAddresses, systemClock, systemRandom } from './world.ts';

/**
 * The engine as a process of its own: `--home DIR --keystore host|file`, and a host at the other end of its port
 * (Electron's utility process, or Node's child process). When the host is gone, so is the engine.
 */
const Arguments = z.object({ home: z.string().min(1), keystore: z.enum(['host', 'file']), origin: z.string().optional() });
/** sysexits.h EX_SOFTWARE: a broken assumption; keys in memory may not be trusted any further. */
const EXIT_CRASHED = 70;

const { home, keystore: keystoreKind, origin } = Arguments.parse(parseArgs({ options: { home: { type: 'string' }, keystore: { type: 'string' }, origin: { type: 'string' } } }).values);
mkdirSync(home, { recursive: true, mode: 0o700 });
const log = createLog(systemClock, logFile(join(home, 'log')));

const crash = (error: unknown): void => {
  log.error('engine.crashed', error);
  process.exit(EXIT_CRASHED);
};
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
// Ctrl-C in a terminal reaches the whole group; the host decides what it means and tells.
process.on('SIGINT', () => undefined);

let engine: Engine | null = null;
/** A tick still under way is not overtaken by the next. */
let ticking = false;
let stopping: Promise<void> | null = null;
const stop = (): void => {
  stopping ??= (async () => {
    log.info('engine.stopping');
    await engine?.stop();
    process.exit(0);
  })();
};
process.on('SIGTERM', stop);

log.info('engine.starting', { keystore: keystoreKind === 'host' ? 'os' : 'development' });
const link = openEngineLink(hostPort(stop), {
  attach: (port, sender) => {
    if (engine === null) throw new Error('broken assumption: the link holds windows back until the engine stands');
    return engine.serve(port, sender);
  },
  lock: (reason) => void engine?.lock(reason).catch(crash),
  stop,
  refused: (what) => log.warn(what === 'TOO_MANY_CHANNELS' ? 'engine.too-many-windows' : 'engine.message-refused'),
});
const keystore =
  keystoreKind === 'host'
    ? createSafeStorageKeystore({ folder: home, disk: nodeDisk, random: systemRandom, platform: process.platform, ask: link.askKeystore, pause: (ms) => new Promise((settle) => setTimeout(settle, ms)) })
    : createFileKeystore({ folder: home, disk: nodeDisk });
engine = await createEngine({ home, keystore, log, clock: systemClock, random: systemRandom, addresses: localAddresses, network: nodeNetwork, ...(origin === undefined ? {} : { origin }) });
engine.auth.onLock(link.tellLocked);
setInterval(() => void tick(engine), TICK_MS);
log.info('engine.ready');
link.ready();

async function tick(running: Engine | null): Promise<void> {
  if (ticking || running === null) return;
  ticking = true;
  try {
    await running.tick();
  } finally {
    ticking = false;
  }
}

/** Electron types its own globals in a module that the engine may not know; this is all it needs of one. */
type ElectronParentPort = { on(event: 'message', listener: (event: { readonly data: unknown }) => void): void; postMessage(message: unknown): void };

function hostPort(hostGone: () => void): Port {
  const electron = (process as { readonly parentPort?: ElectronParentPort }).parentPort;
  if (electron !== undefined) {
    return {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin; that is for windows
      post: (message) => electron.postMessage(message),
      onMessage: (listener) => electron.on('message', ({ data }) => listener(data)),
      close: () => undefined,
    };
  }
  if (process.send === undefined) throw new Error('broken assumption: the engine is started by a host, with a port to it');
  process.on('disconnect', hostGone);
  return {
    post: (message) => {
      // A host that has just died is told of by "disconnect"; the message is nobody's any more.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => void process.on('message', listener),
    close: () => process.disconnect(),
  };
}

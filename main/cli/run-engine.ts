import { homedir } from 'node:os';
import { join } from 'node:path';
import { refuse, type Fault } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import { createEngine, type Engine } from '../engine.ts';
import { defaultHome } from '../home.ts';
import { createLog, logFile, type Log } from '../log/log.ts';
import { nodeNetwork } from '../sync/sync.ts';
import { createFileKeystore, nodeDisk } from '../vault/vault.ts';
import { localAddresses, systemClock, systemRandom } from '../world.ts';
import type { Arguments } from './arguments.ts';
import { run } from './commands.ts';
import { refused, type Outcome } from './outcome.ts';
import type { Prompt } from './prompt.ts';
import type { Cli } from './session.ts';
import { keepTicking } from './ticking.ts';

/** One command from an engine that is started to one that is stopped again. */

export type Surroundings = {
  readonly prompt: Prompt;
  readonly terminal: Cli['terminal'];
  /** Tells of Ctrl-C and of being asked to end. */
  readonly interrupts: (listener: () => void) => void;
};

export function homeOf({ home }: Arguments): string {
  return home ?? defaultHome(process.platform, process.env, homedir());
}

export function openLog(home: string): Log {
  return createLog(systemClock, logFile(join(home, 'log')));
}

/** INTERNAL after a defect, which is in the log. The engine is stopped before there is an outcome. */
export async function execute(arguments_: Arguments, home: string, log: Log, surroundings: Surroundings): Promise<Outcome> {
  const started = await start(home, log);
  if (!started.ok) return refused(started.fault);
  const engine = started.value;
  const ticking = keepTicking({ touch: () => engine.auth.touch(), tick: () => engine.tick(), failed: (error) => log.error('job.failed', error) });
  const outcome = await attempt(log, () => runInterruptibly(engine, arguments_, ticking.working, surroundings));
  ticking.stop();
  surroundings.prompt.close();
  const stopped = await attempt(log, async () => {
    await engine.stop();
    return outcome;
  });
  return outcome.ok ? stopped : outcome;
}

async function attempt(log: Log, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    log.error('job.failed', error);
    return refused({ code: 'INTERNAL' });
  }
}

/** What the operating system says of a folder that cannot be the vault's. */
const HOME_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: 'DISK_FULL', EDQUOT: 'DISK_FULL', EROFS: 'READ_ONLY',
  EACCES: 'FILE_UNREADABLE', EPERM: 'FILE_UNREADABLE', EEXIST: 'FILE_UNREADABLE', ENOTDIR: 'FILE_UNREADABLE', ELOOP: 'FILE_UNREADABLE', ENAMETOOLONG: 'FILE_UNREADABLE',
};

async function start(home: string, log: Log): Promise<{ readonly ok: true; readonly value: Engine } | { readonly ok: false; readonly fault: Fault<string> }> {
  try {
    const keystore = createFileKeystore({ folder: home, disk: nodeDisk });
    return { ok: true, value: await createEngine({ home, keystore, clock: systemClock, random: systemRandom, log, addresses: localAddresses, network: nodeNetwork }) };
  } catch (error) {
    log.error('job.failed', error);
    const system = systemCode(error);
    const code = HOME_FAULTS[system];
    return code === undefined ? refuse('INTERNAL') : refuse(code, { option: '--home', system });
  }
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, milliseconds));

/** Ctrl-C ends the command where it stands, unless the command has said that it ends by itself. */
function runInterruptibly(engine: Engine, { command, options, operands }: Arguments, working: Cli['working'], { prompt, terminal, interrupts }: Surroundings): Promise<Outcome> {
  const cancelled = Promise.withResolvers<Outcome>();
  let handler = (): void => cancelled.resolve(refused({ code: 'CANCELLED' }));
  interrupts(() => handler());
  const onInterrupt = (next: () => void): void => {
    handler = next;
  };
  return Promise.race([run(command, { engine, clock: systemClock, options, operands, prompt, terminal, wait, working, onInterrupt }), cancelled.promise]);
}

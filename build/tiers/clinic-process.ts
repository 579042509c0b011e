import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { z } from 'zod';
import { ClinicReply, Nothing, Provisioned, SetUp, type ClinicRequest, type Place } from './clinic-messages.ts';

/** A workstation of tier T4: one vault, and whatever process runs on it now. */
export type ClinicProcess = {
  /** One at a time; rejects where the process has ended. */
  ask<Shape extends z.ZodType>(request: ClinicRequest, shape: Shape): Promise<z.infer<Shape>>;
  /** `neighbours`: whom it calls in the clinic's network. */
  setUp(code: string, neighbours: readonly Place[]): Promise<void>;
  /** Where it answers its neighbours. */
  place(): Place;
  /** An administrator fills it from this folder; whether it is whole now, null where the folder was refused. */
  provision(folder: string): Promise<z.infer<typeof Provisioned>>;
  /** kill -9, at whatever it is doing. */
  kill(): Promise<void>;
  /** Another process over the same vault, with the nurse signed in and the line as it was. */
  start(): Promise<void>;
  line(port: number | null): Promise<void>;
  running(): boolean;
};

const CHILD = join(import.meta.dirname, 'clinic-child.ts');
/** The clock of the next process goes on behind every code that may have been used. */
const CLOCK_STEP_MS = 60_000;

export class ProcessEnded extends Error {}

export async function openClinicProcess(path: string): Promise<ClinicProcess> {
  let child: ChildProcess | null = null;
  let ahead = 0;
  let made: z.infer<typeof SetUp> | null = null;
  let port: number | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const reply = (from: ChildProcess, send: () => void): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new ProcessEnded('the workstation was killed'));
      from.once('exit', ended);
      from.once('message', (message) => {
        from.off('exit', ended);
        const { ahead: now, value, error } = ClinicReply.parse(message);
        ahead = Math.max(ahead, now);
        if (error === null) resolve(value);
        else reject(new Error(error));
      });
      send();
    });

  const ask: ClinicProcess['ask'] = async (request, shape) => {
    const asked = turn.then(() => {
      const running = child;
      if (running === null || !running.connected) throw new ProcessEnded('the workstation is not running');
      return reply(running, () => void running.send(request, () => undefined));
    });
    turn = asked.catch(() => undefined);
    return shape.parse(await asked) as never;
  };

  const begin = async (): Promise<void> => {
    const started = fork(CHILD, [path, String(ahead)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child = started;
    turn = Promise.resolve();
    await reply(started, () => undefined);
  };
  const line = async (to: number | null): Promise<void> => {
    port = to;
    await ask({ do: 'line', port: to }, Nothing);
  };

  await begin();
  return {
    ask, line,
    async setUp(code, neighbours) {
      made = await ask({ do: 'set-up', code, neighbours: [...neighbours] }, SetUp);
    },
    place() {
      if (made === null) throw new Error('broken assumption: asked before it was set up');
      return made.place;
    },
    provision(folder) {
      if (made === null) throw new Error('broken assumption: filled before it was set up');
      const { administrator, person } = made;
      return ask({ do: 'provision', administrator, person, folder }, Provisioned);
    },
    async kill() {
      const running = child;
      child = null;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return;
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
    },
    async start() {
      ahead += CLOCK_STEP_MS;
      await begin();
      await line(port);
      if (made !== null) await ask({ do: 'sign-in', person: made.person }, Nothing);
    },
    running: () => child !== null,
  };
}

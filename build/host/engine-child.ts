import { type ChildProcess, fork } from 'node:child_process';
import { EngineToHost, type HostToEngine } from '../../shared/ipc/link.ts';

/** What a started engine may still need to close its database before it is killed. */
const STOP_MS = 5_000;

/** The engine as a child process of Node, with structured-clone messages like Electron's utility process. */
export type EngineChild = {
  readonly process: ChildProcess;
  readonly tell: (message: HostToEngine) => void;
  /** Settles when the process has ended, however it ended. */
  readonly ended: Promise<void>;
  /** Asks it to stop, waits, kills it where it does not answer. */
  readonly stop: () => Promise<void>;
};

const KEPT = ['HOME', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'SYSTEMROOT', 'TMPDIR', 'TEMP', 'TZ', 'LANG', 'LC_ALL', 'PATH'];

export function startEngine(
  options: { readonly path: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> },
  onMessage: (message: EngineToHost) => void,
): EngineChild {
  const env: Record<string, string> = { ...options.env };
  // No NODE_OPTIONS, no SSLKEYLOGFILE: the engine's environment is a list, not what happened to be set.
  for (const name of KEPT) if (process.env[name] !== undefined) env[name] = process.env[name];
  const child = fork(options.path, options.args, { env, execArgv: [], serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = new Promise<void>((settle) => {
    child.once('exit', () => settle());
    child.once('error', () => settle());
  });
  child.on('message', (raw) => {
    const message = EngineToHost.safeParse(raw);
    if (message.success) onMessage(message.data);
  });
  const tell = (message: HostToEngine): void => {
    // The pipe may close between the question and the send; `ended` is what tells of it.
    if (child.connected) child.send(message, () => undefined);
  };
  return {
    process: child,
    tell,
    ended,
    stop: async () => {
      const giveUp = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      tell({ kind: 'stop' });
      await ended;
      clearTimeout(giveUp);
    },
  };
}

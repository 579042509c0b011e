import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** A central server as an organisation would run it: its own process, its own folder, asked through its own console. */
const ENTRY = join(import.meta.dirname, '../../central/cli/central.ts');
const Listening = z.object({ host: z.string(), port: z.int() });
const Code = z.object({ code: z.string() });
const Devices = z.object({ devices: z.array(z.object({ device: z.string(), entries: z.int() })) });
const Verified = z.object({ ok: z.literal(true), entries: z.int() });

export type Central = {
  readonly host: string;
  readonly port: number;
  enrolCode(address: string): Promise<string>;
  /** Entries held of each device. */
  entries(): Promise<ReadonlyMap<string, number>>;
  verify(): Promise<{ readonly ok: boolean; readonly entries: number }>;
  stop(): Promise<void>;
};

export async function startCentral(home: string): Promise<Central> {
  const child: ChildProcess = spawn(process.execPath, [ENTRY, 'serve', '--home', home, '--listen', '127.0.0.1:0', '--name', 'Four Corners Health', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  if (child.stdout === null) throw new Error('broken assumption: a piped child has an output');
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', (code) => reject(new Error(`central ended with ${code ?? 'a signal'}`)));
  });
  const { host, port } = Listening.parse(JSON.parse(first));
  const ask = async (...args: readonly string[]): Promise<unknown> => JSON.parse(await askConsole(home, args));
  return {
    host,
    port,
    enrolCode: async (address) => Code.parse(await ask('enrol-code', '--address', address)).code,
    entries: async () => new Map(Devices.parse(await ask('devices')).devices.map(({ device, entries }) => [device, entries])),
    verify: async () => Verified.parse(await ask('verify')),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

function askConsole(home: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [ENTRY, ...args, '--home', home, '--json'], (error, stdout) => (stdout === '' ? reject(error ?? new Error('central said nothing')) : resolve(stdout)));
  });
}

import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';

/** The command line as a script or a person runs it: a process of its own, its answer and its exit code. */
const ROOT = join(import.meta.dirname, '../..');
const OUTPOST = join(ROOT, 'main/cli/outpost.ts');

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type Run = {
  /** What standard input holds; it is at its end unless given. `open` leaves it open and empty. */
  readonly input?: string | 'open';
  readonly nodeOptions?: readonly string[];
  readonly program?: readonly string[];
  /** Called with every piece of standard error. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
  readonly onStart?: (child: ChildProcess) => void;
};

/** What must not be seen in any output of any command. */
const secrets = new Set<string>();

export function keepSecret(text: string): string {
  secrets.add(text);
  return text;
}

const WAITING = /waiting \d+ s for a fresh one-time code\n/g;

/** Runs `outpost` to its end; fails where a secret stands in what it says. */
export async function outpost(args: readonly string[], run: Run = {}): Promise<Ended> {
  const [program = process.execPath, ...before] = run.program ?? [process.execPath, ...(run.nodeOptions ?? []), OUTPOST];
  const child = spawn(program, [...before, ...args], { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended: { stdout: string; stderr: string } = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (ended.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    ended.stderr += chunk.toString();
    run.onStderr?.(ended.stderr, child);
  });
  // A command that asks for nothing may end before it is told anything.
  child.stdin.on('error', () => undefined);
  if (run.input !== 'open') child.stdin.end(run.input ?? '');
  run.onStart?.(child);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for (const secret of secrets) expect(`${ended.stdout}${ended.stderr}`.includes(secret), `a secret in what ${args.slice(0, 2).join(' ')} said`).toBe(false);
  // Whether a code was used within its 30 s depends on the machine's pace, so a test does not see that sentence.
  return { code, stdout: ended.stdout, stderr: ended.stderr.replaceAll(WAITING, '') };
}

/** The one document a command printed with --json. */
export function documentIn({ stdout }: Ended): Record<string, unknown> {
  expect(stdout).toMatch(/^\{[^\n]*\}\n$/);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Runs with --json and gives exit code and document. */
export async function outpostJson(args: readonly string[], run: Run = {}): Promise<{ readonly code: number | null; readonly said: Record<string, unknown> }> {
  const ended = await outpost([...args, '--json'], run);
  return { code: ended.code, said: documentIn(ended) };
}

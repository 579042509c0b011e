import { createInterface } from 'node:readline';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { generateSync } from 'otplib';
import { refuse, ok, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';

/** Password and one-time code, from files or from the terminal without echo. Never from an argument or the environment. */

const STEP_SECONDS = 30;
const SECRET_MAX_BYTES = 4096;
const WAIT_MAX_STEPS = 3;

export function readSecretFile(path: string): Result<string, 'FILE_UNREADABLE'> {
  try {
    const text = readFileSync(path, 'utf8');
    return text.length > SECRET_MAX_BYTES ? refuse('FILE_UNREADABLE') : ok(text.replace(/\r?\n$/, ''));
  } catch {
    return refuse('FILE_UNREADABLE');
  }
}

/** Writes a secret for its owner alone; refuses to replace a file. */
export function writeSecretFile(path: string, text: string): Result<null, 'FILE_UNREADABLE'> {
  if (existsSync(path)) return refuse('FILE_UNREADABLE');
  try {
    writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx' });
    return ok(null);
  } catch {
    return refuse('FILE_UNREADABLE');
  }
}

/** Asks at the terminal; a secret is not shown while it is typed. */
export async function ask(question: string, secret: boolean): Promise<string> {
  process.stderr.write(question);
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: secret && process.stdin.isTTY ? muted : undefined, terminal: secret && process.stdin.isTTY === true });
  const answer = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  if (secret) process.stderr.write('\n');
  return answer;
}

/**
 * A one-time code (RFC 6238) that the engine can still accept: each code counts once, so a script that runs several
 * commands in a row takes the next step within the allowed drift, and else waits for it.
 */
export async function freshCode(secretBase32: string, clock: Clock, lastStep: number | null, wait: (milliseconds: number) => Promise<void>): Promise<string> {
  for (let waited = 0; waited <= WAIT_MAX_STEPS; waited += 1) {
    const now = Math.floor(clock.now() / 1000 / STEP_SECONDS);
    const step = [now - 1, now, now + 1].find((each) => lastStep === null || each > lastStep);
    if (step !== undefined) return generateSync({ secret: secretBase32, epoch: step * STEP_SECONDS });
    process.stderr.write('waiting for a fresh one-time code\n');
    await wait((((lastStep ?? now) - now) * STEP_SECONDS + 1) * 1000 - (clock.now() % 1000));
  }
  return '';
}

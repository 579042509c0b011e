import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { generateSecret, generateSync } from 'otplib';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { systemCode } from '../../shared/base/system-code.ts';
import type { Clock } from '../../shared/base/world.ts';

/** Passwords and one-time codes out of files. Never out of an argument or the environment. */

const SECRET_MAX_BYTES = 4096;
const TOTP_SECRET_BYTES = 20;
const OWNER_ONLY = 0o600;
const MS_PER_SECOND = 1000;

/** RFC 6238 time step, as main/auth counts them. */
export const STEP_MS = 30_000;
/** The engine looks at a code only after the password has been hashed: one that ends sooner than this may come too late. */
export const CODE_MARGIN_MS = 10_000;
/** Steps that are waited for at most; a last step further ahead was counted by a clock that has since been put back. */
export const WAIT_MAX_STEPS = 3;

/** The first line of the file. A pipe is read like a file, so that a password manager can write into one. */
export function readSecretFile(path: string): Result<string, 'FILE_UNREADABLE'> {
  try {
    const text = readUpTo(path, SECRET_MAX_BYTES + 1);
    return text.length > SECRET_MAX_BYTES ? refuse('FILE_UNREADABLE', { system: 'EFBIG' }) : ok(text.toString('utf8').replace(/\r?\n[^]*$/, ''));
  } catch (error) {
    return refuse('FILE_UNREADABLE', { system: systemCode(error) });
  }
}

function readUpTo(path: string, bytes: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(bytes);
    let filled = 0;
    for (;;) {
      const read = readSync(file, buffer, filled, bytes - filled, null);
      filled += read;
      if (read === 0 || filled === bytes) return buffer.subarray(0, filled);
    }
  } finally {
    closeSync(file);
  }
}

/** Writes a secret for its owner alone; refuses to replace a file. */
export function writeSecretFile(path: string, text: string): Result<null, 'FILE_UNREADABLE'> {
  try {
    writeFileSync(path, `${text}\n`, { mode: OWNER_ONLY, flag: 'wx' });
    return ok(null);
  } catch (error) {
    return refuse('FILE_UNREADABLE', { system: systemCode(error) });
  }
}

/** A place for a secret that does not exist yet, taken before the work that makes it. */
export type ReservedFile = { write(text: string): Result<null, 'FILE_UNREADABLE'>; discard(): void };

export function reserveSecretFile(path: string): Result<ReservedFile, 'FILE_UNREADABLE'> {
  const reserved = writeSecretFile(path, '');
  if (!reserved.ok) return reserved;
  return ok({
    write(text) {
      try {
        writeFileSync(path, `${text}\n`, { mode: OWNER_ONLY });
        return ok(null);
      } catch (error) {
        return refuse('FILE_UNREADABLE', { system: systemCode(error) });
      }
    },
    discard: () => rmSync(path, { force: true }),
  });
}

/** The one-time-code secret in the file; where there is no file yet, a new secret, written for its owner alone. */
export function existingOrNewSecret(path: string): Result<string, 'FILE_UNREADABLE'> {
  const read = readSecretFile(path);
  if (read.ok ? read.value !== '' : read.fault.detail?.['system'] !== 'ENOENT') return read;
  const made = generateSecret({ length: TOTP_SECRET_BYTES });
  const written = writeSecretFile(path, made);
  return written.ok ? ok(made) : written;
}

/**
 * A one-time code (RFC 6238) that the engine can still accept: each counts once, so a script that runs several commands
 * in a row takes the next step within the allowed drift of one, and else waits for it. CODE_REFUSED: the secret is none.
 * TRY_LATER: `lastStep` is too far ahead to be waited for.
 */
export async function freshCode(typedSecret: string, clock: Clock, lastStep: number | null, wait: (milliseconds: number) => Promise<void>): Promise<Result<string, 'CODE_REFUSED' | 'TRY_LATER'>> {
  const secret = typedSecret.toUpperCase().replaceAll(/[\s=-]/g, '');
  for (;;) {
    const now = clock.now();
    const step = Math.floor(now / STEP_MS);
    const lastsLongEnough = (step + 1) * STEP_MS - now >= CODE_MARGIN_MS;
    const fresh = [...(lastsLongEnough ? [step - 1] : []), step, step + 1].find((each) => lastStep === null || each > lastStep);
    if (fresh !== undefined) return codeAt(secret, fresh);
    const waitMs = (lastStep ?? step) * STEP_MS - now;
    if (waitMs > WAIT_MAX_STEPS * STEP_MS) return refuse('TRY_LATER', { seconds: Math.ceil(waitMs / MS_PER_SECOND) });
    await wait(waitMs);
  }
}

function codeAt(secret: string, step: number): Result<string, 'CODE_REFUSED'> {
  try {
    return ok(generateSync({ secret, epoch: (step * STEP_MS) / MS_PER_SECOND }));
  } catch {
    // The library throws where the text is no base32 or too short; its message may quote the text.
    return refuse('CODE_REFUSED', { rule: 'secret-not-base32' });
  }
}

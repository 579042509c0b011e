import { z } from 'zod';
import { utf8 } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import { KEY_BYTES } from './primitives.ts';
import { Secret } from './secret.ts';

/** argon2id (RFC 9106). The floor is its second recommended option: 64 MiB, three passes, four lanes. */
export const MEMORY_FLOOR_KIB = 64 * 1024;
export const PASSES_FLOOR = 3;
export const LANES_FLOOR = 4;
/** Calibration raises memory no further than this: a clinic PC may have 4 GiB, and others run beside us. */
export const MEMORY_CALIBRATION_MAX_KIB = 256 * 1024;
/** No header makes the process allocate more than this. */
const MEMORY_ACCEPTED_MAX_KIB = 1024 * 1024;
const PASSES_ACCEPTED_MAX = 16;
const LANES_ACCEPTED_MAX = 16;
export const SALT_BYTES = 16;
const ARGON2ID = 2;

/** Below the floor nothing parses: weakened parameters in a header are refused before any work is done. */
export const PasswordCost = z.strictObject({
  memoryKiB: z.int().min(MEMORY_FLOOR_KIB).max(MEMORY_ACCEPTED_MAX_KIB),
  passes: z.int().min(PASSES_FLOOR).max(PASSES_ACCEPTED_MAX),
  lanes: z.int().min(LANES_FLOOR).max(LANES_ACCEPTED_MAX),
});
export type PasswordCost = z.infer<typeof PasswordCost>;

export const PASSWORD_COST_FLOOR: PasswordCost = { memoryKiB: MEMORY_FLOOR_KIB, passes: PASSES_FLOOR, lanes: LANES_FLOOR };

/** In Unicode code points after NFKC. NIST SP 800-63B-4 3.1.1.2: length and a blocklist, no composition rules. */
export const PASSWORD_MIN_CHARACTERS = 12;
export const PASSWORD_MAX_CHARACTERS = 256;

/** The form that is hashed: compatibility-composed, so that one password typed on two keyboards is one password. */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/** Whether a new password may become a key at all. How guessable it is, is judged by `auth`. */
export function checkPasswordLength(password: string): Result<void, 'PASSWORD_TOO_WEAK'> {
  const characters = Array.from(normalizePassword(password)).length;
  if (characters < PASSWORD_MIN_CHARACTERS) return refuse('PASSWORD_TOO_WEAK', { rule: 'minimum-length', minimum: PASSWORD_MIN_CHARACTERS });
  if (characters > PASSWORD_MAX_CHARACTERS) return refuse('PASSWORD_TOO_WEAK', { rule: 'maximum-length', maximum: PASSWORD_MAX_CHARACTERS });
  return ok(undefined);
}

/** The 32-byte key of a password. Runs on a thread of the pool, so the process stays responsive. */
export async function passwordKey(password: string, salt: Uint8Array, cost: PasswordCost): Promise<Secret> {
  // Loaded on first use: the door of this concern is also imported where no password is ever seen.
  const { hash } = await import('argon2');
  const typed = Buffer.from(utf8(normalizePassword(password)).buffer);
  const key = await hash(typed, {
    raw: true,
    type: ARGON2ID,
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    salt: Buffer.from(salt),
    hashLength: KEY_BYTES,
  });
  typed.fill(0);
  return Secret.take(key);
}

export const CALIBRATION_TARGET_MIN_MS = 250;
export const CALIBRATION_TARGET_MAX_MS = 500;

async function timeOneRun(clock: Clock, cost: PasswordCost): Promise<number> {
  const start = clock.monotonic();
  const key = await passwordKey('calibration', new Uint8Array(SALT_BYTES), cost);
  key.destroy();
  return clock.monotonic() - start;
}

/**
 * Finds what this machine can afford: memory doubles from the floor until one run takes 250 to 500 ms, and stays
 * below what would take longer. A slow machine stays at the floor, whatever that takes it.
 */
export async function calibratePasswordCost(clock: Clock, measure = timeOneRun): Promise<PasswordCost> {
  let chosen = PASSWORD_COST_FLOOR;
  let elapsed = await measure(clock, chosen);
  while (elapsed < CALIBRATION_TARGET_MIN_MS && chosen.memoryKiB < MEMORY_CALIBRATION_MAX_KIB) {
    const heavier = { ...chosen, memoryKiB: chosen.memoryKiB * 2 };
    elapsed = await measure(clock, heavier);
    if (elapsed > CALIBRATION_TARGET_MAX_MS) return chosen;
    chosen = heavier;
  }
  return chosen;
}

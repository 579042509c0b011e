import { generateURI, ScureBase32Plugin, verifySync } from 'otplib';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Random } from '../../shared/base/world.ts';
import { Secret, TOTP_SECRET_MAX_BYTES, TOTP_SECRET_MIN_BYTES } from '../vault/vault.ts';

/** Time-based one-time codes (RFC 6238): 160-bit secret, SHA-1, six digits, 30 s, as every authenticator knows them. */

const SECRET_BYTES = 20;
const PERIOD_S = 30;
/** One step to either side, for clocks that disagree. The library's own default is none. */
const TOLERANCE_S = 30;
const CODE = /^[0-9]{6}$/;
const MS_PER_SECOND = 1000;

const base32 = new ScureBase32Plugin();

export type TotpEnrolment = { readonly secretBase32: string; readonly otpauthUri: string };

/** A new secret, to be shown once. Nothing is kept. */
export function totpEnrolment(login: string, issuer: string, random: Random): TotpEnrolment {
  const bytes = random.bytes(SECRET_BYTES);
  const secretBase32 = base32.encode(bytes);
  bytes.fill(0);
  return { secretBase32, otpauthUri: generateURI({ issuer, label: login, secret: secretBase32 }) };
}

/** Reads a secret as people copy it: any case, in groups, with or without padding. */
export function readTotpSecret(typed: string): Result<Secret, 'MALFORMED'> {
  const plain = typed.toUpperCase().replaceAll(/[\s=-]/g, '');
  if (!/^[A-Z2-7]{1,128}$/.test(plain)) return refuse('MALFORMED', { field: 'totpSecret' });
  try {
    const secret = Secret.take(base32.decode(plain));
    if (secret.length >= TOTP_SECRET_MIN_BYTES && secret.length <= TOTP_SECRET_MAX_BYTES) return ok(secret);
    secret.destroy();
  } catch {
    // Left-over bits that are not zero: no encoder wrote this. Refused below like any other misspelling.
  }
  return refuse('MALFORMED', { field: 'totpSecret' });
}

/**
 * The time step a code belongs to. Refused: anything but six ASCII digits (spaces between them are forgiven), a code of
 * more than one step away, and one of `lastStep` or before, because a code is accepted once (RFC 6238 5.2).
 */
export function verifyCode(secret: Secret, code: unknown, lastStep: number | null, nowMs: number): Result<number, 'CODE_REFUSED'> {
  const digits = typeof code === 'string' ? code.replaceAll(' ', '') : '';
  if (!CODE.test(digits)) return refuse('CODE_REFUSED');
  const epoch = Math.floor(nowMs / MS_PER_SECOND);
  const newest = Math.floor((epoch + TOLERANCE_S) / PERIOD_S);
  // The library throws here instead of refusing. It happens after the clock was ahead and has been put right.
  if (lastStep !== null && lastStep >= newest) return refuse('CODE_REFUSED');
  const result = secret.use((bytes) =>
    verifySync({ secret: bytes, token: digits, epoch, period: PERIOD_S, epochTolerance: TOLERANCE_S, ...(lastStep === null ? {} : { afterTimeStep: lastStep }) }),
  );
  return result.valid && 'timeStep' in result ? ok(result.timeStep) : refuse('CODE_REFUSED');
}

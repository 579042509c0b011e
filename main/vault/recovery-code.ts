import { utf8 } from '../../shared/base/bytes.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { KEY_BYTES, sha256 } from './primitives.ts';
import { Secret } from './secret.ts';

/**
 * The code a clinic prints and keeps in its safe: 256 random bits and a 24-bit checksum, in Crockford's base 32,
 * 14 groups of four: `0000-0000-…`. The checksum tells a slip of the pen from a wrong code; it protects nothing.
 */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHECKSUM_BYTES = 3;
const GROUP_CHARACTERS = 4;
const BITS_PER_CHARACTER = 5;
const CODE_CHARACTERS = ((KEY_BYTES + CHECKSUM_BYTES) * 8) / BITS_PER_CHARACTER;
const CHECKSUM_LABEL = utf8('outpost/recovery-code/v1');

function checksum(secret: Uint8Array): Uint8Array {
  return sha256(CHECKSUM_LABEL, secret).subarray(0, CHECKSUM_BYTES);
}

export function printRecoveryCode(secret: Secret): string {
  const bits = secret.use((bytes) => [...bytes, ...checksum(bytes)].map((byte) => byte.toString(2).padStart(8, '0')).join(''));
  let text = '';
  for (let at = 0; at < bits.length; at += BITS_PER_CHARACTER) {
    if (at > 0 && at % (BITS_PER_CHARACTER * GROUP_CHARACTERS) === 0) text += '-';
    text += ALPHABET[Number.parseInt(bits.slice(at, at + BITS_PER_CHARACTER), 2)];
  }
  return text;
}

/** Reads what a person typed: any case, spaces or dashes anywhere, I and L for 1, O for 0. */
export function readRecoveryCode(typed: string): Result<Secret, 'RECOVERY_CODE_REFUSED'> {
  const plain = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0');
  if (plain.length !== CODE_CHARACTERS) return refuse('RECOVERY_CODE_REFUSED', { rule: 'length' });
  let bits = '';
  for (const character of plain) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return refuse('RECOVERY_CODE_REFUSED', { rule: 'alphabet' });
    bits += value.toString(2).padStart(BITS_PER_CHARACTER, '0');
  }
  const bytes = Uint8Array.from({ length: KEY_BYTES + CHECKSUM_BYTES }, (_, index) => Number.parseInt(bits.slice(index * 8, index * 8 + 8), 2));
  const body = bytes.subarray(0, KEY_BYTES);
  if (!checksum(body).every((byte, index) => byte === bytes[KEY_BYTES + index])) return refuse('RECOVERY_CODE_REFUSED', { rule: 'checksum' });
  return ok(Secret.take(body));
}

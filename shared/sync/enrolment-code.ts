import { concatBytes, equalBytes, fromUtf8, utf8 } from '../base/bytes.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Sha256 } from '../base/world.ts';

/**
 * What central prints for a new device: where central is, by whom its certificate must be signed, and a secret good
 * for one device. Written in Crockford's base32 (no I, L, O or U; case, spaces and hyphens do not matter), so that
 * it can be read out over a telephone as well as pasted.
 */
export type EnrolmentCode = {
  readonly host: string;
  readonly port: number;
  /** SHA-256 of the organisation authority's certificate (DER), 32 bytes. */
  readonly authorityFingerprint: Uint8Array;
  /** 16 random bytes. */
  readonly secret: Uint8Array;
};

export const ENROLMENT_SECRET_BYTES = 16;
const CODE_VERSION = 1;
const FINGERPRINT_BYTES = 32;
const CHECKSUM_BYTES = 3;
const PORT_BYTES = 2;
const HOST_MAX_BYTES = 100;
const FIXED_BYTES = 1 + ENROLMENT_SECRET_BYTES + FINGERPRINT_BYTES + PORT_BYTES;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUP_CHARACTERS = 5;
const BITS_PER_CHARACTER = 5;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+)$/;

function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= BITS_PER_CHARACTER) {
      bits -= BITS_PER_CHARACTER;
      text += ALPHABET[(held >> bits) & 31] ?? '';
      held &= (1 << bits) - 1;
    }
  }
  return bits === 0 ? text : text + (ALPHABET[(held << (BITS_PER_CHARACTER - bits)) & 31] ?? '');
}

function fromBase32(text: string): Uint8Array | null {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return null;
    held = (held << BITS_PER_CHARACTER) | value;
    bits += BITS_PER_CHARACTER;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 && bits < BITS_PER_CHARACTER ? Uint8Array.from(bytes) : null;
}

export function printEnrolmentCode(sha256: Sha256, code: EnrolmentCode): string {
  const host = utf8(code.host);
  if (host.length > HOST_MAX_BYTES || !HOST.test(code.host)) throw new Error('broken assumption: host is a name or an address of at most 100 characters');
  const content = concatBytes(Uint8Array.of(CODE_VERSION), code.secret, code.authorityFingerprint, Uint8Array.of(code.port >> 8, code.port & 0xff), host);
  const text = toBase32(concatBytes(content, sha256(content).subarray(0, CHECKSUM_BYTES)));
  return (text.match(new RegExp(`.{1,${GROUP_CHARACTERS}}`, 'g')) ?? []).join('-');
}

/** MISTYPED: what was entered is not a code central printed; nothing was sent anywhere. */
export function readEnrolmentCode(sha256: Sha256, text: string): Result<EnrolmentCode, 'MISTYPED'> {
  const bytes = fromBase32(text.replaceAll(/[\s-]/g, ''));
  if (bytes === null || bytes.length <= FIXED_BYTES + CHECKSUM_BYTES || bytes.length > FIXED_BYTES + CHECKSUM_BYTES + HOST_MAX_BYTES) return refuse('MISTYPED');
  const content = bytes.subarray(0, -CHECKSUM_BYTES);
  if (bytes[0] !== CODE_VERSION || !equalBytes(sha256(content).subarray(0, CHECKSUM_BYTES), bytes.subarray(-CHECKSUM_BYTES))) return refuse('MISTYPED');
  let offset = 1;
  const take = (length: number): Uint8Array => content.slice(offset, (offset += length));
  const secret = take(ENROLMENT_SECRET_BYTES);
  const authorityFingerprint = take(FINGERPRINT_BYTES);
  const [high = 0, low = 0] = take(PORT_BYTES);
  let host: string;
  try {
    host = fromUtf8(content.subarray(offset));
  } catch {
    return refuse('MISTYPED');
  }
  return HOST.test(host) ? ok({ host, port: (high << 8) | low, authorityFingerprint, secret }) : refuse('MISTYPED');
}

/**
 * The number on a patient's card: a prefix of the workstation that gave it, a running number and a check character,
 * so that a slip of the pen is noticed. Letters that read alike are left out (Crockford's base 32). Central gives each
 * workstation it enrols a prefix of its own; until then the prefix is drawn from the device id, and two workstations
 * that never met can have the same one by chance (1 in 32,768 for two, 14 % among a hundred).
 */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PREFIX_CHARACTERS = 3;
const RUNNING_DIGITS = 4;

/** How many there are. */
export const NUMBER_PREFIXES = ALPHABET.length ** PREFIX_CHARACTERS;
export const NUMBER_PREFIX = /^[0-9A-HJKMNP-TV-Z]{3}$/;

/** The prefix of this number, from 0 up to how many there are. */
export function numberPrefixAt(place: number): string {
  let value = place;
  let prefix = '';
  for (let index = 0; index < PREFIX_CHARACTERS; index += 1) {
    prefix += ALPHABET.charAt(value % ALPHABET.length);
    value = Math.floor(value / ALPHABET.length);
  }
  return prefix;
}

/** Of a workstation that central gave none: from the 64-bit device id, hexadecimal. */
export function numberPrefix(deviceId: string): string {
  return numberPrefixAt(Number(BigInt(`0x${deviceId}`) % BigInt(NUMBER_PREFIXES)));
}

export function patientNumber(prefix: string, running: number): string {
  const body = `${prefix}-${String(running).padStart(RUNNING_DIGITS, '0')}`;
  return `${body}-${checkCharacter(body)}`;
}

export function isPatientNumber(text: string): boolean {
  const match = /^([0-9A-HJKMNP-TV-Z]{3}-\d{4,9})-([0-9A-HJKMNP-TV-Z])$/.exec(text.trim().toUpperCase());
  return match !== null && checkCharacter(match[1] ?? '') === match[2];
}

/** Luhn mod N (ISO/IEC 7812-1 annex B, generalised) over the 32 characters: catches any single slip and most swaps. */
function checkCharacter(body: string): string {
  let factor = 2;
  let sum = 0;
  for (const letter of [...body.replaceAll('-', '')].reverse()) {
    const addend = factor * ALPHABET.indexOf(letter);
    sum += Math.floor(addend / 32) + (addend % 32);
    factor = factor === 2 ? 1 : 2;
  }
  return ALPHABET.charAt((32 - (sum % 32)) % 32);
}

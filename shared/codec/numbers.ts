import { MalformedBytes } from '../sync/wire-bytes.ts';
import type { Coder } from './coder.ts';

/** Whole numbers out of single bits. Each kind of number has slots of its own, reserved by whoever owns the column. */

/** A number of `width` bits whose every value has a chance of its own: 2^width slots. */
export function codeTree(coder: Coder, slots: number, width: number, value: number): number {
  let node = 1;
  for (let shift = width - 1; shift >= 0; shift -= 1) node = (node << 1) | coder.bit(slots + node, (value >>> shift) & 1);
  return node - (1 << width);
}

const SYMBOL_BITS = 6;
const SYMBOL_ESCAPE = (1 << SYMBOL_BITS) - 1;
const MAGNITUDE_BITS = 6;
const MAGNITUDES = 1 << MAGNITUDE_BITS;
/** Below the leading one, so many bits are learned for each magnitude; the rest is flat. */
const LEARNED_BITS = 3;
const LEARNED_SLOTS = (1 << LEARNED_BITS) - 1;
const FLAT_BITS = 16;
const HALF_WORD = 0x8000_0000;
/** Numbers from here on do not travel as numbers: differences of two of them would not be exact. */
export const NUMBER_LIMIT = 2 ** 51;

export const UINT_SLOTS = MAGNITUDES + 54 * LEARNED_SLOTS;
export const SYMBOL_SLOTS = (1 << SYMBOL_BITS) + UINT_SLOTS;

function magnitudeOf(value: number): number {
  return value < HALF_WORD ? 31 - Math.clz32(value) : 63 - Math.clz32(Math.floor(value / 2 ** 32));
}

/** 0 to 2^53 - 2: the magnitude of value + 1, its next three bits, and the rest as it is (Elias 1975, with learned chances). */
export function codeUint(coder: Coder, slots: number, value: number): number {
  return codeWhole(coder, slots, value, false);
}

/** `lastLearned`: the last bit has a chance of its own, if it is not among the first ones that have. */
function codeWhole(coder: Coder, slots: number, value: number, lastLearned: boolean): number {
  const magnitude = codeTree(coder, slots, MAGNITUDE_BITS, magnitudeOf(value + 1));
  if (magnitude > 52) throw new MalformedBytes('number too large');
  const learnedBits = Math.min(magnitude, LEARNED_BITS);
  const lastBits = lastLearned && magnitude > learnedBits ? 1 : 0;
  let rest = magnitude - learnedBits;
  const learnedValue = codeTree(coder, slots + MAGNITUDES + magnitude * LEARNED_SLOTS - 1, learnedBits, Math.floor((value + 1) / 2 ** rest) & ((1 << learnedBits) - 1));
  let result = (1 << learnedBits) + learnedValue;
  let left = (value + 1) % 2 ** rest;
  for (; rest > lastBits; ) {
    const width = Math.min(rest - lastBits, FLAT_BITS);
    rest -= width;
    const part = Math.floor(left / 2 ** rest);
    left -= part * 2 ** rest;
    result = result * (1 << width) + coder.flat(width, part);
  }
  // No tree has a node 0, so its slot is free.
  if (lastBits > 0) result = result * 2 + coder.bit(slots, left);
  return result - 1;
}

/** Any whole number of less than 2^52; small ones of either sign are cheap, and of large ones the sign is where all have the same. */
export function codeInt(coder: Coder, slots: number, value: number): number {
  const folded = codeWhole(coder, slots, value < 0 ? -2 * value - 1 : 2 * value, true);
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}

/** An index into a list: each of the first 63 has a chance of its own. */
export function codeSymbol(coder: Coder, slots: number, value: number): number {
  const symbol = codeTree(coder, slots, SYMBOL_BITS, Math.min(value, SYMBOL_ESCAPE));
  return symbol < SYMBOL_ESCAPE ? symbol : codeUint(coder, slots + SYMBOL_ESCAPE + 1, value - SYMBOL_ESCAPE) + SYMBOL_ESCAPE;
}

/** As many bytes as `bytes` has, or as are to be read. */
export function codeBytes(coder: Coder, length: number, bytes: Uint8Array | null): Uint8Array {
  const out = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) out[index] = coder.flat(8, bytes?.[index] ?? 0);
  return out;
}

/** Numbers within which a column stays exact. */
export function checkNumber(value: number): number {
  if (!(Math.abs(value) < NUMBER_LIMIT)) throw new MalformedBytes('number beyond its limit');
  return value;
}

import { MalformedBytes } from '../sync/wire-bytes.ts';
import { learned, type Probabilities } from './probabilities.ts';

/**
 * Binary arithmetic coding with a 32-bit range and carry propagation (Martin 1979; the arrangement of LZMA's range
 * coder). Writing and reading are one interface, so that a shape is described once: `bit` writes the bit it is given
 * or reads and returns one, and whoever describes a shape goes on with what was returned.
 */
export type Coder = {
  readonly reading: boolean;
  readonly probabilities: Probabilities;
  /** One bit with the chance learned in a slot. */
  bit(slot: number, bit: number): number;
  /** One bit with a chance of a one that somebody else reckons, in 65,536ths. */
  weighed(chance: number, bit: number): number;
  /** `width` bits (at most 16) that nothing is known of. */
  flat(width: number, value: number): number;
};

const TOP = 0x100_0000;
const WORD = 0x1_0000_0000;
/** A chance never gets closer to certainty than this, in 65,536ths. */
const CHANCE_MIN = 12;
const CHANCE_MAX = 0x1_0000 - CHANCE_MIN;
/** Beyond so many observations a chance follows the latest ones. */
export const COUNT_LIMIT = 255;
/** Zero bytes at the end that need not travel. */
const TAIL_ZEROS_MAX = 4;
/** How far a reader looks beyond what was written: the zeros left out, and a word ahead. */
const BEYOND_MAX = TAIL_ZEROS_MAX + 4;

const chanceOf = (state: number): number => {
  const chance = state >>> 16;
  return chance < CHANCE_MIN ? CHANCE_MIN : chance > CHANCE_MAX ? CHANCE_MAX : chance;
};

export class Writer implements Coder {
  readonly reading = false;
  readonly probabilities: Probabilities;
  #bytes = new Uint8Array(1024);
  #length = 0;
  #low = 0;
  #range = WORD - 1;
  #cache = 0;
  /** Bytes that wait for a carry; the very first is always zero and is not written. */
  #waiting = 0;
  #begun = false;

  constructor(probabilities: Probabilities) {
    this.probabilities = probabilities;
  }

  bit(slot: number, bit: number): number {
    const { slots } = this.probabilities;
    const state = slots[slot] ?? 0;
    const bound = (this.#range >>> 16) * chanceOf(state);
    if (bit === 1) {
      this.#range = bound;
    } else {
      this.#low += bound;
      this.#range -= bound;
    }
    slots[slot] = learned(state, bit, COUNT_LIMIT);
    while (this.#range < TOP) {
      this.#range = (this.#range << 8) >>> 0;
      this.#shift();
    }
    return bit;
  }

  weighed(chance: number, bit: number): number {
    const bound = (this.#range >>> 16) * chance;
    if (bit === 1) {
      this.#range = bound;
    } else {
      this.#low += bound;
      this.#range -= bound;
    }
    while (this.#range < TOP) {
      this.#range = (this.#range << 8) >>> 0;
      this.#shift();
    }
    return bit;
  }

  flat(width: number, value: number): number {
    this.#range >>>= width;
    this.#low += this.#range * value;
    while (this.#range < TOP) {
      this.#range = (this.#range << 8) >>> 0;
      this.#shift();
    }
    return value;
  }

  /** Everything written so far; nothing may be added afterwards. */
  done(): Uint8Array<ArrayBuffer> {
    // The number in the last range that ends in the most zeros.
    this.#low = Math.ceil(this.#low / TOP) * TOP;
    for (let count = 0; count < 5; count += 1) this.#shift();
    let length = this.#length;
    const least = Math.max(0, length - TAIL_ZEROS_MAX);
    while (length > least && this.#bytes[length - 1] === 0) length -= 1;
    return this.#bytes.slice(0, length);
  }

  #shift(): void {
    if (this.#low < 0xff00_0000 || this.#low >= WORD) {
      const carry = this.#low >= WORD ? 1 : 0;
      if (this.#begun) this.#put(this.#cache + carry);
      for (; this.#waiting > 0; this.#waiting -= 1) this.#put(0xff + carry);
      this.#begun = true;
      this.#cache = Math.floor(this.#low / TOP) & 0xff;
    } else {
      this.#waiting += 1;
    }
    this.#low = (this.#low % TOP) * 256;
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }
}

/** Reads what a Writer wrote with the same probabilities; of other bytes it makes something, and the caller bounds it. */
/** Learns from what it is given as the others do, and writes nothing: of a context that both sides have already. */
export class Learner implements Coder {
  readonly reading = false;
  readonly probabilities: Probabilities;

  constructor(probabilities: Probabilities) {
    this.probabilities = probabilities;
  }

  bit(slot: number, bit: number): number {
    const { slots } = this.probabilities;
    slots[slot] = learned(slots[slot] ?? 0, bit, COUNT_LIMIT);
    return bit;
  }

  weighed(_chance: number, bit: number): number {
    return bit;
  }

  flat(_width: number, value: number): number {
    return value;
  }
}

export class Reader implements Coder {
  readonly reading = true;
  readonly probabilities: Probabilities;
  readonly #bytes: Uint8Array;
  #at = 0;
  #code = 0;
  #range = WORD - 1;

  constructor(probabilities: Probabilities, bytes: Uint8Array) {
    this.probabilities = probabilities;
    this.#bytes = bytes;
    for (let count = 0; count < 4; count += 1) this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  bit(slot: number): number {
    const { slots } = this.probabilities;
    const state = slots[slot] ?? 0;
    const bound = (this.#range >>> 16) * chanceOf(state);
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      bit = 1;
    } else {
      this.#code -= bound;
      this.#range -= bound;
    }
    slots[slot] = learned(state, bit, COUNT_LIMIT);
    while (this.#range < TOP) this.#refill();
    return bit;
  }

  weighed(chance: number): number {
    const bound = (this.#range >>> 16) * chance;
    let bit = 0;
    if (this.#code < bound) {
      this.#range = bound;
      bit = 1;
    } else {
      this.#code -= bound;
      this.#range -= bound;
    }
    while (this.#range < TOP) this.#refill();
    return bit;
  }

  flat(width: number): number {
    this.#range >>>= width;
    const value = Math.min(Math.floor(this.#code / this.#range), (1 << width) - 1);
    this.#code -= value * this.#range;
    while (this.#range < TOP) this.#refill();
    return value;
  }

  /** Whether nothing is left over. */
  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  #refill(): void {
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }

  #next(): number {
    const byte = this.#bytes[this.#at];
    this.#at += 1;
    if (byte !== undefined) return byte;
    if (this.#at > this.#bytes.length + BEYOND_MAX) throw new MalformedBytes('cut short');
    return 0;
  }
}

/**
 * Adaptive probabilities of single bits, all in one array so that a trained state is copied in one move. A slot holds
 * the chance of a one as 22 bits of fraction above a count of 10 bits; the count makes the first observations weigh
 * most, as an average does, until it reaches its limit.
 */
const EVEN_CHANCE = 0x8000_0000;
const COUNT_MASK = 0x3ff;
const FRACTION_MASK = 0xffff_fc00;
const FIRST_SLOTS = 4096;

/** How much an observation moves a chance after so many before it: 1 / (count + 1.5), scaled for `learn`. */
const WEIGHTS = Int32Array.from({ length: COUNT_MASK + 1 }, (_, count) => Math.floor(16_384 / (2 * count + 3)));

export class Probabilities {
  slots: Uint32Array;
  used: number;

  constructor(slots: Uint32Array = new Uint32Array(FIRST_SLOTS), used = 0) {
    this.slots = slots;
    this.used = used;
  }

  /** The first of `count` new slots, each an even chance that has seen nothing. */
  reserve(count: number): number {
    const first = this.used;
    this.used += count;
    if (this.used > this.slots.length) {
      const grown = new Uint32Array(Math.max(this.used, this.slots.length * 2));
      grown.set(this.slots);
      this.slots = grown;
    }
    this.slots.fill(EVEN_CHANCE, first, this.used);
    return first;
  }

  copy(): Probabilities {
    return new Probabilities(this.slots.slice(0, this.used + FIRST_SLOTS), this.used);
  }

  /** Lets what comes weigh as much as if at most `count` observations had gone before. */
  forgetBeyond(count: number): void {
    for (let slot = 0; slot < this.used; slot += 1) {
      const state = this.slots[slot] ?? 0;
      if ((state & COUNT_MASK) > count) this.slots[slot] = ((state & FRACTION_MASK) | count) >>> 0;
    }
  }
}

/** The state of a slot after a bit was seen. */
export function learned(state: number, bit: number, countLimit: number): number {
  const count = state & COUNT_MASK;
  const move = Math.imul(((bit << 22) - (state >>> 10)) >> 3, WEIGHTS[count] ?? 0) & FRACTION_MASK;
  return (state + move + (count < countLimit ? 1 : 0)) >>> 0;
}

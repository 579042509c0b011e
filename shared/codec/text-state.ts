import { LOGISTIC, LOGIT_MAX } from './logistic.ts';

/** What a text model has learned, and how it goes back to its beginning without being laid out anew for every short text. */

export const ORDERS = 5;
/** Chances of one half byte lie together: a check of whose they are, and fifteen nodes. */
export const HALF_BYTE_SLOTS = 16;
export const EVEN_CHANCE = 0x8000_0000;
/** Slots of each order: the longer the context, the more of them there are. */
const TABLE_BITS = [16, 19, 20, 20, 20] as const;
const SLOTS = TABLE_BITS.reduce((total, bits) => total + (1 << bits), 0);

/** Inputs of the mixers: the contexts, a constant, the repetition. */
export const INPUTS = ORDERS + 2;
const FIRST_WEIGHT = 17_000;
const BYTE_NODES = 256;
const MATCH_SETS = 12;
export const MATCH_LENGTH_MAX = 31;
export const MATCH_TABLE_BITS = 17;
/** Logits are corrected in steps of 128, and between them in proportion; for each partial byte after each byte (its lower six bits). */
export const REFINING_STEPS = 33;
const REFINING_CONTEXTS = 1 << 14;
const HALF_CHANCE = 0x8000;
const HISTORY_FIRST_BYTES = 1 << 17;

function refiningTable(): Uint16Array {
  const one = Uint16Array.from({ length: REFINING_STEPS }, (_, step) => (LOGISTIC[Math.min(2 * LOGIT_MAX, Math.max(0, (step - 16) * 128 + LOGIT_MAX))] ?? 0) * 16);
  const table = new Uint16Array(REFINING_CONTEXTS * REFINING_STEPS);
  for (let context = 0; context < REFINING_CONTEXTS; context += 1) table.set(one, context * REFINING_STEPS);
  return table;
}

export class TextState {
  readonly slots = new Uint32Array(SLOTS).fill(EVEN_CHANCE);
  /** Where each order's slots begin, and which part of a hash leads into them. */
  readonly first = Int32Array.from(TABLE_BITS, (_, order) => TABLE_BITS.slice(0, order).reduce((total, bits) => total + (1 << bits), 0));
  readonly mask = Int32Array.from(TABLE_BITS, (bits) => (1 << bits) - HALF_BYTE_SLOTS);
  /** Weights by what is known of the byte, and by how long the repetition is. */
  readonly byNode = new Int32Array(BYTE_NODES * INPUTS).fill(FIRST_WEIGHT);
  readonly byMatch = new Int32Array(MATCH_SETS * INPUTS).fill(FIRST_WEIGHT);
  readonly matchChances = new Uint16Array(MATCH_LENGTH_MAX + 1).fill(HALF_CHANCE);
  readonly matchTable = new Int32Array(1 << MATCH_TABLE_BITS);
  readonly refining = refiningTable();
  history = new Uint8Array(HISTORY_FIRST_BYTES);
  length = 0;

  append(byte: number): void {
    if (this.length === this.history.length) {
      const grown = new Uint8Array(this.history.length * 2);
      grown.set(this.history);
      this.history = grown;
    }
    this.history[this.length] = byte;
    this.length += 1;
  }
}

export function copyOfBeginning(state: TextState): TextState {
  const copy = new TextState();
  copy.slots.set(state.slots);
  copyBeginning(copy, state);
  return copy;
}

/** All but the slots. */
export function copyBeginning(state: TextState, from: TextState): void {
  state.byNode.set(from.byNode);
  state.byMatch.set(from.byMatch);
  state.matchChances.set(from.matchChances);
  state.matchTable.set(from.matchTable);
  state.refining.set(from.refining);
  if (state.history.length < from.length) state.history = new Uint8Array(from.history.length);
  state.history.set(from.history.subarray(0, from.length));
  state.length = from.length;
}

/** Half bytes whose changes are taken back one by one; beyond these all slots are copied. */
const CHANGES_MAX = 1 << 15;

/** Remembers for which half bytes slots were changed. */
export class Restorable {
  readonly #slots: Uint32Array;
  readonly #places = new Int32Array(CHANGES_MAX);
  #count = 0;

  constructor(slots: Uint32Array) {
    this.#slots = slots;
  }

  /** `bucket`: where the slots of a half byte begin. */
  note(bucket: number): void {
    if (this.#count < CHANGES_MAX) this.#places[this.#count] = bucket;
    this.#count += 1;
  }

  restore(beginning: Uint32Array): void {
    if (this.#count > CHANGES_MAX) {
      this.#slots.set(beginning);
    } else {
      for (let index = 0; index < this.#count; index += 1) {
        const bucket = this.#places[index] ?? 0;
        for (let place = bucket; place < bucket + HALF_BYTE_SLOTS; place += 1) this.#slots[place] = beginning[place] ?? 0;
      }
    }
    this.#count = 0;
  }

  forget(): void {
    this.#count = 0;
  }
}

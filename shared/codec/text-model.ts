import type { Coder } from './coder.ts';
import { LOGISTIC, LOGIT, LOGIT_MAX } from './logistic.ts';
import { learned } from './probabilities.ts';

/**
 * Predicts text bit by bit: the chances that five contexts have learned (the last one to four bytes, and the word so
 * far), and the continuation of the longest recent repetition, are mixed by weights that learn too (Mahoney 2005,
 * "Adaptive weighing of context models"). All of it in whole numbers. About 0.4 MB/s, a fifth smaller than Zstandard
 * at its best on notes of a morning: for thin lines and short texts.
 */
const ORDERS = 5;
const TABLE_BITS = 19;
const TABLE_SLOTS = 1 << TABLE_BITS;
/** Chances of one half byte lie together: fifteen nodes, the first slot unused. */
const HALF_BYTE_SLOTS = 16;
const SLOT_MASK = TABLE_SLOTS - HALF_BYTE_SLOTS;
const COUNT_LIMIT = 127;
const EVEN_CHANCE = 0x8000_0000;

/** Inputs of the mixers: the contexts, a constant, the repetition. */
const INPUTS = ORDERS + 2;
const BIAS = 256;
const FIRST_WEIGHT = 17_000;
const WEIGHT_UNITS_BITS = 16;
const LEARNING_RATE = 5;
const ERROR_BITS = 14;
const BYTE_NODES = 256;

const MATCH_LEAST = 6;
const MATCH_LENGTH_MAX = 31;
const MATCH_SETS = 12;
const MATCH_TABLE_BITS = 15;
const MATCH_RATE_BITS = 6;
const CHANCE_ONE = 0xffff;

/** Multipliers of the hashes: large, odd, and without meaning. */
const MIX_A = 0x2c1b_3c6d;
const MIX_B = 0x3d4d_51cb;
const MIX_WORD = 0x2f0b_4c47;
const ORDER_MIX = [0x9e37_79b1, 0x85eb_ca6b, 0xc2b2_ae35, 0x27d4_eb2f, 0x1656_67b1] as const;

/** Changes that are taken back one by one; beyond these the whole state is laid anew. */
const UNDO_MAX = 1 << 18;

function spread(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), MIX_A);
  return (mixed ^ (mixed >>> 13)) & SLOT_MASK;
}

function logitClamped(value: number): number {
  return value > LOGIT_MAX ? LOGIT_MAX : value < -LOGIT_MAX ? -LOGIT_MAX : value;
}

/** Of the length of a repetition, which set of weights trusts it as much. */
function matchSet(length: number): number {
  return length === 0 ? 0 : length < 16 ? 1 + (length >> 2) : 6 + (length >> 3);
}

class State {
  readonly slots = new Uint32Array(ORDERS * TABLE_SLOTS).fill(EVEN_CHANCE);
  readonly byNode = new Int32Array(BYTE_NODES * INPUTS).fill(FIRST_WEIGHT);
  readonly byMatch = new Int32Array(MATCH_SETS * INPUTS).fill(FIRST_WEIGHT);
  readonly matchChances = new Uint16Array(MATCH_LENGTH_MAX + 1).fill(0x8000);
  readonly matchTable = new Int32Array(1 << MATCH_TABLE_BITS);
  history = new Uint8Array(1 << 17);
  length = 0;
}

export class TextModel {
  readonly #now = new State();
  #primed: State | null = null;
  #undoPlaces = new Int32Array(UNDO_MAX);
  #undone = 0;

  #recent = 0;
  #word = 0;
  #matchAt = 0;
  #matchLength = 0;
  readonly #hashes = new Int32Array(ORDERS);
  readonly #bases = new Int32Array(ORDERS);
  readonly #inputs = new Int32Array(INPUTS);

  /** What comes up to here belongs to the beginning, to which `restart` goes back. */
  keepAsBeginning(): void {
    this.#primed = copyOf(this.#now);
    this.#undone = 0;
  }

  restart(): void {
    const primed = this.#primed;
    if (primed === null) throw new Error('broken assumption: the beginning of a text model is kept');
    if (this.#undone > UNDO_MAX) {
      this.#now.slots.set(primed.slots);
    } else {
      for (let index = 0; index < this.#undone; index += 1) {
        const place = this.#undoPlaces[index] ?? 0;
        this.#now.slots[place] = primed.slots[place] ?? 0;
      }
    }
    this.#undone = 0;
    layAnew(this.#now, primed);
    this.#matchLength = 0;
  }

  /** A new text of some column: what stood in another column before it says nothing. */
  begin(column: number): void {
    this.#recent = Math.imul(column + 1, MIX_WORD) | 0;
    this.#word = 0;
    this.#matchLength = 0;
    this.#setHashes();
  }

  /** One byte of text. */
  code(coder: Coder, byte: number): number {
    let partial = 1;
    for (let half = 0; half < 2; half += 1) {
      this.#setBases(half, partial);
      for (let node = 1, bit = 0; node < HALF_BYTE_SLOTS; node = (node << 1) | bit) {
        bit = this.#bit(coder, node, partial, (byte >>> (7 - bitsIn(partial))) & 1);
        partial = (partial << 1) | bit;
      }
    }
    this.#append(partial & 0xff);
    return partial & 0xff;
  }

  #setHashes(): void {
    const recent = this.#recent;
    const hashes = this.#hashes;
    hashes[0] = Math.imul((recent & 0xff) + 1, ORDER_MIX[0]);
    hashes[1] = Math.imul((recent & 0xffff) + 0x1_0000, ORDER_MIX[1]);
    hashes[2] = Math.imul((recent & 0xff_ffff) + 0x200_0000, ORDER_MIX[2]);
    hashes[3] = Math.imul(recent, ORDER_MIX[3]) + 0x5555;
    hashes[4] = Math.imul(this.#word + 0x123_4567, ORDER_MIX[4]);
  }

  #setBases(half: number, partial: number): void {
    for (let order = 0; order < ORDERS; order += 1) {
      const hash = this.#hashes[order] ?? 0;
      this.#bases[order] = order * TABLE_SLOTS + spread(half === 0 ? hash : (hash + Math.imul(partial, MIX_B)) | 0);
    }
  }

  #bit(coder: Coder, node: number, partial: number, actual: number): number {
    const { slots, byNode, byMatch, matchChances } = this.#now;
    const inputs = this.#inputs;
    const bases = this.#bases;
    for (let order = 0; order < ORDERS; order += 1) inputs[order] = LOGIT[(slots[(bases[order] ?? 0) + node] ?? 0) >>> 20] ?? 0;
    inputs[ORDERS] = BIAS;
    const expected = this.#expectedBit(partial);
    const length = expected < 0 ? 0 : Math.min(this.#matchLength, MATCH_LENGTH_MAX);
    const trust = LOGIT[(matchChances[length] ?? 0) >>> 4] ?? 0;
    inputs[ORDERS + 1] = expected < 0 ? 0 : expected === 1 ? trust : -trust;

    const first = partial * INPUTS;
    const second = matchSet(length) * INPUTS;
    let sumFirst = 0;
    let sumSecond = 0;
    for (let index = 0; index < INPUTS; index += 1) {
      const input = inputs[index] ?? 0;
      sumFirst += input * (byNode[first + index] ?? 0);
      sumSecond += input * (byMatch[second + index] ?? 0);
    }
    const logitFirst = logitClamped(Math.floor(sumFirst / (1 << WEIGHT_UNITS_BITS)));
    const logitSecond = logitClamped(Math.floor(sumSecond / (1 << WEIGHT_UNITS_BITS)));
    const chance = LOGISTIC[((logitFirst + logitSecond) >> 1) + LOGIT_MAX] ?? 0;
    const bit = coder.weighed(chance << 4, actual);

    const errorFirst = Math.imul((bit << 12) - (LOGISTIC[logitFirst + LOGIT_MAX] ?? 0), LEARNING_RATE);
    const errorSecond = Math.imul((bit << 12) - (LOGISTIC[logitSecond + LOGIT_MAX] ?? 0), LEARNING_RATE);
    for (let index = 0; index < INPUTS; index += 1) {
      const input = inputs[index] ?? 0;
      byNode[first + index] = (byNode[first + index] ?? 0) + ((Math.imul(input, errorFirst) + 0x2000) >> ERROR_BITS);
      byMatch[second + index] = (byMatch[second + index] ?? 0) + ((Math.imul(input, errorSecond) + 0x2000) >> ERROR_BITS);
    }
    for (let order = 0; order < ORDERS; order += 1) {
      const place = (bases[order] ?? 0) + node;
      const state = slots[place] ?? 0;
      if (this.#undone < UNDO_MAX) this.#undoPlaces[this.#undone] = place;
      this.#undone += 1;
      slots[place] = learned(state, bit, COUNT_LIMIT);
    }
    if (expected >= 0) {
      const before = matchChances[length] ?? 0;
      matchChances[length] = before + (((expected === bit ? CHANCE_ONE : 0) - before) >> MATCH_RATE_BITS);
      if (expected !== bit) this.#matchLength = 0;
    }
    return bit;
  }

  /** The bit that the repetition would bring, or -1 where there is none or it went another way within this byte. */
  #expectedBit(partial: number): number {
    if (this.#matchLength === 0) return -1;
    const byte = (this.#now.history[this.#matchAt] ?? 0) | 0x100;
    const seen = bitsIn(partial);
    return byte >>> (8 - seen) === partial ? (byte >>> (7 - seen)) & 1 : -1;
  }

  #append(byte: number): void {
    const state = this.#now;
    this.#recent = (this.#recent << 8) | byte;
    const lower = byte | 0x20;
    this.#word = (lower >= 0x61 && lower <= 0x7a) || byte >= 0x80 ? Math.imul(this.#word + lower, MIX_WORD) : 0;
    if (state.length === state.history.length) {
      const grown = new Uint8Array(state.history.length * 2);
      grown.set(state.history);
      state.history = grown;
    }
    state.history[state.length] = byte;
    state.length += 1;
    this.#follow(state);
    this.#setHashes();
  }

  /** Goes on with the repetition, or looks whether the last bytes have stood here before. */
  #follow(state: State): void {
    if (this.#matchLength > 0) {
      this.#matchAt += 1;
      this.#matchLength += 1;
    }
    const { history, length, matchTable } = state;
    if (length < MATCH_LEAST) return;
    let hash = 0;
    for (let back = 1; back <= MATCH_LEAST; back += 1) hash = Math.imul(hash + (history[length - back] ?? 0) + 1, MIX_WORD);
    const place = hash >>> (32 - MATCH_TABLE_BITS);
    if (this.#matchLength === 0) {
      const candidate = matchTable[place] ?? 0;
      let same = 0;
      while (same < MATCH_LENGTH_MAX && candidate - 1 - same >= 0 && history[candidate - 1 - same] === history[length - 1 - same]) same += 1;
      if (same >= MATCH_LEAST) {
        this.#matchAt = candidate;
        this.#matchLength = same;
      }
    }
    matchTable[place] = length;
  }
}

/** How many bits a partial byte with its leading one has. */
function bitsIn(partial: number): number {
  return 31 - Math.clz32(partial);
}

function copyOf(state: State): State {
  const copy = new State();
  copy.slots.set(state.slots);
  layAnew(copy, state);
  return copy;
}

/** All but the chances. */
function layAnew(state: State, from: State): void {
  state.byNode.set(from.byNode);
  state.byMatch.set(from.byMatch);
  state.matchChances.set(from.matchChances);
  state.matchTable.set(from.matchTable);
  if (state.history.length < from.length) state.history = new Uint8Array(from.history.length);
  state.history.set(from.history.subarray(0, from.length));
  state.length = from.length;
}

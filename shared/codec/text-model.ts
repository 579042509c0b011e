import type { Coder } from './coder.ts';
import { LOGISTIC, LOGIT, LOGIT_MAX } from './logistic.ts';
import { learned } from './probabilities.ts';
import { copyBeginning, copyOfBeginning, EVEN_CHANCE, HALF_BYTE_SLOTS, INPUTS, MATCH_LENGTH_MAX, MATCH_TABLE_BITS, ORDERS, REFINING_STEPS, Restorable, TextState } from './text-state.ts';

/**
 * Predicts text bit by bit: the chances that five contexts have learned (the last one to four bytes, and the word so
 * far) and the continuation of the longest recent repetition are mixed by weights that learn too, and the outcome is
 * corrected by how such outcomes have turned out (Mahoney 2005, "Adaptive weighing of context models for lossless data
 * compression"). All of it in whole numbers. A quarter smaller than Zstandard at its best on the notes of a morning,
 * and a hundred times slower: for thin lines and short texts.
 */
const COUNT_LIMIT = 127;
const BIAS = 256;
const WEIGHT_UNITS = 1 << 16;
const LEARNING_RATE = 5;
const ERROR_BITS = 14;
const ERROR_HALF = 0x2000;
const MATCH_LEAST = 6;
const RATE_BITS = 6;
const CHANCE_ONE = 0xffff;
const COUNT_MASK = 0x3ff;

/** Multipliers of the hashes: large, odd, and without meaning. */
const MIX_A = 0x2c1b_3c6d;
const MIX_B = 0x3d4d_51cb;
const MIX_CHECK = 0x9e37_79b1;
const MIX_WORD = 0x2f0b_4c47;
const ORDER_MIX = [0x9e37_79b1, 0x85eb_ca6b, 0xc2b2_ae35, 0x27d4_eb2f, 0x1656_67b1] as const;

function logitClamped(sum: number): number {
  const logit = Math.floor(sum / WEIGHT_UNITS);
  return logit > LOGIT_MAX ? LOGIT_MAX : logit < -LOGIT_MAX ? -LOGIT_MAX : logit;
}

/** Of the length of a repetition, which set of weights trusts it as much. */
function matchSet(length: number): number {
  return length === 0 ? 0 : length < 16 ? 1 + (length >> 2) : 6 + (length >> 3);
}

/** How many bits a partial byte with its leading one has. */
function bitsIn(partial: number): number {
  return 31 - Math.clz32(partial);
}

export class TextModel {
  readonly #now = new TextState();
  readonly #changes = new Restorable(this.#now.slots);
  #beginning: TextState | null = null;

  #recent = 0;
  #word = 0;
  #matchAt = 0;
  #matchLength = 0;
  readonly #hashes = new Int32Array(ORDERS);
  readonly #bases = new Int32Array(ORDERS);
  readonly #inputs = new Int32Array(INPUTS);

  /** What was learned up to here is the beginning, to which `restart` goes back. */
  keepAsBeginning(): void {
    this.#beginning = copyOfBeginning(this.#now);
    this.#changes.forget();
  }

  restart(): void {
    const beginning = this.#beginning;
    if (beginning === null) throw new Error('broken assumption: the beginning of a text model is kept');
    this.#changes.restore(beginning.slots);
    copyBeginning(this.#now, beginning);
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
      for (let order = 0; order < ORDERS; order += 1) this.#bases[order] = this.#bucket(order, half === 0 ? (this.#hashes[order] ?? 0) : ((this.#hashes[order] ?? 0) + Math.imul(partial, MIX_B)) | 0);
      for (let node = 1, bit = 0; node < HALF_BYTE_SLOTS; node = (node << 1) | bit) {
        bit = this.#bit(coder, node, partial, (byte >>> (7 - bitsIn(partial))) & 1);
        partial = (partial << 1) | bit;
      }
    }
    this.#append(partial & 0xff);
    this.#follow();
    this.#setHashes();
    return partial & 0xff;
  }

  /** One byte that both sides know already: what follows what, without the weighing, which costs the most time and is learned soon. */
  learn(byte: number): void {
    const { slots } = this.#now;
    for (let half = 0, partial = 1; half < 2; half += 1) {
      const nibble = half === 0 ? byte >>> 4 : byte & 0xf;
      for (let order = 0; order < ORDERS; order += 1) {
        const base = this.#bucket(order, half === 0 ? (this.#hashes[order] ?? 0) : ((this.#hashes[order] ?? 0) + Math.imul(partial, MIX_B)) | 0);
        for (let node = 1, shift = 3; shift >= 0; shift -= 1) {
          const bit = (nibble >>> shift) & 1;
          slots[base + node] = learned(slots[base + node] ?? 0, bit, COUNT_LIMIT);
          node = (node << 1) | bit;
        }
      }
      partial = 16 | nibble;
    }
    this.#matchLength = 0;
    this.#append(byte);
    this.#keepPlace();
    this.#setHashes();
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

  /**
   * The place of a context's chances: one of two neighbours that carries its check, else the one that has seen less,
   * cleared for it.
   */
  #bucket(order: number, hash: number): number {
    const { slots, first, mask } = this.#now;
    let mixed = Math.imul(hash ^ (hash >>> 15), MIX_A);
    mixed ^= mixed >>> 13;
    const check = ((mixed >>> 22) ^ (Math.imul(mixed, MIX_CHECK) >>> 16)) | 1;
    const here = (first[order] ?? 0) + (mixed & (mask[order] ?? 0));
    const beside = here ^ HALF_BYTE_SLOTS;
    const known = slots[here] === check ? here : slots[beside] === check ? beside : -1;
    const bucket = known >= 0 ? known : ((slots[beside + 1] ?? 0) & COUNT_MASK) < ((slots[here + 1] ?? 0) & COUNT_MASK) ? beside : here;
    this.#changes.note(bucket);
    if (known < 0) {
      for (let slot = bucket + 1; slot < bucket + HALF_BYTE_SLOTS; slot += 1) slots[slot] = EVEN_CHANCE;
      slots[bucket] = check;
    }
    return bucket;
  }

  #bit(coder: Coder, node: number, partial: number, actual: number): number {
    const { slots, byNode, byMatch, matchChances, refining } = this.#now;
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
    const logitFirst = logitClamped(sumFirst);
    const logitSecond = logitClamped(sumSecond);
    const logit = (logitFirst + logitSecond) >> 1;

    // Between two steps of the table of outcomes, and one part the mix itself to three parts what such mixes came to.
    const place = logit + LOGIT_MAX + 1;
    const step = (partial | ((this.#recent & 0x3f) << 8)) * REFINING_STEPS + (place >> 7);
    const share = place & 127;
    const refined = (((refining[step] ?? 0) * (128 - share) + (refining[step + 1] ?? 0) * share) >> 7) >> 4;
    const chance = ((LOGISTIC[logit + LOGIT_MAX] ?? 0) + 3 * refined + 2) >> 2;
    const bit = coder.weighed(Math.min(4094, Math.max(1, chance)) << 4, actual);

    const outcome = bit === 1 ? CHANCE_ONE : 0;
    const nearest = step + (share >> 6);
    refining[nearest] = (refining[nearest] ?? 0) + ((outcome - (refining[nearest] ?? 0)) >> RATE_BITS);
    const errorFirst = Math.imul((bit << 12) - (LOGISTIC[logitFirst + LOGIT_MAX] ?? 0), LEARNING_RATE);
    const errorSecond = Math.imul((bit << 12) - (LOGISTIC[logitSecond + LOGIT_MAX] ?? 0), LEARNING_RATE);
    for (let index = 0; index < INPUTS; index += 1) {
      const input = inputs[index] ?? 0;
      byNode[first + index] = (byNode[first + index] ?? 0) + ((Math.imul(input, errorFirst) + ERROR_HALF) >> ERROR_BITS);
      byMatch[second + index] = (byMatch[second + index] ?? 0) + ((Math.imul(input, errorSecond) + ERROR_HALF) >> ERROR_BITS);
    }
    for (let order = 0; order < ORDERS; order += 1) {
      const slot = (bases[order] ?? 0) + node;
      slots[slot] = learned(slots[slot] ?? 0, bit, COUNT_LIMIT);
    }
    if (expected >= 0) {
      const before = matchChances[length] ?? 0;
      matchChances[length] = before + (((expected === bit ? CHANCE_ONE : 0) - before) >> RATE_BITS);
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
    this.#recent = (this.#recent << 8) | byte;
    const lower = byte | 0x20;
    this.#word = (lower >= 0x61 && lower <= 0x7a) || byte >= 0x80 ? Math.imul(this.#word + lower, MIX_WORD) : 0;
    this.#now.append(byte);
  }

  /** Goes on with the repetition, or looks whether the last bytes have stood here before. */
  #follow(): void {
    if (this.#matchLength > 0) {
      this.#matchAt += 1;
      this.#matchLength += 1;
    }
    const candidate = this.#keepPlace();
    if (this.#matchLength > 0 || candidate === 0) return;
    const { history, length } = this.#now;
    let same = 0;
    while (same < MATCH_LENGTH_MAX && candidate - 1 - same >= 0 && history[candidate - 1 - same] === history[length - 1 - same]) same += 1;
    if (same >= MATCH_LEAST) {
      this.#matchAt = candidate;
      this.#matchLength = same;
    }
  }

  /** Notes behind which bytes the text stands, and gives where they seem to have stood before; 0 for nowhere. */
  #keepPlace(): number {
    const { history, length, matchTable } = this.#now;
    if (length < MATCH_LEAST) return 0;
    let hash = 0;
    for (let back = 1; back <= MATCH_LEAST; back += 1) hash = Math.imul(hash + (history[length - back] ?? 0) + 1, MIX_WORD);
    const place = hash >>> (32 - MATCH_TABLE_BITS);
    const candidate = matchTable[place] ?? 0;
    matchTable[place] = length;
    return candidate;
  }
}


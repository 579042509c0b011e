import { fromHex, toHex } from '../base/bytes.ts';
import { MalformedBytes } from '../sync/wire-bytes.ts';
import type { Coder } from './coder.ts';
import { KnownList } from './known-list.ts';
import { codeBytes, codeSymbol, codeTree, codeUint, SYMBOL_SLOTS, UINT_SLOTS } from './numbers.ts';

/** Ids, keys, hashes and signatures in hexadecimal: what no compressor shrinks, unless it has been seen before. */
export class HexTable {
  readonly known = new KnownList();
  /** Chain hashes of every entry so far, and those before each run: an entry that names the head of another lane points here. */
  readonly #hashes: Uint8Array[] = [];
  #places: Map<string, number> | null = null;

  addHash(hash: Uint8Array): void {
    this.#places?.set(toHex(hash), this.#hashes.length);
    this.#hashes.push(hash);
  }

  get hashes(): number {
    return this.#hashes.length;
  }

  /** -1 where it is none of them. Written out once somebody asks. */
  placeOfHash(hex: string): number {
    this.#places ??= new Map(this.#hashes.map((hash, place) => [toHex(hash), place]));
    return this.#places.get(hex) ?? -1;
  }

  hashAt(place: number): string {
    const hash = this.#hashes[place];
    if (hash === undefined) throw new MalformedBytes('points to nothing');
    return toHex(hash);
  }
}

const HEX = /^[0-9a-f]+$/;
const HEX_MIN_CHARACTERS = 16;
const HEX_MAX_CHARACTERS = 256;
const HASH_CHARACTERS = 64;

export function isHex(text: string): boolean {
  return text.length >= HEX_MIN_CHARACTERS && text.length <= HEX_MAX_CHARACTERS && text.length % 2 === 0 && HEX.test(text);
}

const HOW = { known: 0, hash: 1, plain: 2 } as const;

export class HexColumn {
  #how = -1;
  #known = -1;
  #hash = -1;
  #length = -1;

  copy(): HexColumn {
    const copy = new HexColumn();
    copy.#how = this.#how;
    copy.#known = this.#known;
    copy.#hash = this.#hash;
    copy.#length = this.#length;
    return copy;
  }

  code(coder: Coder, table: HexTable, text: string | null): string {
    if (this.#how === -1) {
      this.#how = coder.probabilities.reserve(4);
      this.#known = coder.probabilities.reserve(SYMBOL_SLOTS);
      this.#hash = coder.probabilities.reserve(UINT_SLOTS);
      this.#length = coder.probabilities.reserve(SYMBOL_SLOTS);
    }
    const known = text === null ? -1 : table.known.placeOf(text);
    const hash = text === null || known >= 0 || text.length !== HASH_CHARACTERS ? -1 : table.placeOfHash(text);
    const how = codeTree(coder, this.#how, 2, known >= 0 ? HOW.known : hash >= 0 ? HOW.hash : HOW.plain);
    if (how === HOW.known) return table.known.at(table.known.length - 1 - codeSymbol(coder, this.#known, table.known.length - 1 - known));
    if (how === HOW.hash) return table.hashAt(table.hashes - 1 - codeUint(coder, this.#hash, table.hashes - 1 - hash));
    const length = codeSymbol(coder, this.#length, text === null ? 0 : text.length / 2);
    if (length > HEX_MAX_CHARACTERS / 2) throw new MalformedBytes('hexadecimal too long');
    const plain = toHex(codeBytes(coder, length, text === null ? null : fromHex(text)));
    table.known.add(plain);
    return plain;
  }
}

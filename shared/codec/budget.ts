import { MalformedBytes } from '../sync/wire-bytes.ts';

/** Values of all bodies of one content together; what would be more travels as bytes. */
export const VALUES_MAX = 1_000_000;
/** Values of one body; a larger one travels as bytes. */
export const BODY_VALUES_MAX = 50_000;
/** Different places in bodies (kind and path) of one content. */
export const PATHS_MAX = 4096;
/** Different acts (kind of entry, rule, purpose) of one content; entries of more travel whole. */
export const ACTS_MAX = 1024;
/** Different strings, ids, segments of one content that later ones can point to. */
export const KNOWN_MAX = 65_535;
/** Longer strings are not remembered. */
export const KNOWN_STRING_MAX_CHARACTERS = 200;
/** Text that is modelled byte by byte; more goes to Zstandard, which is a hundred times faster. */
export const MODELLED_TEXT_MAX_BYTES = 1024 * 1024;
/** Bodies whose text is modelled, in bytes together, for a thin line, for a fast one, and where it is to be read fast. */
export const MODELLED_BODIES_MAX_BYTES = { thorough: 768 * 1024, quick: 4 * 1024, stored: 4 * 1024 } as const;

/** Punctuation around a value. */
const VALUE_BYTES = 4;

/** What a reader may make of a content, whatever the content claims. */
export class Budget {
  #bytes: number;
  #values = VALUES_MAX;

  /** `bytes`: of all headers and bodies together. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  text(length: number): void {
    this.#bytes -= length;
    if (this.#bytes < 0) throw new MalformedBytes('unpacks to more than it may');
  }

  value(): void {
    this.#values -= 1;
    this.#bytes -= VALUE_BYTES;
    if (this.#values < 0) throw new MalformedBytes('more values than it may have');
  }

  valuesLeft(): number {
    return this.#values;
  }
}

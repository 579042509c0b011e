import { fromUtf8 } from '../base/bytes.ts';
import { JsonScanner } from './json-scanner.ts';

const BUFFER_FIRST_BYTES = 64 * 1024;
/** A buffer that one large unit has stretched beyond this is given back. */
const BUFFER_KEPT_BYTES = 1024 * 1024;

function decoded(bytes: Uint8Array): string | null {
  try {
    return fromUtf8(bytes);
  } catch {
    return null;
  }
}

function unescaped(quoted: string): string {
  try {
    const text: unknown = JSON.parse(quoted);
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}

/** One JSON object on its way through the chunks: its scanner, where it began, and its bytes of earlier chunks. */
export class JsonUnit {
  readonly scanner: JsonScanner;
  /** Stream offset of the opening brace, and its line from 1. */
  start = 0;
  line = 1;
  /** Index in the current chunk of the first byte that is not buffered yet. */
  loose = 0;
  #buffer = new Uint8Array(0);
  #length = 0;

  constructor(depthMax: number) {
    this.scanner = new JsonScanner(depthMax);
  }

  get bufferedLength(): number {
    return this.#length;
  }

  begin(offset: number, line: number, chunkIndex: number): void {
    this.start = offset;
    this.line = line;
    this.loose = chunkIndex;
    this.#length = 0;
    if (this.#buffer.length > BUFFER_KEPT_BYTES) this.#buffer = new Uint8Array(0);
    this.scanner.reset();
  }

  /** Keeps the loose bytes of the chunk up to `end`, which the chunk's owner may then overwrite. */
  absorb(chunk: Uint8Array, end: number): void {
    const needed = this.#length + end - this.loose;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(BUFFER_FIRST_BYTES, needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk.subarray(this.loose, end), this.#length);
    this.#length = needed;
    this.loose = end;
  }

  /** All bytes of the unit up to `end` of the chunk; valid until the next call on this unit. */
  bytes(chunk: Uint8Array, end: number): Uint8Array {
    if (this.#length === 0) return chunk.subarray(this.loose, end);
    this.absorb(chunk, end);
    return this.buffered();
  }

  buffered(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The outermost string that the scanner saw last, which ends in this chunk or an earlier one. */
  lastString(chunk: Uint8Array, base: number): string {
    const { stringStart, stringEnd, stringEscaped } = this.scanner;
    const quoted = this.#slice(chunk, base, stringStart - 1, stringEnd + 1);
    // An escape that is none shows when the whole unit is parsed; until then it is no name we know.
    const text = decoded(quoted) ?? '';
    if (!stringEscaped) return text.slice(1, -1);
    return unescaped(text);
  }

  #slice(chunk: Uint8Array, base: number, from: number, to: number): Uint8Array {
    if (from >= base + this.loose) return chunk.subarray(from - base, to - base);
    if (this.loose + base < to) this.absorb(chunk, to - base);
    const end = this.#length - (base + this.loose - to);
    return this.#buffer.subarray(end - (to - from), end);
  }

  truncate(length: number): void {
    this.#length = length;
  }
}

const OTHER = 0;
const WHITESPACE = 1;
const NEWLINE = 2;
const QUOTE = 3;
const OPEN = 4;
const CLOSE = 5;
const COLON = 6;

const CLASS_OF_BYTE = new Uint8Array(256);
CLASS_OF_BYTE[0x20] = WHITESPACE;
CLASS_OF_BYTE[0x09] = WHITESPACE;
CLASS_OF_BYTE[0x0d] = WHITESPACE;
CLASS_OF_BYTE[0x0a] = NEWLINE;
CLASS_OF_BYTE[0x22] = QUOTE;
CLASS_OF_BYTE[0x7b] = OPEN;
CLASS_OF_BYTE[0x5b] = OPEN;
CLASS_OF_BYTE[0x7d] = CLOSE;
CLASS_OF_BYTE[0x5d] = CLOSE;
CLASS_OF_BYTE[0x3a] = COLON;

const QUOTE_BYTE = 0x22;
const BACKSLASH_BYTE = 0x5c;

/**
 * Why a scan stopped. `name`: the colon behind a member name of the outermost object. The next three only while
 * `watching`: a container opened as a member's value, that container closed, a string value ended.
 */
export type ScanStop = 'out-of-bytes' | 'name' | 'opened' | 'closed' | 'string' | 'end' | 'too-deep';

/**
 * Follows strings and brackets of one JSON object through bytes that arrive in pieces, and stops where its
 * outermost members begin and end. It looks at each byte once and decides nothing about validity: whoever takes
 * the bytes parses them.
 */
export class JsonScanner {
  depth = 0;
  stop: ScanStop = 'out-of-bytes';
  /** Stops at the value of the current outermost member too. */
  watching = false;
  /** The outermost string seen last, without its quotes: offsets into the stream, and whether it holds an escape. */
  stringStart = 0;
  stringEnd = 0;
  stringEscaped = false;
  /** There is whitespace between tokens. */
  spaced = false;
  /** Some string holds an escape. */
  escaped = false;
  /** How many colons stand between tokens: as many as there are members, at all depths. */
  colons = 0;
  /** How many newlines stand between tokens. */
  newlines = 0;
  #inString = false;
  #afterBackslash = false;
  readonly #depthMax: number;

  constructor(depthMax: number) {
    this.#depthMax = depthMax;
  }

  reset(): void {
    this.depth = 0;
    this.stop = 'out-of-bytes';
    this.watching = false;
    this.stringEscaped = false;
    this.spaced = false;
    this.escaped = false;
    this.colons = 0;
    this.newlines = 0;
    this.#inString = false;
    this.#afterBackslash = false;
  }

  /** Takes over what was scanned inside by another scanner. */
  include(inner: JsonScanner): void {
    this.spaced ||= inner.spaced;
    this.escaped ||= inner.escaped;
    this.colons += inner.colons;
    this.newlines += inner.newlines;
  }

  /** Reads on from `at`; gives the index behind the byte it stopped at. `base` is the stream offset of `bytes[0]`. */
  scan(bytes: Uint8Array, from: number, base: number): number {
    const end = bytes.length;
    let at = from;
    while (at < end) {
      if (this.#inString) {
        at = this.#scanString(bytes, at, base);
        if (this.stop === 'string') return at;
        continue;
      }
      const kind = CLASS_OF_BYTE[bytes[at++] ?? 0];
      if (kind === OTHER) continue;
      if (kind === QUOTE) {
        this.#inString = true;
        if (this.depth === 1) {
          this.stringStart = base + at;
          this.stringEscaped = false;
        }
      } else if (kind === COLON) {
        this.colons += 1;
        if (this.depth === 1) return this.#stopped('name', at);
      } else if (kind === OPEN) {
        this.depth += 1;
        if (this.depth > this.#depthMax) return this.#stopped('too-deep', at);
        if (this.depth === 2 && this.watching) return this.#stopped('opened', at);
      } else if (kind === CLOSE) {
        this.depth -= 1;
        if (this.depth <= 0) return this.#stopped('end', at);
        if (this.depth === 1 && this.watching) return this.#stopped('closed', at);
      } else {
        this.spaced = true;
        if (kind === NEWLINE) this.newlines += 1;
      }
    }
    return this.#stopped('out-of-bytes', at);
  }

  #stopped(stop: ScanStop, at: number): number {
    this.stop = stop;
    return at;
  }

  #scanString(bytes: Uint8Array, from: number, base: number): number {
    const end = bytes.length;
    let at = from;
    if (this.#afterBackslash) {
      this.#afterBackslash = false;
      at += 1;
    }
    this.stop = 'out-of-bytes';
    while (at < end) {
      const byte = bytes[at];
      at += 1;
      if (byte === QUOTE_BYTE) {
        this.#inString = false;
        if (this.depth === 1) {
          this.stringEnd = base + at - 1;
          if (this.watching) this.stop = 'string';
        }
        return at;
      }
      if (byte === BACKSLASH_BYTE) {
        this.escaped = true;
        if (this.depth === 1) this.stringEscaped = true;
        if (at >= end) this.#afterBackslash = true;
        at += 1;
      }
    }
    return end;
  }
}

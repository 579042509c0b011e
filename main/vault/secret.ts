import { inspect } from 'node:util';
import { equalBytes } from '../../shared/base/bytes.ts';

const SHOWN_AS = '[secret]';

/**
 * Bytes that must not leave by accident: text conversion, JSON, inspection, structured clone and log lines show
 * `[secret]` or nothing, `destroy` overwrites them, and any use after that throws.
 */
export class Secret {
  #bytes: Uint8Array<ArrayBuffer> | null;

  private constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** Takes the bytes over: they are copied to memory of their own and the source is overwritten with zeroes. */
  static take(source: Uint8Array): Secret {
    const bytes = new Uint8Array(source);
    source.fill(0);
    return new Secret(bytes);
  }

  /** Copies the bytes; the source stays as it is and stays the caller's to overwrite. */
  static copyOf(source: Uint8Array): Secret {
    return new Secret(new Uint8Array(source));
  }

  get length(): number {
    return this.#alive().length;
  }

  get destroyed(): boolean {
    return this.#bytes === null;
  }

  /** Lends the bytes for the length of one call. The borrower neither keeps nor changes them. */
  use<Value>(borrow: (bytes: Uint8Array<ArrayBuffer>) => Value): Value {
    return borrow(this.#alive());
  }

  /** Compares without an early exit. `===` compares identities, which says nothing about the bytes. */
  equals(other: Secret): boolean {
    return this.use((mine) => other.use((theirs) => equalBytes(mine, theirs)));
  }

  /** Another holder of the same bytes, with a life of its own. */
  clone(): Secret {
    return this.use((bytes) => Secret.copyOf(bytes));
  }

  /** Overwrites the bytes. May be called again. */
  destroy(): void {
    this.#bytes?.fill(0);
    this.#bytes = null;
  }

  toString(): string {
    return SHOWN_AS;
  }

  toJSON(): string {
    return SHOWN_AS;
  }

  [inspect.custom](): string {
    return SHOWN_AS;
  }

  #alive(): Uint8Array<ArrayBuffer> {
    if (this.#bytes === null) throw new Error('broken assumption: a destroyed secret is not used');
    return this.#bytes;
  }
}

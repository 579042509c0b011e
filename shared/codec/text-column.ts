import { concatBytes, utf8 } from '../base/bytes.ts';
import { MalformedBytes } from '../sync/wire-bytes.ts';
import type { Coder } from './coder.ts';
import type { TextModel } from './text-model.ts';

/**
 * Where text goes that no column knows: words of people, and whatever has no shape. Each text ends in a zero byte, so
 * none may hold one; bytes have their length told elsewhere.
 */
export type TextColumn = {
  /** `column`: a number for the place where the text stands (`columnNumber`). */
  text(coder: Coder, text: string | null, column: number): string;
  bytes(coder: Coder, length: number, bytes: Uint8Array | null): Uint8Array;
};

const END_BYTE = 0;
const END = Uint8Array.of(END_BYTE);

/** For texts that stand at no place of a body. */
export const NO_COLUMN = 0;
const COLUMN_MIX = 0x0100_0193;

/** Of the name under which a text stands; names that meet by chance share what they learn, no more. */
export function columnNumber(property: string): number {
  let hash = NO_COLUMN;
  for (let index = 0; index < property.length; index += 1) hash = Math.imul(hash ^ property.charCodeAt(index), COLUMN_MIX);
  return hash;
}

/** Predicts each byte from those before it (text-model.ts). */
export class ModelledTexts implements TextColumn {
  readonly #model: TextModel;
  #left: number;

  /** `maxBytes`: of all texts together; modelling is slow, and whoever sent them may not mean well. */
  constructor(model: TextModel, maxBytes: number) {
    this.#model = model;
    this.#left = maxBytes;
    model.restart();
  }

  text(coder: Coder, text: string | null, column: number): string {
    this.#model.begin(column);
    if (text !== null) {
      this.#write(coder, utf8(text));
      this.#model.code(coder, END_BYTE);
      return text;
    }
    const bytes: number[] = [];
    for (;;) {
      this.#spend(1);
      const byte = this.#model.code(coder, 0);
      if (byte === END_BYTE) return readUtf8(Uint8Array.from(bytes));
      bytes.push(byte);
    }
  }

  bytes(coder: Coder, length: number, bytes: Uint8Array | null): Uint8Array {
    this.#model.begin(NO_COLUMN);
    if (bytes !== null) {
      this.#write(coder, bytes);
      return bytes;
    }
    this.#spend(length);
    return Uint8Array.from({ length }, () => this.#model.code(coder, 0));
  }

  #write(coder: Coder, bytes: Uint8Array): void {
    for (const byte of bytes) this.#model.code(coder, byte);
  }

  #spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new MalformedBytes('more text than may be modelled');
  }
}

/** Learns the texts of a context: nothing travels. */
export class LearnedTexts implements TextColumn {
  readonly #model: TextModel;

  /** `model`: as `ModelledTexts` has it, restarted. */
  constructor(model: TextModel) {
    this.#model = model;
  }

  text(_coder: Coder, text: string | null, column: number): string {
    this.#model.begin(column);
    this.#learn(utf8(text ?? ''));
    this.#model.learn(END_BYTE);
    return text ?? '';
  }

  bytes(_coder: Coder, _length: number, bytes: Uint8Array | null): Uint8Array {
    this.#model.begin(NO_COLUMN);
    this.#learn(bytes ?? new Uint8Array());
    return bytes ?? new Uint8Array();
  }

  #learn(bytes: Uint8Array): void {
    for (const byte of bytes) this.#model.learn(byte);
  }
}

/** Gathers what is to be compressed as a whole. */
export class TextGatherer implements TextColumn {
  readonly #parts: Uint8Array[] = [];

  text(_coder: Coder, text: string | null): string {
    this.#parts.push(utf8(text ?? ''), END);
    return text ?? '';
  }

  bytes(_coder: Coder, _length: number, bytes: Uint8Array | null): Uint8Array {
    const part = bytes ?? new Uint8Array();
    this.#parts.push(part);
    return part;
  }

  all(): Uint8Array<ArrayBuffer> {
    return concatBytes(...this.#parts);
  }
}

/** Hands out again what a gatherer gathered. */
export class TextGiver implements TextColumn {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new MalformedBytes('text without an end');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return readUtf8(part);
  }

  bytes(_coder: Coder, length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new MalformedBytes('cut short');
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}

/** A byte order mark is a character like any other here. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function readUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new MalformedBytes('not UTF-8', { cause });
  }
}

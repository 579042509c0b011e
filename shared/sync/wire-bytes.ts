import { concatBytes, fromUtf8, utf8 } from '../base/bytes.ts';

/** Thrown inside a reader and turned into a Result by `readAll`; never leaves this folder. */
export class MalformedBytes extends Error {}
/** The bytes end before the shape does: more of them may make it whole. */
export class CutShort extends MalformedBytes {}

const VARINT_MAX_BYTES = 8;
const SEVEN_BITS = 0x80;

/** Builds binary shapes: fixed-width bytes, unsigned LEB128 integers up to 2^53 - 1, and length-prefixed bytes. */
export type ByteWriter = {
  fixed(bytes: Uint8Array): ByteWriter;
  uint(value: number): ByteWriter;
  bytes(bytes: Uint8Array): ByteWriter;
  text(text: string): ByteWriter;
  done(): Uint8Array<ArrayBuffer>;
};

/** Almost every number on the line is a small one; nobody changes these. */
const SINGLE_BYTES = Array.from({ length: SEVEN_BITS }, (_, value) => Uint8Array.of(value));

export function varint(value: number): Uint8Array {
  const single = SINGLE_BYTES[value];
  if (single !== undefined) return single;
  if (!Number.isSafeInteger(value) || value < 0) throw new Error('broken assumption: only unsigned safe integers travel');
  const out: number[] = [];
  let rest = value;
  while (rest >= SEVEN_BITS) {
    out.push((rest % SEVEN_BITS) | SEVEN_BITS);
    rest = Math.floor(rest / SEVEN_BITS);
  }
  out.push(rest);
  return Uint8Array.from(out);
}

export function byteWriter(): ByteWriter {
  const parts: Uint8Array[] = [];
  const writer: ByteWriter = {
    fixed(bytes) {
      parts.push(bytes);
      return writer;
    },
    uint(value) {
      parts.push(varint(value));
      return writer;
    },
    bytes(bytes) {
      parts.push(varint(bytes.length), bytes);
      return writer;
    },
    text(text) {
      return writer.bytes(utf8(text));
    },
    done: () => concatBytes(...parts),
  };
  return writer;
}

/** Reads what ByteWriter wrote. Every method throws MalformedBytes when the bytes do not hold what is asked for. */
export type ByteReader = {
  fixed(length: number): Uint8Array;
  uint(max?: number): number;
  bytes(max: number): Uint8Array;
  text(max: number): string;
  rest(): Uint8Array;
  remaining(): number;
};

export function byteReader(source: Uint8Array): ByteReader {
  let offset = 0;
  const take = (length: number): Uint8Array => {
    if (length > source.length - offset) throw new CutShort('cut short');
    const part = source.subarray(offset, offset + length);
    offset += length;
    return part;
  };
  const reader: ByteReader = {
    fixed: take,
    uint(max = Number.MAX_SAFE_INTEGER) {
      let value = 0;
      let scale = 1;
      for (let count = 0; count < VARINT_MAX_BYTES; count += 1) {
        const byte = take(1)[0] ?? 0;
        value += (byte & (SEVEN_BITS - 1)) * scale;
        if (byte < SEVEN_BITS) {
          if (count > 0 && byte === 0) throw new MalformedBytes('integer not in its shortest form');
          if (value > max) throw new MalformedBytes('integer above its limit');
          return value;
        }
        scale *= SEVEN_BITS;
      }
      throw new MalformedBytes('integer too long');
    },
    bytes(max) {
      return take(reader.uint(max));
    },
    text(max) {
      try {
        return fromUtf8(reader.bytes(max));
      } catch (cause) {
        if (cause instanceof MalformedBytes) throw cause;
        throw new MalformedBytes('not UTF-8', { cause });
      }
    },
    rest: () => take(source.length - offset),
    remaining: () => source.length - offset,
  };
  return reader;
}

/** Runs a reader over all of the bytes; null when they do not hold the shape or hold more than it. */
export function readAll<Value>(bytes: Uint8Array, read: (reader: ByteReader) => Value): Value | null {
  const reader = byteReader(bytes);
  try {
    const value = read(reader);
    return reader.remaining() === 0 ? value : null;
  } catch (cause) {
    if (cause instanceof MalformedBytes) return null;
    throw cause;
  }
}

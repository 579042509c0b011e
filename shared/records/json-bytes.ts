import { isWhitespaceByte } from './json-fault.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Leaves out the insignificant whitespace (RFC 8259 section 2) of a valid JSON text and changes nothing else:
 * digits, escapes and the order of names stay as they are.
 */
export function withoutWhitespace(json: Uint8Array): Uint8Array<ArrayBuffer> {
  const kept = new Uint8Array(json.length);
  let length = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (inString) {
      kept[length++] = byte;
      if (byte === BACKSLASH) kept[length++] = json[++at] ?? 0;
      else if (byte === QUOTE) inString = false;
    } else if (!isWhitespaceByte(byte)) {
      kept[length++] = byte;
      inString = byte === QUOTE;
    }
  }
  return kept.subarray(0, length);
}

/** Bytes of the UTF-8 sequence at `at` if it is well-formed (Unicode 16 table 3-7), else 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    let low = 0x80;
    let high = 0xbf;
    if (index === 1) {
      if (lead === 0xe0) low = 0xa0;
      else if (lead === 0xed) high = 0x9f;
      else if (lead === 0xf0) low = 0x90;
      else if (lead === 0xf4) high = 0x8f;
    }
    if (byte < low || byte > high) return 0;
  }
  return length;
}

/** Offset of the first byte that is not UTF-8 (RFC 3629), or null. */
export function firstInvalidUtf8(bytes: Uint8Array): number | null {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return null;
}

export function countNewlines(bytes: Uint8Array, end: number): number {
  let count = 0;
  for (let at = 0; at < end && at < bytes.length; at += 1) if (bytes[at] === 0x0a) count += 1;
  return count;
}

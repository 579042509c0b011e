/** Why a text is not JSON (RFC 8259). A closed set: the sentence a person reads lives with the screens. */
export type JsonFaultCode =
  | 'bad-escape'
  | 'bad-number'
  | 'comment'
  | 'content-after-end'
  | 'control-character'
  | 'mismatched-bracket'
  | 'missing-colon'
  | 'missing-comma'
  | 'nul-byte'
  | 'single-quote'
  | 'trailing-comma'
  | 'truncated'
  | 'unexpected-character'
  | 'unquoted-text';

/** What the grammar allows next. */
export type JsonExpectation = 'value' | 'value-or-end' | 'value-after-comma' | 'name-or-end' | 'name-after-comma' | 'colon' | 'comma-or-end';

const NUL = 0x00;
const SINGLE_QUOTE = 0x27;
const SLASH = 0x2f;

export function isWhitespaceByte(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isCloser(byte: number): boolean {
  return byte === 0x7d || byte === 0x5d;
}

function isWordByte(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f || byte === 0x24 || byte >= 0x80;
}

function startsValue(byte: number): boolean {
  const isDigit = byte >= 0x30 && byte <= 0x39;
  return isDigit || isWordByte(byte) || byte === 0x22 || byte === 0x2d || byte === 0x7b || byte === 0x5b;
}

/** Names the mistake that `byte` is where the grammar wanted something else. */
export function nameUnexpected(byte: number, expectation: JsonExpectation): JsonFaultCode {
  if (byte === NUL) return 'nul-byte';
  if (byte === SLASH) return 'comment';
  if (byte === SINGLE_QUOTE) return 'single-quote';
  if (isCloser(byte)) return expectation.endsWith('after-comma') ? 'trailing-comma' : 'mismatched-bracket';
  if (expectation === 'comma-or-end') return startsValue(byte) ? 'missing-comma' : 'unexpected-character';
  if (expectation === 'colon') return startsValue(byte) ? 'missing-colon' : 'unexpected-character';
  return isWordByte(byte) && byte < 0x80 ? 'unquoted-text' : 'unexpected-character';
}

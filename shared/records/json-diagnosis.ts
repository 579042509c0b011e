import { isWhitespaceByte, nameUnexpected, type JsonExpectation, type JsonFaultCode } from './json-fault.ts';

/** The first mistake of a text, `offset` in bytes from its beginning. */
export type JsonDiagnosis = { readonly code: JsonFaultCode; readonly offset: number };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const LITERALS = ['true', 'false', 'null'].map((word) => Uint8Array.from(word, (letter) => letter.charCodeAt(0)));

type Step = { readonly next: number } | JsonDiagnosis;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && ((byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66)));
}

/** `at` is behind the opening quote. */
function stepString(bytes: Uint8Array, at: number): Step {
  for (let index = at; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) return { next: index + 1 };
    if (byte === 0) return { code: 'nul-byte', offset: index };
    if (byte < 0x20) return { code: 'control-character', offset: index };
    if (byte !== BACKSLASH) continue;
    index += 1;
    const escape = bytes[index];
    if (escape === undefined) break;
    if (!'"\\/bfnrtu'.includes(String.fromCharCode(escape))) return { code: 'bad-escape', offset: index - 1 };
    if (escape !== 0x75) continue;
    for (let digit = 1; digit <= 4; digit += 1) {
      if (index + digit >= bytes.length) return { code: 'truncated', offset: bytes.length };
      if (!isHexDigit(bytes[index + digit])) return { code: 'bad-escape', offset: index - 1 };
    }
    index += 4;
  }
  return { code: 'truncated', offset: bytes.length };
}

function stepDigits(bytes: Uint8Array, at: number, start: number): Step {
  let index = at;
  while (isDigit(bytes[index])) index += 1;
  if (index > at) return { next: index };
  return index >= bytes.length ? { code: 'truncated', offset: index } : { code: 'bad-number', offset: start };
}

/** `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` (RFC 8259 section 6). */
function stepNumber(bytes: Uint8Array, at: number): Step {
  let index = bytes[at] === 0x2d ? at + 1 : at;
  const leadingZero = bytes[index] === 0x30;
  const whole = stepDigits(bytes, index, at);
  if ('code' in whole) return whole;
  if (leadingZero && whole.next > index + 1) return { code: 'bad-number', offset: at };
  index = whole.next;
  if (bytes[index] === 0x2e) {
    const fraction = stepDigits(bytes, index + 1, at);
    if ('code' in fraction) return fraction;
    index = fraction.next;
  }
  if (bytes[index] === 0x65 || bytes[index] === 0x45) {
    const signed = bytes[index + 1] === 0x2b || bytes[index + 1] === 0x2d;
    const exponent = stepDigits(bytes, index + (signed ? 2 : 1), at);
    if ('code' in exponent) return exponent;
    index = exponent.next;
  }
  return { next: index };
}

function stepScalar(bytes: Uint8Array, at: number, expectation: JsonExpectation): Step {
  const byte = bytes[at] ?? 0;
  if (byte === QUOTE) return stepString(bytes, at + 1);
  if (byte === 0x2d || isDigit(byte)) return stepNumber(bytes, at);
  if (byte === 0x2e || byte === 0x2b) return { code: 'bad-number', offset: at };
  for (const literal of LITERALS) {
    if (literal[0] !== byte) continue;
    for (let letter = 1; letter < literal.length; letter += 1) {
      if (at + letter >= bytes.length) return { code: 'truncated', offset: bytes.length };
      if (bytes[at + letter] !== literal[letter]) return { code: 'unquoted-text', offset: at };
    }
    return { next: at + literal.length };
  }
  return { code: nameUnexpected(byte, expectation), offset: at };
}

/**
 * Finds the first place where the bytes stop being one JSON text, or null when they are one.
 * Slow and exact: it runs once, after the fast reader has refused. Says nothing about UTF-8 inside strings.
 */
export function diagnoseJson(bytes: Uint8Array): JsonDiagnosis | null {
  const open: number[] = [];
  let expectation: JsonExpectation | 'nothing' = 'value';
  let at = 0;
  for (;;) {
    while (at < bytes.length && isWhitespaceByte(bytes[at] ?? 0)) at += 1;
    const byte = bytes[at];
    if (byte === undefined) return expectation === 'nothing' ? null : { code: 'truncated', offset: at };
    if (expectation === 'nothing') return { code: 'content-after-end', offset: at };

    const container = open.at(-1);
    const closes: boolean = container !== undefined && byte === container + 2;
    if (closes && (expectation === 'comma-or-end' || expectation === 'value-or-end' || expectation === 'name-or-end')) {
      open.pop();
      at += 1;
      expectation = open.length === 0 ? 'nothing' : 'comma-or-end';
    } else if (expectation === 'comma-or-end') {
      if (byte !== 0x2c) return { code: nameUnexpected(byte, expectation), offset: at };
      at += 1;
      expectation = container === OPEN_OBJECT ? 'name-after-comma' : 'value-after-comma';
    } else if (expectation === 'colon') {
      if (byte !== 0x3a) return { code: nameUnexpected(byte, expectation), offset: at };
      at += 1;
      expectation = 'value';
    } else if (expectation === 'name-or-end' || expectation === 'name-after-comma') {
      if (byte !== QUOTE) return { code: nameUnexpected(byte, expectation), offset: at };
      const name = stepString(bytes, at + 1);
      if ('code' in name) return name;
      at = name.next;
      expectation = 'colon';
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      open.push(byte);
      at += 1;
      expectation = byte === OPEN_OBJECT ? 'name-or-end' : 'value-or-end';
    } else {
      const scalar = stepScalar(bytes, at, expectation);
      if ('code' in scalar) return scalar;
      at = scalar.next;
      expectation = open.length === 0 ? 'nothing' : 'comma-or-end';
    }
  }
}

import type { JsonValue } from './json.ts';

/** What makes a valid JSON text unfit to be a record: two readers would understand it differently. */
export type JsonHazard = 'duplicate-key' | 'prototype-key' | 'lone-surrogate' | 'nul-character';

type Tally = { names: number; prototypeKey: boolean; loneSurrogate: boolean; nul: boolean; readonly strings: boolean };

function checkText(text: string, tally: Tally): void {
  if (!text.isWellFormed()) tally.loneSurrogate = true;
  if (text.includes('\0')) tally.nul = true;
}

function walk(value: JsonValue | undefined, tally: Tally): void {
  if (typeof value === 'string') {
    if (tally.strings) checkText(value, tally);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) walk(item, tally);
    return;
  }
  const object = value as { readonly [name: string]: JsonValue };
  for (const name of Object.keys(object)) {
    tally.names += 1;
    if (name === '__proto__') tally.prototypeKey = true;
    if (tally.strings) checkText(name, tally);
    walk(object[name], tally);
  }
}

/**
 * Looks for hazards that `JSON.parse` passes over. A name written twice shows by arithmetic: the text has more
 * colons between tokens than the parsed value has members. Strings can only go wrong through `\u` escapes, so they
 * are read only when the text holds one.
 */
export function findHazard(text: string, value: JsonValue, scanned: { readonly colons: number; readonly escaped: boolean }): JsonHazard | null {
  const strings = scanned.escaped && /\\u(?:[dD]|0000)/.test(text);
  const tally: Tally = { names: 0, prototypeKey: false, loneSurrogate: false, nul: false, strings };
  walk(value, tally);
  if (tally.prototypeKey) return 'prototype-key';
  if (tally.names !== scanned.colons) return 'duplicate-key';
  if (tally.loneSurrogate) return 'lone-surrogate';
  return tally.nul ? 'nul-character' : null;
}

/**
 * JSON that also carries Uint8Array, for the debugging protocol speaks text alone. A byte array becomes an object with
 * one key no schema of ours knows; a page that writes such an object by hand sends bytes, which it may do anyway.
 */
const BYTES = '\u0000bytes';

export function encodeBytes(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { [BYTES]: toBase64(value) } : value;
}

export function decodeBytes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, BYTES)) return value;
  const text = (value as Record<string, unknown>)[BYTES];
  return typeof text === 'string' && Object.keys(value).length === 1 ? fromBase64(text) : value;
}

const SLICE = 0x8000;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += SLICE) binary += String.fromCharCode(...bytes.subarray(at, at + SLICE));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

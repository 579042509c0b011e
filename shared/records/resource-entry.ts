import { fromUtf8 } from '../base/bytes.ts';
import { countNewlines, firstInvalidUtf8, withoutWhitespace } from './json-bytes.ts';
import { findHazard } from './json-checks.ts';
import { diagnoseJson } from './json-diagnosis.ts';
import type { JsonScanner } from './json-scanner.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import type { EntryProblemCode, EntryRequest, SourcePosition, SourceResource, StreamFaultCode } from './resource-events.ts';

/** FHIR resource type names: PascalCase letters, the longest of R4 has 33. */
const RESOURCE_TYPE = /^[A-Z][A-Za-z]{1,63}$/;

export type ParsedUnit =
  | { readonly ok: true; readonly text: string; readonly value: JsonObject }
  | { readonly ok: false; readonly code: StreamFaultCode; readonly offset: number; readonly newlines: number };

/** Names the first mistake of bytes that could not be read; offsets count from the beginning of the bytes. */
export function nameMistake(bytes: Uint8Array, otherwise: StreamFaultCode): ParsedUnit & { ok: false } {
  const syntax = diagnoseJson(bytes);
  const encoding = firstInvalidUtf8(bytes);
  // A text cut inside a character is cut, not wrongly encoded.
  const cut = syntax?.code === 'truncated' && encoding !== null && encoding > bytes.length - 4;
  const useEncoding = encoding !== null && !cut && (syntax === null || encoding <= syntax.offset);
  const offset = useEncoding ? encoding : (syntax?.offset ?? 0);
  return { ok: false, code: useEncoding ? 'invalid-utf8' : (syntax?.code ?? otherwise), offset, newlines: countNewlines(bytes, offset) };
}

/** Decodes and parses what the scanner has found to be one balanced object. */
export function parseUnit(bytes: Uint8Array): ParsedUnit {
  try {
    const text = fromUtf8(bytes);
    const value: JsonValue = JSON.parse(text);
    return isJsonObject(value) ? { ok: true, text, value } : nameMistake(bytes, 'not-an-object');
  } catch {
    // Both throw on foreign bytes and say too little about where; the diagnosis finds the place.
    return nameMistake(bytes, 'not-json');
  }
}

function sliceText(bytes: Uint8Array, text: string, from: number, to: number, spaced: boolean): string {
  if (spaced) return fromUtf8(withoutWhitespace(bytes.subarray(from, to)));
  if (text.length === bytes.length) return text.slice(from, to);
  return fromUtf8(bytes.subarray(from, to));
}

function stringOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function readRequest(value: JsonValue | undefined): EntryRequest | null {
  if (!isJsonObject(value)) return null;
  return { method: stringOrNull(value['method']), url: stringOrNull(value['url']), ifNoneExist: stringOrNull(value['ifNoneExist']) };
}

export type ReadEntry = { readonly ok: true; readonly resource: SourceResource } | { readonly ok: false; readonly code: EntryProblemCode };

type At = SourcePosition & { readonly entry: number };

/** A bundle entry; `from` and `to` delimit its resource, or are equal when it has none. */
export function readBundleEntry(bytes: Uint8Array, unit: ParsedUnit & { ok: true }, scanner: JsonScanner, from: number, to: number, at: At): ReadEntry {
  const hazard = findHazard(unit.text, unit.value, scanner);
  if (hazard !== null) return { ok: false, code: hazard };
  const value = unit.value['resource'];
  if (!isJsonObject(value) || to <= from) return { ok: false, code: 'entry-without-resource' };
  const type = value['resourceType'];
  if (typeof type !== 'string' || !RESOURCE_TYPE.test(type)) return { ok: false, code: 'no-resource-type' };
  const text = sliceText(bytes, unit.text, from, to, scanner.spaced);
  const resourceAt = { ...at, offset: at.offset + from };
  return { ok: true, resource: { kind: 'resource', at: resourceAt, type, fullUrl: stringOrNull(unit.value['fullUrl']), request: readRequest(unit.value['request']), text, value } };
}

/** A resource on its own: a file of one, or a line of NDJSON. */
export function readBareResource(bytes: Uint8Array, unit: ParsedUnit & { ok: true }, scanner: JsonScanner, at: At): ReadEntry {
  const hazard = findHazard(unit.text, unit.value, scanner);
  if (hazard !== null) return { ok: false, code: hazard };
  const type = unit.value['resourceType'];
  if (typeof type !== 'string' || !RESOURCE_TYPE.test(type)) return { ok: false, code: 'no-resource-type' };
  const text = sliceText(bytes, unit.text, 0, bytes.length, scanner.spaced);
  return { ok: true, resource: { kind: 'resource', at, type, fullUrl: null, request: null, text, value: unit.value } };
}

import { parsePartialDate } from '../../shared/records/partial-date.ts';
import { formatBytes, formatDateTime, formatName, formatNumber, formatPartialDate, formatUnit } from './format.ts';
import { chartWords, elementWord, statusWord, typeWord } from '../words/chart.ts';

/** One line of a record in words. */
export type FieldLine = { readonly label: string; readonly value: string; readonly depth: number };

type Json = unknown;
type JsonObject = Readonly<Record<string, Json>>;

const words = chartWords.record;
/** What every resource has, and what stands elsewhere on the screen: whose it is, its own id, its machine-made text. */
const ELSEWHERE = new Set(['resourceType', 'id', 'meta', 'text', 'implicitRules', 'language', 'subject', 'patient', 'extension', 'modifierExtension']);
const DEPTH_MAX = 6;
const NUMBER_DIGITS = 6;

/** A FHIR R4 resource in words, element by element in the order it came; null where the text is no JSON object. */
export function resourceWords(resourceText: string, zone: string): readonly FieldLine[] | null {
  let resource: Json;
  try {
    resource = JSON.parse(resourceText);
  } catch {
    return null;
  }
  if (!isObject(resource)) return null;
  return Object.entries(resource).flatMap(([name, value]) => (ELSEWHERE.has(name) || name.startsWith('_') ? [] : linesOf(name, value, zone, 0)));
}

/** One element's JSON text in words, for a history: parts in one line; what is no JSON stays as it is. */
export function elementText(name: string, json: string, zone: string): string {
  let value: Json;
  try {
    value = JSON.parse(json);
  } catch {
    return json;
  }
  const lines = linesOf(name, value, zone, 0);
  if (lines.length === 1) return lines[0]?.value ?? '';
  return lines.filter((line) => line.value !== '').map((line) => words.part(line.label, line.value)).join('; ');
}

function linesOf(name: string, value: Json, zone: string, depth: number): readonly FieldLine[] {
  const label = elementWord(name);
  const values = (Array.isArray(value) ? (value as readonly Json[]) : [value]).filter((each) => each !== null && each !== undefined);
  const said = values.map((each) => valueWords(name, each, zone));
  if (said.every((each) => each !== null)) return said.length === 0 ? [] : [{ label, value: said.join(', '), depth }];
  if (depth >= DEPTH_MAX) return [];
  return values.flatMap((each, index) => {
    const one = said[index];
    if (one !== null && one !== undefined) return [{ label, value: one, depth }];
    const inner = Object.entries(each as JsonObject).flatMap(([child, nested]) => (child === 'id' || child === 'extension' || child.startsWith('_') ? [] : linesOf(child, nested, zone, depth + 1)));
    return inner.length === 0 ? [] : [{ label, value: '', depth }, ...inner];
  });
}

/** A value that fits on one line; null for what has parts of its own. */
function valueWords(name: string, value: Json, zone: string): string | null {
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number') return formatNumber(value, NUMBER_DIGITS);
  if (typeof value === 'string') return stringWords(name, value, zone);
  if (!isObject(value)) return null;
  return SHAPES.reduce<string | null>((found, shape) => found ?? shape(value, zone), null);
}

function stringWords(name: string, value: string, zone: string): string {
  const date = parsePartialDate(value);
  if (date !== null) return date.precision === 'time' ? formatDateTime(date.ms, zone) : formatPartialDate(value);
  return name === 'status' || name.endsWith('Status') || name === 'criticality' || name === 'gender' ? statusWord(value) : value;
}

/** FHIR data types by what they carry (hl7.org/fhir/R4/datatypes.html), the most telling first. */
const SHAPES: readonly ((value: JsonObject, zone: string) => string | null)[] = [
  ({ text, coding, system }) => (coding === undefined && system !== undefined ? null : conceptWords(text, coding)),
  ({ value, unit, code, comparator, system, use }) => {
    if (typeof value !== 'number' || use !== undefined) return null;
    const written = textOf(code) ?? textOf(unit);
    return [textOf(comparator), formatNumber(value, NUMBER_DIGITS), written === null ? (textOf(system) === null ? null : '') : formatUnit(written)].filter((part) => part !== null && part !== '').join(' ');
  },
  ({ display, code, system }) => (system === undefined && code === undefined ? null : (textOf(display) ?? statusOrNull(code))),
  ({ reference, display, identifier }) => (reference === undefined && display === undefined ? null : (textOf(display) ?? referenceWords(reference) ?? (isObject(identifier) ? textOf(identifier['value']) : null))),
  ({ family, given, prefix, text }) => {
    if (family === undefined && given === undefined) return null;
    return textOf(family) === null ? textOf(text) : formatName({ family: textOf(family) ?? '', given: listText(given), prefix: listText(prefix) || null });
  },
  ({ line, city, district, state, postalCode, country, text }) => {
    const parts = [listText(line), ...[city, district, state, postalCode, country].map((each) => textOf(each) ?? '')].filter((part) => part !== '');
    return parts.length === 0 || (line === undefined && city === undefined) ? null : (textOf(text) ?? parts.join(', '));
  },
  ({ system, value }) => (typeof value === 'string' && system !== undefined ? value : null),
  ({ start, end, ...rest }, zone) => (Object.keys(rest).length > 0 ? null : periodWords(start, end, zone)),
  ({ low, high }, zone) => {
    const ends = [low, high].map((each) => (each === undefined ? null : valueWords('', each, zone)));
    return (isObject(low) || isObject(high)) && ends.every((end) => end === null || typeof end === 'string') ? ends.filter((end) => end !== null).join(' – ') : null;
  },
  ({ contentType, data, url, size, title }) => (contentType === undefined || (data === undefined && url === undefined) ? null : (textOf(title) ?? words.attachment(textOf(contentType) ?? '', typeof size === 'number' ? formatBytes(size) : null))),
];

function conceptWords(text: Json, coding: Json): string | null {
  if (coding === undefined && text === undefined) return null;
  if (typeof text === 'string') return coding === undefined || Array.isArray(coding) ? text : null;
  const first: Json = Array.isArray(coding) ? coding[0] : undefined;
  return isObject(first) ? (textOf(first['display']) ?? statusOrNull(first['code'])) : null;
}

function statusOrNull(code: Json): string | null {
  const text = textOf(code);
  return text === null ? null : statusWord(text);
}

function periodWords(start: Json, end: Json, zone: string): string | null {
  const from = textOf(start);
  const until = textOf(end);
  if (from !== null && until !== null) return words.to(stringWords('', from, zone), stringWords('', until, zone));
  if (from !== null) return words.from(stringWords('', from, zone));
  return until === null ? null : words.until(stringWords('', until, zone));
}

/** `Encounter/4f…` says no more to a person than that it is an encounter. */
function referenceWords(reference: Json): string | null {
  const type = /^(?:.*\/)?([A-Z][A-Za-z]+)\/[^/]+$/u.exec(textOf(reference) ?? '')?.[1];
  if (type !== undefined) return typeWord(type);
  const text = textOf(reference);
  return text === null || /^(?:urn:|#)/u.test(text) ? words.otherRecord : text;
}

function textOf(value: Json): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function listText(value: Json): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string').join(' ') : '';
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

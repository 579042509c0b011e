import { isJsonObject, listOf, type JsonObject, type JsonValue } from '../../shared/records/json.ts';
import { parsePartialDate } from '../../shared/records/partial-date.ts';
import { recordIdOfReference } from '../../shared/records/imported-identity.ts';
import { parseReference } from '../../shared/records/references.ts';
import { searchParametersOf, type SearchParameter } from './search-parameters.ts';

/** One value a search may look for. A reference is its target's record id, or `Type/id` where it came in with another id. */
export type SearchRow = { readonly parameter: string; readonly system: string | null; readonly code: string | null; readonly text: string | null; readonly low: number | null; readonly high: number | null };

/** Longer texts are found by their beginning. */
const TEXT_MAX_CHARACTERS = 200;
const CHOICE = '[x]';
/** Later than any date of FHIR: the end of a period that is still running. */
export const OPEN_END_MS = 253_402_300_799_999;
export const OPEN_START_MS = -62_167_219_200_000;
const DAY_MS = 86_400_000;

const EMPTY = { system: null, code: null, text: null, low: null, high: null } as const;

export function searchRows(type: string, resource: JsonObject): readonly SearchRow[] {
  return searchParametersOf(type).flatMap((parameter) => parameter.paths.flatMap((path) => valuesAt(resource, path.split('.')).flatMap((value) => rowsOf(parameter, value))));
}

function valuesAt(value: JsonValue, path: readonly string[]): readonly JsonValue[] {
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  if (!isJsonObject(value)) return [];
  const found = name.endsWith(CHOICE) ? Object.keys(value).filter((key) => isChoice(key, name.slice(0, -CHOICE.length))).map((key) => value[key]) : [value[name]];
  return found.flatMap((each) => listOf(each).flatMap((item) => valuesAt(item, rest)));
}

const isChoice = (key: string, stem: string): boolean => key.startsWith(stem) && /^[A-Z]/.test(key.slice(stem.length));

function rowsOf({ name, type }: SearchParameter, value: JsonValue): readonly SearchRow[] {
  const row = (part: Partial<SearchRow>): SearchRow => ({ ...EMPTY, parameter: name, ...part });
  switch (type) {
    case 'token': return tokensOf(value).map(row);
    case 'string': return typeof value === 'string' ? [row({ text: foldText(value) })] : [];
    case 'reference': {
      const target = isJsonObject(value) ? text(value['reference']) : null;
      return target === null ? [] : [row({ code: targetOf(target) })];
    }
    case 'date': {
      const range = rangeOf(value);
      return range === null ? [] : [row(range)];
    }
  }
}

/** The record a reference names, or its `Type/id`. */
export function targetOf(reference: string): string {
  const named = recordIdOfReference(reference);
  if (named !== null) return named;
  const target = parseReference(reference);
  return target.kind === 'relative' || target.kind === 'absolute' ? `${target.type}/${target.id}` : reference;
}

type Token = { readonly system?: string | null; readonly code: string | null; readonly text?: string | null };

/** Codes, booleans, Coding, CodeableConcept, Identifier and ContactPoint as tokens (search.html#token). */
function tokensOf(value: JsonValue): readonly Token[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [{ code: String(value) }];
  if (!isJsonObject(value)) return [];
  const words = text(value['text']);
  const codings = listOf(value['coding']).flatMap(tokensOf);
  if (codings.length > 0 || words !== null) return [...codings, ...(words === null ? [] : [{ code: null, text: foldText(words) }])];
  const code = text(value['code']) ?? text(value['value']);
  return code === null ? [] : [{ system: text(value['system']), code, text: text(value['display']) === null ? null : foldText(String(value['display'])) }];
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Without case and accents (search.html#string). */
export function foldText(value: string): string {
  return value.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().trim().slice(0, TEXT_MAX_CHARACTERS);
}

type Range = { readonly low: number; readonly high: number };

function rangeOf(value: JsonValue): Range | null {
  if (typeof value === 'string') return dateRange(value);
  if (!isJsonObject(value) || !('start' in value || 'end' in value)) return null;
  const start = typeof value['start'] === 'string' ? dateRange(value['start']) : null;
  const end = typeof value['end'] === 'string' ? dateRange(value['end']) : null;
  return start === null && end === null ? null : { low: start?.low ?? OPEN_START_MS, high: end?.high ?? OPEN_END_MS };
}

/** First and last millisecond of what a partial date may mean. */
export function dateRange(value: string): Range | null {
  const parsed = parsePartialDate(value);
  if (parsed === null) return null;
  const { ms: low, precision } = parsed;
  const start = new Date(low);
  switch (precision) {
    case 'year': return { low, high: Date.UTC(start.getUTCFullYear() + 1, 0, 1) - 1 };
    case 'month': return { low, high: Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1) - 1 };
    case 'day': return { low, high: low + DAY_MS - 1 };
    case 'time': return { low, high: low + lastMillisecond(value) };
  }
}

/** A time without seconds means its whole minute, one without a fraction its whole second. */
function lastMillisecond(value: string): number {
  if (/T\d{2}:\d{2}(?!:)/.test(value)) return 59_999;
  return value.includes('.') ? 0 : 999;
}

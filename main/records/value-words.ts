import { describe, wordsOf } from '../../shared/records/describe.ts';
import { isJsonObject, listOf, type JsonObject, type JsonValue } from '../../shared/records/json.ts';

/** The JSON text of an element in few words, for whoever does not know the element: lists, a script, the command line. */
export function valueWords(element: string, json: string | null): string {
  if (json === null) return '';
  const value = JSON.parse(json) as JsonValue;
  if (!isJsonObject(value) && !Array.isArray(value)) return String(value);
  return listOf(value).map((each) => partWords(element, each)).filter((words) => words !== '').join(', ');
}

function partWords(element: string, value: JsonValue): string {
  if (!isJsonObject(value)) return String(value);
  const named = wordsOf(value) ?? text(value['display']) ?? (element === 'name' ? describe({ resourceType: 'Patient', name: [value] }).title : null) ?? quantity(value);
  if (named !== null) return named;
  return Object.values(value).map((part) => (typeof part === 'string' ? part : Array.isArray(part) || isJsonObject(part) ? listOf(part).map((each) => partWords('', each)).join(' ') : '')).filter((words) => words !== '').join(' ');
}

function quantity(value: JsonObject): string | null {
  const amount = value['value'];
  if (typeof amount !== 'number') return null;
  return `${amount} ${text(value['unit']) ?? text(value['code']) ?? ''}`.trim();
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { searchParametersOf, type SearchParameter } from '../records/records.ts';

/** A search as asked (hl7.org/fhir/R4/search.html), its parameters known and their values split, nothing looked up yet. */
export type Clause = { readonly parameter: SearchParameter; readonly modifier: string | null; /** Alternatives. */ readonly values: readonly string[] };
export type Include = { readonly type: string; readonly parameter: string; readonly reverse: boolean };
export type Sort = { readonly key: '_lastUpdated' | '_id' | SearchParameter; readonly descending: boolean };
export type Query = {
  readonly type: string;
  readonly clauses: readonly Clause[];
  readonly includes: readonly Include[];
  readonly sort: Sort;
  readonly count: number;
  /** Only how many there are. */
  readonly countOnly: boolean;
  /** Sort key and id behind which this page begins. */
  readonly after: readonly [string | number, string] | null;
  /** What was asked and is not known here; left out of the search, and said. */
  readonly ignored: readonly string[];
};

export const COUNT_DEFAULT = 50;
export const COUNT_MAX = 1000;
const PARAMETERS_MAX = 64;
const VALUES_MAX = 500;
const INCLUDES_MAX = 10;
const CURSOR_MAX_CHARACTERS = 600;

const EVERYWHERE: readonly SearchParameter[] = [
  { name: '_id', type: 'token', paths: [] },
  { name: '_lastUpdated', type: 'date', paths: [] },
];
const SILENT: ReadonlySet<string> = new Set(['_format', '_pretty', '_total']);
const MODIFIERS: Readonly<Record<SearchParameter['type'], ReadonlySet<string>>> = {
  string: new Set(['exact', 'contains', 'missing']), token: new Set(['not', 'text', 'missing']), date: new Set(['missing']), reference: new Set(['missing', 'Patient']),
};

export type QueryFault = 'PARAMETER_UNKNOWN' | 'PARAMETER_BAD' | 'TOO_COSTLY';

/** PARAMETER_UNKNOWN only where `strict`, else it is listed as ignored. The detail names the parameter, never its value. */
export function parseQuery(type: string, parameters: URLSearchParams, strict: boolean): Result<Query, QueryFault> {
  const all = [...parameters];
  if (all.length > PARAMETERS_MAX) return refuse('TOO_COSTLY', { rule: 'parameters', max: PARAMETERS_MAX });
  const known = new Map([...EVERYWHERE, ...searchParametersOf(type)].map((each) => [each.name, each]));
  const found = { clauses: [] as Clause[], includes: [] as Include[], ignored: [] as string[], sort: { key: '_lastUpdated', descending: false } as Sort, count: COUNT_DEFAULT, countOnly: false, after: null as Query['after'] };
  let values = 0;

  for (const [name, value] of all) {
    const bad = (): Result<never, QueryFault> => refuse('PARAMETER_BAD', { parameter: name.slice(0, 64) });
    if (SILENT.has(name)) continue;
    if (name === '_count') {
      if (!/^\d{1,9}$/.test(value)) return bad();
      found.count = Math.min(Number(value), COUNT_MAX);
      if (found.count === 0) found.countOnly = true;
    } else if (name === '_summary') {
      if (value === 'count') found.countOnly = true;
      else if (value !== 'false') found.ignored.push('_summary');
    } else if (name === '_sort') {
      const sort = sortOf(value, known);
      if (sort === null) return bad();
      found.sort = sort;
    } else if (name === '_page') {
      found.after = cursorOf(value);
      if (found.after === null) return bad();
    } else if (name === '_include' || name === '_revinclude') {
      const include = includeOf(value, name === '_revinclude');
      if (include === null) found.ignored.push(name);
      else found.includes.push(include);
    } else {
      const clause = clauseOf(name, value, known);
      if (clause === 'bad') return bad();
      if (clause === null) found.ignored.push(name.slice(0, 64));
      else found.clauses.push(clause);
      values += clause?.values.length ?? 0;
    }
  }
  if (values > VALUES_MAX || found.includes.length > INCLUDES_MAX) return refuse('TOO_COSTLY', { rule: 'values', max: VALUES_MAX });
  if (strict && found.ignored.length > 0) return refuse('PARAMETER_UNKNOWN', { parameter: found.ignored.join(', ').slice(0, 200) });
  return ok({ type, ...found });
}

function clauseOf(name: string, value: string, known: ReadonlyMap<string, SearchParameter>): Clause | 'bad' | null {
  const [base = '', modifier = null, ...more] = name.split(':');
  const parameter = known.get(base);
  if (parameter === undefined || more.length > 0) return null;
  if (modifier !== null && !MODIFIERS[parameter.type].has(modifier)) return 'bad';
  // An empty value says nothing (search.html: "parameters with no value are ignored").
  const values = splitUnescaped(value, ',').filter((each) => each !== '');
  if (values.length === 0) return null;
  if (modifier === 'missing' && !values.every((each) => each === 'true' || each === 'false')) return 'bad';
  return { parameter, modifier, values };
}

/** Splits at a character that no backslash precedes; the backslashes stay. */
export function splitUnescaped(text: string, at: string): string[] {
  const parts = [''];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === at) parts.push('');
    else parts[parts.length - 1] += character === '\\' ? character + (text[(index += 1)] ?? '') : character;
  }
  return parts;
}

export const unescaped = (text: string): string => text.replaceAll(/\\([\\,|$])/g, '$1');

function sortOf(value: string, known: ReadonlyMap<string, SearchParameter>): Sort | null {
  const descending = value.startsWith('-');
  const name = descending ? value.slice(1) : value;
  if (name === '_lastUpdated' || name === '_id') return { key: name, descending };
  const parameter = known.get(name);
  return parameter?.type === 'date' ? { key: parameter, descending } : null;
}

function includeOf(value: string, reverse: boolean): Include | null {
  const [type = '', parameter = ''] = value.split(':');
  return searchParametersOf(type).some((each) => each.name === parameter && each.type === 'reference') ? { type, parameter, reverse } : null;
}

/** Where a page goes on: opaque to clients, checked like any other input. */
export function cursorText(key: string | number, id: string): string {
  return Buffer.from(JSON.stringify([key, id])).toString('base64url');
}

function cursorOf(text: string): Query['after'] {
  if (text.length > CURSOR_MAX_CHARACTERS) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== 2) return null;
    const [key, id]: unknown[] = value;
    return (typeof key === 'number' || typeof key === 'string') && typeof id === 'string' ? [key, id] : null;
  } catch {
    return null;
  }
}

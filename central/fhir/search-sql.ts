import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { RecordId } from '../../shared/base/ids.ts';
import { dateRange, foldText, type ProjectionFile, type Value } from '../records/records.ts';
import { splitUnescaped, unescaped, type Clause, type Query } from './query.ts';

/** A condition on `resource AS r`. Values are bound, never written into the text. */
export type Condition = { readonly sql: string; readonly values: readonly Value[] };

const DATE_PREFIX = /^(eq|ne|gt|lt|ge|le|sa|eb)?(?=\d)(.*)$/;
/** As JavaScript sorts after any text: a resource without the sort date comes last. */
const NO_DATE = 9_007_199_254_740_991;

export function conditionsOf(file: ProjectionFile, { type, clauses }: Query): Result<readonly Condition[], 'PARAMETER_BAD'> {
  const conditions: Condition[] = [];
  for (const clause of clauses) {
    const condition = conditionOf(file, type, clause);
    if (condition === null) return refuse('PARAMETER_BAD', { parameter: clause.parameter.name });
    conditions.push(condition);
  }
  return ok(conditions);
}

function conditionOf(file: ProjectionFile, type: string, clause: Clause): Condition | null {
  const { parameter, modifier, values } = clause;
  if (parameter.name === '_id') return { sql: `r.id IN (${marks(values.length)})`, values: values.map((each) => unescaped(each).toLowerCase()) };
  if (parameter.name === '_lastUpdated') return any(values.map((each) => dateCondition(each, 'r.updated_at', 'r.updated_at')));
  if (modifier === 'missing') {
    const missing = { sql: 'NOT EXISTS (SELECT 1 FROM search AS s WHERE s.id = r.id AND s.parameter = ?)', values: [parameter.name] };
    return any(values.map((each) => (each === 'true' ? missing : { ...missing, sql: missing.sql.slice('NOT '.length) })));
  }
  const matches = any(values.map((each) => valueCondition(file, clause, each)));
  if (matches === null) return null;
  // Through the index of (type, parameter, value) first, so that 50,000 patients are not walked.
  const inner = `SELECT s.id FROM search AS s WHERE s.type = ? AND s.parameter = ? AND (${matches.sql})`;
  return { sql: `r.id ${modifier === 'not' ? 'NOT IN' : 'IN'} (${inner})`, values: [type, parameter.name, ...matches.values] };
}

function valueCondition(file: ProjectionFile, { parameter, modifier }: Clause, raw: string): Condition | null {
  switch (parameter.type) {
    case 'string': return stringCondition(unescaped(raw), modifier);
    case 'token': return tokenCondition(raw, modifier);
    case 'date': return dateCondition(raw, 's.low', 's.high');
    case 'reference': return referenceCondition(file, unescaped(raw), modifier ?? (parameter.targets?.length === 1 ? (parameter.targets[0] ?? null) : null));
  }
}

function stringCondition(text: string, modifier: string | null): Condition {
  const folded = foldText(text);
  if (modifier === 'contains') return { sql: 'instr(s.text, ?) > 0', values: [folded] };
  // The stored text is folded, so "exact" is exact but for case and accents; it says so in the capability statement.
  if (modifier === 'exact') return { sql: 's.text = ?', values: [folded] };
  return { sql: 's.text >= ? AND s.text < ?', values: [folded, `${folded}\u{10ffff}`] };
}

function tokenCondition(raw: string, modifier: string | null): Condition | null {
  if (modifier === 'text') return { sql: 's.text >= ? AND s.text < ?', values: [foldText(unescaped(raw)), `${foldText(unescaped(raw))}\u{10ffff}`] };
  const [first = '', second, ...more] = splitUnescaped(raw, '|').map(unescaped);
  if (more.length > 0) return null;
  if (second === undefined) return { sql: 's.code = ?', values: [first] };
  if (first === '') return { sql: 's.system IS NULL AND s.code = ?', values: [second] };
  return second === '' ? { sql: 's.system = ?', values: [first] } : { sql: 's.system = ? AND s.code = ?', values: [first, second] };
}

/** Search.html#date: the range a value may mean against the range the resource may mean. */
function dateCondition(raw: string, low: string, high: string): Condition | null {
  const [, prefix = 'eq', text = ''] = DATE_PREFIX.exec(unescaped(raw)) ?? [];
  // A plus sign that was not escaped in a URL arrives as a space.
  const range = dateRange(text.replace(' ', '+'));
  if (range === null) return null;
  const within = `(${low} >= ? AND ${high} <= ?)`;
  switch (prefix) {
    case 'ne': return { sql: `NOT ${within}`, values: [range.low, range.high] };
    case 'gt': return { sql: `${high} > ?`, values: [range.high] };
    case 'lt': return { sql: `${low} < ?`, values: [range.low] };
    case 'ge': return { sql: `(${high} > ? OR ${within})`, values: [range.high, range.low, range.high] };
    case 'le': return { sql: `(${low} < ? OR ${within})`, values: [range.low, range.low, range.high] };
    case 'sa': return { sql: `${low} > ?`, values: [range.high] };
    case 'eb': return { sql: `${high} < ?`, values: [range.low] };
    default: return { sql: within, values: [range.low, range.high] };
  }
}

/** By record id, with or without type, and by whatever name the target came in with. */
function referenceCondition(file: ProjectionFile, text: string, type: string | null): Condition {
  const given = text.split('/').slice(-2);
  const id = given.at(-1) ?? '';
  const record = RecordId.safeParse(id);
  const names = record.success ? file.all('SELECT reference FROM name WHERE record = ?', record.data).map((row) => String(row['reference'])) : [];
  const prefix = given.length === 2 ? (given[0] ?? null) : type;
  const codes = [...(record.success ? [record.data] : []), ...names, ...(prefix === null ? [] : [`${prefix}/${id}`])];
  return codes.length === 0 ? { sql: '0', values: [] } : { sql: `s.code IN (${marks(codes.length)})`, values: codes };
}

function any(conditions: readonly (Condition | null)[]): Condition | null {
  const given = conditions.filter((each) => each !== null);
  return given.length < conditions.length ? null : { sql: given.map(({ sql }) => `(${sql})`).join(' OR '), values: given.flatMap(({ values }) => values) };
}

export const marks = (count: number): string => Array.from({ length: count }, () => '?').join(', ');

/** What a page is ordered by; ties are broken by id, so that pages neither repeat nor leave out. */
export function sortKey({ sort }: Query): Condition {
  if (sort.key === '_lastUpdated') return { sql: 'r.updated_at', values: [] };
  if (sort.key === '_id') return { sql: 'r.id', values: [] };
  return { sql: `coalesce((SELECT ${sort.descending ? 'max(s.high)' : 'min(s.low)'} FROM search AS s WHERE s.id = r.id AND s.parameter = ?), ${sort.descending ? -NO_DATE : NO_DATE})`, values: [sort.key.name] };
}

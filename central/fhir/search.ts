import { ok, type Result } from '../../shared/base/result.ts';
import type { ProjectionFile, Row, Value } from '../records/records.ts';
import { bundleOf, type BundleEntry } from './bundle.ts';
import { outcomeOf } from './outcome.ts';
import { present } from './present.ts';
import { cursorText, type Query } from './query.ts';
import { conditionsOf, marks, sortKey, type Condition } from './search-sql.ts';

/** Who asks, as far as what may be seen depends on it. */
export type Sight = { /** Also resources and patients labelled as restricted. */ readonly restricted: boolean };

export type Found = { readonly bundle: object; /** Patients whose data went out, for the access log. */ readonly patients: readonly string[]; readonly matches: number };

/** A restricted resource, or any of a restricted patient, is not there for who may not see it. */
export function visible({ restricted }: Sight): string {
  return restricted ? '1' : 'r.restricted = 0 AND NOT EXISTS (SELECT 1 FROM resource AS p WHERE p.id = r.patient AND p.restricted = 1)';
}

const INCLUDED_MAX = 1000;

/** A page of a search. `base` is this server's address, `parameters` what was asked, for the links. */
export function search(file: ProjectionFile, query: Query, sight: Sight, base: string, parameters: URLSearchParams): Result<Found, 'PARAMETER_BAD'> {
  const conditions = conditionsOf(file, query);
  if (!conditions.ok) return conditions;
  const where: readonly Condition[] = [{ sql: 'r.type = ?', values: [query.type] }, { sql: visible(sight), values: [] }, ...conditions.value];
  const total = Number(select(file, 'SELECT count(*) AS n FROM resource AS r', where, '', [])[0]?.['n'] ?? 0);
  const self = `${base}/${query.type}?${withoutPage(parameters).toString()}`;
  if (query.countOnly) return ok({ bundle: bundleOf('searchset', total, [{ relation: 'self', url: self }], []), patients: [], matches: 0 });

  const rows = pageOf(file, query, where);
  const page = rows.slice(0, query.count);
  const last = page.at(-1);
  const links = [{ relation: 'self', url: self }];
  if (rows.length > query.count && last !== undefined) {
    const next = withoutPage(parameters);
    next.set('_page', cursorText(last['key'] as string | number, String(last['id'])));
    links.push({ relation: 'next', url: `${base}/${query.type}?${next.toString()}` });
  }
  const included = includedBy(file, query, page, sight);
  const entries: BundleEntry[] = [...page.map((row) => entryOf(file, row, base, 'match')), ...included.map((row) => entryOf(file, row, base, 'include'))];
  if (query.ignored.length > 0) {
    const issues = query.ignored.map((name) => ({ severity: 'warning' as const, code: 'not-supported' as const, diagnostics: `parameter ${name} is not known here and was left out` }));
    entries.push({ mode: 'outcome', fullUrl: null, text: JSON.stringify(outcomeOf(...issues)) });
  }
  return ok({ bundle: bundleOf('searchset', total, links, entries), patients: patientsOf([...page, ...included]), matches: page.length });
}

export function patientsOf(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.map((row) => row['patient']).filter((each) => typeof each === 'string'))].map(String);
}

export function entryOf(file: ProjectionFile, row: Row, base: string, mode: 'match' | 'include'): BundleEntry {
  const { id, type, text } = present(file, row);
  return { mode, fullUrl: `${base}/${type}/${id}`, text };
}

const COLUMNS = 'r.id, r.type, r.patient, r.lsn, r.updated_at, r.conflicts, r.text';

function select(file: ProjectionFile, head: string, where: readonly Condition[], tail: string, first: readonly Value[], last: readonly Value[] = []): readonly Row[] {
  return file.all(`${head} WHERE ${where.map(({ sql }) => `(${sql})`).join(' AND ')} ${tail}`, ...first, ...where.flatMap(({ values }) => values), ...last);
}

/** One row more than asked tells whether there is another page. */
function pageOf(file: ProjectionFile, query: Query, where: readonly Condition[]): readonly Row[] {
  const key = sortKey(query);
  const [sign, order] = query.sort.descending ? ['<', 'DESC'] : ['>', 'ASC'];
  const behind: readonly Condition[] = query.after === null ? [] : [{ sql: `(${key.sql}, r.id) ${sign} (?, ?)`, values: [...key.values, query.after[0], query.after[1]] }];
  return select(file, `SELECT ${COLUMNS}, ${key.sql} AS key FROM resource AS r`, [...where, ...behind], `ORDER BY key ${order}, r.id ${order} LIMIT ?`, key.values, [query.count + 1]);
}

/** What the matches refer to, or who refers to them, one step far. */
function includedBy(file: ProjectionFile, query: Query, page: readonly Row[], sight: Sight): readonly Row[] {
  const ids = page.map((row) => String(row['id']));
  const seen = new Set(ids);
  const found: Row[] = [];
  for (const { type, parameter, reverse } of query.includes) {
    if (ids.length === 0 || found.length >= INCLUDED_MAX) break;
    const list = marks(ids.length);
    const linked = reverse
      ? select(file, `SELECT ${COLUMNS} FROM resource AS r`, [{ sql: visible(sight), values: [] }, { sql: `r.id IN (SELECT s.id FROM search AS s WHERE s.type = ? AND s.parameter = ? AND (s.code IN (${list}) OR s.code IN (SELECT reference FROM name WHERE record IN (${list}))))`, values: [type, parameter, ...ids, ...ids] }], 'LIMIT ?', [], [INCLUDED_MAX])
      : type !== query.type ? [] : select(file, `SELECT ${COLUMNS} FROM resource AS r`, [{ sql: visible(sight), values: [] }, { sql: `r.id IN (SELECT coalesce(n.record, s.code) FROM search AS s LEFT JOIN name AS n ON n.reference = s.code WHERE s.parameter = ? AND s.id IN (${list}))`, values: [parameter, ...ids] }], 'LIMIT ?', [], [INCLUDED_MAX]);
    for (const row of linked) {
      if (seen.has(String(row['id'])) || found.length >= INCLUDED_MAX) continue;
      seen.add(String(row['id']));
      found.push(row);
    }
  }
  return found;
}

function withoutPage(parameters: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(parameters);
  rest.delete('_page');
  return rest;
}

/** Everything of one patient (operation-patient-everything), a page at a time; the patient comes first. */
export function everything(file: ProjectionFile, patient: string, sight: Sight, base: string, parameters: URLSearchParams, query: Query): Found | null {
  const own = file.get(`SELECT ${COLUMNS} FROM resource AS r WHERE r.id = ? AND r.type = 'Patient' AND ${visible(sight)}`, patient);
  if (own === undefined) return null;
  const types = (parameters.get('_type') ?? '').split(',').filter((each) => each !== '');
  const since = query.clauses.find(({ parameter }) => parameter.name === '_lastUpdated');
  const where: Condition[] = [{ sql: 'r.patient = ?', values: [patient] }, { sql: visible(sight), values: [] }];
  if (types.length > 0) where.push({ sql: `r.type IN (${marks(types.length)})`, values: types });
  if (since !== undefined) {
    const conditions = conditionsOf(file, { ...query, clauses: [since] });
    if (conditions.ok) where.push(...conditions.value);
  }
  const total = Number(select(file, 'SELECT count(*) AS n FROM resource AS r', where, '', [])[0]?.['n'] ?? 0);
  const after: readonly Condition[] = query.after === null ? [] : [{ sql: "(CASE r.type WHEN 'Patient' THEN 0 ELSE r.lsn END, r.id) > (?, ?)", values: [query.after[0], query.after[1]] }];
  const rows = select(file, `SELECT ${COLUMNS}, CASE r.type WHEN 'Patient' THEN 0 ELSE r.lsn END AS key FROM resource AS r`, [...where, ...after], 'ORDER BY key, r.id LIMIT ?', [], [query.count + 1]);
  const page = rows.slice(0, query.count);
  const self = `${base}/Patient/${patient}/$everything`;
  const links = [{ relation: 'self', url: self }];
  const last = page.at(-1);
  if (rows.length > query.count && last !== undefined) {
    const next = withoutPage(parameters);
    next.set('_page', cursorText(last['key'] as number, String(last['id'])));
    links.push({ relation: 'next', url: `${self}?${next.toString()}` });
  }
  return { bundle: bundleOf('searchset', total, links, page.map((row) => entryOf(file, row, base, 'match'))), patients: [patient], matches: page.length };
}

import { join } from 'node:path';
import { assertHolds } from '../../shared/base/result.ts';
import { createSearchCache, searchPatients } from '../../main/records/records.ts';
import type { Clinic } from './clinic.ts';
import { alone, latency, type Figure } from './figure.ts';
import { timedNow, type Cost } from './measure.ts';
import type { PouchProcess } from './pouch.ts';
import { makeQueries, WAYS, type Query, type Way } from './search-queries.ts';
import type { Sizes } from './sizes.ts';

/** Search by name among all patients, beside a prefix query over the same keys and beside PouchDB's index. */

const SEARCH_P95_MOST_MS = 50;
/** Lines of the result list. */
export const FOUND_MOST = 20;
const TOP = 5;
export const PREFIX_QUERY = `SELECT DISTINCT record, family, given, prefix, birth, sex, number, place, phone, deceased, restricted
  FROM search_key JOIN patient ON patient.record = search_key.patient WHERE kind = 'name' AND key >= ? AND key < ? LIMIT ${FOUND_MOST}`;
/** Sorts after every letter. */
export const AFTER_LETTERS = '\u{10ffff}';

type Asked = { readonly ours: Cost[]; readonly bare: Cost[]; readonly pouch: Cost[]; asked: number; inTop: number };

export async function searchFigures(folder: string, { vault, patients, patientsFolder }: Clinic, { searches }: Sizes, pouch: PouchProcess | null, say: (line: string) => void): Promise<readonly Figure[]> {
  const { read } = vault.ledger;
  const queries = makeQueries(read, searches);
  const [first] = queries;
  assertHolds(first !== undefined, 'there are queries');
  const cache = createSearchCache(() => 0);
  const firstMs = timedNow(() => searchPatients(read, first.text, FOUND_MOST, cache)).ms;
  say('search: PouchDB takes the patients in');
  const findInPouch = pouch === null ? null : await preparePouch(pouch, patientsFolder, join(folder, 'pouch-clinic'));
  say('search: queries');
  const asked = new Map<Way, Asked>(WAYS.map((way) => [way, { ours: [], bare: [], pouch: [], asked: 0, inTop: 0 }]));
  for (const [turn, query] of queries.entries()) {
    const of = asked.get(query.way);
    if (of === undefined) continue;
    const ours = (): void => {
      const searched = timedNow(() => searchPatients(read, query.text, FOUND_MOST, cache));
      of.ours.push(searched);
      of.asked += 1;
      if (searched.value.slice(0, TOP).some(({ patient }) => patient === query.patient)) of.inTop += 1;
    };
    const bare = (): void => void of.bare.push(timedNow(() => read.all(PREFIX_QUERY, query.prefix, query.prefix + AFTER_LETTERS)));
    for (const contestant of turn % 2 === 0 ? [ours, bare] : [bare, ours]) contestant();
    if (findInPouch !== null) of.pouch.push(await findInPouch(query));
  }
  const among = `among ${patients.toLocaleString('en')} patients`;
  return [
    alone({ id: 'search.first', what: `first search after signing in, ${among} (reads every name)` }, [firstMs], 'ms'),
    ...[...asked].flatMap(([way, of]) => figuresOf(way, of, among)),
  ];
}

function figuresOf(way: Way, { ours, bare, pouch, asked, inTop }: Asked, among: string): readonly Figure[] {
  const id = `search.${way.replaceAll(' ', '-')}`;
  // Four letters, or a family name and a year, are many people's; who is meant need not be among the first.
  const recall = way === 'first letters' || way === 'with the year of birth' ? '' : `, ${((inTop / asked) * 100).toFixed(0)} % in the first ${TOP}`;
  const figure = latency({ id, what: `search ${among}, ${way}${recall}` }, { ours, beside: bare, besideWhat: 'prepared prefix query' }, { p95MostMs: SEARCH_P95_MOST_MS });
  if (pouch.length === 0) return [figure];
  return [figure, latency({ id: `${id}.pouch`, what: '  the same' }, { ours, beside: pouch, besideWhat: 'PouchDB, prefix of one word' })];
}

async function preparePouch(pouch: PouchProcess, patientsFolder: string, database: string): Promise<(query: Query) => Promise<Cost>> {
  await pouch.ask({ do: 'insert', database, folder: patientsFolder });
  await pouch.ask({ do: 'index', database });
  return ({ prefix }) => pouch.ask({ do: 'find', database, prefix, limit: FOUND_MOST });
}

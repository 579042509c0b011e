import { parseQuery } from '../../shared/records/search-query.ts';
import type { ReadHandle } from '../store/store.ts';
import { PATIENT_COLUMNS } from './lines.ts';
import type { SearchCache } from './name-dictionary.ts';
import { candidates, termsOf } from './search-candidates.ts';
import { prepare, rank, score, type Candidate, type Ranked } from './search-rank.ts';

/** Those who answer the query less than this share of the best answer are left out. */
const SCORE_SHARE_MIN = 0.5;
const RANKED_MAX = 80;
const PATIENT = `SELECT ${PATIENT_COLUMNS} FROM patient WHERE record = ?`;
const KEYS = 'SELECT search_key.patient, search_key.kind, search_key.key FROM json_each(?) AS wanted CROSS JOIN search_key ON search_key.patient = wanted.value';

/** Everyone who answers the query well enough, at most `RANKED_MAX`, the likeliest first. */
export function findPatients(read: ReadHandle, text: string, cache: SearchCache): readonly Ranked[] {
  const dictionary = cache.dictionary(read);
  const asTyped = parseQuery(text);
  const query = { ...asTyped, words: dictionary.parted(asTyped.words) };
  const { singles, pairs } = termsOf(query.words, dictionary);
  const typed = prepare(query, dictionary);
  const found = candidates(read, query, [...singles, ...pairs.filter((pair) => pair !== null)]);
  const scored = withKeys(read, found).flatMap((candidate) => score(typed, candidate) ?? []);
  scored.sort((one, other) => other.score - one.score || (one.patient < other.patient ? -1 : 1));
  const ranked = scored.slice(0, RANKED_MAX).flatMap((each) => {
    const row = read.get(PATIENT, each.patient);
    return row === undefined ? [] : [rank(typed, each, row)];
  });
  ranked.sort((one, other) => other.score - one.score || (one.tie < other.tie ? -1 : 1));
  const best = ranked[0]?.score ?? 0;
  return ranked.filter(({ score: each }) => each >= best * SCORE_SHARE_MIN);
}

function withKeys(read: ReadHandle, patients: readonly string[]): readonly Candidate[] {
  const byKind = new Map(patients.map((patient) => [patient, { name: [] as string[], birth: [] as string[], number: [] as string[], phone: [] as string[] }]));
  for (const row of read.all(KEYS, JSON.stringify(patients))) {
    const kinds: Readonly<Record<string, string[]>> | undefined = byKind.get(String(row['patient']));
    kinds?.[String(row['kind'])]?.push(String(row['key']));
  }
  return [...byKind].map(([patient, { name, birth, number, phone }]) => ({ patient, names: name, births: birth, numbers: number, phones: phone }));
}

import { compareDates, type DateAgreement } from '../../shared/records/birth-dates.ts';
import type { PatientLine } from '../../shared/ipc/shapes.ts';
import type { DemographicChanges } from '../../shared/records/charting.ts';
import { likeness } from '../../shared/records/name-likeness.ts';
import { foldText, nameWords } from '../../shared/records/name-words.ts';
import { numberKey, phoneKey } from '../../shared/records/search-keys.ts';
import type { ReadHandle } from '../store/store.ts';
import { findPatients } from './find-patients.ts';
import { toPatientLine } from './lines.ts';
import type { SearchCache } from './name-dictionary.ts';

/** Somebody on file who may be the one being registered, with the fields that agree and those that do not. */
export type DuplicateCandidate = {
  readonly line: PatientLine;
  /** `strong`: saving asks first. `weak`: shown beside the form. */
  readonly strength: 'strong' | 'weak';
  readonly agrees: readonly DuplicateField[];
  readonly differs: readonly DuplicateField[];
};
export type DuplicateField = 'family' | 'given' | 'birthDate' | 'sex' | 'phone' | 'nationalId' | 'address';

const CANDIDATES_MAX = 8;
const COMPARED_MAX = 60;
/** A name that agrees but for its spelling. */
const NAME_ALIKE_MIN = 0.72;

type Typed = DemographicChanges;
type Agreement = 'agrees' | 'close' | 'differs' | 'unknown';
type Comparison = Readonly<Record<DuplicateField, Agreement>>;

/**
 * People on file who may be the one on the form, the likeliest first. Works while the form is being filled: what is
 * not typed yet neither agrees nor differs.
 */
export function duplicateCandidates(read: ReadHandle, typed: Typed, cache: SearchCache): readonly DuplicateCandidate[] {
  const named = findPatients(read, [typed.family, typed.given, typed.birthDate].filter(Boolean).join(' '), cache);
  const byNumber = [typed.phone, typed.nationalId].flatMap((number) => (number === undefined || number === '' ? [] : findPatients(read, number, cache)));
  const seen = new Set<string>();
  const found: (DuplicateCandidate & { readonly points: number })[] = [];
  for (const { row } of [...byNumber.slice(0, COMPARED_MAX), ...named.slice(0, COMPARED_MAX)]) {
    const line = toPatientLine(row, []);
    if (seen.has(line.patient)) continue;
    seen.add(line.patient);
    const comparison = compare(read, typed, line);
    const strength = strengthOf(comparison);
    if (strength === null) continue;
    const fields = Object.entries(comparison) as [DuplicateField, Agreement][];
    const having = (...wanted: readonly Agreement[]): DuplicateField[] => fields.filter(([, agreement]) => wanted.includes(agreement)).map(([field]) => field);
    found.push({ line, strength, agrees: having('agrees', 'close'), differs: having('differs'), points: having('agrees').length * 2 + having('close').length - having('differs').length });
  }
  found.sort((one, other) => Number(other.strength === 'strong') - Number(one.strength === 'strong') || other.points - one.points || (one.line.patient < other.line.patient ? -1 : 1));
  return found.slice(0, CANDIDATES_MAX).map(({ line, strength, agrees, differs }) => ({ line, strength, agrees, differs }));
}

function compare(read: ReadHandle, typed: Typed, line: PatientLine): Comparison {
  const keys = read.all("SELECT kind, key FROM search_key WHERE patient = ? AND kind IN ('name', 'number', 'phone')", line.patient);
  const having = (kind: string): readonly string[] => keys.filter((row) => row['kind'] === kind).map((row) => String(row['key']));
  const names = having('name');
  return {
    family: compareNames(typed.family, names),
    given: compareNames(typed.given, names),
    birthDate: compareBirths(typed.birthDate, line.birthDate),
    sex: typed.sex === undefined || typed.sex === 'unknown' || line.sex === 'unknown' ? 'unknown' : typed.sex === line.sex ? 'agrees' : 'differs',
    phone: compareKeys(phoneKey(typed.phone ?? ''), having('phone'), (one, other) => one.startsWith(other) || other.startsWith(one)),
    nationalId: compareKeys(numberKey(typed.nationalId ?? ''), having('number'), (one, other) => one === other),
    address: comparePlaces(typed.address?.city, line.place),
  };
}

/** Every word typed has its like among all names on file, so that swapped names and names in two scripts agree. */
function compareNames(typed: string | undefined, names: readonly string[]): Agreement {
  const words = nameWords(typed ?? '');
  if (words.length === 0) return 'unknown';
  const best = words.map((word) => names.reduce((most, name) => Math.max(most, whole(word, name)), 0));
  const worst = Math.min(...best);
  if (worst === 1) return 'agrees';
  return worst >= NAME_ALIKE_MIN ? 'close' : 'differs';
}

/** Likeness of whole names: a beginning alone is not the name. */
function whole(word: string, name: string): number {
  const { quality, by } = likeness(word, name);
  return by === 'name' && quality < 1 ? 0 : quality;
}

const BIRTHS: Readonly<Record<DateAgreement, Agreement>> = { same: 'agrees', within: 'close', swapped: 'close', near: 'close', differs: 'differs' };

function compareBirths(typed: string | undefined, filed: string | null): Agreement {
  return typed === undefined || typed === '' || filed === null ? 'unknown' : BIRTHS[compareDates(typed, filed)];
}

function compareKeys(typed: string, filed: readonly string[], same: (one: string, other: string) => boolean): Agreement {
  if (typed === '' || filed.length === 0) return 'unknown';
  return filed.some((key) => same(typed, key)) ? 'agrees' : 'differs';
}

function comparePlaces(typed: string | undefined, filed: string | null): Agreement {
  if (typed === undefined || typed === '' || filed === null) return 'unknown';
  return foldText(filed).includes(foldText(typed)) ? 'agrees' : 'differs';
}

/**
 * Strong: the same number of the state; or both names and the birth date agree, one of them perhaps misspelt or less
 * exact, and the sex does not speak against it; or both names and the phone where no birth date does. Twins and
 * namesakes are weak: shown, not in the way.
 */
function strengthOf({ family, given, birthDate, sex, phone, nationalId }: Comparison): 'strong' | 'weak' | null {
  if (nationalId === 'agrees') return 'strong';
  const alike = (agreement: Agreement): boolean => agreement === 'agrees' || agreement === 'close';
  const bothNames = alike(family) && alike(given);
  const allButOne = [family, given, birthDate].filter((agreement) => agreement === 'close').length <= 1;
  if (bothNames && alike(birthDate) && sex !== 'differs' && allButOne) return 'strong';
  if (bothNames && phone === 'agrees' && birthDate !== 'differs' && sex !== 'differs') return 'strong';
  const facts = [alike(family), alike(given), alike(birthDate), phone === 'agrees'].filter(Boolean).length;
  return facts >= 2 && (bothNames || alike(birthDate) || phone === 'agrees') ? 'weak' : null;
}

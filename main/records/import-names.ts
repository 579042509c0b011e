import type { RecordId } from '../../shared/base/ids.ts';
import { recordIdOfReference } from '../../shared/records/imported-identity.ts';
import { namesOfTarget, parseReference } from '../../shared/records/references.ts';
import type { ReadHandle } from '../store/store.ts';

/** Whose chart a resource belongs to; `unknown` and `ambiguous` keep it out, because a wrong chart is worse than none. */
export type PatientFound = { readonly patient: RecordId | null } | 'unknown' | 'ambiguous';

const CACHE_MAX = 100_000;

/**
 * The names by which the files of one import refer to patients (docs/decisions/0005-imported-identity.md). A name that
 * two patients bear leads to neither.
 */
export class BatchNames {
  /** Null for a name that is no longer unique. */
  readonly #patients: Map<string, RecordId | null>;
  readonly #found = new Map<string, PatientFound>();

  constructor(known: Iterable<readonly [string, RecordId | null]> = []) {
    this.#patients = new Map(known);
  }

  entries(): readonly (readonly [string, RecordId | null])[] {
    return [...this.#patients];
  }

  add(names: readonly string[], patient: RecordId): void {
    for (const name of names) {
      const held = this.#patients.get(name);
      this.#patients.set(name, held === undefined || held === patient ? patient : null);
    }
    if (names.length > 0) this.#found.clear();
  }

  has(reference: string, from: string | null): boolean {
    return namesOfTarget(parseReference(reference), from).some((name) => this.#patients.has(name));
  }

  /** The patient a reference means: by the names of this import, by its own UUID, by the names of earlier imports. */
  find(read: ReadHandle, reference: string, from: string | null): PatientFound {
    const key = from?.startsWith('http') === true ? `${serverOf(from)} ${reference}` : reference;
    let found = this.#found.get(key);
    if (found === undefined) {
      found = this.#look(read, reference, from);
      if (this.#found.size >= CACHE_MAX) this.#found.clear();
      this.#found.set(key, found);
    }
    return found;
  }

  #look(read: ReadHandle, reference: string, from: string | null): PatientFound {
    const target = parseReference(reference);
    for (const name of namesOfTarget(target, from)) {
      const named = this.#patients.get(name);
      if (named !== undefined) return named === null ? 'ambiguous' : { patient: named };
    }
    const byUuid = recordIdOfReference(reference);
    if (byUuid !== null) return isOfAnotherType(read, byUuid) ? { patient: null } : { patient: byUuid };
    if (target.kind !== 'relative' && target.kind !== 'absolute') return 'unknown';
    return ofEarlierImport(read, `${target.type}/${target.id}`);
  }
}

/** `https://server/fhir/Observation/1` stands on `https://server/fhir`. */
function serverOf(fullUrl: string): string {
  return fullUrl.split('/').slice(0, -2).join('/');
}

/** A urn:uuid does not say what it names: a group, a device or a place can be a subject too. */
function isOfAnotherType(read: ReadHandle, record: RecordId): boolean {
  const type = read.get('SELECT type FROM record WHERE id = ?', record)?.['type'];
  return type !== undefined && type !== 'Patient';
}

function ofEarlierImport(read: ReadHandle, name: string): PatientFound {
  const rows = read.all('SELECT DISTINCT min(record) AS record FROM imported_identity WHERE reference = ? GROUP BY digest LIMIT 2', name);
  const [only] = rows;
  if (only === undefined) return 'unknown';
  return rows.length > 1 ? 'ambiguous' : { patient: String(only['record']) as RecordId };
}

import { RecordId } from '../../shared/base/ids.ts';
import type { Description } from '../../shared/records/describe.ts';
import { recordIdOfReference } from '../../shared/records/imported-identity.ts';
import { namesOfTarget, parseReference } from '../../shared/records/references.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';

/** Columns from `at` to `restricted`, in the order of the insert. */
export function describedColumns(read: ReadHandle, description: Description, patient: string | null): (string | number | null)[] {
  return [
    description.at, description.precision, description.title, description.detail, description.status,
    encounterInReference(read, description.encounterReference, patient), description.code, description.restricted ? 1 : 0,
  ];
}

/** As `recordInReference`, but names of imports count among the patient's own encounters only: two sources may use one name. */
function encounterInReference(read: ReadHandle, reference: string | null, patient: string | null): RecordId | null {
  if (reference === null) return null;
  const named = recordIdOfReference(reference);
  if (named !== null || patient === null) return named;
  const known = read.all(
    "SELECT DISTINCT named.record FROM (SELECT min(record) AS record FROM imported_identity WHERE reference = ? GROUP BY digest) AS named JOIN record AS visit ON visit.id = named.record WHERE visit.patient = ? AND visit.type = 'Encounter' LIMIT 2",
    nameOf(reference), patient,
  );
  return known.length === 1 ? RecordId.parse(known[0]?.['record']) : null;
}

/** Remembers which encounter a record names by an id of the system it came from: that encounter may come later. */
export function rememberEncounterName(write: WriteHandle, record: RecordId, { encounterReference }: Description, patient: string | null): void {
  if (encounterReference === null || patient === null || recordIdOfReference(encounterReference) !== null) return;
  write.run(
    'INSERT INTO encounter_name (record, reference, patient) VALUES (?, ?, ?) ON CONFLICT (record) DO UPDATE SET reference = excluded.reference, patient = excluded.patient',
    record, nameOf(encounterReference), patient,
  );
}

export function forgetEncounterName(write: WriteHandle, record: RecordId): void {
  write.run('DELETE FROM encounter_name WHERE record = ?', record);
}

/** An encounter of this name has come, or is another's than before: the records that name it look again. */
export function resolveEncounterName(write: WriteHandle, name: string): void {
  for (const { patient } of write.all('SELECT DISTINCT patient FROM encounter_name WHERE reference = ?', name)) {
    const encounter = encounterInReference(write, name, String(patient));
    write.run('UPDATE record SET encounter = ? WHERE id IN (SELECT record FROM encounter_name WHERE reference = ? AND patient = ?)', encounter, name, String(patient));
  }
}

/**
 * The record a reference names: by its UUID, else by an identity remembered from an import, as long as only one
 * record goes by that name here.
 */
export function recordInReference(read: ReadHandle, reference: string | null): RecordId | null {
  if (reference === null) return null;
  const named = recordIdOfReference(reference);
  if (named !== null) return named;
  const known = read.all('SELECT DISTINCT min(record) AS record FROM imported_identity WHERE reference = ? GROUP BY digest LIMIT 2', nameOf(reference));
  return known.length === 1 ? RecordId.parse(known[0]?.['record']) : null;
}

/** `Type/id`, whatever server the reference is written against. */
function nameOf(reference: string): string {
  return namesOfTarget(parseReference(reference), null).at(-1) ?? reference;
}

import type { RecordId } from '../../shared/base/ids.ts';
import type { JsonObject } from '../../shared/records/json.ts';
import { patientIndex } from '../../shared/records/patient-index.ts';
import { searchKeys } from '../../shared/records/search-keys.ts';
import type { WriteHandle } from '../store/store.ts';
import { foldSamePerson } from './fold-items.ts';

/** The line a patient is listed by, and every key the patient is found by; `competing` are other values of contested elements. */
export function foldPatient(write: WriteHandle, record: RecordId, resource: JsonObject, competing: readonly JsonObject[] = []): void {
  const index = patientIndex(resource);
  const known = write.run(
    `INSERT INTO patient (record, family, given, prefix, birth, sex, number, place, phone, deceased, restricted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (record) DO NOTHING`,
    record, index.family, index.given, index.prefix, index.birth, index.sex, index.number, index.place, index.phone, index.deceased ? 1 : 0, index.restricted ? 1 : 0,
  );
  if (known.changes === 0) {
    write.run(
      'UPDATE patient SET family = ?, given = ?, prefix = ?, birth = ?, sex = ?, number = ?, place = ?, phone = ?, deceased = ?, restricted = ? WHERE record = ?',
      index.family, index.given, index.prefix, index.birth, index.sex, index.number, index.place, index.phone, index.deceased ? 1 : 0, index.restricted ? 1 : 0, record,
    );
    write.run('DELETE FROM search_key WHERE patient = ?', record);
  }
  const keys = searchKeys(resource);
  for (const { kind, key } of keys) write.run('INSERT INTO search_key (kind, key, patient) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', kind, key, record);
  for (const { kind, key } of competing.flatMap(searchKeys)) write.run('INSERT INTO search_key (kind, key, patient) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', kind, key, record);
  foldSamePerson(write, record, resource, keys.filter(({ kind }) => kind === 'name').map(({ key }) => key), known.changes === 1);
}

import type { RecordId } from '../../shared/base/ids.ts';
import type { JsonObject } from '../../shared/records/json.ts';
import { patientIndex } from '../../shared/records/patient-index.ts';
import { searchKeys, type SearchKey } from '../../shared/records/search-keys.ts';
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
  }
  const keys = searchKeys(resource);
  foldSearchKeys(write, record, [...keys, ...competing.flatMap(searchKeys)], known.changes === 1);
  foldSamePerson(write, record, resource, keys.filter(({ kind }) => kind === 'name').map(({ key }) => key), known.changes === 1);
}

/** Most amendments of a patient leave the name as it is, and with it all keys: only what differs is written. */
function foldSearchKeys(write: WriteHandle, record: RecordId, keys: readonly SearchKey[], isNew: boolean): void {
  const held = isNew ? [] : write.all('SELECT kind, key FROM search_key WHERE patient = ?', record).map(({ kind, key }) => ({ kind: String(kind), key: String(key) }));
  const spelt = ({ kind, key }: { readonly kind: string; readonly key: string }): string => `${kind} ${key}`;
  const [before, after] = [new Set(held.map(spelt)), new Set(keys.map(spelt))];
  for (const each of held) if (!after.has(spelt(each))) write.run('DELETE FROM search_key WHERE kind = ? AND key = ? AND patient = ?', each.kind, each.key, record);
  for (const each of keys) if (!before.has(spelt(each))) write.run('INSERT INTO search_key (kind, key, patient) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', each.kind, each.key, record);
}

import type { RecordId } from '../../shared/base/ids.ts';
import type { WriteHandle } from '../store/store.ts';
import { foldBooking, foldSamePerson } from './fold-items.ts';
import { forgetEncounterName } from './references.ts';

/** Takes away everything the chart shows because of a record, before it is folded anew as something else. */
export function unfoldRecord(write: WriteHandle, id: RecordId, type: string, patient: string | null): void {
  if (type === 'Patient') {
    foldSamePerson(write, id, {}, [], false);
    write.run('DELETE FROM patient WHERE record = ?', id);
    write.run('DELETE FROM search_key WHERE patient = ?', id);
  }
  if (type === 'Appointment') foldBooking(write, id, {});
  if (patient !== null) write.run('DELETE FROM measurement WHERE patient = ? AND record = ?', patient, id);
  write.run('DELETE FROM conflict WHERE record = ?', id);
}

/** The record is not here any more, nor anything it was found by. */
export function removeRecord(write: WriteHandle, id: RecordId): void {
  const row = write.get('SELECT type, patient FROM record WHERE id = ?', id);
  if (row !== undefined) unfoldRecord(write, id, String(row['type']), typeof row['patient'] === 'string' ? row['patient'] : null);
  forgetEncounterName(write, id);
  write.run('DELETE FROM head WHERE record = ?', id);
  write.run('DELETE FROM imported_identity WHERE record = ?', id);
  write.run('DELETE FROM record WHERE id = ?', id);
}

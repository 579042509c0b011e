import type { Description } from '../../shared/records/describe.ts';
import type { WriteHandle } from '../store/store.ts';

/** The numbers of an observation, by patient and code, for trends. */
export function foldMeasurements(write: WriteHandle, record: string, patient: string | null, description: Description): void {
  if (patient === null || description.at === null) return;
  for (const [part, { code, value, unit }] of description.measurements.entries()) {
    write.run(
      'INSERT INTO measurement (patient, code, at, record, part, value, unit) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      patient, code, description.at, record, part, value, unit,
    );
  }
}

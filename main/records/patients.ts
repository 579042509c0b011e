import type { z } from 'zod';
import { recordIdOf, type DeviceId, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import type { DemographicChanges, Demographics } from '../../shared/records/charting.ts';
import { changedElements } from '../../shared/records/demographics.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import { patientNumber } from '../../shared/records/patient-number.ts';
import { numberKey } from '../../shared/records/search-keys.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { ReadHandle, StoreFault, WriteHandle } from '../store/store.ts';
import { amend, type WrittenRecord } from './charting.ts';
import { numberPrefixOf } from './number-prefix.ts';
import { PATIENT_COLUMNS, textOrNull, toPatientLine } from './lines.ts';
import { resourceTextOf } from './resource-text.ts';

type Values = z.infer<typeof Demographics>;

/** A new patient with a number that is on no card this workstation knows of, and that no other workstation gives. */
export function registerPatient(ledger: Ledger, grant: Grant, device: DeviceId, demographics: Values): Result<{ readonly patient: RecordId; readonly number: string; readonly entry: EntryId }, StoreFault> {
  return ledger.transact(grant, (tx) => {
    const number = nextNumber(tx.write, numberPrefixOf(tx.write, device));
    const { entry } = tx.append({ kind: 'patient.register', patient: 'made', body: { demographics, number } });
    return ok({ patient: recordIdOf(entry), number, entry });
  });
}

/**
 * Running numbers go on from the last one given here. After a restore that last one may be older than what was given
 * since, so a number that somebody bears is passed over: it is on a card.
 */
function nextNumber(write: WriteHandle, prefix: string): string {
  let running = Number(write.get("SELECT value FROM local_state WHERE key = 'patient-number'")?.['value'] ?? '0');
  let number: string;
  do {
    running += 1;
    number = patientNumber(prefix, running);
  } while (write.get("SELECT 1 FROM search_key WHERE kind = 'number' AND key = ? LIMIT 1", numberKey(number)) !== undefined);
  write.run("INSERT INTO local_state (key, value) VALUES ('patient-number', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", String(running));
  return number;
}

export function amendDemographics(ledger: Ledger, grant: Grant, patient: RecordId, changes: DemographicChanges): Result<WrittenRecord, 'NOT_FOUND' | 'EMPTY' | 'MALFORMED' | 'CHANGED_MEANWHILE' | StoreFault> {
  const current: unknown = JSON.parse(resourceTextOf(ledger.read, patient) ?? 'null');
  if (!isJsonObject(current)) return refuse('NOT_FOUND');
  const fields = Object.fromEntries(Object.entries(changedElements(changes, current)).map(([element, value]) => [element, JSON.stringify(value)]));
  if (Object.keys(fields).length === 0) return refuse('EMPTY');
  return amend(ledger, grant, { record: patient, patient, fields, reason: 'demographics updated', seen: null });
}

/** Patients of the newest visits; while there are none yet, the newest patients. */
export function recentPatients(read: ReadHandle, limit: number): CallOutput<'patients.recent'> {
  const rows = read.all(
    `SELECT ${PATIENT_COLUMNS.split(', ').map((column) => `patient.${column}`).join(', ')}, recent.at AS seen FROM recent JOIN patient ON patient.record = recent.patient ORDER BY recent.at DESC LIMIT ?`,
    limit,
  );
  const list = rows.length > 0 ? rows : read.all(`SELECT ${PATIENT_COLUMNS}, NULL AS seen FROM patient ORDER BY record LIMIT ?`, limit);
  return {
    patients: list.map((row) => {
      const line = toPatientLine(row, ['recent']);
      const open = read.get("SELECT id, title FROM record WHERE patient = ? AND type = 'Encounter' AND status = 'in-progress' ORDER BY at DESC LIMIT 1", line.patient);
      return {
        ...line,
        openEncounter: open === undefined ? null : (String(open['id']) as RecordId),
        lastSeenAt: row['seen'] === null ? null : Number(row['seen']),
        reason: open === undefined ? null : textOrNull(open['title']),
      };
    }),
    total: Number(read.get('SELECT count(*) AS count FROM patient')?.['count'] ?? 0),
  };
}

/** Remembers that this workstation had the patient open, for the list of recent ones. */
export function noteRecent(ledger: Ledger, patient: RecordId, nowMs: number): void {
  ledger.keep((write) => {
    write.run('INSERT INTO recent (patient, at) VALUES (?, ?) ON CONFLICT (patient) DO UPDATE SET at = excluded.at', patient, Math.floor(nowMs));
    return ok(undefined);
  });
}

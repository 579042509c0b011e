import type { z } from 'zod';
import { RecordId } from '../../shared/base/ids.ts';
import type { ChartItem, PatientLine } from '../../shared/ipc/shapes.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';
import { contestedFields } from './contested.ts';

/** Rows of the projection as the shapes of the contract. */

export const ITEM_COLUMNS = 'id, type, at, precision, title, detail, status, encounter, amended, conflicts';
export const PATIENT_COLUMNS = 'record, family, given, prefix, birth, sex, number, place, phone, deceased, restricted';

export function toItem(read: ReadHandle, row: SqlRow): z.infer<typeof ChartItem> {
  const record = RecordId.parse(row['id']);
  const conflict = Number(row['conflicts']) > 0;
  return {
    record,
    type: String(row['type']),
    at: numberOrNull(row['at']),
    precision: precisionOf(row['precision']),
    title: String(row['title']),
    detail: textOrNull(row['detail']),
    status: textOrNull(row['status']),
    encounter: row['encounter'] === null ? null : RecordId.parse(row['encounter']),
    conflict,
    contested: conflict ? contestedFields(read, record) : [],
    amended: Number(row['amended']) > 0,
  };
}

export function toPatientLine(row: SqlRow, matchedBy: PatientLine['matchedBy']): PatientLine {
  return {
    patient: RecordId.parse(row['record']),
    family: String(row['family']),
    given: String(row['given']),
    prefix: textOrNull(row['prefix']),
    birthDate: textOrNull(row['birth']),
    sex: String(row['sex']),
    number: textOrNull(row['number']),
    place: textOrNull(row['place']),
    phone: textOrNull(row['phone']),
    deceased: row['deceased'] === 1,
    restricted: row['restricted'] === 1,
    matchedBy,
  };
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function precisionOf(value: unknown): 'year' | 'month' | 'day' | 'time' | null {
  return value === 'year' || value === 'month' || value === 'day' || value === 'time' ? value : null;
}

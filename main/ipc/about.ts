import type { PatientScope } from '../access/access.ts';
import { RecordId } from '../../shared/base/ids.ts';
import type { Action } from '../../shared/access/vocabulary.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Row } from '../../shared/ipc/row.ts';
import type { ReadHandle } from '../store/store.ts';

/**
 * Whose chart a call touches, from the row's word on which input field names it. A record leads to its patient, so
 * that an id of another patient's record is judged like that patient.
 */
export function aboutWhom(row: Row, input: unknown, read: ReadHandle | null): Result<PatientScope, 'NOT_FOUND'> {
  const { subject, action } = row.access;
  if (subject.by === 'none') return ok({ scope: manyPatients(action) ? 'each' : 'none' });
  const value = typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>)[subject.field] : undefined;
  if (value === null && subject.by === 'patient') return ok({ scope: 'each' });
  const id = RecordId.parse(value);
  if (subject.by === 'patient') return ok({ scope: 'one', patient: id });
  const record = read?.get('SELECT patient FROM record WHERE id = ?', id);
  if (record === undefined) return refuse('NOT_FOUND');
  return ok(typeof record['patient'] === 'string' ? { scope: 'one', patient: RecordId.parse(record['patient']) } : { scope: 'none' });
}

/** What the call does: the row's action, or another one that the type of the record it names asks for. */
export function actionOf(row: Row, input: unknown, read: ReadHandle | null): Action {
  const { subject, action, byType } = row.access;
  if (byType === undefined || subject.by !== 'record' || typeof input !== 'object' || input === null) return action;
  const type = read?.get('SELECT type FROM record WHERE id = ?', RecordId.parse((input as Readonly<Record<string, unknown>>)[subject.field]))?.['type'];
  return typeof type === 'string' && Object.hasOwn(byType, type) ? (byType[type] ?? action) : action;
}

function manyPatients(action: string): boolean {
  return action === 'patient.search' || action === 'export.run';
}

import { RecordId } from '../../shared/base/ids.ts';
import type { CallOutput, CallParsed } from '../../shared/ipc/contract.ts';
import type { ConflictLine } from '../../shared/ipc/rows-conflicts.ts';
import { itemKind, otherBooking, otherPerson, samePersonItem } from '../../shared/records/items.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';
import { questionsAbout, type Asker } from './conflict-questions.ts';
import { basisOf } from './contested.ts';

type Query = CallParsed<'conflicts.list'>;
type Page = CallOutput<'conflicts.list'>;
type Cursor = NonNullable<Page['next']>;

const COLUMNS = `conflict.record, conflict.element, conflict.severity, conflict.basis, conflict.since, record.type, record.title, record.patient, patient.family, patient.given
  FROM conflict JOIN record ON record.id = conflict.record LEFT JOIN patient ON patient.record = record.patient`;
/** The two halves of a record's state are one question: its certainty stands in the list only where its state does not. */
const NOT_A_COMPANION = `NOT (conflict.element = 'verificationStatus' AND EXISTS (SELECT 1 FROM conflict AS other WHERE other.record = conflict.record AND other.element = 'clinicalStatus'))`;
/** Rows read at a time while those are left out that the caller may not see. */
const READ_AHEAD = 50;

/**
 * One page of what waits, the oldest first, without what the caller may not see: left out after reading, so a page is
 * full whatever lies between its lines.
 */
export function listConflicts(read: ReadHandle, query: Query, asker: Asker, maySee: (patient: RecordId) => boolean): Page {
  const conflicts: ConflictLine[] = [];
  let after: Cursor | null = query.after;
  for (;;) {
    const rows = rowsAfter(read, query, after);
    for (const row of rows) {
      if (!patientsOf(read, row).every(maySee)) continue;
      // A full page, and there is more: the next one begins behind its last line.
      if (conflicts.length === query.limit) return { conflicts, next: cursorOf(conflicts) };
      conflicts.push(lineOf(read, row, asker));
    }
    if (rows.length < READ_AHEAD) return { conflicts, next: null };
    const last = rows.at(-1);
    if (last !== undefined) after = { since: Number(last['since']), record: String(last['record']) as RecordId, field: String(last['element']) };
  }
}

function rowsAfter(read: ReadHandle, { patient, severity }: Query, after: Cursor | null): SqlRow[] {
  const from = after === null ? [-1, '', ''] : [after.since, after.record, after.field];
  return read.all(
    `SELECT ${COLUMNS} WHERE conflict.severity = ? AND (conflict.since, conflict.record, conflict.element) > (?, ?, ?) AND (? IS NULL OR record.patient = ? OR conflict.element = ?) AND ${NOT_A_COMPANION}
     ORDER BY conflict.since, conflict.record, conflict.element LIMIT ?`,
    severity, ...from, patient, patient, patient === null ? '' : samePersonItem(patient), READ_AHEAD,
  );
}

function cursorOf(conflicts: readonly ConflictLine[]): Cursor | null {
  const last = conflicts.at(-1);
  return last === undefined ? null : { since: last.since, record: last.record, field: last.field };
}

/** Everybody whose chart a line tells something of. */
function patientsOf(read: ReadHandle, row: SqlRow): RecordId[] {
  return [row['patient'], otherChart(read, String(row['element']))].filter((patient) => typeof patient === 'string').map((patient) => RecordId.parse(patient));
}

/** Whose chart an item tells of besides the one it stands in: the other person's, or that of the other appointment. */
export function otherChart(read: ReadHandle, field: string): RecordId | null {
  const booking = otherBooking(field);
  const patient = booking === null ? otherPerson(field) : read.get('SELECT patient FROM record WHERE id = ?', booking)?.['patient'];
  return typeof patient === 'string' ? RecordId.parse(patient) : null;
}

/** One of them; undefined where it is settled, or never was one. */
export function conflictLine(read: ReadHandle, record: RecordId, field: string, asker: Asker): ConflictLine | undefined {
  const row = read.get(`SELECT ${COLUMNS} WHERE conflict.record = ? AND conflict.element = ?`, record, field);
  return row === undefined ? undefined : lineOf(read, row, asker);
}

function lineOf(read: ReadHandle, row: SqlRow, asker: Asker): ConflictLine {
  const record = String(row['record']) as RecordId;
  const field = String(row['element']);
  const patient = row['patient'] === null ? null : (String(row['patient']) as RecordId);
  return {
    kind: itemKind(field),
    record,
    field,
    type: String(row['type']),
    title: String(row['title']),
    patient,
    patientName: typeof row['family'] === 'string' ? `${row['family']}, ${String(row['given'])}` : '',
    severity: row['severity'] === 'safety' ? 'safety' : 'review',
    basis: basisOf(row['basis']),
    since: Number(row['since']),
    asked: questionsAbout(read, patient, record, field, asker)[0] ?? null,
  };
}

/** Of one patient, those that a person must decide. */
export function openConflicts(read: ReadHandle, patient: RecordId): number {
  return Number(read.get(`SELECT count(*) AS count FROM conflict WHERE (patient = ? OR element = ?) AND severity = 'safety' AND ${NOT_A_COMPANION}`, patient, samePersonItem(patient))?.['count'] ?? 0);
}

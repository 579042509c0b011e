import type { EntryId, RecordId } from '../../shared/base/ids.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { describe, wordsOf } from '../../shared/records/describe.ts';
import { isJsonObject, listOf, type JsonValue } from '../../shared/records/json.ts';
import { mergeHeads } from '../../shared/records/merge.ts';
import { authorshipOf } from '../audit/audit.ts';
import { liveHeads } from '../ledger/ledger.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';

type Conflict = CallOutput<'conflicts.list'>['conflicts'][number];
const CONFLICTS_MAX = 200;

/** Elements whose live values differ, with every value, who wrote it and which one counts meanwhile. */
export function listConflicts(read: ReadHandle, patient: RecordId | null): readonly Conflict[] {
  const rows = read.all(
    `SELECT conflict.record, conflict.element, conflict.severity, record.type, record.title, record.patient, patient.family, patient.given
     FROM conflict JOIN record ON record.id = conflict.record LEFT JOIN patient ON patient.record = record.patient
     WHERE ? IS NULL OR record.patient = ? ORDER BY conflict.severity DESC, conflict.record, conflict.element LIMIT ?`,
    patient, patient, CONFLICTS_MAX,
  );
  return rows.flatMap((row) => conflictOf(read, row) ?? []);
}

function conflictOf(read: ReadHandle, row: SqlRow): Conflict | undefined {
  const record = String(row['record']) as RecordId;
  const element = String(row['element']);
  const type = String(row['type']);
  const heads = liveHeads(read, record)?.heads.get(element);
  if (heads === undefined) return undefined;
  const { used } = mergeHeads(type, element, heads);
  const distinct = heads.filter((head, index) => head.entry === used || heads.findIndex((other) => other.value === head.value) === index);
  return {
    record,
    type,
    title: String(row['title']),
    patient: row['patient'] === null ? null : (String(row['patient']) as RecordId),
    patientName: typeof row['family'] === 'string' ? `${row['family']}, ${String(row['given'])}` : '',
    field: element,
    severity: row['severity'] === 'safety' ? 'safety' : 'review',
    values: distinct.map(({ entry, value }) => ({ text: valueWords(type, element, value), json: value, by: authorshipOf(authorRow(read, entry)), used: entry === used })),
    why: row['severity'] === 'safety' ? 'careful' : 'newest',
  };
}

function authorRow(read: ReadHandle, entry: EntryId): SqlRow {
  const [segment, sequence] = entry.split('.');
  const row = read.get(
    `SELECT ledger.header, segment.device, segment.device_name, session.body AS session FROM ledger JOIN segment ON segment.ref = ledger.segment
     LEFT JOIN session ON session.segment = ledger.segment AND session.sequence = ledger.session WHERE segment.id = ? AND ledger.sequence = ?`,
    segment ?? '', Number(sequence),
  );
  if (row === undefined) throw new Error('broken assumption: a head is an entry of this ledger');
  return row;
}

/** Every live value's entry, for a resolution that has seen them all. */
export function contenders(read: ReadHandle, record: RecordId, element: string): readonly EntryId[] {
  return liveHeads(read, record)?.heads.get(element)?.map(({ entry }) => entry) ?? [];
}

/** Equal values are shown once, so whoever saw one entry of a value saw them all. */
export function coveredHeads(read: ReadHandle, record: RecordId, element: string, seen: readonly EntryId[]): readonly EntryId[] {
  const heads = liveHeads(read, record)?.heads.get(element) ?? [];
  const values = new Set(heads.filter(({ entry }) => seen.includes(entry)).map(({ value }) => value));
  return heads.filter(({ value }) => values.has(value)).map(({ entry }) => entry);
}

/** A value in words: what a clinician would read, else its JSON. */
function valueWords(type: string, element: string, json: string | null): string {
  if (json === null) return '';
  const value = JSON.parse(json) as JsonValue;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const words = listOf(value).map((each) => wordsOf(each) ?? (isJsonObject(each) && element === 'name' ? describe({ resourceType: 'Patient', name: [each] }).title : describeElement(type, element, each)));
  return words.join(', ');
}

function describeElement(type: string, element: string, value: JsonValue): string {
  const detail = describe({ resourceType: type, [element]: [value] }).detail;
  if (detail !== null) return detail;
  if (!isJsonObject(value)) return JSON.stringify(value);
  return Object.values(value).flatMap((part) => listOf(part)).filter((part) => typeof part === 'string').join(' ') || JSON.stringify(value);
}

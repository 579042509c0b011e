import { RecordId, type EntryId } from '../../shared/base/ids.ts';
import type { ConflictValue, ConflictView } from '../../shared/ipc/rows-conflicts.ts';
import { AmendBody, SegmentOpenBody, SessionOpenBody } from '../../shared/ledger/bodies.ts';
import { Header } from '../../shared/ledger/entry.ts';
import { isNoneKnown, stillSpeaks } from '../../shared/records/allergy-state.ts';
import { otherBooking, otherPerson } from '../../shared/records/items.ts';
import { mergeHeads, type Head } from '../../shared/records/merge.ts';
import { companionOf } from '../../shared/records/status-pair.ts';
import { authorshipOf, jsonOf } from '../audit/audit.ts';
import { latestAmendments, liveHeads } from '../ledger/ledger.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';
import { questionsAbout, type Asker } from './conflict-questions.ts';
import { conflictLine } from './conflicts.ts';
import { distinctHeads } from './contested.ts';
import { PATIENT_COLUMNS, textOrNull, toPatientLine } from './lines.ts';
import { valueWords } from './value-words.ts';
import { WITH_AUTHOR } from './with-author.ts';

/** One conflict whole: every value, who wrote it, when, where and knowing what. */
export function viewConflict(read: ReadHandle, record: RecordId, field: string, asker: Asker): ConflictView | undefined {
  const line = conflictLine(read, record, field, asker);
  if (line === undefined) return undefined;
  const companion = companionOf(line.type, field);
  const companionField = companion !== null && isContested(read, record, companion) ? companion : null;
  const values = valuesOf(read, line.kind, record, field, line.type, companionField);
  return {
    ...line,
    detail: textOrNull(read.get('SELECT detail FROM record WHERE id = ?', record)?.['detail']),
    values,
    companionField,
    questions: [...questionsAbout(read, line.patient, record, field, asker)],
    people: colleagues(read, values, asker),
  };
}

export function isContested(read: ReadHandle, record: RecordId, field: string): boolean {
  return read.get('SELECT 1 FROM conflict WHERE record = ? AND element = ?', record, field) !== undefined;
}

function valuesOf(read: ReadHandle, kind: ConflictView['kind'], record: RecordId, field: string, type: string, companion: string | null): ConflictValue[] {
  if (kind === 'none-known') return allergyStatements(read, record);
  if (kind === 'amended') return latestAmendments(read, record).flatMap((entry) => amendmentValue(read, entry) ?? []);
  if (kind === 'same-person') return [record, RecordId.parse(otherPerson(field))].flatMap((patient) => personValue(read, patient) ?? []);
  if (kind === 'double-booked') return [record, RecordId.parse(otherBooking(field))].flatMap((appointment) => recordValue(read, appointment) ?? []);
  return fieldValues(read, record, field, type, companion);
}

function fieldValues(read: ReadHandle, record: RecordId, field: string, type: string, companion: string | null): ConflictValue[] {
  const live = liveHeads(read, record);
  const heads = live?.heads.get(field) ?? [];
  if (live === undefined || heads.length === 0) return [];
  const { used } = mergeHeads(type, field, heads, live.creations[0]?.elements.get('code') ?? null);
  const before = (entry: EntryId): string | null | undefined => {
    const creation = live.creations.find((each) => each.entry === entry);
    const set = read.get('SELECT value FROM head WHERE record = ? AND element = ? AND entry = ? AND present = 1', record, field, entry);
    if (set !== undefined) return textOrNull(set['value']);
    return creation === undefined ? undefined : (creation.elements.get(field) ?? null);
  };
  return distinctHeads(heads, used).flatMap((head) => {
    const rows = sameValue(heads, head).map(({ entry }) => rowOf(read, entry)).filter((row) => row !== undefined);
    const [newest] = rows;
    if (newest === undefined) return [];
    const said = companion === null ? undefined : live.heads.get(companion)?.find(({ entry }) => entry === head.entry);
    const knew = Header.parse(JSON.parse(String(newest['header']))).parents.flatMap((parent) => {
      const value = before(parent);
      const author = rowOf(read, parent);
      return value === undefined ? [] : [{ text: valueWords(field, value), json: value, by: author === undefined ? null : authorshipOf(author) }];
    });
    return [{ ...valueBy(read, rows, newest), text: valueWords(field, head.value), json: head.value, companion: said?.value ?? null, used: head.entry === used, knew: newest['kind'] === 'amend' ? knew : [], person: null }];
  });
}

/** The head that stands for its value comes first, then the others that say the same. */
function sameValue(heads: readonly Head[], head: Head): readonly Head[] {
  return [head, ...heads.filter((other) => other.entry !== head.entry && other.value === head.value)];
}

type Said = Pick<ConflictValue, 'by' | 'site' | 'correctedAt' | 'reason'>;

function valueBy(read: ReadHandle, rows: readonly SqlRow[], newest: SqlRow): Said {
  const session = typeof newest['session'] === 'string' ? SessionOpenBody.safeParse(JSON.parse(newest['session'])).data : undefined;
  const amendment = newest['kind'] === 'amend' && newest['body'] instanceof Uint8Array ? AmendBody.safeParse(jsonOf(newest['body'])).data : undefined;
  const by = rows.map(authorshipOf);
  const offset = serverOffset(read, Number(newest['segment']));
  return { by, site: session?.site.name ?? '', correctedAt: offset === null || by[0] === undefined ? null : by[0].at + offset, reason: textOrNull(amendment?.reason) };
}

/** How far central's clock was ahead of the author's when the segment was opened. */
function serverOffset(read: ReadHandle, segment: number): number | null {
  const body = read.get('SELECT body FROM ledger WHERE segment = ? AND sequence = 0', segment)?.['body'];
  return body instanceof Uint8Array ? (SegmentOpenBody.safeParse(jsonOf(body)).data?.serverOffsetMs ?? null) : null;
}

/** The allergies that stand, then the statement that there is none. */
function allergyStatements(read: ReadHandle, none: RecordId): ConflictValue[] {
  const rows = read.all(
    "SELECT id, code, status, title, created FROM record WHERE type = 'AllergyIntolerance' AND patient = (SELECT patient FROM record WHERE id = ?) ORDER BY at DESC, id", none,
  );
  const standing = rows.filter((row) => stillSpeaks(row['status']) && !isNoneKnown(row['code']));
  return [...standing, ...rows.filter((row) => row['id'] === none)].flatMap((row) => {
    const entry = read.get(`${WITH_AUTHOR} WHERE ledger.position = ?`, Number(row['created']));
    return entry === undefined ? [] : [{ ...valueBy(read, [entry], entry), text: String(row['title']), json: null, companion: null, used: row['id'] !== none, knew: [], person: null }];
  });
}

/** One of two appointments: what it is called, and when. */
function recordValue(read: ReadHandle, record: RecordId): ConflictValue | undefined {
  const row = read.get('SELECT title, detail, at, created FROM record WHERE id = ?', record);
  const entry = row === undefined ? undefined : read.get(`${WITH_AUTHOR} WHERE ledger.position = ?`, Number(row['created']));
  if (row === undefined || entry === undefined) return undefined;
  return { ...valueBy(read, [entry], entry), text: String(row['title']), json: typeof row['at'] === 'number' ? JSON.stringify(new Date(row['at']).toISOString()) : null, companion: null, used: true, knew: [], person: null };
}

function amendmentValue(read: ReadHandle, entry: EntryId): ConflictValue | undefined {
  const row = rowOf(read, entry);
  if (row === undefined || !(row['body'] instanceof Uint8Array)) return undefined;
  const fields = AmendBody.safeParse(jsonOf(row['body'])).data?.fields ?? {};
  const text = Object.entries(fields).map(([element, value]) => `${element}: ${valueWords(element, value)}`).join('; ');
  return { ...valueBy(read, [row], row), text, json: null, companion: null, used: true, knew: [], person: null };
}

function personValue(read: ReadHandle, patient: RecordId): ConflictValue | undefined {
  const line = read.get(`SELECT ${PATIENT_COLUMNS} FROM patient WHERE record = ?`, patient);
  const row = read.get(`${WITH_AUTHOR} WHERE ledger.position = (SELECT created FROM record WHERE id = ?)`, patient);
  if (line === undefined || row === undefined) return undefined;
  const person = toPatientLine(line, []);
  return { ...valueBy(read, [row], row), text: `${person.family}, ${person.given}`, json: null, companion: null, used: true, knew: [], person };
}

function rowOf(read: ReadHandle, entry: EntryId): SqlRow | undefined {
  const [segment = '', sequence] = entry.split('.');
  return read.get(`${WITH_AUTHOR} WHERE segment.id = ? AND ledger.sequence = ?`, segment, Number(sequence));
}

/** Who could know: the clinicians of this workstation, and whoever wrote one of the values. */
function colleagues(read: ReadHandle, values: readonly ConflictValue[], asker: Asker): ConflictView['people'] {
  const staff = read.all("SELECT name, role FROM staff WHERE active = 1 AND role IN ('physician', 'nurse')").map((row) => ({ name: String(row['name']), role: String(row['role']) }));
  const authors = values.flatMap(({ by }) => by.map(({ userName, role }) => ({ name: userName, role }))).filter(({ role }) => role !== 'system');
  const all = new Map([...authors, ...staff].filter(({ name }) => name !== asker.name).map((each) => [each.name, each]));
  return [...all.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

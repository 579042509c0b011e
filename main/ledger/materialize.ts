import { fromUtf8 } from '../../shared/base/bytes.ts';
import type { EntryId, RecordId } from '../../shared/base/ids.ts';
import { Header, idOf } from '../../shared/ledger/entry.ts';
import type { HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import { describe } from '../../shared/records/describe.ts';
import { elementTexts, resourceFromElements } from '../../shared/records/elements.ts';
import { AMENDED_ITEM, isAppendOnly } from '../../shared/records/items.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/records/json.ts';
import { mergeHeads, type Conflict, type Head } from '../../shared/records/merge.ts';
import { headsOfElement, type Setting } from '../../shared/records/merge-record.ts';
import { withdrawnByLoser } from '../../shared/records/status-pair.ts';
import type { ReadHandle, SqlRow, WriteHandle } from '../store/store.ts';
import { expandEntry, isClinicalKind } from './expansion.ts';
import { foldBooking, foldNoneKnown, parallelAmendments } from './fold-items.ts';
import { foldPatient } from './fold-patient.ts';
import { foldMeasurements } from './measurements.ts';
import { describedColumns, forgetEncounterName, rememberEncounterName } from './references.ts';

/** A record's creation: one entry, or several when two devices brought the same record. */
export type Creation = { readonly entry: EntryId; readonly clock: HybridTime; readonly elements: ReadonlyMap<string, string>; readonly text: string; /** A FHIR resource as it came, which is not stored twice. */ readonly asCame: boolean };

/**
 * Every live value of every element that was set after creation or created differently. The heads are the setters
 * that no other entry lists as parent, so the result depends on the set of entries, never on their order. The first of
 * the creations is the one that makes the record (join-record.ts).
 */
export function liveHeads(read: ReadHandle, record: RecordId): { readonly creations: readonly Creation[]; readonly heads: ReadonlyMap<string, readonly Head[]> } | undefined {
  const row = read.get('SELECT created, part, type FROM record WHERE id = ?', record);
  if (row === undefined) return undefined;
  const rows = read.all('SELECT element, entry, position, clock_ms, clock_count, present, superseded, value FROM head WHERE record = ?', record);
  const others = rows.filter((each) => each['element'] === '' && each['position'] !== null).map((each) => ({ entry: String(each['entry']), position: Number(each['position']), part: 0 }));
  const positions = [{ position: Number(row['created']), part: Number(row['part']) }, ...others.toSorted((left, right) => (left.entry < right.entry ? -1 : 1))];
  // What came as another kind of thing is parked; what was erased says nothing any more.
  const creations = positions.flatMap(({ position, part }) => loadCreation(read, position, part) ?? []).filter(({ elements }) => JSON.parse(elements.get('resourceType') ?? 'null') === row['type']);
  const touched = new Set(rows.map((each) => String(each['element'])).filter((element) => element !== ''));
  if (creations.length > 1) for (const creation of creations) for (const element of creation.elements.keys()) touched.add(element);
  return { creations, heads: new Map([...touched].map((element) => [element, headsOfElement(element, creations, rows.filter((each) => each['element'] === element).map(toSetting))])) };
}

function toSetting(row: SqlRow): Setting {
  return {
    element: String(row['element']), entry: String(row['entry']) as EntryId, clock: [Number(row['clock_ms']), Number(row['clock_count'])] as HybridTime,
    present: row['present'] === 1, superseded: row['superseded'] === 1, value: row['value'] === null ? null : String(row['value']),
  };
}

/** Undefined where the body has been erased. */
function loadCreation(read: ReadHandle, position: number, part: number): Creation | undefined {
  const row = read.get('SELECT segment, header, body FROM ledger WHERE position = ?', position);
  if (row === undefined) throw new Error('broken assumption: a record has the entry that made it');
  if (!(row['body'] instanceof Uint8Array)) return undefined;
  const header = Header.parse(JSON.parse(String(row['header'])));
  const asCame = !isClinicalKind(header.kind);
  const text = asCame ? fromUtf8(row['body']) : expandedText(read, Number(row['segment']), header, row['body'], part);
  return { entry: idOf(header), clock: header.clock, elements: elementTexts(text), text, asCame };
}

function expandedText(read: ReadHandle, segmentRef: number, header: Header, body: Uint8Array, part: number): string {
  const resource = expandEntry(read, segmentRef, header, body)?.[part];
  if (resource === undefined) throw new Error('broken assumption: a folded entry still expands');
  return JSON.stringify(resource);
}

/** Recomputes what the chart shows of a record from its live heads, and which of its elements are in conflict. */
export function materialize(write: WriteHandle, record: RecordId): void {
  const live = liveHeads(write, record);
  const base = live?.creations[0];
  if (live === undefined || base === undefined) return;
  const type = String(write.get('SELECT type FROM record WHERE id = ?', record)?.['type']);
  const elements = new Map(base.elements);
  const conflicts: (readonly [string, Conflict])[] = [];
  const merged = new Map([...live.heads].map(([element, heads]) => [element, mergeHeads(type, element, heads, base.elements.get('code') ?? null)]));
  for (const [element, { value, conflict }] of merged) {
    if (value === null) elements.delete(element);
    else elements.set(element, value);
    if (conflict !== null) conflicts.push([element, conflict]);
  }
  for (const element of withdrawnByLoser(type, merged, (name) => live.heads.get(name)?.map(({ entry }) => entry) ?? [])) elements.delete(element);
  const parallel = conflicts.length === 0 && isAppendOnly(type) && hasSeveralAmendments(live) ? parallelAmendments(write, record) : null;
  if (parallel !== null) conflicts.push([AMENDED_ITEM, parallel]);
  const text = live.heads.size === 0 ? base.text : resourceFromElements(elements);
  const resource: unknown = JSON.parse(text);
  if (!isJsonObject(resource)) throw new Error('broken assumption: elements make a resource');
  store(write, record, { type, resource, text: live.heads.size === 0 && base.asCame ? null : text, competing: type === 'Patient' ? competingValues(live.heads, conflicts) : [] });
  storeConflicts(write, record, conflicts);
}

/** Every live value of a contested element, as a resource that says nothing else: whoever has two names is found by either. */
function competingValues(heads: ReadonlyMap<string, readonly Head[]>, conflicts: readonly (readonly [string, Conflict])[]): readonly JsonObject[] {
  return conflicts.flatMap(([element]) => (heads.get(element) ?? []).flatMap(({ value }) => (value === null ? [] : [{ [element]: JSON.parse(value) as JsonValue }])));
}

type Materialized = { readonly type: string; readonly resource: JsonObject; readonly text: string | null; readonly competing: readonly JsonObject[] };

function store(write: WriteHandle, record: RecordId, { type, resource, text, competing }: Materialized): void {
  const description = describe(resource);
  const patient = write.get('SELECT patient FROM record WHERE id = ?', record)?.['patient'];
  write.run(
    `UPDATE record SET resource = ?, at = ?, precision = ?, title = ?, detail = ?, status = ?, encounter = ?, code = ?, restricted = ?,
       amended = (SELECT count(*) FROM head WHERE head.record = record.id AND element <> '' AND present = 1) WHERE id = ?`,
    text, ...describedColumns(write, description, typeof patient === 'string' ? patient : null), record,
  );
  forgetEncounterName(write, record);
  rememberEncounterName(write, record, description, typeof patient === 'string' ? patient : null);
  if (description.type === 'Patient') foldPatient(write, record, resource, competing);
  if (type === 'AllergyIntolerance' && typeof patient === 'string') foldNoneKnown(write, patient);
  if (type === 'Appointment') foldBooking(write, record, resource);
  if (typeof patient === 'string') {
    if (type === 'Observation') write.run('DELETE FROM measurement WHERE patient = ? AND record = ?', patient, record);
    foldMeasurements(write, record, patient, description);
  }
}

/** Whether values of more than one amendment count: only then can two have been made in parallel. */
function hasSeveralAmendments({ creations, heads }: NonNullable<ReturnType<typeof liveHeads>>): boolean {
  const made = new Set(creations.map(({ entry }) => entry));
  const amendments = new Set([...heads.values()].flatMap((each) => each.map(({ entry }) => entry)).filter((entry) => !made.has(entry)));
  return amendments.size > 1;
}

function storeConflicts(write: WriteHandle, record: RecordId, conflicts: readonly (readonly [string, Conflict])[]): void {
  // Almost every amendment finds nothing and leaves nothing.
  if (conflicts.length === 0 && write.get('SELECT conflicts FROM record WHERE id = ?', record)?.['conflicts'] === 0) return;
  // Items that are not of the record's own amendments are folded with what they are about.
  write.run("DELETE FROM conflict WHERE record = ? AND (element NOT LIKE '#%' OR element = ?)", record, AMENDED_ITEM);
  for (const [element, { severity, basis, since }] of conflicts) {
    write.run('INSERT INTO conflict (record, element, patient, severity, basis, since) SELECT id, ?, patient, ?, ?, ? FROM record WHERE id = ?', element, severity, basis, since, record);
  }
  write.run('UPDATE record SET conflicts = ? WHERE id = ?', conflicts.length, record);
}

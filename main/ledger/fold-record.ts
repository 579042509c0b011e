import { createHash } from 'node:crypto';
import { recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import { idOf } from '../../shared/ledger/entry.ts';
import { describe } from '../../shared/records/describe.ts';
import { describedColumns, rememberEncounterName, resolveEncounterName } from './references.ts';
import { isDeeperThan, isJsonObject, type JsonObject } from '../../shared/records/json.ts';
import { JSON_MAX_DEPTH } from '../../shared/records/resource-events.ts';
import type { WriteHandle } from '../store/store.ts';
import { parseBody } from './expansion.ts';
import type { Folding } from './fold-context.ts';
import { foldBooking, foldNoneKnown } from './fold-items.ts';
import { foldPatient } from './fold-patient.ts';
import { joinRecord } from './join-record.ts';
import { materialize } from './materialize.ts';
import { foldMeasurements } from './measurements.ts';

/** Records come into being by one entry (or, when two devices import the same one, by several) and change by amendments. */

export function createRecord(context: Folding, part: number, resource: JsonObject | { readonly resourceType: string; readonly id: string }): void {
  insertRecord(context, recordIdOf(idOf(context.header), part), part, resource as JsonObject, JSON.stringify(resource));
}

/** An entry whose body is a FHIR resource as it came; false where it is none, or another kind of thing than the record of that id. */
export function createRecordFromBody(context: Folding, body: Uint8Array): boolean {
  const resource = context.parsed ?? parseBody(body);
  if (!isJsonObject(resource) || typeof resource['resourceType'] !== 'string' || resource['resourceType'] === '') return false;
  // An import has made sure of this already; what comes from another device has not been looked at.
  if (!context.segment.own && isDeeperThan(resource, JSON_MAX_DEPTH)) return false;
  const id = context.header.record ?? recordIdOf(idOf(context.header));
  const joined = insertRecord(context, id, 0, resource, null);
  const ownId = typeof resource['id'] === 'string' ? resource['id'] : '';
  if (ownId.toLowerCase() !== id) rememberIdentity(context.write, body, `${resource['resourceType']}/${ownId}`, id);
  return joined;
}

function insertRecord(context: Folding, id: RecordId, part: number, resource: JsonObject, text: string | null): boolean {
  const { write, header, position } = context;
  const description = describe(resource);
  const patient = description.type === 'Patient' ? id : header.patient;
  const inserted = write.run(
    `INSERT INTO record (id, type, patient, created, part, resource, at, precision, title, detail, status, encounter, code, restricted)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    id, description.type, patient, position, part, text, ...describedColumns(write, description, patient),
  );
  if (inserted.changes === 0) return joinRecord(write, id, { header, position, part, type: description.type });
  rememberEncounterName(write, id, description, patient);
  if (description.type === 'Patient') foldPatient(write, id, resource);
  foldMeasurements(write, id, patient, description);
  if (description.type === 'AllergyIntolerance' && patient !== null) foldNoneKnown(write, patient);
  if (description.type === 'Appointment') foldBooking(write, id, resource);
  if (write.get('SELECT 1 FROM head WHERE record = ? LIMIT 1', id) !== undefined) materialize(write, id);
  return true;
}

/** Elements set anew: this entry becomes a head of each, its parents are no longer. Independent of arrival order. */
export function setElements({ write, header, position }: Folding, record: RecordId, elements: Readonly<Record<string, string | null>>): void {
  for (const [element, value] of Object.entries(elements)) {
    write.run(
      `INSERT INTO head (record, element, entry, position, clock_ms, clock_count, present, superseded, value) VALUES (?, ?, ?, ?, ?, ?, 1, 0, ?)
       ON CONFLICT (record, element, entry) DO UPDATE SET present = 1, position = excluded.position, clock_ms = excluded.clock_ms, clock_count = excluded.clock_count, value = excluded.value`,
      record, element, idOf(header), position, header.clock[0], header.clock[1], value,
    );
    for (const parent of header.parents) {
      write.run(
        `INSERT INTO head (record, element, entry, position, clock_ms, clock_count, present, superseded, value) VALUES (?, ?, ?, NULL, NULL, NULL, 0, 1, NULL)
         ON CONFLICT (record, element, entry) DO UPDATE SET superseded = 1`,
        record, element, parent,
      );
    }
  }
  materialize(write, record);
}

/** Two devices that imported the same bytes without an identity made two records of them; the name means the least of those that are here. */
function rememberIdentity(write: WriteHandle, body: Uint8Array, reference: string, record: RecordId): void {
  const digest = createHash('sha256').update(body).digest();
  write.run('INSERT INTO imported_identity (digest, reference, record) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', digest, reference, record);
  if (reference.startsWith('Encounter/')) resolveEncounterName(write, reference);
}

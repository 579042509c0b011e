import { recordIdOf, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { Header, idOf } from '../../shared/ledger/entry.ts';
import { compareHybrid } from '../../shared/ledger/hybrid-clock.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import { parseBody } from './expansion.ts';
import { foldNoneKnown } from './fold-items.ts';
import { materialize } from './materialize.ts';
import { resolveEncounterName } from './references.ts';
import { unfoldRecord } from './remove-record.ts';

/**
 * Several entries may bring one record: two clinics import the same file. Which of them makes it must not depend on
 * which came first, nor be taken over by whoever backdates a clock: the entry whose own id the record bears, else one
 * that makes it a patient (a patient nobody can hide), else the earliest. The others are further values of its
 * elements. One that makes it another kind of thing is parked.
 */
export type Creator = { readonly header: Header; readonly position: number; readonly part: number; readonly type: string };

/** A further creation of a record that is there. False where it is of another type than the record, and is to be parked. */
export function joinRecord(write: WriteHandle, id: RecordId, joining: Creator): boolean {
  const present = creatorOf(write, id);
  if (idOf(present.header) === idOf(joining.header)) return true;
  const takesOver = precedes(id, joining, present);
  rememberCreation(write, id, takesOver ? present : joining);
  if (takesOver) takeOver(write, id, present, joining);
  const type = takesOver ? joining.type : present.type;
  if (joining.type === type) materialize(write, id);
  return joining.type === type;
}

function creatorOf(read: ReadHandle, id: RecordId): Creator {
  const row = read.get('SELECT record.type, record.created, record.part, ledger.header FROM record JOIN ledger ON ledger.position = record.created WHERE record.id = ?', id);
  if (row === undefined) throw new Error('broken assumption: a record has the entry that made it');
  return { header: Header.parse(JSON.parse(String(row['header']))), position: Number(row['created']), part: Number(row['part']), type: String(row['type']) };
}

function precedes(id: RecordId, left: Creator, right: Creator): boolean {
  const order = rank(id, left) - rank(id, right) || compareHybrid(left.header.clock, right.header.clock);
  return order === 0 ? idOf(left.header) < idOf(right.header) : order < 0;
}

function rank(id: RecordId, { header, part, type }: Creator): number {
  if (recordIdOf(idOf(header), part) === id) return 0;
  return type === 'Patient' ? 1 : 2;
}

function rememberCreation(write: WriteHandle, id: RecordId, { header, position }: Creator): void {
  write.run(
    `INSERT INTO head (record, element, entry, position, clock_ms, clock_count, present, superseded, value) VALUES (?, '', ?, ?, ?, ?, 1, 0, NULL) ON CONFLICT DO NOTHING`,
    id, idOf(header), position, header.clock[0], header.clock[1],
  );
}

function takeOver(write: WriteHandle, id: RecordId, before: Creator, after: Creator): void {
  const patient = write.get('SELECT patient FROM record WHERE id = ?', id)?.['patient'];
  unfoldRecord(write, id, before.type, typeof patient === 'string' ? patient : null);
  write.run("DELETE FROM head WHERE record = ? AND element = '' AND entry = ?", id, idOf(after.header));
  write.run('UPDATE record SET created = ?, part = ?, type = ?, patient = ? WHERE id = ?', after.position, after.part, after.type, after.type === 'Patient' ? id : after.header.patient, id);
  if (before.type === 'AllergyIntolerance' && typeof patient === 'string') foldNoneKnown(write, patient);
  if (before.type !== after.type) parkOthers(write, id, after.type);
  for (const name of encounterNames(write, id)) resolveEncounterName(write, name);
}

/** The record is another kind of thing now: creations that agree are no longer parked, the others are. */
function parkOthers(write: WriteHandle, id: RecordId, type: string): void {
  for (const { position, resource } of otherCreations(write, id)) {
    if (isJsonObject(resource) && resource['resourceType'] === type) write.run('DELETE FROM parked WHERE position = ?', position);
    else write.run("INSERT INTO parked (position, reason) VALUES (?, 'unreadable-body') ON CONFLICT DO NOTHING", position);
  }
}

function otherCreations(read: ReadHandle, id: RecordId): readonly { readonly entry: EntryId; readonly position: number; readonly resource: unknown }[] {
  const rows = read.all("SELECT head.entry, head.position, ledger.body FROM head JOIN ledger ON ledger.position = head.position WHERE head.record = ? AND head.element = '' ORDER BY head.entry", id);
  return rows.map((row) => ({ entry: String(row['entry']) as EntryId, position: Number(row['position']), resource: row['body'] instanceof Uint8Array ? parseBody(row['body']) : undefined }));
}

/** By which names records of imports may mean this one, if it is an encounter. */
function encounterNames(read: ReadHandle, id: RecordId): readonly string[] {
  const body = read.get('SELECT body FROM ledger WHERE position = (SELECT created FROM record WHERE id = ?)', id)?.['body'];
  const made = body instanceof Uint8Array ? [parseBody(body)] : [];
  const resources = [...made, ...otherCreations(read, id).map(({ resource }) => resource)].filter(isJsonObject);
  return resources.flatMap((resource) => (resource['resourceType'] === 'Encounter' && typeof resource['id'] === 'string' ? [`Encounter/${resource['id']}`] : []));
}

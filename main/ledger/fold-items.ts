import type { EntryId, RecordId } from '../../shared/base/ids.ts';
import { Header, idOf } from '../../shared/ledger/entry.ts';
import { compareHybrid, type HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import { isNoneKnown, stillSpeaks } from '../../shared/records/allergy-state.ts';
import { BOOKING_MAX_MS, bookingsOf, standsBeside } from '../../shared/records/bookings.ts';
import { doubleBookedItem, NONE_KNOWN_ITEM, samePersonItem } from '../../shared/records/items.ts';
import { isJsonObject, type JsonObject } from '../../shared/records/json.ts';
import type { Conflict } from '../../shared/records/merge.ts';
import { isNumberKey, personKeys, saysOfOther } from '../../shared/records/person-keys.ts';
import type { ReadHandle, SqlRow, WriteHandle } from '../store/store.ts';
import { parseBody } from './expansion.ts';

/**
 * What needs a person besides fields with several values. Derived from the entries alone, like every conflict: each
 * workstation that holds the same entries lists the same.
 */

/** An entry as far as it tells who knew of whom: what it names, and whose clock ordered it. */
type Word = { readonly entry: EntryId; readonly device: string; readonly clock: HybridTime; readonly parents: readonly EntryId[] };

function wordOf(row: SqlRow): Word {
  const header = Header.parse(JSON.parse(String(row['header'])));
  return { entry: idOf(header), device: String(row['device']), clock: header.clock, parents: header.parents };
}

/** A workstation knows what it wrote before; of others' words it knew what it names. */
function knewOf(later: Word, earlier: Word): boolean {
  return later.parents.includes(earlier.entry) || (later.device === earlier.device && compareHybrid(later.clock, earlier.clock) > 0);
}

function amendmentsOf(read: ReadHandle, record: RecordId): readonly Word[] {
  return read
    .all("SELECT ledger.header, segment.device FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE ledger.record = ? AND ledger.kind = 'amend' AND ledger.position NOT IN (SELECT position FROM parked)", record)
    .map(wordOf);
}

/** Amendments of a record that no other one names: what the next amendment has to name, so that all know what its author knew. */
export function latestAmendments(read: ReadHandle, record: RecordId): readonly EntryId[] {
  const amendments = amendmentsOf(read, record);
  const named = new Set(amendments.flatMap(({ parents }) => parents));
  return amendments.filter(({ entry }) => !named.has(entry)).map(({ entry }) => entry);
}

/** Amendments of one record whose authors did not know of each other: the latest of each strand, if there are several. */
export function parallelAmendments(read: ReadHandle, record: RecordId): Conflict | null {
  const amendments = amendmentsOf(read, record);
  const tips = amendments.filter((one) => !amendments.some((other) => knewOf(other, one))).toSorted((left, right) => compareHybrid(left.clock, right.clock));
  return tips.length < 2 ? null : { severity: 'review', basis: 'newest', since: tips[1]?.clock[0] ?? 0 };
}

/** Without those that make it another kind of thing, which are parked. */
const CREATIONS = `SELECT ledger.header, segment.device FROM ledger JOIN segment ON segment.ref = ledger.segment
  WHERE ledger.position = (SELECT created FROM record WHERE id = ?)
    OR ledger.position IN (SELECT position FROM head WHERE record = ? AND element = '' EXCEPT SELECT position FROM parked)`;

/**
 * "No known allergies" beside an allergy that stands, where whoever wrote the later of them did not know of the
 * earlier. The allergy counts; that somebody was told otherwise is shown.
 */
export function foldNoneKnown(write: WriteHandle, patient: string): void {
  const rows = write.all("SELECT id, code, status FROM record WHERE patient = ? AND type = 'AllergyIntolerance' ORDER BY id", patient);
  // Whatever was an item before may have been amended into something else.
  write.run('DELETE FROM conflict WHERE patient = ? AND element = ?', patient, NONE_KNOWN_ITEM);
  const none = rows.filter((row) => isNoneKnown(row['code']));
  if (none.length === 0) return;
  const standing = rows.filter((row) => stillSpeaks(row['status']));
  const words = (row: SqlRow): readonly Word[] => write.all(CREATIONS, String(row['id']), String(row['id'])).map(wordOf);
  const real = standing.filter((row) => !isNoneKnown(row['code'])).map(words);
  for (const row of none) {
    const said = standing.includes(row) ? words(row) : [];
    const since = real.filter((allergy) => said.length > 0 && !allergy.some((one) => said.some((other) => knewOf(one, other)))).map((allergy) => Math.max(earliest(said), earliest(allergy)));
    if (since.length > 0) insertItem(write, { record: String(row['id']), item: NONE_KNOWN_ITEM, patient, severity: 'safety', basis: 'careful', since: Math.min(...since) });
  }
}

function earliest(words: readonly Word[]): number {
  return Math.min(...words.map(({ clock }) => clock[0]));
}

/** What more charts than this have in common tells nobody apart. */
const CHARTS_OF_ONE_PERSON_MAX = 8;

/**
 * Two charts that may be of one person. Neither is touched: somebody says whether they are. `names` are the words of all
 * names; a patient that is new here has no keys yet.
 */
export function foldSamePerson(write: WriteHandle, patient: RecordId, resource: JsonObject, names: readonly string[], isNew: boolean): void {
  const before = isNew ? [] : write.all('SELECT key FROM person_key WHERE patient = ?', patient).map((row) => String(row['key']));
  const after = personKeys(resource, names).map(({ key }) => key);
  for (const key of before) if (!after.includes(key)) write.run('DELETE FROM person_key WHERE key = ? AND patient = ?', key, patient);
  const added = after.filter((key) => !before.includes(key));
  for (const key of added) write.run('INSERT INTO person_key (key, patient) VALUES (?, ?)', key, patient);
  const pairs = new Map<string, readonly [string, string]>();
  for (const key of new Set([...before, ...after])) {
    const charts = [...new Set([...chartsWith(write, key), patient])].toSorted();
    // With one chart more than tells anything, what the key told before ends.
    if (charts.length > CHARTS_OF_ONE_PERSON_MAX + 1) continue;
    for (const [index, lesser] of charts.entries()) for (const greater of charts.slice(index + 1)) pairs.set(`${lesser} ${greater}`, [lesser, greater]);
  }
  for (const [lesser, greater] of pairs.values()) foldPair(write, lesser, greater);
}

function chartsWith(read: ReadHandle, key: string): readonly string[] {
  return read.all('SELECT patient FROM person_key WHERE key = ? ORDER BY patient LIMIT ?', key, CHARTS_OF_ONE_PERSON_MAX + 2).map((row) => String(row['patient']));
}

function foldPair(write: WriteHandle, lesser: string, greater: string): void {
  const item = samePersonItem(lesser);
  write.run('DELETE FROM conflict WHERE record = ? AND element = ?', greater, item);
  const shared = write
    .all('SELECT one.key FROM person_key AS one JOIN person_key AS other ON other.key = one.key WHERE one.patient = ? AND other.patient = ?', lesser, greater)
    .map((row) => String(row['key']))
    .filter((key) => chartsWith(write, key).length <= CHARTS_OF_ONE_PERSON_MAX);
  if (shared.length === 0 || saysOf(write, lesser, greater) !== null || saysOf(write, greater, lesser) !== null) return;
  const since = Math.max(...[lesser, greater].map((record) => earliest(write.all(CREATIONS, record, record).map(wordOf))));
  insertItem(write, { record: greater, item, patient: greater, severity: shared.some(isNumberKey) ? 'safety' : 'review', basis: 'unsettled', since });
}

/** Two appointments that expect one person or one room at one time. Neither is refused: somebody moves one, or says that it is meant so. */
export function foldBooking(write: WriteHandle, record: RecordId, resource: JsonObject): void {
  const had = overlapping(write, record);
  write.run('DELETE FROM booking WHERE record = ?', record);
  for (const { actor, startsAt, endsAt } of bookingsOf(resource)) write.run('INSERT INTO booking (actor, starts_at, ends_at, record) VALUES (?, ?, ?, ?)', actor, startsAt, endsAt, record);
  const has = overlapping(write, record);
  for (const other of new Set([...had, ...has])) {
    const [lesser, greater] = other < record ? [other, record] : [record, other];
    write.run('DELETE FROM conflict WHERE record = ? AND element = ?', greater, doubleBookedItem(lesser));
    if (!has.includes(other) || meantSo(write, lesser, greater)) continue;
    const patient = write.get('SELECT patient FROM record WHERE id = ?', greater)?.['patient'];
    const since = Math.max(...[lesser, greater].map((each) => earliest(write.all(CREATIONS, each, each).map(wordOf))));
    insertItem(write, { record: greater, item: doubleBookedItem(lesser), patient: typeof patient === 'string' ? patient : null, severity: 'review', basis: 'newest', since });
  }
}

function overlapping(read: ReadHandle, record: string): readonly string[] {
  const rows = read.all(
    `SELECT DISTINCT other.record FROM booking AS own JOIN booking AS other ON other.actor = own.actor AND other.starts_at > own.starts_at - ? AND other.starts_at < own.ends_at AND other.ends_at > own.starts_at
     WHERE own.record = ? AND other.record <> own.record ORDER BY other.record`,
    BOOKING_MAX_MS, record,
  );
  return rows.map((row) => String(row['record']));
}

function meantSo(read: ReadHandle, lesser: string, greater: string): boolean {
  const [one, other] = [resourceNow(read, lesser), resourceNow(read, greater)];
  return (one !== null && standsBeside(one, greater)) || (other !== null && standsBeside(other, lesser));
}

function saysOf(read: ReadHandle, record: string, other: string): 'same' | 'other' | null {
  const resource = resourceNow(read, record);
  return resource === null ? null : saysOfOther(resource, other);
}

function resourceNow(read: ReadHandle, record: string): JsonObject | null {
  const row = read.get('SELECT resource, (SELECT body FROM ledger WHERE position = record.created) AS body FROM record WHERE id = ?', record);
  const text = row?.['resource'];
  const resource: unknown = typeof text === 'string' ? JSON.parse(text) : row?.['body'] instanceof Uint8Array ? parseBody(row['body']) : null;
  return isJsonObject(resource) ? resource : null;
}

function insertItem(write: WriteHandle, { record, item, patient, severity, basis, since }: { readonly record: string; readonly item: string; readonly patient: string | null } & Conflict): void {
  write.run('INSERT INTO conflict (record, element, patient, severity, basis, since) VALUES (?, ?, ?, ?, ?, ?)', record, item, patient, severity, basis, since);
}

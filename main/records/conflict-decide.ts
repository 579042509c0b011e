import { RecordId, recordIdOf } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { CallParsed } from '../../shared/ipc/contract.ts';
import { isNoneKnown, stillSpeaks } from '../../shared/records/allergy-state.ts';
import { BESIDE_URL } from '../../shared/records/bookings.ts';
import { itemKind, otherBooking, otherPerson, type ItemKind } from '../../shared/records/items.ts';
import { isJsonObject, listOf, type JsonValue } from '../../shared/records/json.ts';
import { mergeHeads } from '../../shared/records/merge.ts';
import { OTHER_PERSON_URL } from '../../shared/records/person-keys.ts';
import { liveHeads, type Grant, type Ledger, type LedgerTransaction } from '../ledger/ledger.ts';
import type { ReadHandle, StoreFault } from '../store/store.ts';
import { amendIn, amendmentParents, type AmendFault, type WrittenRecord } from './charting.ts';
import { questionsAbout, questionTask, type Asker } from './conflict-questions.ts';
import { isContested, viewConflict } from './conflict-view.ts';
import { presentElements } from './resource-text.ts';

/** A person says what is so. Everything is an amendment with its reason; nothing that competed is lost from the history. */

type DecideFault = AmendFault | 'CHANGED_MEANWHILE' | 'EMPTY';
type Decided = Result<WrittenRecord, Exclude<DecideFault, StoreFault>>;
export const DECISION_REASON_MIN_CHARACTERS = 3;
/** What the record keeps where nobody had to give a reason. */
const REVIEWED = 'reviewed';

/**
 * Decides which value of a field is right. The decider must have seen every live value; of equal values one entry is
 * enough. Where there is one value left, and it is the decision that was seen, it is decided otherwise.
 */
export function resolveConflict(ledger: Ledger, grant: Grant, asker: Asker, request: CallParsed<'conflicts.resolve'>): Result<WrittenRecord, DecideFault> {
  return ledger.transact<WrittenRecord, DecideFault>(grant, (tx): Decided => {
    const { record, field, seen } = request;
    const live = liveHeads(tx.write, record)?.heads.get(field) ?? [];
    const again = live.length === 1 && live.every(({ entry }) => seen.includes(entry));
    if (!again && !isContested(tx.write, record, field)) return refuse('CHANGED_MEANWHILE', { contenders: live.length });
    const safety = again || tx.write.get("SELECT 1 FROM conflict WHERE record = ? AND element = ? AND severity = 'safety'", record, field) !== undefined;
    const reason = reasonOf(request.reason, safety);
    if (reason === null) return refuse('EMPTY', { field: 'reason' });
    const said = new Set(live.filter(({ entry }) => seen.includes(entry)).map(({ value }) => value));
    const covered = live.filter(({ value }) => said.has(value)).map(({ entry }) => entry);
    if (covered.length < live.length) return refuse('CHANGED_MEANWHILE', { contenders: live.length });
    const fields = { [field]: request.value, ...companionValue(tx.write, record, field, request.value) };
    const decided = amendIn(tx, { record, patient: grant.patient, fields, reason, seen: null });
    if (decided.ok) answer(tx, asker, grant.patient, record, field);
    return decided;
  });
}

function reasonOf(given: string, demanded: boolean): string | null {
  if (given.length >= DECISION_REASON_MIN_CHARACTERS) return given;
  return demanded ? null : REVIEWED;
}

/** The other half of a state goes with the half that was chosen: as its author wrote it, else as it counts now. */
function companionValue(read: ReadHandle, record: RecordId, field: string, value: string | null): Record<string, string | null> {
  const live = liveHeads(read, record);
  const type = String(read.get('SELECT type FROM record WHERE id = ?', record)?.['type']);
  const companion = field === 'clinicalStatus' ? 'verificationStatus' : null;
  if (companion === null || !isContested(read, record, companion)) return {};
  const heads = live?.heads.get(companion) ?? [];
  const chosen = live?.heads.get(field)?.filter((head) => head.value === value).map(({ entry }) => entry) ?? [];
  return { [companion]: (heads.find(({ entry }) => chosen.includes(entry)) ?? { value: mergeHeads(type, companion, heads).value }).value };
}

/** Questions about what has just been decided are answered. */
function answer(tx: LedgerTransaction, asker: Asker, patient: RecordId | null, record: RecordId, field: string): void {
  for (const { task } of questionsAbout(tx.write, patient, record, field, asker)) amendIn(tx, { record: task, patient, fields: { status: '"completed"' }, reason: 'decided', seen: null });
}

type Settle = CallParsed<'conflicts.settle'>;
const CHOICES: Readonly<Record<ItemKind, readonly Settle['choice'][]>> = {
  field: [],
  'none-known': ['allergy-stands', 'none-known'],
  amended: ['seen'],
  'same-person': ['same-person', 'other-person'],
  'double-booked': ['cancel-one', 'cancel-other', 'meant-so'],
};

/** Settles an item that is no field. Refused if something has come to it that the decider has not seen. */
export function settleItem(ledger: Ledger, grant: Grant, asker: Asker, request: Settle): Result<WrittenRecord, DecideFault> {
  return ledger.transact<WrittenRecord, DecideFault>(grant, (tx): Decided => {
    const { record, field, choice, seen } = request;
    if (!CHOICES[itemKind(field)].includes(choice)) return refuse('MALFORMED', { choice });
    const view = viewConflict(tx.write, record, field, asker);
    if (view === undefined || view.values.some(({ by }) => by.every(({ entry }) => !seen.includes(entry)))) return refuse('CHANGED_MEANWHILE');
    const reason = reasonOf(request.reason, view.severity === 'safety' || itemKind(field) === 'same-person');
    if (reason === null) return refuse('EMPTY', { field: 'reason' });
    const settled = settle(tx, grant.patient, request, reason);
    if (settled.ok) answer(tx, asker, grant.patient, record, field);
    return settled;
  });
}

function settle(tx: LedgerTransaction, patient: RecordId | null, { record, field, choice }: Settle, reason: string): Decided {
  const other = otherPerson(field);
  if (choice === 'seen') {
    const { entry } = tx.append({ kind: 'amend', patient, record, parents: amendmentParents(tx.write, record, []), body: { fields: {}, reason } });
    return ok({ record, entry });
  }
  const booking = otherBooking(field);
  if (booking !== null) return settleBooking(tx, patient, record, RecordId.parse(booking), choice, reason);
  if (choice === 'allergy-stands') return refute(tx, patient, record, reason);
  if (choice === 'none-known') return refuteAll(tx, patient, reason);
  if (other === null) return refuse('MALFORMED', { choice });
  const greater: Person = { patient: record, other: RecordId.parse(other) };
  if (choice === 'other-person') return appendTo(tx, greater, 'extension', { url: OTHER_PERSON_URL, valueReference: { reference: `Patient/${other}` } }, reason);
  const linked = appendTo(tx, { patient: greater.other, other: record }, 'link', { other: { reference: `Patient/${record}` }, type: 'seealso' }, reason);
  return linked.ok ? appendTo(tx, greater, 'link', { other: { reference: `Patient/${other}` }, type: 'seealso' }, reason) : linked;
}

const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';
const concept = (system: string, code: string): string => JSON.stringify({ coding: [{ system: `${TERMINOLOGY}/${system}`, code }] });
const REFUTED = { verificationStatus: concept('allergyintolerance-verification', 'refuted'), clinicalStatus: concept('allergyintolerance-clinical', 'inactive') };

function refute(tx: LedgerTransaction, patient: RecordId | null, record: RecordId, reason: string): Decided {
  return amendIn(tx, { record, patient, fields: REFUTED, reason, seen: null });
}

/** Every allergy that stood beside the statement that there is none. */
function refuteAll(tx: LedgerTransaction, patient: RecordId | null, reason: string): Decided {
  const rows = tx.write.all("SELECT id, code, status FROM record WHERE patient = ? AND type = 'AllergyIntolerance' ORDER BY id", patient);
  let last: Decided = refuse('CHANGED_MEANWHILE');
  for (const row of rows.filter((each) => stillSpeaks(each['status']) && !isNoneKnown(each['code']))) {
    last = refute(tx, patient, RecordId.parse(row['id']), reason);
    if (!last.ok) return last;
  }
  return last;
}

/** One of the two is called off, or both are meant so. */
function settleBooking(tx: LedgerTransaction, patient: RecordId | null, record: RecordId, other: RecordId, choice: Settle['choice'], reason: string): Decided {
  if (choice === 'meant-so') return appendTo(tx, { patient: record, other }, 'extension', { url: BESIDE_URL, valueReference: { reference: `Appointment/${other}` } }, reason, patient);
  const cancelled = choice === 'cancel-one' ? record : other;
  const whose = tx.write.get('SELECT patient FROM record WHERE id = ?', cancelled)?.['patient'];
  return amendIn(tx, { record: cancelled, patient: typeof whose === 'string' ? RecordId.parse(whose) : null, fields: { status: '"cancelled"' }, reason, seen: null });
}

type Person = { readonly patient: RecordId; readonly other: RecordId };

/** Adds one member to a list element of a record. */
function appendTo(tx: LedgerTransaction, { patient: record }: Person, element: 'link' | 'extension', member: JsonValue, reason: string, patient: RecordId | null = record): Decided {
  const present: unknown = JSON.parse(presentElements(tx.write, record)?.get(element) ?? '[]');
  const list = listOf(present as JsonValue).filter((each) => isJsonObject(each));
  return amendIn(tx, { record, patient, fields: { [element]: JSON.stringify([...list, member]) }, reason, seen: null });
}

/** Asks a colleague, or whoever has a role, to decide. */
export function askAbout(ledger: Ledger, grant: Grant, asker: Asker, request: CallParsed<'conflicts.ask'>, atMs: number, offsetMinutes: number): Result<WrittenRecord, 'CHANGED_MEANWHILE' | StoreFault> {
  return ledger.transact<WrittenRecord, 'CHANGED_MEANWHILE'>(grant, (tx) => {
    const { record, field, to, question } = request;
    if (!isContested(tx.write, record, field) || grant.patient === null) return refuse('CHANGED_MEANWHILE');
    const type = String(tx.write.get('SELECT type FROM record WHERE id = ?', record)?.['type']);
    const body = questionTask({ patient: grant.patient, record, type, field, to, question }, asker, atMs, offsetMinutes);
    const { entry } = tx.append({ kind: 'resource', patient: grant.patient, body });
    return ok({ record: recordIdOf(entry), entry });
  });
}

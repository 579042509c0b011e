import { recordIdOf, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import type { EntryKind } from '../../shared/ledger/kinds.ts';
import { Header, idOf, PARENTS_MAX } from '../../shared/ledger/entry.ts';
import { AMENDED_ELEMENTS_MAX, isAmendable, isElementText } from '../../shared/records/amendable.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import { saidAgain } from '../../shared/records/status-pair.ts';
import { latestAmendments, type Grant, type Ledger, type LedgerTransaction } from '../ledger/ledger.ts';
import type { ReadHandle, StoreFault, WriteHandle } from '../store/store.ts';
import { headsOf } from './heads.ts';
import { presentElements } from './resource-text.ts';

/** Writing into a chart. Each command is one entry, and so one commit. */

export type WrittenRecord = { readonly record: RecordId; readonly entry: EntryId };

type Charted = {
  readonly kind: EntryKind;
  readonly body: { readonly patient: RecordId; readonly encounter?: RecordId | undefined };
  /** Only in a visit that is not finished. */
  readonly mustBeOpen: boolean;
  /** This workstation's own state that goes with the entry, in the same commit. */
  readonly also?: (write: WriteHandle) => void;
};

/** Charts a compact clinical kind; an encounter it belongs to must be this patient's. */
export function chart(ledger: Ledger, grant: Grant, { kind, body, mustBeOpen, also }: Charted): Result<WrittenRecord, 'NOT_FOUND' | 'ENCOUNTER_CLOSED' | StoreFault> {
  return ledger.transact(grant, (tx) => {
    if (body.encounter !== undefined) {
      const encounter = encounterState(tx.write, body.encounter, body.patient);
      if (encounter === undefined) return refuse('NOT_FOUND', { what: 'encounter' });
      if (mustBeOpen && encounter !== 'in-progress') return refuse('ENCOUNTER_CLOSED', { status: encounter });
    }
    const { entry } = tx.append({ kind, patient: body.patient, parents: knownStatements(tx.write, kind, body.patient), body });
    also?.(tx.write);
    return ok({ record: recordIdOf(entry), entry });
  });
}

/** What is on file about allergies when somebody writes an allergy, or that there is none: whoever knew of the other statement does not contradict it unawares. */
function knownStatements(read: ReadHandle, kind: EntryKind, patient: RecordId): readonly EntryId[] {
  if (kind !== 'allergy' && kind !== 'allergy.none') return [];
  return read
    .all("SELECT ledger.header FROM record JOIN ledger ON ledger.position = record.created WHERE record.patient = ? AND record.type = 'AllergyIntolerance' ORDER BY record.ref DESC LIMIT ?", patient, PARENTS_MAX)
    .map((row) => idOf(Header.parse(JSON.parse(String(row['header'])))));
}

function encounterState(read: ReadHandle, encounter: RecordId, patient: RecordId): string | undefined {
  const row = read.get("SELECT status FROM record WHERE id = ? AND patient = ? AND type = 'Encounter'", encounter, patient);
  return row === undefined ? undefined : String(row['status'] ?? '');
}

export type AmendFault = 'NOT_FOUND' | 'EMPTY' | 'MALFORMED' | 'CHANGED_MEANWHILE' | StoreFault;

export type Amendment = {
  readonly record: RecordId;
  readonly patient: RecordId | null;
  readonly fields: Readonly<Record<string, string | null>>;
  readonly reason: string;
  /** The entries whose values were on the screen; null where nobody looked at any. */
  readonly seen: readonly EntryId[] | null;
};

/**
 * Sets elements of a record anew. With `seen`, refused if a value has arrived that the author did not see; without,
 * it supersedes what is held now. Elements equal to their present value are left out.
 */
export function amend(ledger: Ledger, grant: Grant, request: Amendment): Result<WrittenRecord, AmendFault> {
  return ledger.transact<WrittenRecord, AmendFault>(grant, (tx) => amendIn(tx, request));
}

/** The same, as a part of what a transaction writes. */
export function amendIn(tx: LedgerTransaction, request: Amendment): Result<WrittenRecord, Exclude<AmendFault, StoreFault>> {
  const { record, patient, reason, seen } = request;
  const present = presentElements(tx.write, record);
  if (present === undefined) return refuse('NOT_FOUND');
  if (Object.keys(request.fields).length > AMENDED_ELEMENTS_MAX) return refuse('MALFORMED', { limit: AMENDED_ELEMENTS_MAX });
  const fields: Record<string, string | null> = {};
  for (const [element, value] of Object.entries(request.fields)) {
    if (!isAmendable(element) || (value !== null && !isElementText(value))) return refuse('MALFORMED', { element });
    if ((present.get(element) ?? null) !== value || isContested(tx.write, record, element)) fields[element] = value;
  }
  if (Object.keys(fields).length === 0) return refuse('EMPTY');
  const heads = headsOf(tx.write, record, Object.keys(fields));
  if (seen !== null && heads.some((head) => !seen.includes(head))) return refuse('CHANGED_MEANWHILE');
  Object.assign(fields, sayAgain(tx.write, request, Object.keys(fields), present));
  const { entry } = tx.append({ kind: 'amend', patient, record, parents: amendmentParents(tx.write, record, Object.keys(fields)), body: { fields, reason } });
  return ok({ record, entry });
}

/** What an amendment says again although it does not change it; never a value that is contested or that its author has not seen. */
function sayAgain(read: ReadHandle, { record, seen }: Amendment, amended: readonly string[], present: ReadonlyMap<string, string>): Record<string, string | null> {
  const type = String(read.get('SELECT type FROM record WHERE id = ?', record)?.['type']);
  const again = saidAgain(type, amended, (element) => present.get(element) ?? null);
  const known = again.filter((element) => isAmendable(element) && !isContested(read, record, element) && (seen === null || headsOf(read, record, [element]).every((head) => seen.includes(head))));
  return Object.fromEntries(known.map((element) => [element, present.get(element) ?? null]));
}

/**
 * The entries whose values are superseded, then the latest amendments of the record: so that all who read this know
 * what its author knew of. Values beyond what one entry can name stay contenders, for the next decision.
 */
export function amendmentParents(read: ReadHandle, record: RecordId, elements: readonly string[]): readonly EntryId[] {
  return [...new Set([...headsOf(read, record, elements), ...latestAmendments(read, record)])].slice(0, PARENTS_MAX);
}

function isContested(read: ReadHandle, record: RecordId, element: string): boolean {
  return read.get('SELECT 1 FROM conflict WHERE record = ? AND element = ?', record, element) !== undefined;
}

/** Ends a visit: status and period in one amendment. */
export function finishEncounter(ledger: Ledger, grant: Grant, encounter: RecordId, patient: RecordId, endText: string): Result<WrittenRecord, AmendFault | 'ENCOUNTER_CLOSED'> {
  if (encounterState(ledger.read, encounter, patient) !== 'in-progress') return encounterState(ledger.read, encounter, patient) === undefined ? refuse('NOT_FOUND') : refuse('ENCOUNTER_CLOSED');
  const period: unknown = JSON.parse(presentElements(ledger.read, encounter)?.get('period') ?? '{}');
  const fields = { status: '"finished"', period: JSON.stringify({ ...(isJsonObject(period) ? period : {}), end: endText }) };
  return amend(ledger, grant, { record: encounter, patient, fields, reason: 'visit finished', seen: null });
}

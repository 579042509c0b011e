import { RecordId, type EntryId } from '../../shared/base/ids.ts';
import { liveHeads, type Draft, type Reader, THIS_READER } from '../../main/ledger/ledger.ts';
import type { ReadHandle } from '../../main/store/store.ts';
import type { Operation } from '../sim/act.ts';
import { draftOf, type Chart } from '../sim/draft.ts';

/** From what somebody does in a simulated world to what the shipped ledger is given. */

const UNKNOWN_KIND = 'from.the.future' as Draft['kind'];
const SUBSTANCES = ['Penicillin', 'Peanut', 'Latex'] as const;
const AT_MS = 1_750_000_000_000;
const ELEMENT_NAME = /^[a-zA-Z]+$/;

/** A version of the program that folds a kind of which this one knows nothing. */
export const NEWER_READER: Reader = { version: 2, folds: { ...THIS_READER.folds, [UNKNOWN_KIND]: (context, body) => THIS_READER.folds['resource']?.(context, body) ?? { folded: false, reason: 'unknown-kind' } } };
export const readerOf = (version: number): Reader => (version > 1 ? NEWER_READER : THIS_READER);

function chartOf(read: ReadHandle): Chart {
  const recordOf = (value: unknown): RecordId => RecordId.parse(value);
  return {
    patients: () => read.all('SELECT record FROM patient ORDER BY record').map((row) => recordOf(row['record'])),
    records: () => read.all('SELECT id, type, patient FROM record ORDER BY id').map((row) => ({ id: recordOf(row['id']), type: String(row['type']), patient: row['patient'] === null ? null : recordOf(row['patient']) })),
    heads(record, element) {
      const live = liveHeads(read, record);
      return live?.heads.get(element) ?? live?.creations.map(({ entry }): { readonly entry: EntryId } => ({ entry })) ?? [];
    },
    conflicts: () => read.all('SELECT record, element FROM conflict ORDER BY record, element').flatMap((row) => (ELEMENT_NAME.test(String(row['element'])) ? [{ record: recordOf(row['record']), element: String(row['element']) }] : [])),
  };
}

/** Null where there is nothing here to do it to. */
export function realDraftOf(operation: Operation, read: ReadHandle): Draft | null {
  const draft = draftOf(operation, chartOf(read));
  if (draft === null) return null;
  const { patient, record, parents } = draft;
  const place = { patient, record, parents: [...new Set(parents)] };
  if (operation.is === 'newer') return { ...place, kind: UNKNOWN_KIND, body: { resourceType: 'Basic', code: { text: String(operation.value) } } };
  // Half of what is new is charted as people chart, the other half comes as resources do.
  const compact = operation.is === 'create' && operation.value % 2 === 0 ? compactOf(operation, patient) : null;
  return { ...place, ...(compact ?? { kind: draft.kind as Draft['kind'], body: draft.body }) };
}

function compactOf({ type, value }: Extract<Operation, { readonly is: 'create' }>, patient: RecordId | 'made' | null): Pick<Draft, 'kind' | 'body'> | null {
  const at = AT_MS + value;
  if (type === 'Patient') return { kind: 'patient.register', body: { demographics: { family: `Family${value % 7}`, given: 'Made', sex: 'female', birthDate: '1985-07-14' }, number: `SIM-${value}` } };
  if (patient === null || patient === 'made') return null;
  const text = SUBSTANCES[value % SUBSTANCES.length] ?? '';
  switch (type) {
    case 'AllergyIntolerance': return value % 4 === 0 ? { kind: 'allergy.none', body: { patient, at } } : { kind: 'allergy', body: { patient, substance: { text }, category: 'medication', criticality: 'high', at } };
    case 'MedicationRequest': return { kind: 'medication', body: { patient, encounter: patient, medication: { text }, dose: '500 mg', frequency: 'daily', at } };
    case 'Condition': return { kind: 'problem', body: { patient, problem: { text }, at } };
    case 'Observation': return { kind: 'vitals', body: { patient, encounter: patient, values: { systolic: 90 + (value % 90), diastolic: 80 }, at } };
    case 'Flag': return null;
  }
}

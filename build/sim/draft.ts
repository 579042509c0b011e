import type { EntryId, RecordId } from '../../shared/base/ids.ts';
import type { CreatedType, Operation } from './act.ts';

/** From what somebody does to what the ledger is given, by what this workstation shows of the chart. */

export type Chart = {
  patients(): readonly RecordId[];
  records(): readonly { readonly id: RecordId; readonly type: string | null; readonly patient: RecordId | null }[];
  heads(record: RecordId, element: string): readonly { readonly entry: EntryId }[];
  conflicts(): readonly { readonly record: RecordId; readonly element: string }[];
};

export type SimDraft = {
  readonly kind: string;
  readonly body: object | Uint8Array;
  readonly patient: RecordId | 'made' | null;
  readonly record: RecordId | null;
  readonly parents: readonly EntryId[];
  readonly minReader: number;
};

const coded = (codes: readonly string[]): readonly string[] => codes.map((code) => JSON.stringify({ coding: [{ code }] }));
const texts = (values: readonly unknown[]): readonly string[] => values.map((value) => JSON.stringify(value));

/** Elements the simulator sets, with values that matter: the numerically larger dose is not the right one. */
const ELEMENTS: Readonly<Record<CreatedType, Readonly<Record<string, readonly string[]>>>> = {
  Patient: { name: texts([[{ family: 'Okoro' }], [{ family: 'Okoru' }], [{ family: 'Lund' }]]), birthDate: texts(['1980-02-01', '1980-01-02', '1981']), telecom: texts([[{ value: '555-0101' }], [{ value: '555-0199' }]]) },
  AllergyIntolerance: { criticality: texts(['low', 'high', 'unable-to-assess']), clinicalStatus: coded(['active', 'inactive', 'resolved']), note: texts([[{ text: 'rash' }], [{ text: 'none' }]]) },
  MedicationRequest: { status: texts(['active', 'stopped', 'on-hold']), dosageInstruction: texts([[{ text: '50 mg' }], [{ text: '500 mg' }], [{ text: '5 mg' }]]), note: texts([[{ text: 'with food' }], [{ text: 'at night' }]]) },
  Condition: { clinicalStatus: coded(['active', 'inactive', 'resolved']), note: texts([[{ text: 'since spring' }], [{ text: 'better' }]]) },
  Flag: { status: texts(['active', 'inactive']), note: texts([[{ text: 'ask twice' }]]) },
  Observation: { status: texts(['final', 'amended', 'entered-in-error']), note: texts([[{ text: 'left arm' }], [{ text: 'sitting' }]]) },
};

const at = <Item>(items: readonly Item[], pick: number): Item | undefined => items[pick % items.length];

function isCreated(type: string | null): type is CreatedType {
  return type !== null && Object.hasOwn(ELEMENTS, type);
}

/** Null where there is nothing here to do it to. */
export function draftOf(operation: Operation, chart: Chart): SimDraft | null {
  const plain = { record: null, parents: [], minReader: 1 };
  switch (operation.is) {
    case 'create': {
      const { type, value } = operation;
      const patient = type === 'Patient' ? ('made' as const) : (at(chart.patients(), operation.patient) ?? null);
      if (patient === null) return null;
      const body: Record<string, unknown> = { resourceType: type };
      for (const [element, values] of Object.entries(ELEMENTS[type])) if (element !== 'note') body[element] = JSON.parse(at(values, value) ?? 'null');
      return { ...plain, kind: 'resource', body, patient };
    }
    case 'amend': {
      const record = at(chart.records(), operation.record);
      if (record === undefined || !isCreated(record.type)) return null;
      const chosen = at(Object.entries(ELEMENTS[record.type]), operation.element);
      if (chosen === undefined) return null;
      const [element, values] = chosen;
      const heads = chart.heads(record.id, element).map(({ entry }) => entry);
      const parents = operation.stale ? heads.slice(0, 1) : heads;
      return { kind: 'amend', body: { fields: { [element]: at(values, operation.value) ?? null }, reason: 'corrected' }, patient: record.patient, record: record.id, parents, minReader: 1 };
    }
    case 'resolve': {
      const conflict = at(chart.conflicts(), operation.conflict);
      if (conflict === undefined) return null;
      const record = chart.records().find(({ id }) => id === conflict.record);
      if (record === undefined || !isCreated(record.type)) return null;
      const value = at(ELEMENTS[record.type][conflict.element] ?? [], operation.value) ?? null;
      const parents = chart.heads(conflict.record, conflict.element).map(({ entry }) => entry);
      return { kind: 'amend', body: { fields: { [conflict.element]: value }, reason: 'decided' }, patient: record.patient, record: record.id, parents, minReader: 1 };
    }
    case 'view':
      return { ...plain, kind: 'chart.viewed', body: { what: 'chart' }, patient: at(chart.patients(), operation.patient) ?? null };
    case 'break-glass':
      return { ...plain, kind: 'breakglass.open', body: { reason: 'emergency', explanation: 'made up', until: 0 }, patient: at(chart.patients(), operation.patient) ?? null };
    case 'attach':
      return { ...plain, kind: 'resource', body: { resourceType: 'DocumentReference', description: 'x'.repeat(operation.bytes) }, patient: at(chart.patients(), operation.patient) ?? null };
    case 'newer': {
      const patient = at(chart.patients(), operation.patient) ?? null;
      if (operation.unknownKind) return { ...plain, kind: 'from.the.future', body: { value: operation.value }, patient };
      return { ...plain, kind: 'resource', body: { resourceType: 'Condition', clinicalStatus: JSON.parse(at(ELEMENTS.Condition['clinicalStatus'] ?? [], operation.value) ?? 'null') }, patient, minReader: 2 };
    }
  }
}

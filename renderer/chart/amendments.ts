/** What may be said about a signed record, and the FHIR R4 elements that say it. The record itself is never changed. */

export type Amendment = 'active' | 'inactive' | 'remission' | 'resolved' | 'refuted' | 'completed' | 'stopped' | 'on-hold' | 'entered-in-error';
/** Element name to JSON text; null removes the element. */
export type Fields = Readonly<Record<string, string | null>>;

const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';
const WITHDRAWN = new Set(['refuted', 'entered-in-error']);

const STATUS_AMENDMENTS: Readonly<Record<string, readonly Amendment[]>> = {
  MedicationRequest: ['completed', 'stopped', 'on-hold', 'active', 'entered-in-error'],
  MedicationStatement: ['completed', 'stopped', 'on-hold', 'active', 'entered-in-error'],
  Immunization: ['entered-in-error'],
  Observation: ['entered-in-error'],
  DiagnosticReport: ['entered-in-error'],
  DocumentReference: ['entered-in-error'],
  Composition: ['entered-in-error'],
  Procedure: ['completed', 'stopped', 'entered-in-error'],
  Encounter: ['entered-in-error'],
};
const CLINICAL: Readonly<Record<string, { readonly system: string; readonly verification: string; readonly amendments: readonly Amendment[] }>> = {
  Condition: { system: 'condition-clinical', verification: 'condition-ver-status', amendments: ['resolved', 'remission', 'inactive', 'active', 'entered-in-error'] },
  AllergyIntolerance: { system: 'allergyintolerance-clinical', verification: 'allergyintolerance-verification', amendments: ['inactive', 'resolved', 'refuted', 'active', 'entered-in-error'] },
};

/** What may be said of a record of this type that is now in this state; empty where nothing may. */
export function amendmentsOf(type: string, status: string | null): readonly Amendment[] {
  const all = CLINICAL[type]?.amendments ?? STATUS_AMENDMENTS[type] ?? [];
  return all.filter((amendment) => amendment !== status);
}

/**
 * The elements to set. An entry made in error has no clinical status: FHIR R4 invariants con-5 and ait-2 forbid it
 * beside a verification status of entered-in-error.
 */
export function fieldsOf(type: string, amendment: Amendment, status: string | null): Fields {
  const clinical = CLINICAL[type];
  if (clinical === undefined) return { status: JSON.stringify(amendment) };
  const concept = (system: string, code: string): string => JSON.stringify({ coding: [{ system: `${TERMINOLOGY}/${system}`, code }] });
  if (amendment === 'entered-in-error') return { verificationStatus: concept(clinical.verification, amendment), clinicalStatus: null };
  if (amendment === 'refuted') return { verificationStatus: concept(clinical.verification, amendment), clinicalStatus: concept(clinical.system, 'inactive') };
  const clinicalStatus = concept(clinical.system, amendment);
  // Only what was withdrawn has to be vouched for again.
  return WITHDRAWN.has(status ?? '') ? { clinicalStatus, verificationStatus: concept(clinical.verification, 'confirmed') } : { clinicalStatus };
}

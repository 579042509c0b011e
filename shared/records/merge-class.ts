/**
 * How concurrent values of an element are treated (sync protocol 2.3). `safety`: all live values are kept, one counts
 * meanwhile and a person decides. `review`: the newest counts, the others are kept and listed quietly.
 */
export type MergeClass = 'safety' | 'review';

const SAFETY: Readonly<Record<string, readonly string[]>> = {
  // identity demographics: the wrong person is the worst error a chart can make
  Patient: ['name', 'birthDate', 'gender', 'identifier', 'deceasedBoolean', 'deceasedDateTime', 'link'],
  AllergyIntolerance: ['clinicalStatus', 'verificationStatus', 'criticality', 'code', 'reaction', 'category', 'type', 'patient'],
  MedicationRequest: ['status', 'medicationCodeableConcept', 'medicationReference', 'dosageInstruction', 'dispenseRequest', 'subject', 'doNotPerform'],
  MedicationStatement: ['status', 'medicationCodeableConcept', 'medicationReference', 'dosage', 'subject'],
  Condition: ['clinicalStatus', 'verificationStatus', 'code', 'severity', 'subject', 'abatementDateTime'],
  Immunization: ['status', 'vaccineCode', 'patient', 'occurrenceDateTime'],
  // pregnancy, code status and dosing weight are observations
  Observation: ['status', 'code', 'valueQuantity', 'valueCodeableConcept', 'valueString', 'valueBoolean', 'component', 'subject', 'effectiveDateTime'],
  Flag: ['status', 'code', 'subject'],
  Consent: ['status', 'scope', 'category', 'provision', 'patient'],
};

export function mergeClass(type: string, element: string): MergeClass {
  return SAFETY[type]?.includes(element) === true ? 'safety' : 'review';
}

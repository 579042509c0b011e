/**
 * How concurrent values of an element are treated (sync protocol 2.3). `safety`: all live values are kept, the most
 * careful one counts and a person decides. `review`: the newest counts, the others are kept and listed quietly.
 */
export type MergeClass = 'safety' | 'review';

const SAFETY: Readonly<Record<string, readonly string[]>> = {
  // identity demographics: the wrong person is the worst error a chart can make
  Patient: ['name', 'birthDate', 'gender', 'identifier', 'deceasedBoolean', 'deceasedDateTime'],
  AllergyIntolerance: ['clinicalStatus', 'verificationStatus', 'criticality', 'code', 'reaction', 'category', 'type', 'patient'],
  MedicationRequest: ['status', 'medicationCodeableConcept', 'medicationReference', 'dosageInstruction', 'dispenseRequest', 'subject', 'doNotPerform'],
  MedicationStatement: ['status', 'medicationCodeableConcept', 'medicationReference', 'dosage', 'subject'],
  Condition: ['clinicalStatus', 'verificationStatus', 'code', 'severity', 'subject', 'abatementDateTime'],
  Immunization: ['status', 'vaccineCode', 'patient', 'occurrenceDateTime'],
  Observation: ['status', 'code', 'valueQuantity', 'valueCodeableConcept', 'valueString', 'component', 'subject', 'effectiveDateTime'],
  Flag: ['status', 'code', 'subject'],
  Consent: ['status', 'scope', 'provision', 'patient'],
};

export function mergeClass(type: string, element: string): MergeClass {
  return SAFETY[type]?.includes(element) === true ? 'safety' : 'review';
}

/** First of each list is the most careful value. Values are the codes found in the element. */
const CAREFUL: Readonly<Record<string, readonly string[]>> = {
  // who may see the chart (HL7 v3 Confidentiality): a label is never lost because another device did not know of it
  'Patient.meta': ['V', 'R', 'ETH', 'SUD', 'HIV', 'PSY', 'STD', 'ADOL', 'SDV', 'SEX'],
  'AllergyIntolerance.clinicalStatus': ['active', 'inactive', 'resolved'],
  'AllergyIntolerance.verificationStatus': ['confirmed', 'unconfirmed', 'refuted', 'entered-in-error'],
  'AllergyIntolerance.criticality': ['high', 'unable-to-assess', 'low'],
  'Condition.clinicalStatus': ['active', 'recurrence', 'relapse', 'remission', 'inactive', 'resolved'],
  'Condition.verificationStatus': ['confirmed', 'provisional', 'differential', 'unconfirmed', 'refuted', 'entered-in-error'],
  'MedicationRequest.status': ['active', 'on-hold', 'stopped', 'completed', 'cancelled', 'entered-in-error', 'draft', 'unknown'],
  'MedicationStatement.status': ['active', 'on-hold', 'intended', 'stopped', 'completed', 'not-taken', 'entered-in-error', 'unknown'],
};

/**
 * Rank of a value for safety, 0 the most careful; undefined where the element has no such order and the newest
 * value counts until a person decides. An absent value ranks last.
 */
export function carefulRank(type: string, element: string, valueText: string | null): number | undefined {
  const order = CAREFUL[`${type}.${element}`];
  if (order === undefined) return undefined;
  if (valueText === null) return order.length + 1;
  const found = order.findIndex((code) => valueText.includes(`"${code}"`));
  return found < 0 ? order.length : found;
}

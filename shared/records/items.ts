/**
 * What needs a person besides fields with several values. Each stands in the list of conflicts beside them, under the
 * record it is shown at and a name that no FHIR element can have.
 */
export const NONE_KNOWN_ITEM = '#none-known';
export const AMENDED_ITEM = '#amended';
const SAME_PERSON = '#same-person:';
const DOUBLE_BOOKED = '#double-booked:';

export const ITEM_KINDS = ['field', 'none-known', 'amended', 'same-person', 'double-booked'] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

/** Between two charts; it stands under the one with the greater id. */
export function samePersonItem(other: string): string {
  return `${SAME_PERSON}${other}`;
}

/** Between two appointments at one time; it stands under the one with the greater id. */
export function doubleBookedItem(other: string): string {
  return `${DOUBLE_BOOKED}${other}`;
}

export function itemKind(element: string): ItemKind {
  if (element === NONE_KNOWN_ITEM) return 'none-known';
  if (element === AMENDED_ITEM) return 'amended';
  if (element.startsWith(DOUBLE_BOOKED)) return 'double-booked';
  return element.startsWith(SAME_PERSON) ? 'same-person' : 'field';
}

/** The other chart's patient. */
export function otherPerson(element: string): string | null {
  return element.startsWith(SAME_PERSON) ? element.slice(SAME_PERSON.length) : null;
}

/** The other appointment's record. */
export function otherBooking(element: string): string | null {
  return element.startsWith(DOUBLE_BOOKED) ? element.slice(DOUBLE_BOOKED.length) : null;
}

/** Never edited, only amended: two amendments in parallel are both shown, and somebody looks at them. */
const APPEND_ONLY: ReadonlySet<string> = new Set([
  'DocumentReference', 'Composition', 'Observation', 'DiagnosticReport', 'Encounter', 'ServiceRequest', 'Procedure', 'QuestionnaireResponse', 'MedicationAdministration', 'MedicationDispense', 'ImagingStudy', 'ClinicalImpression',
]);

export function isAppendOnly(type: string): boolean {
  return APPEND_ONLY.has(type);
}

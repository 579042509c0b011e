/**
 * What needs a person besides fields with several values. Each stands in the list of conflicts beside them, under the
 * record it is shown at and a name that no FHIR element can have.
 */
export const NONE_KNOWN_ITEM = '#none-known';
export const AMENDED_ITEM = '#amended';
const SAME_PERSON = '#same-person:';

export const ITEM_KINDS = ['field', 'none-known', 'amended', 'same-person'] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

/** Between two charts; it stands under the one with the greater id. */
export function samePersonItem(other: string): string {
  return `${SAME_PERSON}${other}`;
}

export function itemKind(element: string): ItemKind {
  if (element === NONE_KNOWN_ITEM) return 'none-known';
  if (element === AMENDED_ITEM) return 'amended';
  return element.startsWith(SAME_PERSON) ? 'same-person' : 'field';
}

/** The other chart's patient. */
export function otherPerson(element: string): string | null {
  return element.startsWith(SAME_PERSON) ? element.slice(SAME_PERSON.length) : null;
}

/** Never edited, only amended: two amendments in parallel are both shown, and somebody looks at them. */
const APPEND_ONLY: ReadonlySet<string> = new Set([
  'DocumentReference', 'Composition', 'Observation', 'DiagnosticReport', 'Encounter', 'ServiceRequest', 'Procedure', 'QuestionnaireResponse', 'MedicationAdministration', 'MedicationDispense', 'ImagingStudy', 'ClinicalImpression',
]);

export function isAppendOnly(type: string): boolean {
  return APPEND_ONLY.has(type);
}

import { isDeeperThan } from './json.ts';
import { JSON_MAX_DEPTH } from './resource-events.ts';

/**
 * Elements that no amendment may touch: they say what a record is, whose it is, and (`meta.security`) who may see it.
 * Taking a confidentiality label away is a decision about access, not a correction of the record.
 */
export const FIXED_ELEMENTS: ReadonlySet<string> = new Set(['resourceType', 'id', 'meta', 'subject', 'patient', 'beneficiary', 'for']);

/** Elements set by one amendment. No FHIR R4 resource has so many at its top level. */
export const AMENDED_ELEMENTS_MAX = 64;

/** A FHIR element name, or that of its extensions (`_birthDate`; FHIR R4 json.html#primitive). */
const ELEMENT = /^_?[a-z][A-Za-z0-9]{0,63}$/;

export function isAmendable(element: string): boolean {
  return ELEMENT.test(element) && !FIXED_ELEMENTS.has(element);
}

/** Whether the text is one JSON value that can be put into a resource, no deeper than an import may bring. */
export function isElementText(text: string): boolean {
  try {
    return !isDeeperThan(JSON.parse(text), JSON_MAX_DEPTH);
  } catch {
    return false;
  }
}

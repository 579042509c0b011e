import { CLINIC_NUMBER_SYSTEM } from './demographics.ts';
import { recordIdOfReference } from './imported-identity.ts';
import { isJsonObject, listOf, type JsonObject, type JsonValue } from './json.ts';
import { numberKey } from './search-keys.ts';

/**
 * What two charts of one person would have in common. `number`: an identifier that somebody else gave out, with who
 * that was. `person`: the words of all names, the whole birth date and the sex. Equal keys are evidence, no proof: a
 * person decides, and the charts are never merged by themselves.
 */
export type PersonKey = { readonly kind: 'number' | 'person'; readonly key: string };

const NUMBERS_MAX = 20;
/** Shorter identifiers are places in a list, not names of a person. */
const NUMBER_MIN_CHARACTERS = 4;
const NAME_WORDS_MIN = 2;
const WHOLE_DATE = /^\d{4}-\d{2}-\d{2}$/;

/** `names` are the words of all names (search-keys.ts). */
export function personKeys(patient: JsonObject, names: readonly string[]): readonly PersonKey[] {
  const numbers = objects(patient['identifier']).slice(0, NUMBERS_MAX).flatMap(({ system, value }): PersonKey[] => {
    // Numbers of our own cards never collide, whoever gave them out.
    if (typeof system !== 'string' || system === CLINIC_NUMBER_SYSTEM || typeof value !== 'string') return [];
    const key = numberKey(value);
    return key.length < NUMBER_MIN_CHARACTERS ? [] : [{ kind: 'number', key: `number ${system} ${key}` }];
  });
  const words = names.toSorted();
  const { birthDate, gender } = patient;
  const known = words.length >= NAME_WORDS_MIN && typeof birthDate === 'string' && WHOLE_DATE.test(birthDate) && typeof gender === 'string' && gender !== 'unknown';
  const keys: PersonKey[] = known ? [...numbers, { kind: 'person', key: `person ${birthDate} ${gender} ${words.join(' ')}` }] : numbers;
  return [...new Map(keys.map((each) => [each.key, each])).values()];
}

export function isNumberKey(key: string): boolean {
  return key.startsWith('number ');
}

/** Says that another chart is of somebody else; a FHIR extension, so that whoever does not know it keeps it. */
export const OTHER_PERSON_URL = 'urn:outpost:other-person';

/** Whether this chart names the other as the same person's (Patient.link), or as another person's. */
export function saysOfOther(patient: JsonObject, other: string): 'same' | 'other' | null {
  const names = (reference: JsonValue | undefined): boolean => isJsonObject(reference) && typeof reference['reference'] === 'string' && recordIdOfReference(reference['reference']) === other;
  if (objects(patient['link']).some((link) => names(link['other']))) return 'same';
  return objects(patient['extension']).some(({ url, valueReference }) => url === OTHER_PERSON_URL && names(valueReference)) ? 'other' : null;
}

function objects(value: JsonValue | undefined): readonly JsonObject[] {
  return listOf(value).filter(isJsonObject);
}

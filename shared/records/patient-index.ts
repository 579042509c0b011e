import { CLINIC_NUMBER_SYSTEM } from './demographics.ts';
import { describe } from './describe.ts';
import { isJsonObject, listOf, type JsonObject, type JsonValue } from './json.ts';

/** What tells one patient from another in a list. */
export type PatientIndex = {
  readonly family: string;
  readonly given: string;
  readonly prefix: string | null;
  readonly birth: string | null;
  readonly sex: string;
  readonly number: string | null;
  readonly place: string | null;
  readonly phone: string | null;
  readonly deceased: boolean;
  readonly restricted: boolean;
};

const SHORT_NUMBER_MAX_CHARACTERS = 24;
const MEDICAL_RECORD = 'MR';

export function patientIndex(resource: JsonObject): PatientIndex {
  const name = preferredName(resource['name']);
  const given = listOf(name?.['given']).filter((part) => typeof part === 'string').join(' ');
  const family = asText(name?.['family']);
  const whole = asText(name?.['text']);
  return {
    family: family ?? (given === '' ? (whole ?? '') : ''),
    given,
    prefix: asText(listOf(name?.['prefix'])[0]),
    birth: asText(resource['birthDate']),
    sex: asText(resource['gender']) ?? 'unknown',
    number: numberOf(resource['identifier']),
    place: placeOf(listOf(resource['address'])[0]),
    phone: phoneOf(resource['telecom']),
    deceased: resource['deceasedBoolean'] === true || resource['deceasedDateTime'] !== undefined,
    restricted: describe(resource).restricted,
  };
}

function asText(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function preferredName(names: JsonValue | undefined): JsonObject | undefined {
  const all = listOf(names).filter(isJsonObject);
  return all.find((name) => name['use'] === 'official') ?? all.find((name) => name['use'] === 'usual') ?? all[0];
}

/** The number on the patient's card: ours, else the medical record number, else the first short one. */
function numberOf(identifiers: JsonValue | undefined): string | null {
  const all = listOf(identifiers).filter(isJsonObject);
  const chosen = all.find((each) => each['system'] === CLINIC_NUMBER_SYSTEM) ?? all.find((each) => codesOf(each).includes(MEDICAL_RECORD)) ?? all[0];
  const value = asText(chosen?.['value']);
  return value === null || value.length <= SHORT_NUMBER_MAX_CHARACTERS ? value : `${value.slice(0, 8)}…`;
}

function codesOf(identifier: JsonObject): readonly JsonValue[] {
  const type = identifier['type'];
  return isJsonObject(type) ? listOf(type['coding']).map((coding) => (isJsonObject(coding) ? (coding['code'] ?? null) : null)) : [];
}

function placeOf(address: JsonValue | undefined): string | null {
  if (!isJsonObject(address)) return null;
  const parts = [asText(listOf(address['line'])[0]), asText(address['city'])].filter((part) => part !== null);
  return parts.length === 0 ? asText(address['text']) : parts.join(', ');
}

function phoneOf(telecoms: JsonValue | undefined): string | null {
  const phone = listOf(telecoms).filter(isJsonObject).find((each) => each['system'] === 'phone');
  return asText(phone?.['value']);
}

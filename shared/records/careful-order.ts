import { isJsonObject, type JsonValue } from './json.ts';

/**
 * Which of several concurrent values does the least harm if it counts until a person has decided. Only elements of
 * coded values have such an order. Amounts have none: of two doses neither the larger nor the smaller is the safe one
 * (half a dose of an anticonvulsant harms as double a dose of an opioid does), nor of two weights, names or dates.
 * There the newest is shown with the mark that it must not be used without looking at all of them.
 */

/** Codes of one meaning; null stands for an absent value. */
type Meaning = readonly (string | null)[];
/** The most careful meaning first. */
type CarefulOrder = readonly Meaning[];

const singly = (...codes: readonly (string | null)[]): CarefulOrder => codes.map((code) => [code]);

/** What a patient may have counts, so that it is checked against and seen. */
const CLINICAL = singly('active', 'recurrence', 'relapse', null, 'remission', 'inactive', 'resolved');
/**
 * A medicine that somebody may be taking stays in the list, where the mark is seen and interactions are checked. To
 * count as current is not an order to give it: the other value stands beside it.
 */
const TAKEN = ['active', 'on-hold', 'unknown', 'intended', 'draft', 'stopped', 'completed', 'cancelled', 'not-taken', 'entered-in-error'];
/** SNOMED CT; the second code is that of the LOINC answer list for 82810-3. A pregnancy that is not ruled out counts. */
const PREGNANCY: CarefulOrder = [['77386006', 'LA15173-0'], ['152231000119106'], ['261665006', 'LA4489-6', 'UNK', null], ['60001007', 'LA26683-5']];
/** SNOMED CT. Until it is settled a patient is resuscitated: only that can be taken back. */
export const FOR_RESUSCITATION = '304252001';
export const NOT_FOR_RESUSCITATION = '304253006';
const CODE_STATUS = singly(FOR_RESUSCITATION, null, NOT_FOR_RESUSCITATION);

const ORDERS: Readonly<Record<string, readonly CarefulOrder[]>> = {
  'AllergyIntolerance.clinicalStatus': [CLINICAL],
  'AllergyIntolerance.verificationStatus': [singly('confirmed', 'presumed', 'unconfirmed', null, 'refuted', 'entered-in-error')],
  'AllergyIntolerance.criticality': [[['high'], ['unable-to-assess', null], ['low']]],
  'AllergyIntolerance.type': [singly('allergy', null, 'intolerance')],
  'Condition.clinicalStatus': [CLINICAL],
  'Condition.verificationStatus': [singly('confirmed', 'provisional', 'differential', 'unconfirmed', null, 'refuted', 'entered-in-error')],
  // SNOMED CT severe, moderate, mild: the codes of FHIR R4 condition-severity
  'Condition.severity': [singly('24484000', '6736007', null, '255604002')],
  'MedicationRequest.status': [singly(...TAKEN, null)],
  'MedicationRequest.doNotPerform': [[['true'], ['false', null]]],
  'MedicationStatement.status': [singly(...TAKEN, null)],
  'Flag.status': [singly('active', 'inactive', null, 'entered-in-error')],
  'Observation.valueCodeableConcept': [PREGNANCY, CODE_STATUS],
  'Flag.code': [CODE_STATUS],
  'Consent.provision': [singly('deny', 'permit', null)],
  // who may see the chart (HL7 v3 Confidentiality): a label is never lost because another device did not know of it
  'Patient.meta': [singly('V', 'R', 'ETH', 'SUD', 'HIV', 'PSY', 'STD', 'ADOL', 'SDV', 'SEX', null)],
};
/** A warning that forbids counts less than its absence: the reverse of other flags. */
const FORBIDDING_FLAG = singly('inactive', 'entered-in-error', null, 'active');

/** Places of values within one order: `rank` 0 is the most careful; equal ranks mean the same. Null where a value has no place. */
export type CarefulRanks = readonly (number | null)[];

/**
 * The places of these values (JSON texts, null for an absent one); undefined where the element has no careful order, or
 * none in which any of the values has a place. `about` is the JSON text of the record's `code`.
 */
export function carefulRanks(type: string, element: string, values: readonly (string | null)[], about: string | null): CarefulRanks | undefined {
  const name = `${type}.${element}`;
  const orders = name === 'Flag.status' && about !== null && codesIn(JSON.parse(about)).includes(NOT_FOR_RESUSCITATION) ? [FORBIDDING_FLAG] : (ORDERS[name] ?? []);
  const codes = values.map((value) => (value === null ? [null] : codesIn(JSON.parse(value))));
  const fitting = orders.find((order) => codes.some((each) => each.some((code) => code !== null && placeOf(order, code) !== null)));
  if (fitting === undefined) return undefined;
  // A record whose labels restrict nothing is as open as one without labels.
  const otherwise = element === 'meta' ? placeOf(fitting, null) : null;
  return codes.map((each) => rankIn(fitting, each) ?? otherwise);
}

/** Several codes of one value are translations of each other, or parts of it: the most careful counts. */
function rankIn(order: CarefulOrder, codes: readonly (string | null)[]): number | null {
  const places = codes.map((code) => placeOf(order, code)).filter((place) => place !== null);
  return places.length === 0 ? null : Math.min(...places);
}

function placeOf(order: CarefulOrder, code: string | null): number | null {
  const place = order.findIndex((meaning) => meaning.includes(code));
  return place < 0 ? null : place;
}

/** Every scalar that can be a code: plain codes, `coding.code`, `type` of a provision. Free words are none. */
function codesIn(value: JsonValue): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'boolean') return [String(value)];
  if (Array.isArray(value)) return value.flatMap((each: JsonValue) => (isJsonObject(each) || Array.isArray(each) ? codesIn(each) : []));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, part]) => {
    if (name === 'code' || name === 'type') return codesIn(part);
    return name === 'coding' || name === 'security' || name === 'provision' ? codesIn(part) : [];
  });
}

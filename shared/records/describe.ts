import { isJsonObject, listOf, type JsonObject, type JsonValue } from './json.ts';
import { parsePartialDate, type Precision } from './partial-date.ts';

/** What a chart line, the timeline and a trend need to know of any FHIR R4 resource. */
export type Description = {
  readonly type: string;
  /** The reference that names the patient, as written in the resource. */
  readonly patientReference: string | null;
  readonly encounterReference: string | null;
  /** When it happened, epoch milliseconds of the start of the known date. */
  readonly at: number | null;
  readonly precision: Precision | null;
  readonly title: string;
  readonly detail: string | null;
  readonly status: string | null;
  /** LOINC or first code of what it is about. */
  readonly code: string | null;
  /** Every number of an observation, its components included. Units are UCUM codes where the source gives them. */
  readonly measurements: readonly { readonly code: string; readonly value: number; readonly unit: string }[];
  /** Confidentiality R or V (HL7 v3 Confidentiality), or a sensitivity label. */
  readonly restricted: boolean;
};

const TITLE_MAX_CHARACTERS = 300;
const DATE_ELEMENTS = [
  'effectiveDateTime', 'effectiveInstant', 'effectivePeriod', 'occurrenceDateTime', 'occurrencePeriod', 'performedDateTime', 'performedPeriod',
  'onsetDateTime', 'onsetPeriod', 'period', 'start', 'authoredOn', 'date', 'recordedDate', 'whenHandedOver', 'billablePeriod', 'started', 'created',
  'authored', 'issued', 'startDate', 'servicedPeriod', 'recorded',
] as const;
const TITLE_ELEMENTS = [
  'code', 'medicationCodeableConcept', 'vaccineCode', 'type', 'reasonCode', 'serviceType', 'category', 'description', 'name', 'title', 'class', 'deviceName',
] as const;
/** Values of these are not drawn (FHIR R4 ObservationStatus). */
const UNUSABLE = new Set(['entered-in-error', 'cancelled']);
const SENSITIVE = new Set(['R', 'V', 'ETH', 'SUD', 'HIV', 'PSY', 'STD', 'ADOL', 'SDV', 'SEX']);

export function describe(resource: JsonObject): Description {
  const type = text(resource['resourceType']) ?? 'Unknown';
  const dated = dateOf(resource);
  return {
    type,
    patientReference: type === 'Patient' ? null : (reference(resource['subject']) ?? reference(resource['patient']) ?? reference(resource['beneficiary']) ?? reference(resource['for']) ?? participantPatient(resource)),
    encounterReference: reference(resource['encounter']) ?? reference(firstOf(child(resource['context'], 'encounter'))) ?? reference(resource['context']),
    at: dated?.ms ?? null,
    precision: dated?.precision ?? null,
    title: titleOf(type, resource).slice(0, TITLE_MAX_CHARACTERS),
    detail: detailOf(type, resource)?.slice(0, TITLE_MAX_CHARACTERS) ?? null,
    status: statusOf(resource),
    code: codeOf(resource['code']) ?? codeOf(resource['vaccineCode']),
    measurements: measurementsOf(type, resource),
    restricted: listOf(child(resource['meta'], 'security')).some((label) => SENSITIVE.has(text(child(label, 'code')) ?? '')),
  };
}

/** The words of a CodeableConcept or Coding: its text, else the first display, else the first code. */
export function wordsOf(concept: JsonValue | undefined): string | null {
  if (!isJsonObject(concept)) return null;
  const first = listOf(concept['coding'])[0];
  return text(concept['text']) ?? text(child(first, 'display')) ?? text(concept['display']) ?? text(child(first, 'code')) ?? text(concept['code']);
}

export function codeOf(concept: JsonValue | undefined): string | null {
  const codings = listOf(child(concept, 'coding'));
  const loinc = codings.find((each) => child(each, 'system') === 'http://loinc.org');
  return text(child(loinc ?? codings[0], 'code'));
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function child(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

function firstOf(value: JsonValue | undefined): JsonValue | undefined {
  return listOf(value)[0];
}

function reference(value: JsonValue | undefined): string | null {
  return text(child(firstOf(value), 'reference'));
}

function participantPatient(resource: JsonObject): string | null {
  for (const participant of listOf(resource['participant'])) {
    const actor = reference(child(participant, 'actor'));
    if (actor?.includes('Patient/') === true) return actor;
  }
  return null;
}

function dateOf(resource: JsonObject): { readonly ms: number; readonly precision: Precision } | null {
  for (const element of DATE_ELEMENTS) {
    const value = resource[element];
    const parsed = parsePartialDate(text(value) ?? text(child(value, 'start')) ?? text(child(value, 'end')) ?? '');
    if (parsed !== null) return parsed;
  }
  return null;
}

function titleOf(type: string, resource: JsonObject): string {
  if (type === 'Patient' || type === 'Practitioner' || type === 'RelatedPerson') return personName(resource) ?? type;
  if (type === 'Encounter') return encounterTitle(resource);
  for (const element of TITLE_ELEMENTS) {
    const value = firstOf(resource[element]);
    const words = text(value) ?? wordsOf(value);
    if (words !== null) return words;
  }
  return type;
}

const ENCOUNTER_CLASSES: Readonly<Record<string, string>> = { AMB: 'Clinic visit', EMER: 'Emergency visit', HH: 'Home visit', VR: 'Remote visit', IMP: 'Inpatient stay' };

function encounterTitle(resource: JsonObject): string {
  const reason = wordsOf(firstOf(resource['reasonCode']));
  const classCode = text(child(resource['class'], 'code'));
  const kind = wordsOf(firstOf(resource['type'])) ?? (classCode === null ? null : (ENCOUNTER_CLASSES[classCode] ?? classCode)) ?? 'Encounter';
  return reason === null ? kind : `${kind}: ${reason}`;
}

function personName(resource: JsonObject): string | null {
  const name = firstOf(resource['name']);
  const parts = [...listOf(child(name, 'given')).map(text), text(child(name, 'family'))].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(' ') : text(child(name, 'text'));
}

/** Numbers of an observation as words, a dosage, a reaction, a lot number. */
function detailOf(type: string, resource: JsonObject): string | null {
  if (type === 'Observation') return observationWords(resource);
  if (type === 'MedicationRequest') return text(child(firstOf(resource['dosageInstruction']), 'text'));
  if (type === 'MedicationStatement') return text(child(firstOf(resource['dosage']), 'text'));
  if (type === 'AllergyIntolerance') return listOf(resource['reaction']).flatMap((reaction) => listOf(child(reaction, 'manifestation')).map(wordsOf)).filter((words) => words !== null).join(', ') || null;
  if (type === 'Immunization') return text(resource['lotNumber']);
  if (type === 'DiagnosticReport') return text(resource['conclusion']);
  if (type === 'DocumentReference') return text(resource['description']);
  if (type === 'Encounter') return text(child(resource['serviceProvider'], 'display'));
  return null;
}

function observationWords(resource: JsonObject): string | null {
  const single = valueWords(resource);
  if (single !== null) return single;
  const parts = listOf(resource['component'])
    .filter(isJsonObject)
    .toSorted((left, right) => readingOrder(left) - readingOrder(right))
    .map(valueWords)
    .filter((words) => words !== null);
  if (parts.length === 0) return null;
  const units = new Set(parts.map((part) => part.replace(/^[^ ]+ ?/, '')));
  return units.size === 1 && parts.length === 2 ? `${parts.map((part) => part.split(' ')[0]).join('/')} ${[...units][0] ?? ''}`.trim() : parts.join(', ');
}

/** Blood pressure is read systolic first, in whatever order a source lists it. */
const READ_FIRST = ['8480-6', '8462-4'];

function readingOrder(component: JsonObject): number {
  const place = READ_FIRST.indexOf(codeOf(component['code']) ?? '');
  return place < 0 ? READ_FIRST.length : place;
}

function valueWords(holder: JsonObject): string | null {
  const quantity = holder['valueQuantity'];
  const number = child(quantity, 'value');
  if (typeof number === 'number') return `${roundForReading(number)} ${text(child(quantity, 'unit')) ?? text(child(quantity, 'code')) ?? ''}`.trim();
  return wordsOf(holder['valueCodeableConcept']) ?? text(holder['valueString']) ?? text(holder['valueDateTime']) ?? (typeof holder['valueBoolean'] === 'boolean' ? String(holder['valueBoolean']) : null) ?? (typeof holder['valueInteger'] === 'number' ? String(holder['valueInteger']) : null);
}

const READING_DIGITS = 5;

/** Never a trailing zero (ISMP); long fractions of machine-made data are cut for reading, the resource keeps them. */
function roundForReading(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(READING_DIGITS)));
}

function statusOf(resource: JsonObject): string | null {
  const clinical = codeOf(resource['clinicalStatus']) ?? text(resource['clinicalStatus']);
  const verification = codeOf(resource['verificationStatus']) ?? text(resource['verificationStatus']);
  if (verification === 'entered-in-error' || verification === 'refuted') return verification;
  return clinical ?? text(resource['status']);
}

function measurementsOf(type: string, resource: JsonObject): Description['measurements'] {
  if (type !== 'Observation' || UNUSABLE.has(text(resource['status']) ?? '')) return [];
  const found: { code: string; value: number; unit: string }[] = [];
  for (const holder of [resource, ...listOf(resource['component'])]) {
    const quantity = child(holder, 'valueQuantity');
    const value = child(quantity, 'value');
    const code = codeOf(child(holder, 'code'));
    if (typeof value === 'number' && Number.isFinite(value) && code !== null) found.push({ code, value, unit: text(child(quantity, 'code')) ?? text(child(quantity, 'unit')) ?? '' });
  }
  return found;
}

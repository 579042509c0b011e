import { z } from 'zod';
import { ok, refuse, type Result } from '../base/result.ts';
import { FhirCodeableConcept, FhirId, FhirReference } from './fhir-shapes.ts';
import { isJsonObject, listOf, type JsonObject, type JsonValue } from './json.ts';
import { parsePartialDate, type Precision } from './partial-date.ts';
import { parseReference } from './references.ts';

/** Why a resource cannot be charted; `detail.path` names the member. */
export type FhirResourceFaultCode = 'malformed-resource';

export type CodedMeaning = { readonly system: string | null; readonly code: string | null; readonly display: string };
/** `ms`: where the known period begins, epoch milliseconds; a date without time begins at midnight UTC. */
export type EventTime = { readonly ms: number; readonly precision: Precision; readonly text: string };

/** What the chart lists, sorts and joins a resource by. The resource itself stays as it is. */
export type ResourceSummary = {
  readonly type: string;
  readonly id: string | null;
  /** Reference text of the patient the resource is about; null for a Patient, and for what concerns none. */
  readonly patientReference: string | null;
  readonly encounterReference: string | null;
  /** When it happened to the patient rather than when it was written, where both are known. */
  readonly eventTime: EventTime | null;
  readonly status: string | null;
  readonly code: CodedMeaning | null;
};

const RESOURCE_TYPE = /^[A-Z][A-Za-z]{1,63}$/;
/** Members that say whom a resource concerns, in the types that have them. */
const SUBJECTS = ['subject', 'patient', 'beneficiary', 'individual', 'for'];

/** A reference that may lead to a patient: by its type, or because a urn:uuid does not tell. */
function mayBePatient(reference: FhirReference | undefined): string | null {
  if (reference?.reference === undefined) return null;
  const target = parseReference(reference.reference);
  const type = target.kind === 'relative' || target.kind === 'absolute' || target.kind === 'conditional' ? target.type : (reference.type ?? 'Patient');
  return type === 'Patient' && target.kind !== 'other' ? reference.reference : null;
}

const Participants = z.array(z.object({ actor: FhirReference.optional() }));

/** An appointment's patient is one of its participants, and a urn:uuid alone does not tell which. */
function participatingPatient(participant: unknown): string | null {
  if (participant === undefined) return null;
  const parsed = Participants.safeParse(participant);
  if (!parsed.success) return null;
  const actors = parsed.data.flatMap(({ actor }) => (actor === undefined ? [] : [actor]));
  const named = actors.find((actor) => actor.type === 'Patient' || /(?:^|\/)Patient[/?]/.test(actor.reference ?? ''));
  return mayBePatient(named);
}

/** The reference text, or the member that is not what FHIR says. */
function patientOf(type: string, resource: JsonObject): Result<string | null, FhirResourceFaultCode> {
  if (type === 'Patient') return ok(null);
  for (const member of SUBJECTS) {
    for (const value of listOf(resource[member])) {
      const reference = FhirReference.safeParse(value);
      if (!reference.success) return refuse('malformed-resource', { path: member });
      const found = mayBePatient(reference.data);
      if (found !== null) return ok(found);
    }
  }
  return ok(participatingPatient(resource['participant']));
}

const DocumentContext = z.object({ encounter: z.array(FhirReference).optional() });

/** R4 has the encounter in `encounter`, for drugs given or taken in `context`, for documents within `context`. */
function encounterOf(type: string, resource: JsonObject): string | null {
  if (type === 'Encounter') return null;
  const context = resource['context'];
  const direct = resource['encounter'] ?? context;
  if (direct === undefined) return null;
  const reference = FhirReference.safeParse(direct).data?.reference;
  return reference ?? DocumentContext.safeParse(context).data?.encounter?.[0]?.reference ?? null;
}

/** Members that say when, the most clinical first; `.start` is that of a Period. */
const TIMES_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['onsetDateTime', 'onsetPeriod.start', 'recordedDate', 'lastOccurrence'],
  Condition: ['onsetDateTime', 'onsetPeriod.start', 'recordedDate'],
  DocumentReference: ['context.period.start', 'date'],
  Patient: [],
};
const TIMES: readonly string[] =
  `effectiveDateTime effectiveInstant effectivePeriod.start occurrenceDateTime occurrencePeriod.start performedDateTime
  performedPeriod.start onsetDateTime onsetPeriod.start whenHandedOver whenPrepared started start period.start authoredOn
  servicedDate servicedPeriod.start billablePeriod.start executionPeriod.start startDate statusDate dateTime date authored
  sent recordedDate recorded issued created`.split(/\s+/);

const MEMBERS_OF_TIME = new Map([...TIMES, ...Object.values(TIMES_OF_TYPE).flat()].map((path) => [path, path.split('.')]));

function timeOf(type: string, resource: JsonObject): EventTime | null {
  for (const path of TIMES_OF_TYPE[type] ?? TIMES) {
    let value: JsonValue | undefined = resource;
    for (const name of MEMBERS_OF_TIME.get(path) ?? []) value = isJsonObject(value) ? value[name] : undefined;
    const parsed = typeof value === 'string' ? parsePartialDate(value) : null;
    if (parsed !== null && typeof value === 'string') return { ...parsed, text: value };
  }
  return null;
}

/** Members that say what, most telling first. */
const MEANINGS = ['code', 'vaccineCode', 'medicationCodeableConcept', 'medicationReference', 'type', 'serviceType', 'category', 'description', 'name'];

function meaningOf(type: string, resource: JsonObject): CodedMeaning | null {
  if (type === 'Patient') return null;
  for (const member of MEANINGS) {
    const value = listOf(resource[member])[0];
    if (value === undefined) continue;
    if (typeof value === 'string') {
      if (member === 'name' || member === 'description') return { system: null, code: null, display: value };
      continue;
    }
    if (member === 'medicationReference') {
      const display = FhirReference.safeParse(value).data?.display;
      if (display !== undefined) return { system: null, code: null, display };
      continue;
    }
    const concept = FhirCodeableConcept.safeParse(value);
    if (!concept.success) continue;
    const coding = concept.data.coding?.[0];
    const text = concept.data.text ?? coding?.display ?? coding?.code;
    if (text !== undefined) return { system: coding?.system ?? null, code: coding?.code ?? null, display: text };
  }
  return null;
}

/** A status as one word: most types have a code in one of two members, some a CodeableConcept. */
function statusOf(resource: JsonObject): string | null {
  const status = resource['status'] ?? resource['lifecycleStatus'];
  if (typeof status === 'string') return status;
  const clinical = resource['clinicalStatus'];
  return clinical === undefined ? null : (FhirCodeableConcept.safeParse(clinical).data?.coding?.[0]?.code ?? null);
}

/** The id of a resource, and the reference text of the patient it is about. */
export type ResourceLinks = Pick<ResourceSummary, 'id' | 'patientReference'>;

/** Refuses a resource whose type, id or link to its patient does not have FHIR's shape. */
export function readLinks(type: JsonValue | undefined, resource: JsonObject): Result<ResourceLinks, FhirResourceFaultCode> {
  if (typeof type !== 'string' || !RESOURCE_TYPE.test(type)) return refuse('malformed-resource', { path: 'resourceType' });
  const id = resource['id'] === undefined ? null : FhirId.safeParse(resource['id']);
  if (id?.success === false) return refuse('malformed-resource', { path: 'id' });
  const patient = patientOf(type, resource);
  return patient.ok ? ok({ id: id?.data ?? null, patientReference: patient.value }) : patient;
}

/**
 * Reads out of an R4 resource what the chart relies on. What `readLinks` refuses is refused; anything else that is
 * odd yields null, and the resource is kept as it came.
 */
export function summariseResource(resource: JsonObject): Result<ResourceSummary, FhirResourceFaultCode> {
  const type = resource['resourceType'];
  const links = readLinks(type, resource);
  if (!links.ok) return links;
  const named = String(type);
  return ok({
    type: named,
    ...links.value,
    encounterReference: encounterOf(named, resource),
    eventTime: timeOf(named, resource),
    status: statusOf(resource),
    code: meaningOf(named, resource),
  });
}

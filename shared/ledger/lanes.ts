import { z } from 'zod';
import { isJsonObject, listOf, type JsonValue } from '../records/json.ts';

/**
 * The lanes an entry may travel in. Each lane of one start is a segment of its own, with its own sequence and chain, so
 * that an allergy overtakes a morning's notes on a thin line and nothing new has to be proved for it. A lower number
 * goes first.
 */
export const LANE = { urgent: 0, clinical: 1, reads: 2, bulk: 3 } as const;
export type Lane = (typeof LANE)[keyof typeof LANE];
/** In the order in which they go out. */
export const LANES = [LANE.urgent, LANE.clinical, LANE.reads, LANE.bulk] as const;
/** As it stands in `segment.open`. Segments of version 0.1.0 name no lane, and newer versions may know more: they count as clinical. */
export const Lane = z.literal(LANES).catch(LANE.clinical);

/** A body from here on travels with the attachments, whatever its kind: a second of a 128 kbit/s line. */
export const LARGE_BODY_BYTES = 16 * 1024;

/** What is known of an entry besides its kind. */
export type LaneFacts = {
  /** The body as JSON, where there is one. */
  readonly body?: unknown;
  /** Bytes of the body. */
  readonly bytes?: number;
  /** FHIR type of the record that is amended. */
  readonly recordType?: string | null;
};

/** What a colleague elsewhere must know before the next patient sits down. */
const URGENT_KINDS: ReadonlySet<string> = new Set(['patient.register', 'allergy', 'allergy.none', 'breakglass.open', 'ledger.forked', 'history.contradicted']);
/** Who looked, who came and went, what was refused: the trail without consequence for any chart. */
const READ_KINDS: ReadonlySet<string> = new Set([
  'session.open', 'session.close', 'session.refused', 'session.level', 'call.refused', 'vault.recovered', 'device.enrolled', 'neighbours.changed',
  'order.applied', 'order.refused', 'lease.over',
  'patient.searched', 'chart.viewed', 'record.viewed', 'audit.viewed', 'staff.viewed', 'sync.viewed',
  'export.made', 'audit.exported', 'audit.verified', 'sync.done', 'sync.refused', 'scope.evicted', 'scope.admitted',
]);
const BULK_KINDS: ReadonlySet<string> = new Set(['import.started', 'import.file', 'import.finished']);

/** Total: a kind that nobody here knows is clinical. */
export function laneOf(kind: string, facts: LaneFacts = {}): Lane {
  if (READ_KINDS.has(kind)) return LANE.reads;
  if (BULK_KINDS.has(kind) || (facts.bytes ?? 0) >= LARGE_BODY_BYTES) return LANE.bulk;
  if (URGENT_KINDS.has(kind)) return LANE.urgent;
  if (kind === 'resource' && isUrgentResource(facts.body)) return LANE.urgent;
  return kind === 'amend' && isUrgentAmendment(facts) ? LANE.urgent : LANE.clinical;
}

/** FHIR R4 RequestPriority: everything but `routine`. */
const URGENT_PRIORITIES: ReadonlySet<unknown> = new Set(['urgent', 'asap', 'stat']);
/** HL7 v3 ObservationInterpretation: critical abnormal, critical high, critical low. */
const CRITICAL = new Set<unknown>(['AA', 'HH', 'LL']);
/** FHIR R4 consent category codes that say what is (not) to be done for a patient who cannot speak. */
const CODE_STATUS_CONSENTS = new Set<unknown>(['acd', 'dnr', 'emrgonly', 'hcd', 'polst']);
/** SNOMED CT: resuscitation status, for resuscitation, not for resuscitation. */
const CODE_STATUS_CODES = new Set<unknown>(['304251008', '304252001', '304253006']);
/** Allergies, and flags as FHIR means them: warnings to whoever gives care (code status, danger, isolation). */
const URGENT_TYPES = new Set<unknown>(['AllergyIntolerance', 'Flag']);

function isUrgentResource(body: unknown): boolean {
  if (!isJsonObject(body)) return false;
  if (URGENT_TYPES.has(body['resourceType']) || URGENT_PRIORITIES.has(body['priority'])) return true;
  if (codesIn(body['interpretation']).some((code) => CRITICAL.has(code))) return true;
  if (body['resourceType'] === 'Consent' && codesIn(body['category']).some((code) => CODE_STATUS_CONSENTS.has(code))) return true;
  return codesIn(body['code']).some((code) => CODE_STATUS_CODES.has(code));
}

/** An amendment of an urgent kind of record, or one that makes an order urgent. */
function isUrgentAmendment({ body, recordType }: LaneFacts): boolean {
  if (URGENT_TYPES.has(recordType)) return true;
  const fields = isJsonObject(body) ? body['fields'] : undefined;
  const priority = isJsonObject(fields) ? fields['priority'] : undefined;
  return typeof priority === 'string' && [...URGENT_PRIORITIES].some((urgent) => priority === JSON.stringify(urgent));
}

/** The codes of one CodeableConcept or of several. */
function codesIn(concepts: JsonValue | undefined): readonly JsonValue[] {
  return listOf(concepts).flatMap((concept) => (isJsonObject(concept) ? listOf(concept['coding']).map((coding) => (isJsonObject(coding) ? (coding['code'] ?? null) : null)) : []));
}

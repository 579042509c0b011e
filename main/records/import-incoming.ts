import type { JsonObject } from '../../shared/records/json.ts';
import { readLinks } from '../../shared/records/fhir-resource.ts';
import { refuse, type Result } from '../../shared/base/result.ts';
import type { SourceResource } from '../../shared/records/resource-events.ts';

/** A resource on its way from a file into the ledger. */
export type Incoming = {
  /** Place in its file: entry from 0, line from 1. */
  readonly entry: number;
  readonly line: number;
  readonly type: string;
  readonly id: string | null;
  readonly fullUrl: string | null;
  /** The reference that says whose it is, as written; null for a Patient and for what concerns none. */
  readonly patientReference: string | null;
  readonly text: string;
  readonly value: JsonObject;
};

/** Why a single entry is passed over while the rest of its file is taken; further reasons come from the stream. */
export type SkipReason = 'malformed-resource' | 'nested-bundle' | 'no-record' | 'deletion';

/** What stands in a bundle and is no part of a chart: the server's words about a search, and bundles in bundles. */
const NO_RECORDS: Readonly<Record<string, SkipReason>> = { Bundle: 'nested-bundle', OperationOutcome: 'no-record' };

export function incomingOf(source: SourceResource): Result<Incoming, SkipReason> {
  if (source.request?.method === 'DELETE') return refuse('deletion');
  return readIncoming({ entry: source.at.entry, line: source.at.line, fullUrl: source.fullUrl, type: source.type, text: source.text, value: source.value });
}

export function readIncoming(source: Pick<Incoming, 'entry' | 'line' | 'fullUrl' | 'type' | 'text' | 'value'>): Result<Incoming, SkipReason> {
  const noRecord = NO_RECORDS[source.type];
  if (noRecord !== undefined) return refuse(noRecord);
  const links = readLinks(source.type, source.value);
  if (!links.ok) return refuse('malformed-resource');
  return { ok: true, value: { ...source, id: links.value.id, patientReference: links.value.patientReference } };
}

/** Types other than Patient that a subject may be (FHIR R4, Observation.subject and its like). */
const OTHER_SUBJECTS: ReadonlySet<string> = new Set(['Device', 'Group', 'Location', 'Medication', 'Organization', 'Practitioner', 'PractitionerRole', 'Substance']);
export const RANKS = 4;
export const ENCOUNTER_RANK = 2;

/** What is referred to goes in before what refers to it: patients, other subjects, encounters, the rest. */
export function rankOfType(type: string): number {
  return type === 'Patient' ? 0 : OTHER_SUBJECTS.has(type) ? 1 : type === 'Encounter' ? ENCOUNTER_RANK : 3;
}

export function inOrder(incoming: readonly Incoming[]): readonly Incoming[] {
  return incoming.toSorted((left, right) => rankOfType(left.type) - rankOfType(right.type) || left.entry - right.entry);
}

export function entryText({ entry, line }: Pick<Incoming, 'entry' | 'line'>): string {
  return `entry[${entry}], line ${line}`;
}

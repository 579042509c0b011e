import { isJsonObject } from '../records/json.ts';
import { spelt } from './json-tree.ts';
import { NUMBER_LIMIT } from './numbers.ts';
import { isUuid, splitEntry } from './record-ids.ts';

/** The fields of a header of version 1 (shared/ledger/entry.ts) as they travel; segment and sequence are those of the run. */
export type HeaderFields = {
  readonly at: number;
  readonly body: string | null;
  readonly clockMs: number;
  readonly clockCount: number;
  readonly clockState: string;
  readonly decision: string;
  readonly kind: string;
  readonly minReader: number;
  readonly monotonic: number;
  readonly offset: number;
  readonly parents: readonly string[];
  readonly patient: string | null;
  readonly purpose: string;
  readonly record: string | null;
  readonly session: number | null;
  readonly zone: string;
};

/** The one text of these fields: what `headerText` of shared/ledger/entry.ts writes. */
export function renderHeader(fields: HeaderFields, segment: string, sequence: number): string {
  const { at, body, clockMs, clockCount, clockState, decision, kind, minReader, monotonic, offset, parents, patient, purpose, record, session, zone } = fields;
  const parentList = parents.length === 0 ? '' : `"${parents.join('","')}"`;
  return `{"at":${at},"body":${quoted(body)},"clock":[${clockMs},${clockCount}],"clockState":${spelt(clockState)},"decision":${spelt(decision)},"kind":${spelt(kind)},"minReader":${minReader},"monotonic":${monotonic},"offset":${offset},"parents":[${parentList}],"patient":${quoted(patient)},"purpose":${spelt(purpose)},"record":${quoted(record)},"segment":"${segment}","sequence":${sequence},"session":${session === null ? 'null' : session},"v":1,"zone":${spelt(zone)}}`;
}

/** What `JSON.parse` makes of that text. */
export function headerObject(fields: HeaderFields, segment: string, sequence: number): Readonly<Record<string, unknown>> {
  const { at, body, clockMs, clockCount, clockState, decision, kind, minReader, monotonic, offset, parents, patient, purpose, record, session, zone } = fields;
  return { at, body, clock: [clockMs, clockCount], clockState, decision, kind, minReader, monotonic, offset, parents, patient, purpose, record, segment, sequence, session, v: 1, zone };
}

/** Of ids and hashes, which need no spelling. */
function quoted(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}

const KIND_MAX_CHARACTERS = 64;
const COMMITMENT = /^[0-9a-f]{64}$/;

const isWhole = (value: unknown): value is number => Number.isInteger(value) && Math.abs(Number(value)) < NUMBER_LIMIT;
const isCount = (value: unknown): value is number => isWhole(value) && value >= 0;
const isText = (value: unknown): value is string => typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
const isRecord = (value: unknown): value is string | null => value === null || (typeof value === 'string' && isUuid(value));
const isParents = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((parent) => typeof parent === 'string' && splitEntry(parent) !== null);
const isCommitment = (value: unknown): value is string | null => value === null || (typeof value === 'string' && COMMITMENT.test(value));

/** Null for any header that this would not write again to the letter: it travels whole. */
export function readHeaderText(text: string, segment: string, sequence: number): HeaderFields | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isJsonObject(parsed)) return null;
  const { at, body, clock, clockState, decision, kind, minReader, monotonic, offset, parents, patient, purpose, record, session, zone } = parsed;
  if (!Array.isArray(clock)) return null;
  const [clockMs, clockCount]: readonly unknown[] = clock;
  if (!isWhole(at) || !isWhole(offset) || !isCount(clockMs) || !isCount(clockCount) || !isCount(minReader) || !isCount(monotonic) || !(session === null || isCount(session))) return null;
  if (!isText(clockState) || !isText(decision) || !isText(kind) || !isText(purpose) || !isText(zone) || kind === '' || kind.length > KIND_MAX_CHARACTERS) return null;
  if (!isRecord(patient) || !isRecord(record) || !isParents(parents) || !isCommitment(body)) return null;
  const fields = { at, body, clockMs, clockCount, clockState, decision, kind, minReader, monotonic, offset, parents, patient, purpose, record, session, zone };
  return renderHeader(fields, segment, sequence) === text ? fields : null;
}

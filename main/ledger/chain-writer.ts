import { hash } from 'node:crypto';
import { toHex, utf8 } from '../../shared/base/bytes.ts';
import { entryId, recordIdOf, splitEntryId, type EntryId, type RecordId, type SegmentId } from '../../shared/base/ids.ts';
import type { Clock, Random, Sha256 } from '../../shared/base/world.ts';
import { bodyCommitment, chainHash, HEADER_VERSION, headerText, PARENTS_MAX, SALT_BYTES, type Entry, type Header } from '../../shared/ledger/entry.ts';
import { tick, type HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import type { EntryKind } from '../../shared/ledger/kinds.ts';
import type { JsonObject } from '../../shared/records/json.ts';
import type { Grant } from './grant.ts';

export const sha256: Sha256 = (...parts) => hash('sha256', Buffer.concat(parts), 'buffer');

/** What is to be written; the writer adds who, when, where and the chain. */
export type Draft = {
  readonly kind: EntryKind;
  /** JSON to be, bytes as they are, or nothing. */
  readonly body?: object | Uint8Array;
  /** The chart it belongs to; `made` when the entry itself makes the patient. */
  readonly patient?: RecordId | 'made' | null;
  readonly record?: RecordId | null;
  readonly parents?: readonly EntryId[];
  /** What `JSON.parse` makes of a body that is bytes, where the caller has it already. */
  readonly parsed?: JsonObject;
};

/** Where a segment stands. Replaced as a whole once a transaction has committed, never changed in between. */
export type ChainState = { readonly segment: SegmentId; readonly ref: number; readonly next: number; readonly head: Uint8Array; readonly clock: HybridTime; readonly openedAt: number };

/** Salts are drawn this many at a time: asking the system for sixteen bytes costs as much as for a thousand. */
const SALTS_DRAWN = 64;
const drawnSalts = new WeakMap<Random, { readonly bytes: Uint8Array; used: number }>();

/** Sixteen bytes that are handed out once. */
function nextSalt(random: Random): Uint8Array {
  let drawn = drawnSalts.get(random);
  if (drawn === undefined || drawn.used === drawn.bytes.length) {
    drawn = { bytes: random.bytes(SALT_BYTES * SALTS_DRAWN), used: 0 };
    drawnSalts.set(random, drawn);
  }
  const salt = drawn.bytes.slice(drawn.used, drawn.used + SALT_BYTES);
  drawn.used += SALT_BYTES;
  return salt;
}

export type Moment = { readonly clock: Clock; readonly random: Random; readonly clockState: 'ok' | 'suspect' };

/** The next entry of the chain and the state after it. Pure but for the clock and the salt that are passed in. */
export function nextEntry(state: ChainState, grant: Grant, draft: Draft, { clock, random, clockState }: Moment): { readonly entry: Entry; readonly state: ChainState } {
  // A header that no reader takes would end the chain for everybody, and entries cannot be taken back.
  if (draft.parents !== undefined && draft.parents.length > PARENTS_MAX) throw new Error('broken assumption: an entry has at most 100 parents');
  const at = Math.floor(clock.now());
  const time = tick(state.clock, at);
  const id = entryId(state.segment, state.next);
  const body = draft.body === undefined ? null : draft.body instanceof Uint8Array ? draft.body : utf8(JSON.stringify(draft.body));
  const salt = nextSalt(random);
  const header: Header = {
    at,
    body: body === null ? null : toHex(bodyCommitment(sha256, salt, body)),
    clock: time,
    clockState,
    decision: grant.decision,
    kind: draft.kind,
    minReader: 1,
    monotonic: Math.max(0, Math.floor(clock.monotonic() - state.openedAt)),
    offset: clock.offsetMinutes(at),
    parents: [...(draft.parents ?? [])],
    patient: draft.patient === 'made' ? recordIdOf(id) : (draft.patient ?? grant.patient),
    purpose: grant.purpose,
    record: draft.record ?? null,
    segment: state.segment,
    sequence: state.next,
    session: sessionIn(state.segment, grant),
    v: HEADER_VERSION,
    zone: clock.zone(),
  };
  const text = headerText(header);
  const linked = chainHash(sha256, state.head, text);
  return { entry: { header, headerText: text, salt, body, hash: linked }, state: { ...state, next: state.next + 1, head: linked, clock: time } };
}

function sessionIn(segment: SegmentId, grant: Grant): number | null {
  if (grant.session === null) return null;
  const session = splitEntryId(grant.session);
  if (session.segment !== segment) throw new Error('broken assumption: a session lives within one segment');
  return session.sequence;
}

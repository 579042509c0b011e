import { hash } from 'node:crypto';
import { toHex } from '../../shared/base/bytes.ts';
import { entryId, recordIdOf, type EntryId, type RecordId, type SegmentId } from '../../shared/base/ids.ts';
import type { Clock, Random, Sha256 } from '../../shared/base/world.ts';
import { bodyCommitment, chainHash, HEADER_VERSION, headerText, PARENTS_MAX, SALT_BYTES, type Entry, type Header } from '../../shared/ledger/entry.ts';
import { tick, type HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import type { EntryKind } from '../../shared/ledger/kinds.ts';
import type { Lane } from '../../shared/ledger/lanes.ts';
import type { JsonObject } from '../../shared/records/json.ts';
import { ENTRY_HEADER_MAX_BYTES, ENTRY_MAX_BYTES } from '../../shared/sync/limits.ts';

/** By way of hexadecimal: a buffer that is made outside JavaScript costs more than the hash of a header itself. */
export const sha256: Sha256 = (...parts) => Buffer.from(hash('sha256', Buffer.concat(parts), 'hex'), 'hex');

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
  /** Where it is not to travel by its kind: an import is bulk, whatever it holds. */
  readonly lane?: Lane;
};

/** Where a segment stands. Replaced as a whole once a transaction has committed, never changed in between. */
export type ChainState = {
  readonly segment: SegmentId;
  readonly ref: number;
  readonly next: number;
  readonly head: Uint8Array;
  readonly openedAt: number;
  /** By sequence; derived from the segment's seed, so that none of them need travel (shared/ledger/salt.ts). */
  readonly saltOf: (sequence: number) => Uint8Array;
};

export type Moment = { readonly clock: Clock; readonly random: Random; readonly clockState: 'ok' | 'suspect' };
/** By whose permission an entry is written, and the sequence of the `session.open` that says who, in the same segment. */
export type Terms = { readonly decision: string; readonly purpose: string; readonly patient: RecordId | null; readonly session: number | null };

/** Central takes no entry larger than this, and one that cannot be sent would hold up its segment for good. */
export class EntryTooLarge extends Error {
  constructor() {
    super('the entry is larger than any reader takes');
  }
}

/** The next entry of a chain and where the chain stands after it. Pure but for the clock that is passed in. */
export function nextEntry(chain: ChainState, last: HybridTime, terms: Terms, draft: Omit<Draft, 'body' | 'lane'>, body: Uint8Array | null, { clock, clockState }: Moment): { readonly entry: Entry; readonly chain: ChainState } {
  // A header that no reader takes would end the chain for everybody, and entries cannot be taken back.
  if (draft.parents !== undefined && draft.parents.length > PARENTS_MAX) throw new Error('broken assumption: an entry has at most 100 parents');
  const at = Math.floor(clock.now());
  const id = entryId(chain.segment, chain.next);
  const salt = chain.saltOf(chain.next);
  const header: Header = {
    at,
    body: body === null ? null : toHex(bodyCommitment(sha256, salt, body)),
    clock: tick(last, at),
    clockState,
    decision: terms.decision,
    kind: draft.kind,
    minReader: 1,
    monotonic: Math.max(0, Math.floor(clock.monotonic() - chain.openedAt)),
    offset: clock.offsetMinutes(at),
    parents: [...(draft.parents ?? [])],
    patient: draft.patient === 'made' ? recordIdOf(id) : (draft.patient ?? terms.patient),
    purpose: terms.purpose,
    record: draft.record ?? null,
    segment: chain.segment,
    sequence: chain.next,
    session: terms.session,
    v: HEADER_VERSION,
    zone: clock.zone(),
  };
  const text = headerText(header);
  if (text.length > ENTRY_HEADER_MAX_BYTES || text.length + SALT_BYTES + (body?.length ?? 0) > ENTRY_MAX_BYTES) throw new EntryTooLarge();
  const linked = chainHash(sha256, chain.head, text);
  return { entry: { header, headerText: text, salt, body, hash: linked }, chain: { ...chain, next: chain.next + 1, head: linked } };
}

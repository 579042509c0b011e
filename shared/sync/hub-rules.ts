import { z } from 'zod';
import { equalBytes, fromUtf8 } from '../base/bytes.ts';
import { DeviceId } from '../base/ids.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import type { WireEntry } from './entry-codec.ts';
import type { BatchHeader, Cursor, HubEpoch } from './envelope.ts';
import type { RejectionCode } from './message.ts';

/** What the hub holds of a segment, as far as one batch needs to know it. */
export type SegmentFacts = {
  /** The device whose segment it is; null where the hub has nothing of it. */
  readonly owner: DeviceId | null;
  readonly length: number;
  readonly quarantined: boolean;
  /** Chain hash before the batch's first entry, as held; the chain's start for sequence 0; null beyond what is held. */
  readonly previous: Uint8Array | null;
  /** Hashes held for the batch's own sequences, from its first on; shorter than the batch where it brings new entries. */
  readonly overlap: readonly Uint8Array[];
};

export type IngestDecision =
  /** Append the entries after the first `skip`, which are held already. */
  | { readonly do: 'append'; readonly skip: number }
  /** Everything is held already: acknowledge again, apply nothing. */
  | { readonly do: 'replay' }
  | { readonly do: 'reject'; readonly code: RejectionCode; /** Close the segment and keep the batch as evidence. */ readonly quarantine: boolean };

const SEGMENT_OPEN = 'segment.open';
const OpenBody = z.looseObject({ device: DeviceId });

const reject = (code: RejectionCode, quarantine = false): IngestDecision => ({ do: 'reject', code, quarantine });

function opener(entry: WireEntry | undefined): DeviceId | null {
  if (entry === undefined || entry.kind !== SEGMENT_OPEN || entry.body === null) return null;
  try {
    const body = OpenBody.safeParse(JSON.parse(fromUtf8(entry.body)));
    return body.success ? body.data.device : null;
  } catch {
    return null;
  }
}

/** Whether a batch, its signature, seal and own chain already found good, joins what the hub holds. */
export function decideIngest(header: BatchHeader, entries: readonly WireEntry[], facts: SegmentFacts): IngestDecision {
  if (facts.owner !== null && facts.owner !== header.device) return reject('OTHER_OWNER');
  if (facts.quarantined) return reject('QUARANTINED');
  if (header.from > facts.length) return reject('GAP');
  if (header.from === 0) {
    if (!equalBytes(header.previous, CHAIN_START)) return reject('BAD_HASH');
    if (opener(entries[0]) !== header.device) return reject('OTHER_OWNER');
  }
  if (facts.previous === null) return reject('GAP');
  if (!equalBytes(header.previous, facts.previous)) return reject('FORK', true);
  for (const [index, held] of facts.overlap.entries()) {
    const sent = entries[index];
    if (sent !== undefined && !equalBytes(sent.hash, held)) return reject('FORK', true);
  }
  return header.from + header.count <= facts.length ? { do: 'replay' } : { do: 'append', skip: facts.length - header.from };
}

/** The mark of an empty log. */
export const MARK_START = '0'.repeat(16);

/**
 * Where a device reads on. `here`: its cursor stands on this log. `anew`: it comes from an earlier epoch or has none.
 * `lost`: it has read what this log does not hold, so the hub was restored from a backup and begins a new epoch.
 */
export function placeCursor(cursor: Cursor | null, epoch: HubEpoch, markThere: string | null): 'here' | 'anew' | 'lost' {
  if (cursor === null || cursor.epoch !== epoch) return 'anew';
  return markThere === cursor.mark ? 'here' : 'lost';
}

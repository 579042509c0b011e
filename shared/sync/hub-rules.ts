import { z } from 'zod';
import { equalBytes, fromUtf8 } from '../base/bytes.ts';
import { DeviceId, type SegmentId } from '../base/ids.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { Lane, LANE } from '../ledger/lanes.ts';
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
const OpenBody = z.looseObject({ device: DeviceId, lane: Lane });
export type Opening = { readonly device: DeviceId; readonly lane: Lane };

const reject = (code: RejectionCode, quarantine = false): IngestDecision => ({ do: 'reject', code, quarantine });

/** What the first entry of a segment says of it; null where this is no such entry. */
export function openingOf(entry: Pick<WireEntry, 'kind' | 'body'> | undefined): Opening | null {
  if (entry === undefined || entry.kind !== SEGMENT_OPEN || entry.body === null) return null;
  try {
    const body = OpenBody.safeParse(JSON.parse(fromUtf8(entry.body)));
    return body.success ? { device: body.data.device, lane: body.data.lane } : null;
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
    if (openingOf(entries[0])?.device !== header.device) return reject('OTHER_OWNER');
  }
  if (facts.previous === null) return reject('GAP');
  if (!equalBytes(header.previous, facts.previous)) return reject('FORK', true);
  for (const [index, held] of facts.overlap.entries()) {
    const sent = entries[index];
    if (sent !== undefined && !equalBytes(sent.hash, held)) return reject('FORK', true);
  }
  return header.from + header.count <= facts.length ? { do: 'replay' } : { do: 'append', skip: facts.length - header.from };
}

/** A segment as a seed sees it: `number` grows with the order in which segments were first heard of, `length` counts what stands in the log up to the seed's place. */
export type SeedSegment = { readonly segment: SegmentId; readonly number: number; readonly lane: Lane; readonly length: number };

const SEED_RANKS: Readonly<Record<Lane, number>> = { [LANE.urgent]: 0, [LANE.clinical]: 1, [LANE.bulk]: 1, [LANE.reads]: 2 };

/** What a workstation needs first comes first: allergies and who the patients are, then the latest work and imports, who looked last. */
export function seedOrder<Segment extends SeedSegment>(segments: readonly Segment[]): readonly Segment[] {
  return segments.toSorted((left, right) => SEED_RANKS[left.lane] - SEED_RANKS[right.lane] || right.number - left.number);
}

/** The mark of an empty log. */
export const MARK_START = '0'.repeat(16);

/**
 * What a device has read: where it stands, then where it was before, the latest first (none for one that never read); and
 * the furthest place of which it read anything beside its cursor.
 */
export type DevicePlaces = {
  readonly cursors: readonly Cursor[];
  readonly seen: Cursor | null;
  /** The last change of its scope it has done: more than the hub knows of where the hub was restored, which then counts on from there. */
  readonly scope: number;
  /** The mark of the decisions it was told of last; null where of none. */
  readonly scopeMark: string | null;
};

/**
 * Where a device reads on. A place of any epoch is good where this log has the same mark at the same number, for then it
 * holds the same entries up to there.
 * `lost`: the device has read, in this very epoch, what this log does not hold, so the hub was restored from a backup
 * and begins a new epoch.
 */
export function placeDevice({ cursors, seen }: DevicePlaces, epoch: HubEpoch, markAt: (lsn: number) => string | null): { readonly lost: boolean; readonly at: Omit<Cursor, 'epoch'> } {
  const [current] = cursors;
  const isHere = ({ lsn, mark }: Cursor): boolean => markAt(lsn) === mark;
  const found = cursors.find(isHere);
  const lost = [current, seen].some((place) => place?.epoch === epoch && !isHere(place));
  return { lost, at: found === undefined ? { lsn: 0, mark: MARK_START } : { lsn: found.lsn, mark: found.mark } };
}

import type { DeviceId, SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import { entryBytes, type ContextName, type ContextRun } from '../codec/context.ts';
import type { Codec, FilledRun } from './codec.ts';
import type { EntryParts } from './entry-codec.ts';
import type { BatchHeader, OrganizationId } from './envelope.ts';
import { BATCH_ENTRIES_MAX, BUNDLE_ENTRIES_MAX, BUNDLE_RAW_TARGET_BYTES, BUNDLE_RUNS_MAX, CONTEXT_RAW_MAX_BYTES } from './limits.ts';
import { pad, SEAL_OVERHEAD_BYTES, type Compression } from './sealing.ts';

/** Consecutive own entries with their chain hashes, the hash before the first, and the seed of the segment's salts if it has one. */
export type OwnEntries = { readonly previous: Uint8Array; readonly entries: readonly (EntryParts & { readonly hash: Uint8Array })[]; readonly seed: Uint8Array | null };

export type BatchSource = { ownEntries(segment: SegmentId, from: number, maxEntries: number, maxBytes: number): OwnEntries };

export type BatchOptions = {
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  readonly sha256: Sha256;
  readonly compression: Compression;
  /** The best that the hub reads too, as far as it has said. */
  readonly codec: () => Codec;
  /** Sealed bytes. */
  readonly batchTargetBytes: number;
};

/** Shrinking by the measured ratio lands a little low, so that the second try almost always fits. */
const SHRINK = 0.9;
/** Of the target: half of all first tries would be too long for it, and each costs as much as what is sent. */
const AIM = 0.95;
/** Before anything is measured: entries shrink at least so far. */
const FIRST_RATIO = 4;

/** Where the next run of a segment begins. */
export type Place = { readonly segment: SegmentId; readonly from: number };

/** Runs that went out before, in their order. */
export type Behind = ContextName['runs'];

/** Runs under one seal, each of another segment. `packed`: their padded content, to be sealed. */
export type CutBatch = { readonly runs: readonly BatchHeader[]; readonly packed: Uint8Array };

type Gathered = Place & OwnEntries;

/** As a source counts. */
const rawSize = (entries: readonly EntryParts[]): number => entries.reduce((total, entry) => total + entryBytes(entry), 0);

/** Entries of each place in turn, until they are enough; of the first at least one. */
function gather(source: BatchSource, places: readonly Place[], rawBytes: number): readonly Gathered[] {
  const gathered: Gathered[] = [];
  let [entriesLeft, bytesLeft] = [BUNDLE_ENTRIES_MAX, rawBytes];
  for (const { segment, from } of places.slice(0, BUNDLE_RUNS_MAX)) {
    if (entriesLeft === 0 || bytesLeft <= 0) break;
    const own = source.ownEntries(segment, from, Math.min(BATCH_ENTRIES_MAX, entriesLeft), bytesLeft);
    const bytes = rawSize(own.entries);
    if (own.entries.length === 0) continue;
    // A source gives at least one entry, however large.
    if (gathered.length > 0 && bytes > bytesLeft) break;
    gathered.push({ segment, from, ...own });
    entriesLeft -= own.entries.length;
    bytesLeft -= bytes;
  }
  return gathered;
}

/** The first `count` of all entries gathered. */
function firstOf(gathered: readonly Gathered[], count: number): readonly FilledRun[] {
  const filled: FilledRun[] = [];
  let left = count;
  for (const { segment, from, previous, entries, seed } of gathered) {
    const chosen = entries.slice(0, left);
    const head = chosen.at(-1)?.hash;
    if (head === undefined) break;
    filled.push({ run: { segment, from, count: chosen.length, previous, head }, entries: chosen, seed });
    left -= chosen.length;
  }
  return filled;
}

/** Of what a batch takes itself: reading it with its context takes half as long again as without. */
const CONTEXT_SHARE = 0.85;
/** A few entries are learned in no time, and for one that goes alone they are worth the most. */
const CONTEXT_LEAST_BYTES = 4 * 1024;

/** What the hub holds by the time it reads this batch, to go on from: the latest of it, and less than the batch itself has. */
function contextFrom(source: BatchSource, behind: Behind, rawBytes: number): readonly ContextRun[] {
  const context: ContextRun[] = [];
  let left = Math.min(Math.max(CONTEXT_SHARE * rawBytes, CONTEXT_LEAST_BYTES), CONTEXT_RAW_MAX_BYTES);
  for (const { segment, from, count } of behind.toReversed()) {
    const own = source.ownEntries(segment, from, count, BUNDLE_RAW_TARGET_BYTES);
    if (own.entries.length < count) break;
    const entries = own.entries.slice(own.entries.findLastIndex((entry) => (left -= entryBytes(entry)) < 0) + 1);
    const first = count - entries.length;
    const previous = first === 0 ? own.previous : own.entries[first - 1]?.hash;
    if (entries.length > 0 && previous !== undefined) context.unshift({ run: { segment, from: from + first, count: entries.length, previous }, entries });
    if (first > 0) break;
  }
  return context;
}

/**
 * Cuts the batches of one conversation: from these places on as many entries as fit the sealed target, at least one; null
 * where there are none. What compression made of the last batch tells how much to take into the next.
 * `behind`: what the hub holds by then, for a codec that goes on from it.
 */
export function createBatchCutter(options: BatchOptions, source: BatchSource): (places: readonly Place[], behind?: Behind) => CutBatch | null {
  const { organization, device, batchTargetBytes } = options;
  let rawBytes = Math.min(batchTargetBytes * FIRST_RATIO, BUNDLE_RAW_TARGET_BYTES);

  return (places, behind = []) => {
    const codec = options.codec();
    const gathered = gather(source, places, rawBytes);
    let count = gathered.reduce((total, { entries }) => total + entries.length, 0);
    const context = contextFrom(source, behind, gathered.reduce((total, { entries }) => total + rawSize(entries), 0));
    while (count > 0) {
      const filled = firstOf(gathered, count);
      const packed = pad(codec.encodeBatch(options, filled, 'thorough', context));
      const sealedBytes = packed.length + SEAL_OVERHEAD_BYTES;
      if (count === 1 || sealedBytes <= batchTargetBytes) {
        const raw = filled.reduce((total, { entries }) => total + rawSize(entries), 0);
        rawBytes = Math.floor(Math.max(batchTargetBytes, Math.min((AIM * raw * batchTargetBytes) / sealedBytes, BUNDLE_RAW_TARGET_BYTES)));
        return { runs: filled.map(({ run }) => ({ codec: codec.id, organization, device, ...run })), packed };
      }
      count = Math.max(1, Math.min(count - 1, Math.floor(count * SHRINK * (batchTargetBytes / sealedBytes))));
    }
    return null;
  };
}

import type { DeviceId, SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import type { Codec } from './codec.ts';
import type { EntryParts } from './entry-codec.ts';
import type { BatchHeader, OrganizationId } from './envelope.ts';
import { BATCH_ENTRIES_MAX, BATCH_RAW_TARGET_BYTES } from './limits.ts';
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
/** Before anything is measured: entries shrink at least so far. */
const FIRST_RATIO = 4;

/** `packed`: the padded content, to be sealed. */
export type CutBatch = { readonly header: BatchHeader; readonly packed: Uint8Array };

/** As a source counts. */
const rawSize = (entries: readonly EntryParts[]): number => entries.reduce((total, { headerText, body }) => total + headerText.length + (body?.length ?? 0), 0);

/**
 * Cuts the batches of one conversation: as many entries of a segment from `from` on as fit the sealed target, at least
 * one; null where there are none. What compression made of the last batch tells how much to take into the next.
 */
export function createBatchCutter(options: BatchOptions, source: BatchSource): (segment: SegmentId, from: number) => CutBatch | null {
  const { organization, device, batchTargetBytes } = options;
  let rawBytes = Math.min(batchTargetBytes * FIRST_RATIO, BATCH_RAW_TARGET_BYTES);

  return (segment, from) => {
    const codec = options.codec();
    const { previous, entries, seed } = source.ownEntries(segment, from, BATCH_ENTRIES_MAX, rawBytes);
    let count = entries.length;
    while (count > 0) {
      const chosen = entries.slice(0, count);
      const head = chosen.at(-1)?.hash ?? previous;
      const run = { segment, from, count, previous, head };
      const packed = pad(codec.encodeBatch(options, { run, entries: chosen, seed }, 'thorough'));
      const sealedBytes = packed.length + SEAL_OVERHEAD_BYTES;
      if (count === 1 || sealedBytes <= batchTargetBytes) {
        rawBytes = Math.floor(Math.max(batchTargetBytes, Math.min((rawSize(chosen) * batchTargetBytes) / sealedBytes, BATCH_RAW_TARGET_BYTES)));
        return { header: { codec: codec.id, organization, device, ...run }, packed };
      }
      count = Math.max(1, Math.min(count - 1, Math.floor(count * SHRINK * (batchTargetBytes / sealedBytes))));
    }
    return null;
  };
}

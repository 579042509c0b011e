import type { DeviceId, SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import { encodeEntries, type EntryParts } from './entry-codec.ts';
import type { BatchHeader, OrganizationId } from './envelope.ts';
import { BATCH_ENTRIES_MAX, BATCH_RAW_TARGET_BYTES, CODEC_PLAIN_ZSTD } from './limits.ts';
import { pack, SEAL_OVERHEAD_BYTES, type Compression } from './sealing.ts';

/** Consecutive own entries with their chain hashes, and the hash before the first. */
export type OwnEntries = { readonly previous: Uint8Array; readonly entries: readonly (EntryParts & { readonly hash: Uint8Array })[] };

export type BatchSource = { ownEntries(segment: SegmentId, from: number, maxEntries: number, maxBytes: number): OwnEntries };

export type BatchOptions = {
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  readonly sha256: Sha256;
  readonly compression: Compression;
  /** Sealed bytes. */
  readonly batchTargetBytes: number;
};

/** Shrinking by the measured ratio lands a little low, so that the second try almost always fits. */
const SHRINK = 0.9;
/** Before anything is measured: entries shrink at least so far. */
const FIRST_RATIO = 4;

export type CutBatch = { readonly header: BatchHeader; readonly packed: Uint8Array };

/**
 * Cuts the batches of one conversation: as many entries of a segment from `from` on as fit the sealed target, at least
 * one; null where there are none. What compression made of the last batch tells how much to take into the next.
 */
export function createBatchCutter(options: BatchOptions, source: BatchSource): (segment: SegmentId, from: number) => CutBatch | null {
  const { organization, device, batchTargetBytes } = options;
  let rawBytes = Math.min(batchTargetBytes * FIRST_RATIO, BATCH_RAW_TARGET_BYTES);

  return (segment, from) => {
    const { previous, entries } = source.ownEntries(segment, from, BATCH_ENTRIES_MAX, rawBytes);
    let count = entries.length;
    while (count > 0) {
      const chosen = entries.slice(0, count);
      const raw = encodeEntries(options.sha256, chosen);
      const packed = pack(options.compression, raw);
      const sealedBytes = packed.length + SEAL_OVERHEAD_BYTES;
      const head = chosen.at(-1)?.hash;
      if (head !== undefined && (count === 1 || sealedBytes <= batchTargetBytes)) {
        rawBytes = Math.floor(Math.max(batchTargetBytes, Math.min((raw.length * batchTargetBytes) / sealedBytes, BATCH_RAW_TARGET_BYTES)));
        return { header: { codec: CODEC_PLAIN_ZSTD, organization, device, segment, from, count, previous, head }, packed };
      }
      count = Math.max(1, Math.min(count - 1, Math.floor(count * SHRINK * (batchTargetBytes / sealedBytes))));
    }
    return null;
  };
}

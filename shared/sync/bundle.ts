import { fromHex } from '../base/bytes.ts';
import type { DeviceId, SegmentId } from '../base/ids.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { HASH_BYTES, segmentId, SIGNATURE_BYTES, type BatchHeader, type OrganizationId } from './envelope.ts';
import { BATCH_ENTRIES_MAX, BUNDLE_ENTRIES_MAX, BUNDLE_RUNS_MAX } from './limits.ts';
import type { Position } from './message.ts';
import type { SealedRuns } from './sealing.ts';
import { MalformedBytes, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/**
 * Batches as a device sends them on a standing connection of version 2: runs of one segment or of several under one seal,
 * each with its author's signature over its own batch header, and of that header only what the hub does not know already.
 * Organisation and device are those of the connection, and the hash before a run is what the hub holds.
 */
export type BundledRun = { readonly segment: SegmentId; readonly from: number; readonly count: number; readonly head: Uint8Array; readonly signature: Uint8Array };
export type Bundle = { readonly codec: number; readonly runs: readonly BundledRun[]; readonly sealed: Uint8Array };

/** Of runs that are sealed already; all of them in one codec. */
export function bundleOf(headers: readonly BatchHeader[], { sealed, signatures }: Pick<SealedRuns, 'sealed' | 'signatures'>): Bundle {
  const [first] = headers;
  if (first === undefined || headers.length !== signatures.length) throw new Error('broken assumption: a bundle has runs, each signed');
  const runs = headers.map(({ segment, from, count, head }, index) => ({ segment, from, count, head, signature: signatures[index] ?? new Uint8Array() }));
  return { codec: first.codec, runs, sealed };
}

/** What the hub holds of a segment: how many entries, and the chain hash of the last. */
export type HeldEnd = Position & { readonly head: Uint8Array };

/** The headers as their author signed them; null where a run does not begin where the hub's segment ends. */
export function headersOf({ codec, runs }: Bundle, organization: OrganizationId, device: DeviceId, held: readonly HeldEnd[]): readonly BatchHeader[] | null {
  const ends = new Map(held.map((end) => [end.segment, end]));
  const headers: BatchHeader[] = [];
  for (const { segment, from, count, head } of runs) {
    const end = ends.get(segment);
    const previous = from === 0 ? CHAIN_START : end?.length === from ? end.head : null;
    if (previous === null) return null;
    headers.push({ codec, organization, device, segment, from, count, previous, head });
  }
  return headers;
}

export function writeBundle(writer: ByteWriter, { codec, runs, sealed }: Bundle): ByteWriter {
  writer.uint(codec).uint(runs.length);
  for (const { segment, from, count, head, signature } of runs) writer.fixed(fromHex(segment)).uint(from).uint(count).fixed(head).fixed(signature);
  return writer.fixed(sealed);
}

export function readBundle(reader: ByteReader): Bundle {
  const codec = reader.uint();
  const segments = new Set<SegmentId>();
  const runs: BundledRun[] = [];
  let entries = 0;
  for (let left = reader.uint(BUNDLE_RUNS_MAX); left > 0; left -= 1) {
    const run = { segment: segmentId(reader), from: reader.uint(), count: reader.uint(BATCH_ENTRIES_MAX), head: reader.fixed(HASH_BYTES), signature: reader.fixed(SIGNATURE_BYTES) };
    entries += run.count;
    if (run.count === 0 || entries > BUNDLE_ENTRIES_MAX || segments.has(run.segment)) throw new MalformedBytes('runs that no bundle has');
    segments.add(run.segment);
    runs.push(run);
  }
  if (runs.length === 0) throw new MalformedBytes('empty bundle');
  return { codec, runs, sealed: reader.rest() };
}

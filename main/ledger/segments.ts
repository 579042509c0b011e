import { toHex } from '../../shared/base/bytes.ts';
import { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { Lane } from '../../shared/ledger/lanes.ts';
import type { Random } from '../../shared/base/world.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';

const SEGMENT_BYTES = 8;

export type Segment = {
  readonly ref: number;
  readonly id: SegmentId;
  readonly device: DeviceId;
  readonly deviceName: string;
  readonly own: boolean;
  readonly signingKey: string;
  readonly length: number;
  readonly head: Uint8Array;
  readonly acknowledged: number;
  readonly lane: Lane;
  /** The clinical segment of the same start; null in segments of version 0.1.0. */
  readonly start: SegmentId | null;
  /** From here on two histories contradict each other; null while there is one. */
  readonly closed: number | null;
  /** The first entry that is missing before one that is held, or whose body went with its patient; null while it is whole. */
  readonly hole: number | null;
};

const COLUMNS = 'ref, id, device, device_name, own, signing_key, length, head, acknowledged, lane, start, closed, hole';

export function segmentById(read: ReadHandle, id: SegmentId): Segment | undefined {
  return read.all(`SELECT ${COLUMNS} FROM segment WHERE id = ?`, id).map(toSegment)[0];
}

export function allSegments(read: ReadHandle): readonly Segment[] {
  return read.all(`SELECT ${COLUMNS} FROM segment ORDER BY ref`).map(toSegment);
}

export function ownSegments(read: ReadHandle): readonly Segment[] {
  return read.all(`SELECT ${COLUMNS} FROM segment WHERE own = 1 ORDER BY ref`).map(toSegment);
}

/** Own segments with entries that central has not acknowledged: urgent ones first, in each lane the oldest first. */
export function unsentSegments(read: ReadHandle): readonly Segment[] {
  return read.all(`SELECT ${COLUMNS} FROM segment INDEXED BY segment_unsent WHERE own = 1 AND acknowledged < length ORDER BY lane, ref`).map(toSegment);
}

export function lastOwnSegment(read: ReadHandle, lane: Lane): Segment | undefined {
  return read.all(`SELECT ${COLUMNS} FROM segment WHERE own = 1 AND lane = ? ORDER BY ref DESC LIMIT 1`, lane).map(toSegment)[0];
}

/** A name for a new run that no device has used: 64 random bits. */
export function newSegmentId(random: Random): SegmentId {
  return SegmentId.parse(toHex(random.bytes(SEGMENT_BYTES)));
}

export function insertSegment(
  write: WriteHandle,
  segment: { readonly id: SegmentId; readonly device: DeviceId; readonly deviceName: string; readonly own: boolean; readonly signingKey: string; readonly lane: Lane; readonly start: SegmentId | null; /** What its salts are derived from; null where that is not known. */ readonly saltSeed: Uint8Array | null },
): number {
  return write.run(
    'INSERT INTO segment (id, device, device_name, own, signing_key, length, head, lane, start, salt_seed) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)',
    segment.id, segment.device, segment.deviceName, segment.own ? 1 : 0, segment.signingKey, CHAIN_START, segment.lane, segment.start, segment.saltSeed,
  ).rowid;
}

/**
 * The seed that a segment's salts are derived from, own or foreign, where it is known. Whoever erases a body forgets the
 * seed as well, since it would give away the erased body's salt; the other salts stay in their rows.
 */
export function saltSeedOf(read: ReadHandle, id: SegmentId): Uint8Array | null {
  const seed = read.get('SELECT salt_seed FROM segment WHERE id = ?', id)?.['salt_seed'];
  return seed instanceof Uint8Array ? seed : null;
}

/** A seed that came along with entries of another device's segment: what is handed on can be as short as it came. */
export function keepSaltSeed(write: WriteHandle, id: SegmentId, seed: Uint8Array): void {
  write.run('UPDATE segment SET salt_seed = ? WHERE id = ? AND own = 0 AND salt_seed IS NULL', seed, id);
}

/**
 * The key under which a device's history is held here, hexadecimal; null where nothing of it is. A segment that others
 * opened in its name has none and says nothing.
 */
export function signingKeyOf(read: ReadHandle, device: DeviceId): string | null {
  const key = read.get("SELECT signing_key FROM segment WHERE device = ? AND signing_key <> '' ORDER BY ref LIMIT 1", device)?.['signing_key'];
  return typeof key === 'string' ? key : null;
}

export function moveHead(write: WriteHandle, ref: number, length: number, head: Uint8Array): void {
  write.run('UPDATE segment SET length = ?, head = ? WHERE ref = ?', length, head, ref);
}

function toSegment(row: Record<string, unknown>): Segment {
  const head = row['head'];
  if (!(head instanceof Uint8Array)) throw new Error('broken assumption: a segment has a head');
  return {
    ref: Number(row['ref']),
    id: SegmentId.parse(row['id']),
    device: DeviceId.parse(row['device']),
    deviceName: String(row['device_name']),
    own: row['own'] === 1,
    signingKey: String(row['signing_key']),
    length: Number(row['length']),
    head,
    acknowledged: Number(row['acknowledged']),
    lane: Lane.parse(row['lane']),
    start: row['start'] === null ? null : SegmentId.parse(row['start']),
    closed: row['closed'] === null ? null : Number(row['closed']),
    hole: row['hole'] === null ? null : Number(row['hole']),
  };
}

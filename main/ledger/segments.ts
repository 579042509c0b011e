import { toHex } from '../../shared/base/bytes.ts';
import { SegmentId, type DeviceId } from '../../shared/base/ids.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import type { Random } from '../../shared/base/world.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';

const SEGMENT_BYTES = 8;

export type Segment = {
  readonly ref: number;
  readonly id: SegmentId;
  readonly device: string;
  readonly deviceName: string;
  readonly own: boolean;
  readonly signingKey: string;
  readonly length: number;
  readonly head: Uint8Array;
  readonly acknowledged: number;
};

const COLUMNS = 'ref, id, device, device_name, own, signing_key, length, head, acknowledged';

export function segmentById(read: ReadHandle, id: SegmentId): Segment | undefined {
  return read.all(`SELECT ${COLUMNS} FROM segment WHERE id = ?`, id).map(toSegment)[0];
}

export function allSegments(read: ReadHandle): readonly Segment[] {
  return read.all(`SELECT ${COLUMNS} FROM segment ORDER BY ref`).map(toSegment);
}

export function lastOwnSegment(read: ReadHandle): Segment | undefined {
  return read.all(`SELECT ${COLUMNS} FROM segment WHERE own = 1 ORDER BY ref DESC LIMIT 1`).map(toSegment)[0];
}

/** A name for a new run that no device has used: 64 random bits. */
export function newSegmentId(random: Random): SegmentId {
  return SegmentId.parse(toHex(random.bytes(SEGMENT_BYTES)));
}

export function insertSegment(
  write: WriteHandle,
  segment: { readonly id: SegmentId; readonly device: DeviceId; readonly deviceName: string; readonly own: boolean; readonly signingKey: string },
): number {
  return write.run(
    'INSERT INTO segment (id, device, device_name, own, signing_key, length, head) VALUES (?, ?, ?, ?, ?, 0, ?)',
    segment.id, segment.device, segment.deviceName, segment.own ? 1 : 0, segment.signingKey, CHAIN_START,
  ).rowid;
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
    device: String(row['device']),
    deviceName: String(row['device_name']),
    own: row['own'] === 1,
    signingKey: String(row['signing_key']),
    length: Number(row['length']),
    head,
    acknowledged: Number(row['acknowledged']),
  };
}

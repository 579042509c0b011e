import { toHex } from '../../shared/base/bytes.ts';
import { SegmentId, DeviceId } from '../../shared/base/ids.ts';
import { chainHash, CHAIN_START } from '../../shared/ledger/entry.ts';
import { Lane } from '../../shared/ledger/lanes.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import { sha256 } from './chain-writer.ts';
import type { Arriving } from './receive.ts';
import { segmentById, type Segment } from './segments.ts';

/**
 * Two histories under one id: somebody copied a running machine, or lies. Nobody here can say which is true, so nothing
 * more of the segment is taken or folded, what contradicts is kept whole beside what is held, and people are told.
 */
export type Contradiction = { readonly segment: SegmentId; readonly sequence: number; readonly device: DeviceId; readonly code: 'FORK' | 'CONTRADICTED'; readonly held: string | null; /** Null where only central has seen it. */ readonly other: string | null };

/** Entries kept of what contradicts one segment: enough to show what the other history says, too few to fill the disk. */
const EVIDENCE_MAX_ENTRIES = 100;

/** Closes the segment from `sequence` on; null where that was known already. */
export function closeSegment(write: WriteHandle, segment: Segment, code: Contradiction['code'], sequence: number, arriving: Arriving, at: number): Contradiction | null {
  const other = keepEvidence(write, segment, sequence, arriving, at);
  if (segment.closed !== null && segment.closed <= sequence) return null;
  write.run('UPDATE segment SET closed = ? WHERE ref = ?', sequence, segment.ref);
  if (segment.closed !== null) return null;
  const held = hashAt(write, segment, sequence);
  return { segment: segment.id, sequence, device: segment.device, code, held: held === undefined ? null : toHex(held), other: toHex(other) };
}

/** Central takes nothing more of this own segment: what it has not acknowledged can never leave. Null where it was closed already. */
export function closeOwn(write: WriteHandle, id: SegmentId): Contradiction | null {
  const segment = segmentById(write, id);
  if (segment === undefined || !segment.own || segment.closed !== null) return null;
  const { device, acknowledged: sequence } = segment;
  write.run('UPDATE segment SET closed = ? WHERE ref = ?', sequence, segment.ref);
  const held = hashAt(write, segment, sequence);
  return { segment: id, sequence, device, code: 'FORK', held: held === undefined ? null : toHex(held), other: null };
}

/** Returns the hash the entry would have behind what is held. */
export function keepEvidence(write: WriteHandle, segment: Segment, sequence: number, { headerText, salt, body }: Arriving, at: number): Uint8Array {
  const hash = chainHash(sha256, (sequence === 0 ? undefined : hashAt(write, segment, sequence - 1)) ?? CHAIN_START, headerText);
  const kept = Number(write.get('SELECT count(*) AS count FROM fork WHERE segment = ?', segment.ref)?.['count']);
  if (kept < EVIDENCE_MAX_ENTRIES) {
    write.run('INSERT INTO fork (segment, sequence, hash, header, salt, body, noticed_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING', segment.ref, sequence, hash, headerText, salt, body, at);
  }
  return hash;
}

function hashAt(read: ReadHandle, segment: Segment, sequence: number): Uint8Array | undefined {
  const hash = read.get('SELECT hash FROM ledger WHERE segment = ? AND sequence = ?', segment.ref, sequence)?.['hash'];
  return hash instanceof Uint8Array ? hash : undefined;
}

export type Fork = {
  readonly segment: SegmentId;
  readonly device: DeviceId;
  readonly deviceName: string;
  readonly own: boolean;
  readonly lane: Lane;
  /** Entries before this one are held and folded; from it on the histories contradict each other. */
  readonly from: number;
  /** Entries of the other history that are kept. */
  readonly evidence: number;
  /** When the first of it came, epoch milliseconds; null where none has. */
  readonly noticedAt: number | null;
};

/** Segments that are closed, the latest first. */
export function forks(read: ReadHandle): readonly Fork[] {
  const rows = read.all(
    `SELECT id, device, device_name, own, lane, closed, count(fork.sequence) AS evidence, min(noticed_at) AS noticed_at
     FROM segment LEFT JOIN fork ON fork.segment = segment.ref WHERE closed IS NOT NULL GROUP BY ref ORDER BY noticed_at DESC, ref DESC`,
  );
  return rows.map((row) => ({
    segment: SegmentId.parse(row['id']),
    device: DeviceId.parse(row['device']),
    deviceName: String(row['device_name']),
    own: row['own'] === 1,
    lane: Lane.parse(row['lane']),
    from: Number(row['closed']),
    evidence: Number(row['evidence']),
    noticedAt: row['noticed_at'] === null ? null : Number(row['noticed_at']),
  }));
}

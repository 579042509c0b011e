import { z } from 'zod';
import { toHex } from '../../shared/base/bytes.ts';
import { SegmentId } from '../../shared/base/ids.ts';
import type { Random } from '../../shared/base/world.ts';
import { Header } from '../../shared/ledger/entry.ts';
import { compareHybrid, type HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import { LANE, LANES, type Lane } from '../../shared/ledger/lanes.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import { newStart, type Previous, type Standing } from './lane-writer.ts';
import { lastOwnSegment, newSegmentId, segmentById, type Segment } from './segments.ts';

/**
 * Every opening of the vault is a start of its own with new segments, drawn at random: a restored backup or a copy of
 * the machine that runs beside the first never gives the same id to two entries.
 */
const LANES_KEY = 'ledger.lanes';
/** The latest segment of each lane that was opened here. Segments that came back from central after a restore do not count. */
const LatestLanes = z.array(SegmentId.nullable()).length(LANES.length);

export function readLatest(read: ReadHandle): ReadonlyMap<Lane, Segment> {
  const kept = read.get('SELECT value FROM local_state WHERE key = ?', LANES_KEY)?.['value'];
  const lanes = new Map<Lane, Segment>();
  if (typeof kept !== 'string') {
    // Version 0.1.0 had one segment for each opening.
    const last = lastOwnSegment(read, LANE.clinical);
    return last === undefined ? lanes : lanes.set(LANE.clinical, last);
  }
  for (const [index, id] of LatestLanes.parse(JSON.parse(kept)).entries()) {
    const lane = LANES[index];
    const segment = id === null ? undefined : segmentById(read, id);
    if (lane !== undefined && segment !== undefined) lanes.set(lane, segment);
  }
  return lanes;
}

/** Remembers the lanes of a start that have been opened. */
export function keepLatest(write: WriteHandle, before: Standing, after: Standing): void {
  if (before.chains.size === after.chains.size && before.start === after.start) return;
  const latest = readLatest(write);
  const ids = LANES.map((lane) => after.chains.get(lane)?.segment ?? latest.get(lane)?.id ?? null);
  write.run('INSERT INTO local_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', LANES_KEY, JSON.stringify(ids));
}

export function previousOf(lanes: ReadonlyMap<Lane, Segment>): Previous {
  const start = lanes.get(LANE.clinical)?.start ?? null;
  const others = [...lanes].filter(([lane, segment]) => lane !== LANE.clinical && start !== null && segment.start === start);
  return { lanes, heads: others.map(([lane, { id, length, head }]) => ({ lane, segment: id, length, head: toHex(head) })) };
}

/** Where a new start begins: no earlier than anything written here before. */
export function beginStart(read: ReadHandle, random: Random): Standing {
  let clock: HybridTime = [0, 0];
  for (const { ref, length } of readLatest(read).values()) {
    const last = lastHeader(read, ref, length);
    if (last !== undefined && compareHybrid(last.clock, clock) > 0) clock = last.clock;
  }
  return newStart(newSegmentId(random), clock);
}

/** Epoch milliseconds of the latest own entry, 0 where there is none. */
export function lastWrittenAt(read: ReadHandle): number {
  return Math.max(0, ...[...readLatest(read).values()].map(({ ref, length }) => lastHeader(read, ref, length)?.at ?? 0));
}

function lastHeader(read: ReadHandle, ref: number, length: number): Header | undefined {
  const row = read.get('SELECT header FROM ledger WHERE segment = ? AND sequence = ?', ref, length - 1);
  return row === undefined ? undefined : Header.parse(JSON.parse(String(row['header'])));
}

import { LANE_NAMES, type LaneName, type LightView, type RefusedView, type SyncView } from '../../shared/ipc/rows-system.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import { outboxByLane, standsInTheWay } from '../ledger/ledger.ts';
import type { ReadHandle } from '../store/store.ts';
import { readState, type Contact } from './sync-state.ts';

/** What the vault says beside the light: what waits in which lane, since when, because of what, and whose words they are. */

type LaneCount = SyncView['lanes'][number];
type OfLine = { readonly contact: Contact; readonly clockBoundMs: number | null; readonly held: string | null; readonly nextAttemptAt: number | null };

export type SyncTruth = { view(light: LightView, line: OfLine): Omit<SyncView, 'orders'> };

/** Reasons of the parked table that say "made by a newer version", and "cannot be read here". Any other waits for what it refers to. */
const NEWER: ReadonlySet<string> = new Set(['newer-version', 'unknown-kind']);
const UNREADABLE: ReadonlySet<string> = new Set(['unreadable-body']);
/** The refused entries of a segment that are looked at for their authors. */
const AUTHORS_LOOKED_AT = 2000;

export function createSyncTruth(read: ReadHandle): SyncTruth {
  let start: readonly LaneCount[] | null = null;
  return {
    view(light, { contact, clockBoundMs, held, nextAttemptAt }) {
      const lanes = unsentByLane(read);
      if (light.progress === null) start = null;
      else start ??= lanes;
      const { lastAcknowledgedAt: at } = light;
      return {
        ...light,
        lanes,
        acknowledged: at === null || contact.acknowledged === null ? null : { at, ...contact.acknowledged },
        parkedBy: parkedByReason(read),
        refused: light.refused.map((refusal) => withAuthors(read, refusal)),
        leaving: leaving(read),
        clockBoundMs: clockBoundMs ?? contact.clockBoundMs,
        oldestConflictAt: oldestConflict(read),
        review: count(read, "SELECT count(*) AS count FROM conflict WHERE severity = 'review'"),
        held,
        forks: count(read, 'SELECT count(*) AS count FROM segment WHERE closed IS NOT NULL'),
        nextAttemptAt,
        progress: light.progress === null || start === null ? null : { ...light.progress, lanes: progressOf(start, lanes) },
      };
    },
  };
}

function count(read: ReadHandle, sql: string): number {
  return Number(read.get(sql)?.['count'] ?? 0);
}

function unsentByLane(read: ReadHandle): LaneCount[] {
  const lanes = outboxByLane(read);
  return LANE_NAMES.map((lane) => {
    const waiting = lanes.find((each) => each.lane === LANE[lane]);
    return { lane, unsent: waiting?.count ?? 0, oldestAt: waiting?.oldestAt ?? null };
  });
}

/** A lane that grew meanwhile has so much more to send. */
function progressOf(start: readonly LaneCount[], now: readonly LaneCount[]): { lane: LaneName; done: number; total: number }[] {
  return now.flatMap(({ lane, unsent }) => {
    const total = Math.max(start.find((each) => each.lane === lane)?.unsent ?? 0, unsent);
    return total === 0 ? [] : [{ lane, done: total - unsent, total }];
  });
}

function parkedByReason(read: ReadHandle): SyncView['parkedBy'] {
  const by = { newer: 0, unreadable: 0, waiting: 0 };
  for (const row of read.all('SELECT reason, count(*) AS count FROM parked GROUP BY reason')) {
    const reason = String(row['reason']);
    by[NEWER.has(reason) ? 'newer' : UNREADABLE.has(reason) ? 'unreadable' : 'waiting'] += Number(row['count']);
  }
  return by;
}

/** A refusal of one of our segments holds back everything in it that has no receipt. */
function withAuthors(read: ReadHandle, refusal: LightView['refused'][number]): RefusedView {
  const segment = read.get('SELECT ref, length, acknowledged FROM segment WHERE id = ? AND own = 1', refusal.what);
  if (segment === undefined) return { ...refusal, entries: 0, oldestAt: null, by: [], leaving: 0 };
  const from = Number(segment['acknowledged']);
  const oldest = read.get('SELECT at FROM ledger WHERE segment = ? AND sequence = ?', Number(segment['ref']), from)?.['at'];
  const authors = read.all(
    `SELECT DISTINCT session.name, session.role FROM (SELECT session FROM ledger WHERE segment = ? AND sequence >= ? ORDER BY sequence LIMIT ?) AS waiting
     JOIN session ON session.segment = ? AND session.sequence = waiting.session ORDER BY session.name`,
    Number(segment['ref']), from, AUTHORS_LOOKED_AT, Number(segment['ref']),
  );
  return { ...refusal, entries: Number(segment['length']) - from, oldestAt: typeof oldest === 'number' ? oldest : null, by: authors.map((row) => ({ name: String(row['name']), role: String(row['role']) })), leaving: leavingBehind(read, Number(segment['ref']), from) };
}

/** Who is to leave and stays, by what stands in the way now. */
function leaving(read: ReadHandle): SyncView['leaving'] {
  const by = { unsent: 0, open: 0 };
  for (const patient of readState(read, 'sync.leaving') ?? []) {
    const hindrance = standsInTheWay(read, patient);
    if (hindrance !== null) by[hindrance] += 1;
  }
  return by;
}

/** Of them, those about whom something waits in this segment from here on. */
function leavingBehind(read: ReadHandle, segmentRef: number, from: number): number {
  return (readState(read, 'sync.leaving') ?? []).filter((patient) => read.get('SELECT 1 FROM ledger WHERE patient = ? AND segment = ? AND sequence >= ? LIMIT 1', patient, segmentRef, from) !== undefined).length;
}

/** When the oldest conflict that a person must decide arose: with the second of its values. */
function oldestConflict(read: ReadHandle): number | null {
  const oldest = read.get("SELECT min(since) AS at FROM conflict WHERE severity = 'safety'")?.['at'];
  return typeof oldest === 'number' ? oldest : null;
}

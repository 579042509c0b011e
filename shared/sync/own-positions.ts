import type { SegmentId } from '../base/ids.ts';
import { ok, type Result } from '../base/result.ts';
import { LANE, LANES, type Lane } from '../ledger/lanes.ts';
import type { Place } from './batch.ts';
import type { DeviceStore, LocalFault, OwnSegment } from './device-store.ts';
import { BUNDLE_RUNS_MAX, HELLO_SEGMENTS_MAX, WHERE_SEGMENTS_MAX } from './limits.ts';
import type { Position } from './message.ts';

/**
 * How far the hub holds each of our segments by its own word, and which it has still to be asked about. Where it holds
 * less than it once acknowledged, those entries are unsent again in the vault before anything is sent.
 */
export type OwnPositions = {
  find(segment: SegmentId): Tracked | undefined;
  all(): Iterable<readonly [SegmentId, Tracked]>;
  /** Segments with something to send, lane by lane, urgent first; so that ten thousand that rest cost nothing. */
  readonly open: readonly Set<SegmentId>[];
  /** Notes that there is something to send of it. */
  wake(segment: SegmentId, state: Tracked): void;
  /** Where the next runs of a lane begin, together where `bundles`; none where all has been sent. */
  next(lane: Lane, bundles: boolean): { readonly places: readonly Place[]; readonly inFull: boolean };
  track(own: OwnSegment): Tracked;
  /** Of a segment that is not asked about yet, asks; one begun since the HELLO nobody else can hold. */
  askLater(own: OwnSegment): void;
  putOnList(segment: SegmentId): void;
  /** A segment the hub holds that this device has not: it is coming back and is not to be sent. */
  foresee(position: Position): void;
  /** The hub holds so many entries of it. */
  heldTo(segment: SegmentId, state: Tracked, length: number): void;
  /** Of what it holds only the first `length` entries are our history. */
  lose(segment: SegmentId, state: Tracked, length: number): void;
  /** The positions to ask about in the HELLO; from here on what begins is new. */
  first(): Position[];
  /** The next WHERE, where something is to be asked and nothing is being asked; null else. */
  ask(): Position[] | null;
  /** Whether these answer the last WHERE. */
  answered(positions: readonly Position[]): boolean;
  asking(): boolean;
  /** Everything has been asked and answered. */
  known(): boolean;
  /** What the hub lost goes back into the outbox. */
  takeBack(): Result<null, LocalFault>;
};

export type Tracked = {
  lane: Lane;
  length: number;
  acknowledged: number;
  /** Entries the hub holds by its own word; null until asked. */
  hub: number | null;
  sent: number;
  rejections: number;
  blocked: boolean;
  /** The hub could not tell what came in short. */
  inFull: boolean;
};

export function createOwnPositions(store: DeviceStore): OwnPositions {
  const tracked = new Map<SegmentId, Tracked>();
  const open = LANES.map(() => new Set<SegmentId>());
  const toAsk: SegmentId[] = [];
  let asking: readonly SegmentId[] = [];
  /** Positions behind what the hub once acknowledged: those entries are unsent again as soon as the store has it. */
  let lost: Position[] = [];
  /** The HELLO is out. */
  let begun = false;

  const wake = (segment: SegmentId, state: Tracked): void => {
    if (!state.blocked && state.hub !== null && state.sent < state.length) open[state.lane]?.add(segment);
  };

  const track = ({ segment, lane, length, acknowledged, closed = false }: OwnSegment): Tracked => {
    const known = tracked.get(segment);
    if (known === undefined) {
      const fresh: Tracked = { lane, length, acknowledged, hub: null, sent: 0, rejections: 0, blocked: closed, inFull: false };
      tracked.set(segment, fresh);
      return fresh;
    }
    known.lane = lane;
    known.length = Math.max(known.length, length);
    known.acknowledged = acknowledged;
    known.blocked ||= closed;
    wake(segment, known);
    return known;
  };

  const putOnList = (segment: SegmentId): void => {
    if (!toAsk.includes(segment) && !asking.includes(segment)) toAsk.push(segment);
  };

  /** Of a closed segment the hub's length proves nothing: a receipt is wanted whatever it holds, for the head in it. */
  const position = (segment: SegmentId): Position => {
    const state = tracked.get(segment);
    return { segment, length: state === undefined || state.blocked ? 0 : state.acknowledged };
  };

  const lose = (segment: SegmentId, state: Tracked, length: number): void => {
    lost.push({ segment, length });
    state.acknowledged = length;
  };

  return {
    find: (segment) => tracked.get(segment),
    all: () => tracked,
    open,
    wake,
    next(lane, bundles) {
      const segments = open[lane] ?? new Set();
      const places: Place[] = [];
      for (const segment of segments) {
        const state = tracked.get(segment);
        if (state === undefined || state.blocked || state.hub === null || state.sent >= state.length) {
          segments.delete(segment);
          continue;
        }
        const inFull = state.inFull || !bundles;
        if (inFull && places.length > 0) break;
        places.push({ segment, from: state.sent });
        if (inFull || places.length === BUNDLE_RUNS_MAX) return { places, inFull };
      }
      return { places, inFull: false };
    },
    track,
    askLater(own) {
      const fresh = !tracked.has(own.segment);
      const state = track(own);
      if (state.hub !== null) return;
      if (!begun || !fresh) return putOnList(own.segment);
      // Begun since the HELLO: nobody can hold more of it than its receipts say, and if somebody does, it is taken once.
      state.hub = own.acknowledged;
      state.sent = own.acknowledged;
      wake(own.segment, state);
    },
    putOnList,
    foresee({ segment, length }) {
      if (!tracked.has(segment)) tracked.set(segment, { lane: LANE.clinical, length: 0, acknowledged: 0, hub: length, sent: length, rejections: 0, blocked: false, inFull: false });
    },
    heldTo(segment, state, length) {
      state.hub = length;
      if (length < state.acknowledged) lose(segment, state, length);
    },
    lose,
    first() {
      begun = true;
      return toAsk.splice(0, HELLO_SEGMENTS_MAX).map(position);
    },
    ask() {
      if (asking.length > 0 || toAsk.length === 0) return null;
      asking = toAsk.splice(0, WHERE_SEGMENTS_MAX);
      return asking.map(position);
    },
    answered(positions) {
      const answers = new Set(positions.map(({ segment }) => segment));
      if (asking.length === 0 || asking.some((segment) => !answers.has(segment))) return false;
      asking = [];
      return true;
    },
    asking: () => asking.length > 0,
    known: () => toAsk.length === 0 && asking.length === 0,
    takeBack() {
      const found = lost;
      lost = [];
      return found.length === 0 ? ok(null) : store.takeBack(found);
    },
  };
}

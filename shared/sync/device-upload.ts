import type { SegmentId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { LANE, LANES, type Lane } from '../ledger/lanes.ts';
import { createBatchCutter, type BatchOptions, type CutBatch } from './batch.ts';
import type { DeviceOutput } from './device-core.ts';
import type { DeviceStore, LocalFault, OwnSegment } from './device-store.ts';
import type { SignedReceipt } from './envelope.ts';
import { FIRST_FLIGHT_MAX_BYTES, HELLO_SEGMENTS_MAX, REJECTIONS_MAX, URGENT_EXTRA_MAX_BYTES, WHERE_SEGMENTS_MAX } from './limits.ts';
import type { Position, Rejected, RejectionCode } from './message.ts';
import { SEAL_OVERHEAD_BYTES } from './sealing.ts';

/**
 * Sending our own segments. The hub's contiguous position per segment, asked at every connection, says where to go
 * on; receipts alone say what leaves the outbox. Unacknowledged bytes are bounded, so a cut line costs a repeat at most.
 */
export type DeviceUpload = {
  /** Positions to ask about in the HELLO. */
  first(): Position[];
  /** Looks at the outbox again: segments not asked about yet are put on the list. */
  refresh(): void;
  /** Own entries were read back: what the hub holds whole and no receipt covers is asked about once more. */
  refreshReceipts(): void;
  /** Own segments that the hub listed: what this device lost of them is coming back and is not to be sent. */
  foresee(positions: readonly Position[]): void;
  /**
   * What HI says: how far the hub holds the segments asked about, and how many entries of ours it holds in all. Another
   * number than expected means that one side was restored: then all segments are asked about.
   */
  greeted(positions: readonly Position[], held: number): Result<null, LocalFault>;
  /** Answer to the last WHERE; null where nothing like it was asked. */
  answered(positions: readonly Position[]): Result<null, LocalFault> | null;
  /** Urgent batches that go out with the HELLO, from where receipts reach; the hub takes each once, wherever it stands. */
  firstFlight(): DeviceOutput[];
  /** What can go out now: the next WHERE, and batches while the window has room, lane by lane. */
  proceed(): DeviceOutput[];
  /** Of this segment there are two histories: the hub is shown ours once, and nothing more of it is sent or asked about. */
  close(segment: SegmentId): DeviceOutput[];
  receipt(signed: SignedReceipt): Result<DeviceOutput[], LocalFault>;
  /** Null where no such batch can have been sent. */
  rejected(rejection: Rejected): DeviceOutput[] | null;
  answerDue(): boolean;
  /** Sealed bytes under way without a receipt. */
  underWay(): number;
  /** The hub holds entries of ours that this device lacks. */
  ownMissing(): boolean;
  /** Entries acknowledged once that the hub lost, as long as it is not known which; and whether nothing is left to ask or send. */
  view(): { readonly owed: number; readonly settled: boolean };
};

type Tracked = {
  lane: Lane;
  length: number;
  acknowledged: number;
  /** Entries the hub holds by its own word; null until asked. */
  hub: number | null;
  sent: number;
  rejections: number;
  blocked: boolean;
};
type InFlight = { readonly segment: SegmentId; readonly from: number; readonly upTo: number; readonly bytes: number };

export type UploadOptions = BatchOptions & {
  readonly store: DeviceStore;
  /** Sealed bytes that may be under way in all, and how many of those are not of our own segments. */
  readonly windowBytes: number;
  readonly othersUnderWay: () => number;
};

/** Rejections that sending again cannot cure. */
const FINAL_REJECTIONS: ReadonlySet<RejectionCode> = new Set(['FORK', 'QUARANTINED', 'OTHER_DEVICE', 'OTHER_ORGANIZATION', 'OTHER_OWNER', 'UNKNOWN_CODEC']);

export function createDeviceUpload(options: UploadOptions): DeviceUpload {
  const { store } = options;
  const cutBatch = createBatchCutter(options, store);
  const cutFirst = createBatchCutter({ ...options, batchTargetBytes: Math.min(options.batchTargetBytes, FIRST_FLIGHT_MAX_BYTES) }, store);
  const tracked = new Map<SegmentId, Tracked>();
  /** Segments with something to send, by lane; so that ten thousand that rest cost nothing. */
  const open = LANES.map(() => new Set<SegmentId>());
  const toAsk: SegmentId[] = [];
  let asking: readonly SegmentId[] = [];
  let inFlight: readonly InFlight[] = [];
  let ownMissing = false;
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
      const fresh: Tracked = { lane, length, acknowledged, hub: null, sent: 0, rejections: 0, blocked: closed };
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
  const askLater = (own: OwnSegment): void => {
    const fresh = !tracked.has(own.segment);
    const state = track(own);
    if (state.hub !== null || state.blocked) return;
    if (!begun || !fresh) return putOnList(own.segment);
    // Begun since the HELLO: nobody can hold more of it than its receipts say, and if somebody does, it is taken once.
    state.hub = own.acknowledged;
    state.sent = own.acknowledged;
    wake(own.segment, state);
  };

  const position = (segment: SegmentId): Position => ({ segment, length: tracked.get(segment)?.acknowledged ?? 0 });

  const heldTo = (segment: SegmentId, state: Tracked, length: number): void => {
    state.hub = length;
    if (length >= state.acknowledged) return;
    lost.push({ segment, length });
    state.acknowledged = length;
  };

  const learn = ({ segment, length }: Position): void => {
    const state = tracked.get(segment);
    if (state === undefined) return;
    heldTo(segment, state, length);
    // What went out with the HELLO and joins on there is under way already.
    const joined = inFlight.filter((batch) => batch.segment === segment && batch.from <= length).map(({ upTo }) => upTo);
    state.sent = Math.min(Math.max(length, ...joined), state.length);
    // More of our segment than we hold ourselves: this device was restored from a backup.
    if (length > state.length && !state.blocked) ownMissing = true;
    wake(segment, state);
  };

  const dropInFlight = (segment: SegmentId): void => {
    inFlight = inFlight.filter((batch) => batch.segment !== segment);
  };

  const underWay = (): number => inFlight.reduce((total, { bytes }) => total + bytes, 0);

  const hasRoom = (lane: Lane): boolean => {
    const bytes = underWay() + options.othersUnderWay();
    return bytes === 0 || bytes + options.batchTargetBytes <= options.windowBytes + (lane === LANE.urgent ? URGENT_EXTRA_MAX_BYTES : 0);
  };

  const push = (segment: SegmentId, state: Tracked, batch: CutBatch): DeviceOutput => {
    const { from, count } = batch.header;
    inFlight = [...inFlight, { segment, from, upTo: from + count, bytes: batch.packed.length + SEAL_OVERHEAD_BYTES }];
    state.sent = from + count;
    // The batch takes what the ledger holds by now, which may be more than when it was last looked at.
    state.length = Math.max(state.length, state.sent);
    return { do: 'push', ...batch, lane: state.lane };
  };

  const pushFrom = (segment: SegmentId, state: Tracked): DeviceOutput[] => {
    const outputs: DeviceOutput[] = [];
    while (!state.blocked && state.hub !== null && state.sent < state.length && hasRoom(state.lane)) {
      const batch = cutBatch(segment, state.sent);
      if (batch === null) return outputs;
      outputs.push(push(segment, state, batch));
    }
    return outputs;
  };

  /** The urgent lane first, and no other while it has anything to send that fits. */
  const pushAll = (): DeviceOutput[] => {
    const outputs: DeviceOutput[] = [];
    for (const lane of open) {
      for (const segment of lane) {
        const state = tracked.get(segment);
        if (state !== undefined) outputs.push(...pushFrom(segment, state));
        if (state === undefined || state.blocked || state.sent >= state.length) lane.delete(segment);
        else return outputs;
      }
    }
    return outputs;
  };

  const close = (segment: SegmentId): DeviceOutput[] => {
    dropInFlight(segment);
    for (const lane of open) lane.delete(segment);
    const state = tracked.get(segment);
    if (state === undefined || state.blocked) return [];
    state.blocked = true;
    // So that the hub knows of it too and keeps it as evidence: the last entry both sides number and do not agree on.
    const contradiction = cutBatch(segment, Math.max(0, Math.min(state.length, state.hub ?? state.length) - 1));
    return contradiction === null ? [] : [push(segment, state, contradiction)];
  };

  const refresh = (): void => {
    for (const own of store.unacknowledged()) askLater(own);
  };

  /** What the hub lost goes back into the outbox; and once everything has been asked about, nothing is missing unknown. */
  const settleLosses = (): Result<null, LocalFault> => {
    const found = lost;
    lost = [];
    const kept = found.length === 0 ? ok(null) : store.takeBack(found);
    if (!kept.ok || toAsk.length > 0 || asking.length > 0 || store.missing() === 0) return kept;
    return store.keepMissing(0);
  };

  const ask = (): DeviceOutput[] => {
    if (asking.length > 0 || toAsk.length === 0) return [];
    asking = toAsk.splice(0, WHERE_SEGMENTS_MAX);
    return [{ do: 'send', message: { type: 'where', segments: asking.map(position) }, lane: 0 }];
  };

  return {
    first() {
      begun = true;
      return toAsk.splice(0, HELLO_SEGMENTS_MAX).map(position);
    },
    refresh,
    refreshReceipts() {
      for (const own of store.unacknowledged()) {
        const { hub, length } = track(own);
        if (hub === null || hub >= length) putOnList(own.segment);
      }
    },
    foresee(positions) {
      for (const { segment, length } of positions) {
        if (!tracked.has(segment)) tracked.set(segment, { lane: LANE.clinical, length: 0, acknowledged: 0, hub: length, sent: length, rejections: 0, blocked: false });
      }
    },
    greeted(positions, held) {
      for (const position of positions) learn(position);
      const asked = new Map(positions.map(({ segment, length }) => [segment, length]));
      const all = store.ownSegments();
      const expected = all.reduce((total, own) => total + (asked.get(own.segment) ?? own.acknowledged), 0);
      if (held !== expected) for (const own of all) if (track(own).hub === null) putOnList(own.segment);
      if (held > expected) ownMissing = true;
      if (held < expected) {
        const kept = store.keepMissing(expected - held);
        if (!kept.ok) return kept;
      }
      const settled = settleLosses();
      // What was written since the HELLO.
      refresh();
      return settled;
    },
    answered(positions) {
      const answers = new Set(positions.map(({ segment }) => segment));
      if (asking.length === 0 || asking.some((segment) => !answers.has(segment))) return null;
      asking = [];
      for (const answer of positions) learn(answer);
      return settleLosses();
    },
    firstFlight() {
      const outputs: DeviceOutput[] = [];
      for (const [segment, state] of tracked) {
        if (state.lane !== LANE.urgent || underWay() > 0) continue;
        const batch = cutFirst(segment, state.acknowledged);
        if (batch !== null && batch.packed.length + SEAL_OVERHEAD_BYTES <= FIRST_FLIGHT_MAX_BYTES) outputs.push(push(segment, state, batch));
      }
      return outputs;
    },
    proceed: () => [...ask(), ...pushAll()],
    close,
    receipt(signed) {
      const { segment, length } = signed;
      const state = tracked.get(segment);
      if (state === undefined || (state.blocked && length > state.length)) return ok([]);
      if (length > state.length) {
        ownMissing = true;
        return ok([]);
      }
      const outputs: DeviceOutput[] = [];
      if (length > state.acknowledged) {
        const taken = store.acknowledge(signed);
        if (!taken.ok && taken.fault.code !== 'FORK') return refuse(taken.fault.code, taken.fault.detail);
        if (!taken.ok) {
          return ok([{ do: 'refused', what: segment, code: 'FORK' }, ...close(segment)]);
        }
        outputs.push({ do: 'acknowledged', receipt: signed, entries: length - state.acknowledged });
        state.acknowledged = length;
      }
      state.rejections = 0;
      state.hub = Math.max(state.hub ?? 0, length);
      state.sent = Math.max(state.sent, length);
      inFlight = inFlight.filter((batch) => batch.segment !== segment || batch.upTo > length);
      return ok(outputs);
    },
    rejected({ code, segment, from, length }) {
      const state = tracked.get(segment);
      if (state === undefined) return null;
      inFlight = inFlight.filter((batch) => batch.segment !== segment || batch.from !== from);
      // What follows a refused batch is refused as a gap; only refusals of what the hub waits for are counted.
      if (from <= length) state.rejections += 1;
      if (state.blocked) return [];
      if (FINAL_REJECTIONS.has(code) || state.rejections >= REJECTIONS_MAX) {
        state.blocked = true;
        dropInFlight(segment);
        return [{ do: 'refused', what: segment, code }];
      }
      heldTo(segment, state, length);
      settleLosses();
      if (!inFlight.some((batch) => batch.segment === segment && batch.from <= length)) state.sent = Math.min(length, state.length);
      wake(segment, state);
      return [];
    },
    answerDue: () => inFlight.length > 0 || asking.length > 0,
    underWay,
    ownMissing: () => ownMissing,
    view() {
      let settled = inFlight.length === 0 && toAsk.length === 0 && asking.length === 0;
      for (const { length, acknowledged, hub, blocked } of tracked.values()) {
        if (!blocked && (acknowledged < length || (hub !== null && hub < length))) settled = false;
      }
      return { owed: store.missing(), settled };
    },
  };
}

import { toHex } from '../base/bytes.ts';
import type { SegmentId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { LANE, LANES, type Lane } from '../ledger/lanes.ts';
import { createBatchCutter, type BatchOptions, type CutBatch } from './batch.ts';
import type { DeviceOutput } from './device-output.ts';
import type { DeviceStore, LocalFault, OwnSegment } from './device-store.ts';
import type { SignedReceipt } from './envelope.ts';
import { createHoldingsCheck } from './holdings.ts';
import { FIRST_FLIGHT_MAX_BYTES, REJECTIONS_MAX, ROLLED_HEAD_BYTES } from './limits.ts';
import type { Hi, Position, Rejected, RejectionCode } from './message.ts';
import { createOwnPositions } from './own-positions.ts';
import type { RolledPage } from './own-recovery.ts';
import { SEAL_OVERHEAD_BYTES } from './sealing.ts';
import { createUploadWindow, type UploadWindowOptions } from './upload-window.ts';

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
  /**
   * What HI says: how far the hub holds the segments asked about, and the digest of all it holds of us. Another digest
   * than expected means that one side was restored or copied: then the hub is asked for the whole list. `moved`: its log
   * is of another epoch than our cursor. `lists`: it can give that list; else all segments are asked about one by one.
   */
  greeted(hi: Pick<Hi, 'positions' | 'held' | 'holds'>, moved: boolean, lists: boolean): Result<null, LocalFault>;
  /** The hub's list is needed. */
  listWanted(): boolean;
  /** A page of the hub's list. What it holds more than we do is coming back and is not to be sent; what it holds less is unsent. */
  listed(page: RolledPage): Result<DeviceOutput[], LocalFault>;
  /** Answer to the last WHERE; null where nothing like it was asked. */
  answered(positions: readonly Position[]): Result<null, LocalFault> | null;
  /** Urgent batches that go out with the HELLO, from where receipts reach; the hub takes each once, wherever it stands. */
  firstFlight(): DeviceOutput[];
  /** What can go out now: the next WHERE, and batches while the window has room, lane by lane. */
  proceed(): DeviceOutput[];
  /** Of this segment there are two histories: the hub is shown ours once, and nothing more of it is sent or asked about. */
  close(segment: SegmentId): DeviceOutput[];
  receipt(signed: SignedReceipt): Result<DeviceOutput[], LocalFault>;
  /** Own segments that the hub holds in another history, with a place behind where the two part, since this was last asked. */
  contradicted(): readonly Position[];
  /** Null where no such batch can have been sent. */
  rejected(rejection: Rejected): Result<DeviceOutput[], LocalFault> | null;
  answerDue(): boolean;
  /** Sealed bytes under way without a receipt. */
  underWay(): number;
  /** The hub holds entries of ours that this device lacks. */
  ownMissing(): boolean;
  /** Entries acknowledged once that the hub lost, as long as it is not known which; and whether nothing is left to ask or send. */
  view(): { readonly owed: number; readonly settled: boolean };
};

export type UploadOptions = BatchOptions & UploadWindowOptions & { readonly store: DeviceStore; /** Whether the hub takes bundles, as far as it has said. */ readonly bundles: () => boolean };

/** Rejections that sending again cannot cure. */
const FINAL_REJECTIONS: ReadonlySet<RejectionCode> = new Set(['FORK', 'QUARANTINED', 'OTHER_DEVICE', 'OTHER_ORGANIZATION', 'OTHER_OWNER', 'UNKNOWN_CODEC']);

export function createDeviceUpload(options: UploadOptions): DeviceUpload {
  const { store } = options;
  const cutBatch = createBatchCutter(options, store);
  const cutFirst = createBatchCutter({ ...options, batchTargetBytes: Math.min(options.batchTargetBytes, FIRST_FLIGHT_MAX_BYTES) }, store);
  const positions = createOwnPositions(store);
  const window = createUploadWindow(options);
  const check = createHoldingsCheck(options.sha256, store);
  let ownMissing = false;
  /** What hub and device mean by what the hub holds: not known yet, the same, or to be found out by the hub's list. */
  let holdings: 'unknown' | 'same' | 'listing' = 'unknown';
  let lists = false;
  let contradicted: Position[] = [];

  const learn = ({ segment, length }: Position): void => {
    const state = positions.find(segment);
    if (state === undefined) return;
    positions.heldTo(segment, state, length);
    // What went out with the HELLO and joins on there is under way already.
    state.sent = Math.min(window.reach(segment, length), state.length);
    // More of our segment than we hold ourselves: this device was restored from a backup.
    if (length > state.length && !state.blocked) ownMissing = true;
    positions.wake(segment, state);
  };

  const push = ({ runs, packed }: CutBatch, lane: Lane, inFull: boolean): DeviceOutput => {
    for (const [index, { segment, from, count }] of runs.entries()) {
      // Answers come in the order of the runs: with that to the last one all bytes have arrived.
      window.put({ segment, from, upTo: from + count, bytes: index < runs.length - 1 ? 0 : packed.length + SEAL_OVERHEAD_BYTES, inFull });
      const state = positions.find(segment);
      if (state === undefined) continue;
      state.sent = from + count;
      // The batch takes what the ledger holds by now, which may be more than when it was last looked at.
      state.length = Math.max(state.length, state.sent);
    }
    return { do: 'push', runs, packed, lane, inFull };
  };

  /** The urgent lane first, and no other while it has anything to send that fits. */
  const pushAll = (): DeviceOutput[] => {
    const outputs: DeviceOutput[] = [];
    const next = (lane: Lane): ReturnType<typeof positions.next> => positions.next(lane, options.bundles());
    for (const lane of LANES) {
      for (let { places, inFull } = next(lane); places.length > 0; { places, inFull } = next(lane)) {
        const batch = window.hasRoom(lane) ? cutBatch(places) : null;
        if (batch === null) return outputs;
        outputs.push(push(batch, lane, inFull));
      }
    }
    return outputs;
  };

  const close = (segment: SegmentId): DeviceOutput[] => {
    window.drop(segment);
    for (const lane of positions.open) lane.delete(segment);
    const state = positions.find(segment);
    if (state === undefined || state.blocked) return [];
    state.blocked = true;
    // So that the hub knows of it too and keeps it as evidence: the last entry both sides number and do not agree on.
    const contradiction = cutBatch([{ segment, from: Math.max(0, Math.min(state.length, state.hub ?? state.length) - 1) }]);
    return contradiction === null ? [] : [push(contradiction, state.lane, true)];
  };

  /** Two histories: people are told, and the hub is shown ours. */
  const forked = (segment: SegmentId): DeviceOutput[] => [{ do: 'refused', what: segment, code: 'FORK' }, ...close(segment)];

  /** Once the hub has said how far it holds what it was asked about: do both mean the same? */
  const settle = (): Result<null, LocalFault> => {
    const kept = positions.takeBack();
    if (!kept.ok) return kept;
    if (holdings === 'unknown' && positions.known()) {
      holdings = check.differs() ? 'listing' : 'same';
      if (holdings === 'listing' && !lists) {
        holdings = 'same';
        for (const own of store.ownSegments()) if (positions.track(own).hub === null) positions.putOnList(own.segment);
      }
    }
    const known = holdings === 'same' && positions.known();
    // How many the hub lacks may be known before it is known which; and until all is known, nothing is "all sent".
    const missing = known ? 0 : Math.max(1, check.short());
    return (store.missing() > 0) === missing > 0 ? kept : store.keepMissing(missing);
  };

  /** What the list says of one of our segments; length 0 where it is not in it. */
  const compare = (own: OwnSegment, length: number, head: string): DeviceOutput[] => {
    const state = positions.track(own);
    const asked = state.hub !== null;
    if (!asked || state.blocked) learn({ segment: own.segment, length });
    if (length > own.length) ownMissing ||= !state.blocked;
    else if (length > 0 && !state.blocked && headOf(own, length) !== head) return forked(own.segment);
    // It holds more than we have a receipt for.
    if (!asked && !state.blocked && length > own.acknowledged) positions.putOnList(own.segment);
    return [];
  };
  const headOf = ({ segment, length: ours, head }: OwnSegment, length: number): string =>
    toHex((length === ours ? head : store.ownEntries(segment, length, 1, 0).previous).subarray(0, ROLLED_HEAD_BYTES));

  const refresh = (): void => {
    for (const own of store.unacknowledged()) positions.askLater(own);
  };

  const ask = (): DeviceOutput[] => {
    const segments = positions.ask();
    return segments === null ? [] : [{ do: 'send', message: { type: 'where', segments }, lane: 0 }];
  };

  return {
    first() {
      refresh();
      // Nothing more of these is sent; but what the hub loses of them must not pass for sent.
      for (const own of store.ownSegments()) if (own.closed === true) positions.askLater(own);
      return positions.first();
    },
    refresh,
    refreshReceipts() {
      for (const own of store.unacknowledged()) {
        const { hub, length } = positions.track(own);
        if (hub === null || hub >= length) positions.putOnList(own.segment);
      }
    },
    greeted(hi, moved, canList) {
      lists = canList;
      check.begin(hi, moved);
      for (const position of hi.positions) learn(position);
      const kept = positions.takeBack();
      if (!kept.ok) return kept;
      // What was written since the HELLO.
      refresh();
      return settle();
    },
    listWanted: () => holdings === 'listing',
    listed({ segments, after, through }) {
      const outputs: DeviceOutput[] = [];
      const theirs = new Map(segments.map((each) => [each.segment, each]));
      for (const own of store.ownSegments()) {
        if ((after !== null && own.segment <= after) || (through !== null && own.segment > through)) continue;
        const held = theirs.get(own.segment);
        theirs.delete(own.segment);
        outputs.push(...compare(own, held?.length ?? 0, held?.head ?? ''));
      }
      for (const lost of theirs.values()) {
        positions.foresee(lost);
        ownMissing = true;
      }
      if (through === null) holdings = 'same';
      const settled = settle();
      return settled.ok ? ok(outputs) : settled;
    },
    answered(answers) {
      if (!positions.answered(answers)) return null;
      if (holdings === 'unknown') check.learn(answers);
      for (const answer of answers) learn(answer);
      return settle();
    },
    contradicted() {
      const found = contradicted;
      contradicted = [];
      return found;
    },
    firstFlight() {
      const outputs: DeviceOutput[] = [];
      for (const [segment, state] of positions.all()) {
        if (state.lane !== LANE.urgent || state.blocked || !window.empty()) continue;
        const batch = cutFirst([{ segment, from: state.acknowledged }]);
        if (batch !== null && batch.packed.length + SEAL_OVERHEAD_BYTES <= FIRST_FLIGHT_MAX_BYTES) outputs.push(push(batch, state.lane, true));
      }
      return outputs;
    },
    proceed: () => [...ask(), ...pushAll()],
    close,
    receipt(signed) {
      const { segment, length } = signed;
      const state = positions.find(segment);
      if (state === undefined || (state.blocked && length > state.length)) return ok([]);
      if (length > state.length) {
        ownMissing = true;
        return ok([]);
      }
      const outputs: DeviceOutput[] = [];
      if (length > state.acknowledged) {
        const taken = store.acknowledge(signed);
        if (!taken.ok && taken.fault.code !== 'FORK') return refuse(taken.fault.code, taken.fault.detail);
        if (!taken.ok) return ok(forked(segment));
        outputs.push({ do: 'acknowledged', receipt: signed, entries: length - state.acknowledged });
        state.acknowledged = length;
      }
      state.rejections = 0;
      state.hub = Math.max(state.hub ?? 0, length);
      state.sent = Math.max(state.sent, length);
      window.covered(segment, length);
      return ok(outputs);
    },
    rejected({ code, segment, from, length }) {
      const state = positions.find(segment);
      if (state === undefined) return null;
      const batch = window.answered(segment, from);
      const unclear = code === 'UNKNOWN_PREVIOUS';
      // A bundle that came twice: its first coming has been answered.
      if (unclear && batch === undefined) return ok([]);
      // One run that does not hold spoils the whole bundle: whose fault it is shows when each goes by itself.
      const bundled = batch?.inFull === false;
      state.inFull ||= unclear || bundled;
      // What follows a refused batch is refused as a gap; only refusals of what the hub waits for are counted.
      if (from <= length && !bundled) state.rejections += 1;
      // The hub finds the same: where it differs is looked at once, so that the ledger can close the segment for good.
      if (code === 'FORK') contradicted.push({ segment, length: Math.max(0, Math.min(length, state.length) - 1) });
      if (state.blocked) return ok([]);
      if (FINAL_REJECTIONS.has(code) || state.rejections >= REJECTIONS_MAX) {
        state.blocked = true;
        window.drop(segment);
        return ok([{ do: 'refused', what: segment, code }]);
      }
      positions.heldTo(segment, state, length);
      // Somebody else handed it over meanwhile: what is missing is the receipt.
      if (length >= state.length && state.acknowledged < state.length) positions.putOnList(segment);
      if (!window.joins(segment, length)) state.sent = Math.min(length, state.length);
      positions.wake(segment, state);
      const kept = settle();
      return kept.ok ? ok([]) : kept;
    },
    answerDue: () => !window.empty() || positions.asking(),
    underWay: window.bytes,
    ownMissing: () => ownMissing,
    view() {
      let settled = window.empty() && positions.known() && holdings !== 'listing';
      for (const [, { length, acknowledged, hub, blocked }] of positions.all()) {
        if (!blocked && (acknowledged < length || (hub !== null && hub < length))) settled = false;
      }
      return { owed: store.missing(), settled };
    },
  };
}

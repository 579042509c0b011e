import { toHex } from '../base/bytes.ts';
import type { SegmentId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { DeviceOutput } from './device-output.ts';
import type { LocalFault, OwnSegment } from './device-store.ts';
import type { SignedReceipt } from './envelope.ts';
import { createHoldingsCheck } from './holdings.ts';
import { REJECTIONS_MAX, ROLLED_HEAD_BYTES } from './limits.ts';
import type { Hi, Position, Rejected, RejectionCode } from './message.ts';
import { createOwnPositions, type Tracked } from './own-positions.ts';
import { commonLength, createOwnProof, headOf, lastCommon, type HeldRun } from './own-proof.ts';
import type { RolledPage } from './own-recovery.ts';
import { createUploadSending, type SendingOptions } from './upload-sending.ts';
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
  close(segment: SegmentId): Result<DeviceOutput[], LocalFault>;
  receipt(signed: SignedReceipt): Result<DeviceOutput[], LocalFault>;
  /** Places from which own segments are to be read from the hub, since this was last asked: whether its history is ours is not known there. */
  doubts(): readonly Position[];
  /** The hub's entries of one of our segments came. True where reading on from there tells no more of how far it holds our history. */
  compared(run: HeldRun): Result<boolean, LocalFault>;
  /** Null where no such batch can have been sent. */
  rejected(rejection: Rejected): Result<DeviceOutput[], LocalFault> | null;
  answerDue(): boolean;
  /** A batch has gone over to the line; whether another may be cut now that could not before. */
  taken(): boolean;
  /** Sealed bytes under way without a receipt. */
  underWay(): number;
  /** The hub holds entries of ours that this device lacks. */
  ownMissing(): boolean;
  /** Entries acknowledged once that the hub lost, as long as it is not known which; and whether nothing is left to ask or send. */
  view(): { readonly owed: number; readonly settled: boolean };
};

export type UploadOptions = SendingOptions & UploadWindowOptions;

/** Rejections that sending again cannot cure. */
const FINAL_REJECTIONS: ReadonlySet<RejectionCode> = new Set(['OTHER_DEVICE', 'OTHER_ORGANIZATION', 'OTHER_OWNER', 'UNKNOWN_CODEC']);
/** Nor can another conversation: the hub takes nothing more of this segment. */
const RESTING_REJECTIONS: ReadonlySet<RejectionCode> = new Set(['FORK', 'QUARANTINED']);

export function createDeviceUpload(options: UploadOptions): DeviceUpload {
  const { store } = options;
  const positions = createOwnPositions(store);
  const window = createUploadWindow(options);
  const sending = createUploadSending(options, positions, window);
  const check = createHoldingsCheck(options.sha256, store);
  let ownMissing = false;
  /** What hub and device mean by what the hub holds: not known yet, the same, or to be found out by the hub's list. */
  let holdings: 'unknown' | 'same' | 'listing' = 'unknown';
  let lists = false;
  const proof = createOwnProof(store);
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

  /** Nothing more of it is sent on this line. */
  const rest = (segment: SegmentId, state: Tracked): void => {
    window.drop(segment);
    for (const lane of positions.open) lane.delete(segment);
    state.blocked = true;
  };

  const close = (segment: SegmentId): Result<DeviceOutput[], LocalFault> => {
    window.drop(segment);
    const state = positions.find(segment);
    if (state === undefined || state.blocked) return ok([]);
    rest(segment, state);
    // What is written from now on goes to another segment.
    const closed = store.close(segment);
    return closed.ok ? ok(sending.show(segment, state)) : closed;
  };

  /** Two histories: people are told, the hub is shown ours, and where the two part is read from it. What is not signed closes nothing for good: the entries that are read do. */
  const forked = (segment: SegmentId, state: Tracked, length: number, signed: boolean): Result<DeviceOutput[], LocalFault> => {
    proof.want(segment);
    proof.doubt(segment, lastCommon(state, length));
    if (!signed) rest(segment, state);
    const closed = signed ? close(segment) : ok(sending.show(segment, state));
    return closed.ok ? ok([{ do: 'refused', what: segment, code: 'FORK' }, ...closed.value]) : closed;
  };
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
    const known = holdings === 'same' && positions.known() && proof.complete(positions.find);
    // How many the hub lacks may be known before it is known which; and until all is known, nothing is "all sent".
    const missing = known ? 0 : Math.max(1, check.short());
    return (store.missing() > 0) === missing > 0 ? kept : store.keepMissing(missing);
  };

  /** What the list says of one of our segments; length 0 where it is not in it. */
  const compare = (own: OwnSegment, length: number, head: string): Result<DeviceOutput[], LocalFault> => {
    const state = positions.track(own);
    const asked = state.hub !== null;
    if (!asked || state.blocked) learn({ segment: own.segment, length });
    const differs = length > 0 && length <= own.length && headOf(store, own, length) !== head;
    if (differs && !state.blocked) return forked(own.segment, state, length, false);
    if (!differs && length <= own.length) {
      proof.shown(own.segment);
    } else if (!state.blocked) {
      ownMissing = true;
      proof.want(own.segment);
    } else {
      proof.other(own.segment, state, length, head);
      // A hub that has it in quarantine leaves it out of what is compared; this one seems not to know.
      return ok(sending.show(own.segment, state));
    }
    // It holds more than we have a receipt for.
    if (!asked && !state.blocked && length > own.acknowledged) positions.putOnList(own.segment);
    return ok([]);
  };

  /** A receipt for what rests, or for more than is held here: what it says of our history has still to be found out. */
  const strangeReceipt = (signed: SignedReceipt, state: Tracked): Result<DeviceOutput[], LocalFault> => {
    const { segment, length } = signed;
    const own = store.ownSegments().find((each) => each.segment === segment);
    window.covered(segment, length);
    if (own === undefined) return ok([]);
    positions.track(own);
    if (length > own.length && !state.blocked) {
      // Somebody else writes to it: that is read before anything is said of it.
      ownMissing = true;
      state.hub = Math.max(state.hub ?? 0, length);
      proof.doubt(segment, own.length);
      return ok([]);
    }
    if (length <= own.length && headOf(store, own, length) === toHex(signed.head.subarray(0, ROLLED_HEAD_BYTES))) return counted(signed, state);
    if (!proof.wanted(segment)) return ok([]);
    proof.otherBy(signed, state);
    const kept = settle();
    return kept.ok ? ok([]) : kept;
  };

  /** A receipt over our own history, as far as `acknowledge` finds. */
  const counted = (signed: SignedReceipt, state: Tracked): Result<DeviceOutput[], LocalFault> => {
    const { segment, length } = signed;
    const outputs: DeviceOutput[] = [];
    if (length > state.acknowledged) {
      const taken = store.acknowledge(signed);
      if (!taken.ok && taken.fault.code !== 'FORK') return refuse(taken.fault.code, taken.fault.detail);
      if (!taken.ok) return forked(segment, state, length, true);
      outputs.push({ do: 'acknowledged', receipt: signed, entries: length - state.acknowledged });
      state.acknowledged = length;
      proof.shown(segment);
    } else if (state.blocked) {
      // Its head was found to be ours.
      positions.heldTo(segment, state, length);
      proof.shown(segment);
    }
    state.rejections = 0;
    state.hub = Math.max(state.hub ?? 0, length);
    state.sent = Math.max(state.sent, length);
    window.covered(segment, length);
    const kept = settle();
    return kept.ok ? ok(outputs) : kept;
  };

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
      for (const own of store.ownSegments()) {
        if (own.closed !== true) continue;
        positions.askLater(own);
        proof.want(own.segment);
      }
      return positions.first();
    },
    refresh,
    refreshReceipts() {
      for (const own of store.unacknowledged()) {
        const { hub, length, blocked } = positions.track(own);
        if (!blocked && (hub === null || hub >= length)) positions.putOnList(own.segment);
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
        const found = compare(own, held?.length ?? 0, held?.head ?? '');
        if (!found.ok) return found;
        outputs.push(...found.value);
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
    doubts: proof.doubts,
    compared(run) {
      const { segment, from } = run;
      const own = store.ownSegments().find((each) => each.segment === segment);
      if (own === undefined || from > own.length) return ok(false);
      const state = positions.track(own);
      const common = commonLength(store, run);
      if (common === null) {
        // They part before it: nowhere but from the first entry on is it known where.
        if (proof.wanted(segment)) proof.doubt(segment, 0);
        return ok(true);
      }
      if (common.differs && common.length < state.acknowledged) positions.lose(segment, state, common.length);
      const lost = positions.takeBack();
      const found = lost.ok ? proof.found(segment, state, common.length) : lost;
      const settled = found.ok ? settle() : found;
      return settled.ok ? ok(state.blocked && !proof.wanted(segment)) : settled;
    },
    firstFlight: sending.firstFlight,
    proceed: () => [...ask(), ...sending.pushAll()],
    close,
    receipt(signed) {
      const { segment, length } = signed;
      const state = positions.find(segment);
      if (state === undefined) return ok([]);
      return state.blocked || length > state.length ? strangeReceipt(signed, state) : counted(signed, state);
    },
    rejected({ code, segment, from, length }) {
      const state = positions.find(segment);
      if (state === undefined) return null;
      const batch = window.answered(segment, from);
      // Nothing is built on what may not be held.
      sending.beginAnew();
      const unclear = code === 'UNKNOWN_PREVIOUS';
      // A bundle that came twice: its first coming has been answered.
      if (unclear && batch === undefined) return ok([]);
      // One run that does not hold spoils the whole bundle: whose fault it is shows when each goes by itself.
      const bundled = batch?.inFull === false;
      state.inFull ||= unclear || bundled;
      // What follows a refused batch is refused as a gap; only refusals of what the hub waits for are counted.
      if (from <= length && !bundled) state.rejections += 1;
      // The hub finds the same: where the two part is read from it, and kept as evidence.
      if (code === 'FORK') proof.doubt(segment, lastCommon(state, length));
      if (state.blocked) return ok([]);
      if (RESTING_REJECTIONS.has(code)) {
        rest(segment, state);
        const closed = store.close(segment);
        return closed.ok ? ok([{ do: 'refused', what: segment, code }]) : closed;
      }
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
    taken: window.taken,
    underWay: window.bytes,
    ownMissing: () => ownMissing,
    view() {
      let settled = window.empty() && positions.known() && holdings !== 'listing' && !proof.waiting();
      for (const [, { length, acknowledged, hub, blocked }] of positions.all()) {
        if (!blocked && (acknowledged < length || (hub !== null && hub < length))) settled = false;
      }
      return { owed: store.missing(), settled };
    },
  };
}

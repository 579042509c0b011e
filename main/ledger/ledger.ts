import type { EntryId, RecordId, SegmentId } from '../../shared/base/ids.ts';
import { assertHolds, ok, refuse, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import type { LaneHead } from '../../shared/ledger/bodies.ts';
import { idOf } from '../../shared/ledger/entry.ts';
import { witness } from '../../shared/ledger/hybrid-clock.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { ReadHandle, Store, StoreFault, WriteHandle } from '../store/store.ts';
import { EntryTooLarge, type Draft } from './chain-writer.ts';
import { changesChart } from './expansion.ts';
import { evict, isHeld, standsInTheWay, type Eviction } from './evict.ts';
import { isOutOfScope } from './fold-scope.ts';
import { closeOwn, type Contradiction } from './forks.ts';
import { THIS_READER } from './fold.ts';
import { assertMinted, type Grant } from './grant.ts';
import { headsOf, newStart, writeLanes, type LaneWriter, type Standing, type Writer } from './lane-writer.ts';
import { acknowledge, takeBack, type Receipt } from './outbox.ts';
import { receiveEntries, type ArrivingRun, type Received, type ReceiveFault, type Taken } from './receive.ts';
import { refold } from './refold.ts';
import { newSegmentId } from './segments.ts';
import { beginStart, keepLatest, lastWrittenAt, previousOf, readLatest } from './start.ts';

/**
 * The one write door. Promises: an entry, its fold into the chart and its place in the outbox are committed together
 * or not at all; nothing in memory changes before the commit; nothing is written without a grant; the chart is a
 * pure function of the entries.
 */
export { assertMinted, mintGrant, type Grant } from './grant.ts';
export { sha256, type Draft } from './chain-writer.ts';
export { entriesOf, isUnsent, outboxByLane, outboxSize, toEntry, type LaneOutbox, type Receipt } from './outbox.ts';
export { parked, type Parked } from './parked.ts';
export { forks, type Fork } from './forks.ts';
export type { Arriving, ArrivingRun, Received, ReceiveFault, SegmentFault } from './receive.ts';
export { allSegments, keepSaltSeed, ownSegments, saltSeedOf, segmentById, signingKeyOf, unsentSegments, type Segment } from './segments.ts';
export { residents, standsInTheWay, type Eviction } from './evict.ts';
export { isOutOfScope, outOfScope } from './fold-scope.ts';
export { HELD_MARK_KEY, holdsAPart, wordBefore } from './partial-chain.ts';
export { latestAmendments } from './fold-items.ts';
export { liveHeads } from './materialize.ts';
export { recordInReference } from './references.ts';
export { sessionAuthor } from './sessions.ts';
export { THIS_READER, type Fold, type Reader } from './fold.ts';
export { PROJECTION_TABLES } from './projection-tables.ts';
export { compareProjection, type ProjectionDifference } from './rebuild.ts';
export { projectionDigest, projectionLines } from './projection-text.ts';

/** A wall clock further behind what was already seen than this is not believed. */
export const CLOCK_SETBACK_MAX_MS = 5 * 60_000;

const NAMING_KINDS: ReadonlySet<string> = new Set(['patient.register', 'amend', 'resource']);

export type Written = { readonly entry: EntryId; readonly position: number; readonly at: number };

export interface LedgerTransaction {
  readonly write: WriteHandle;
  append(draft: Draft): Written;
}

/** `patients`: whose charts look different now; reading one changes nothing. */
export type Committed = {
  readonly own: boolean;
  readonly patients: readonly string[];
  /** Whether anybody's name may be another now. */
  readonly names: boolean;
};

export interface Ledger {
  readonly read: ReadHandle;
  append(grant: Grant, drafts: readonly Draft[]): Result<readonly Written[], StoreFault>;
  /** Several entries and this workstation's own tables in one commit. A refusal, and an entry that no reader would take for its size, rolls everything back. */
  transact<Value, Code extends string>(grant: Grant, work: (tx: LedgerTransaction) => Result<Value, Code>): Result<Value, Code | StoreFault>;
  /**
   * Entries of other devices, and own ones that a restore took away, with whatever `also` writes (the cursor), in one
   * commit. What contradicts, and what came back, is told in the trail.
   */
  receive(runs: readonly ArrivingRun[], also: (write: WriteHandle) => void): Result<Received, ReceiveFault | StoreFault>;
  /** Nothing more is written to this own segment, for good, because central takes nothing more of it; that is told in the trail. */
  close(segment: SegmentId): Result<null, StoreFault>;
  acknowledge(receipt: Receipt): Result<{ readonly removed: number }, 'FORK' | 'NOT_FOUND' | StoreFault>;
  /** Removes a patient who left what this workstation holds, unless something of theirs has not been sent or is being written. */
  evict(patients: readonly RecordId[]): Result<readonly Eviction[], StoreFault>;
  /** All that others wrote of a patient is here again: one who was removed has a chart again. */
  admit(patient: RecordId): Result<null, StoreFault>;
  takeBack(lost: readonly { readonly segment: SegmentId; readonly length: number }[]): Result<null, StoreFault>;
  /** This workstation's own state that is no part of the record: drafts, cursors, staging. */
  keep<Value, Code extends string>(work: (write: WriteHandle) => Result<Value, Code>): Result<Value, Code | StoreFault>;
  /** Where the clinical lane of this start stands. */
  state(): LaneHead;
  /** Where every open lane of this start stands, urgent first. */
  lanes(): readonly LaneHead[];
  /** Entries written since the vault was opened, in all lanes, but for those that only tell what came back: nobody seals for these alone. */
  written(): number;
  clockState(): 'ok' | 'suspect';
  /** Epoch milliseconds, never behind the floor: setting the clock back prolongs nothing. */
  trustedNow(): number;
  /** The wall clock cannot be before this: last entry, last word of the server, build date. Epoch milliseconds. */
  raiseFloor(atMs: number): void;
  onCommit(listener: (committed: Committed) => void): () => void;
}

/** `systemGrant` is for what the ledger writes of itself, such as the first entry of a segment. */
export type LedgerWorld = Writer & {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** Epoch milliseconds before which no clock is believed. */
  readonly buildDate: number;
};

/** Begins a new start with new segments, as every opening of the vault does. */
export function openLedger(world: LedgerWorld): Result<Ledger, StoreFault> {
  const { store, clock, random } = world;
  const listeners = new Set<(committed: Committed) => void>();
  let floor = Math.max(world.buildDate, lastWrittenAt(store.read));
  const clockState = (): 'ok' | 'suspect' => (clock.now() < floor - CLOCK_SETBACK_MAX_MS ? 'suspect' : 'ok');

  /** Writes to the lanes as they stand `before`; what they are after it counts once the transaction has committed. */
  const toLanes = <Value, Code extends string>(write: WriteHandle, before: Standing, work: (lanes: LaneWriter) => Result<Value, Code>): Result<{ readonly value: Value; readonly after: Standing }, Code> => {
    const lanes = writeLanes(write, before, world, () => previousOf(readLatest(write)), { clock, random, clockState: clockState() });
    const outcome = work(lanes);
    if (!outcome.ok) return outcome;
    const after = lanes.finish();
    keepLatest(write, before, after);
    return ok({ value: outcome.value, after });
  };

  const begun = store.transact((write) => {
    refold(write, world.reader ?? THIS_READER);
    return toLanes<void, never>(write, beginStart(write, random), (lanes) => ok(lanes.begin()));
  });
  if (!begun.ok) return begun;
  let standing = begun.value.after;
  const opened = standing.written;

  /** A copy of this very machine goes on writing to the segments we write to: we go on in new ones. */
  const startFor = (now: Standing, news: readonly Contradiction[]): Standing =>
    news.some(({ segment }) => [...now.chains.values()].some((chain) => chain.segment === segment)) ? newStart(newSegmentId(random), now.clock, now.written) : now;

  const announce = (committed: Committed): void => {
    for (const listener of listeners) listener(committed);
  };

  const transact: Ledger['transact'] = (grant, work) => {
    assertMinted(grant);
    const patients = new Set<string>();
    let names = false;
    const outcome = sized(() =>
      store.transact((write) =>
        toLanes(write, standing, (lanes) =>
          work({
            write,
            append(draft) {
              const { entry, position } = lanes.append(grant, draft);
              if (entry.header.patient !== null && changesChart(draft.kind)) patients.add(entry.header.patient);
              names ||= NAMING_KINDS.has(draft.kind);
              return { entry: idOf(entry.header), position, at: entry.header.at };
            },
          }),
        ),
      ),
    );
    if (!outcome.ok) return outcome;
    const { value, after } = outcome.value;
    const wrote = after.written !== standing.written;
    standing = after;
    if (wrote) {
      if (clockState() === 'ok') floor = Math.max(floor, clock.now());
      announce({ own: true, patients: [...patients], names });
    }
    return ok(value);
  };

  const aboutScope = <Value>(patients: readonly RecordId[], work: (write: WriteHandle, append: (draft: Draft) => unknown) => void, value: Value): Result<Value, StoreFault> => {
    const outcome = store.transact((write) => toLanes<void, never>(write, standing, (lanes) => ok(work(write, (draft) => lanes.append(world.systemGrant, draft)))));
    if (!outcome.ok) return outcome;
    standing = outcome.value.after;
    announce({ own: true, patients, names: true });
    return ok(value);
  };

  return ok({
    read: store.read,
    transact,
    append: (grant, drafts) => transact(grant, (tx) => ok(drafts.map((draft) => tx.append(draft)))),
    receive(runs, also) {
      const outcome = store.transact((write) => {
        const received = receiveEntries(write, runs, { device: world.device.id, at: Math.floor(clock.now()), reader: world.reader });
        if (!received.ok) return received;
        also(write);
        // Written like everything else, with a clock that has seen what came.
        const seen = { ...standing, clock: witness(standing.clock, received.value.latest, clock.now()) };
        const told = toLanes<void, never>(write, startFor(seen, received.value.news), (lanes) => {
          lanes.begin();
          return ok(tellOf(received.value, (draft) => lanes.append(world.systemGrant, draft)));
        });
        return told.ok ? ok({ received: received.value, after: told.value.after }) : told;
      });
      if (!outcome.ok) return outcome;
      const { received, after } = outcome.value;
      const wrote = after.written !== standing.written;
      standing = received.news.length === 0 ? { ...after, written: standing.written } : after;
      announce({ own: wrote, patients: received.patients, names: received.applied > 0 });
      return ok(received);
    },
    close(segment) {
      const outcome = store.transact((write) => {
        const found = closeOwn(write, segment);
        return toLanes<void, never>(write, startFor(standing, found === null ? [] : [found]), (lanes) => {
          if (found === null) return ok(undefined);
          lanes.begin();
          return ok(void lanes.append(world.systemGrant, { kind: 'ledger.forked', body: found }));
        });
      });
      if (!outcome.ok) return outcome;
      const wrote = outcome.value.after.written !== standing.written;
      standing = outcome.value.after;
      if (wrote) announce({ own: true, patients: [], names: false });
      return ok(null);
    },
    acknowledge: (receipt) => acknowledge(store, receipt),
    takeBack: (lost) => takeBack(store, lost),
    evict(patients) {
      const found = patients.map((patient): Eviction => standsInTheWay(store.read, patient) ?? 'gone');
      const leaving = patients.filter((patient, index) => found[index] === 'gone' && isHeld(store.read, patient));
      if (leaving.length === 0) return ok(found);
      return aboutScope(leaving, (write, append) => leaving.forEach((patient) => evict(write, patient, append)), found);
    },
    admit: (patient) => (isOutOfScope(store.read, patient) ? aboutScope([patient], (_write, append) => append({ kind: 'scope.admitted', record: patient, body: {} }), null) : ok(null)),
    keep: (work) => store.transact(work),
    state() {
      const clinical = headsOf(standing).find(({ lane }) => lane === LANE.clinical);
      assertHolds(clinical !== undefined, 'the clinical lane is opened with the ledger');
      return clinical;
    },
    lanes: () => headsOf(standing),
    written: () => standing.written - opened,
    clockState,
    trustedNow: () => Math.max(clock.now(), floor),
    raiseFloor: (atMs) => {
      floor = Math.max(floor, atMs);
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
}

/** An entry too large for any reader is refused by name; its transaction has rolled back. */
function sized<Value, Code extends string>(work: () => Result<Value, Code>): Result<Value, Code | 'TOO_LARGE'> {
  try {
    return work();
  } catch (error) {
    if (error instanceof EntryTooLarge) return refuse('TOO_LARGE');
    throw error;
  }
}

/** What receiving was more than taking note of others' words. */
function tellOf({ news, back }: Taken, append: (draft: Draft) => unknown): void {
  for (const contradiction of news) append({ kind: 'ledger.forked', body: contradiction });
  if (back.length > 0) append({ kind: 'ledger.recovered', body: { segments: back } });
}

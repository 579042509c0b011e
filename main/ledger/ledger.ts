import { toHex } from '../../shared/base/bytes.ts';
import type { DeviceId, EntryId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import { idOf } from '../../shared/ledger/entry.ts';
import type { HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import { witness } from '../../shared/ledger/hybrid-clock.ts';
import { SCHEMA_VERSION } from '../migrations/migrations.ts';
import type { ReadHandle, Store, StoreFault, WriteHandle } from '../store/store.ts';
import { appendEntry } from './append.ts';
import { nextEntry, type ChainState, type Draft } from './chain-writer.ts';
import { changesChart } from './expansion.ts';
import { assertMinted, type Grant } from './grant.ts';
import { acknowledge, type Receipt } from './outbox.ts';
import { receiveEntries, type Arriving, type Received, type ReceiveFault } from './receive.ts';
import { rederive } from './rederive.ts';
import { insertSegment, lastOwnSegment, moveHead, newSegmentId } from './segments.ts';

/**
 * The one write door. Promises: an entry, its fold into the chart and its place in the outbox are committed together
 * or not at all; nothing in memory changes before the commit; nothing is written without a grant; the chart is a
 * pure function of the entries.
 */
export { assertMinted, mintGrant, type Grant } from './grant.ts';
export { sha256, type Draft } from './chain-writer.ts';
export { entriesOf, isUnsent, outboxSize, toEntry, type Receipt } from './outbox.ts';
export type { Arriving, Received, ReceiveFault } from './receive.ts';
export { allSegments, type Segment } from './segments.ts';
export { latestAmendments } from './fold-items.ts';
export { liveHeads } from './materialize.ts';
export { recordInReference } from './references.ts';
export { sessionAuthor } from './sessions.ts';
export { compareProjection, PROJECTION_TABLES, type ProjectionDifference } from './rebuild.ts';

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
  /** Several entries and this workstation's own tables in one commit. A refusal rolls everything back. */
  transact<Value, Code extends string>(grant: Grant, work: (tx: LedgerTransaction) => Result<Value, Code>): Result<Value, Code | StoreFault>;
  /** Entries of other devices, with whatever `also` writes (the cursor), in one commit. */
  receive(entries: readonly Arriving[], also: (write: WriteHandle) => void): Result<Received, ReceiveFault | StoreFault>;
  acknowledge(receipt: Receipt): Result<{ readonly removed: number }, 'FORK' | 'NOT_FOUND' | StoreFault>;
  /** This workstation's own state that is no part of the record: drafts, cursors, staging. */
  keep<Value, Code extends string>(work: (write: WriteHandle) => Result<Value, Code>): Result<Value, Code | StoreFault>;
  state(): { readonly segment: string; readonly length: number; readonly head: string };
  clockState(): 'ok' | 'suspect';
  /** Epoch milliseconds, never behind the floor: setting the clock back prolongs nothing. */
  trustedNow(): number;
  /** The wall clock cannot be before this: last entry, last word of the server, build date. Epoch milliseconds. */
  raiseFloor(atMs: number): void;
  onCommit(listener: (committed: Committed) => void): () => void;
}

export type LedgerWorld = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly device: { readonly id: DeviceId; readonly name: string; readonly signingKey: Uint8Array };
  readonly application: string;
  /** Epoch milliseconds before which no clock is believed. */
  readonly buildDate: number;
  /** Mints the grant for the segment's own first entry. */
  readonly systemGrant: Grant;
};

/** Opens a new segment, as every start of the engine does. */
export function openLedger(world: LedgerWorld): Result<Ledger, StoreFault> {
  const { store, clock, random } = world;
  const listeners = new Set<(committed: Committed) => void>();
  let floor = Math.max(world.buildDate, lastEntryTime(store.read));
  const clockState = (): 'ok' | 'suspect' => (clock.now() < floor - CLOCK_SETBACK_MAX_MS ? 'suspect' : 'ok');

  const opened = openSegment(world, clockState());
  if (!opened.ok) return opened;
  let state = opened.value;

  const announce = (committed: Committed): void => {
    for (const listener of listeners) listener(committed);
  };

  const transact: Ledger['transact'] = (grant, work) => {
    assertMinted(grant);
    let next = state;
    const patients = new Set<string>();
    let names = false;
    const outcome = store.transact((write) => {
      const append = (draft: Draft): Written => {
        const made = nextEntry(next, grant, draft, { clock, random, clockState: clockState() });
        const { position } = appendEntry(write, { ref: next.ref, own: true }, made.entry, draft.parsed);
        next = made.state;
        if (made.entry.header.patient !== null && changesChart(draft.kind)) patients.add(made.entry.header.patient);
        names ||= NAMING_KINDS.has(draft.kind);
        return { entry: idOf(made.entry.header), position, at: made.entry.header.at };
      };
      const result = work({ write, append });
      if (result.ok && next !== state) moveHead(write, next.ref, next.next, next.head);
      return result;
    });
    if (outcome.ok && next !== state) {
      state = next;
      if (clockState() === 'ok') floor = Math.max(floor, clock.now());
      announce({ own: true, patients: [...patients], names });
    }
    return outcome;
  };

  return ok({
    read: store.read,
    transact,
    append: (grant, drafts) => transact(grant, (tx) => ok(drafts.map((draft) => tx.append(draft)))),
    receive(entries, also) {
      const outcome = store.transact((write) => {
        const received = receiveEntries(write, entries);
        if (received.ok) also(write);
        return received;
      });
      if (outcome.ok) {
        state = { ...state, clock: witness(state.clock, latest(entries), clock.now()) };
        announce({ own: false, patients: outcome.value.patients, names: outcome.value.applied > 0 });
      }
      return outcome;
    },
    acknowledge: (receipt) => acknowledge(store, receipt),
    keep: (work) => store.transact(work),
    state: () => ({ segment: state.segment, length: state.next, head: toHex(state.head) }),
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

function lastEntryTime(read: ReadHandle): number {
  const row = read.get("SELECT max(at) AS at FROM (SELECT at, header FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE own = 1 ORDER BY position DESC LIMIT 1)");
  return typeof row?.['at'] === 'number' ? row['at'] : 0;
}

function latest(entries: readonly Arriving[]): HybridTime {
  let newest: HybridTime = [0, 0];
  for (const { headerText } of entries) {
    const clock = (JSON.parse(headerText) as { clock: HybridTime }).clock;
    if (clock[0] > newest[0] || (clock[0] === newest[0] && clock[1] > newest[1])) newest = clock;
  }
  return newest;
}

function openSegment(world: LedgerWorld, clockState: 'ok' | 'suspect'): Result<ChainState, StoreFault> {
  const { store, clock, random, device } = world;
  return store.transact((write) => {
    rederive(write);
    const previous = lastOwnSegment(write);
    const id = newSegmentId(random);
    const signingKey = toHex(device.signingKey);
    const ref = insertSegment(write, { id, device: device.id, deviceName: device.name, own: true, signingKey });
    const lastClock = previous === undefined ? [0, 0] as const : lastHybrid(write, previous.ref);
    const start: ChainState = { segment: id, ref, next: 0, head: new Uint8Array(32), clock: [...lastClock], openedAt: clock.monotonic() };
    const body = {
      device: device.id,
      deviceName: device.name,
      application: world.application,
      schema: SCHEMA_VERSION,
      signingKey,
      previous: previous === undefined ? null : { segment: previous.id, length: previous.length, head: toHex(previous.head) },
      wallClock: Math.floor(clock.now()),
      serverOffsetMs: null,
    };
    const { entry, state } = nextEntry(start, world.systemGrant, { kind: 'segment.open', body }, { clock, random, clockState });
    appendEntry(write, { ref, own: true }, entry);
    moveHead(write, ref, state.next, state.head);
    return ok(state);
  });
}

function lastHybrid(read: ReadHandle, ref: number): HybridTime {
  const row = read.get('SELECT header FROM ledger WHERE segment = ? ORDER BY sequence DESC LIMIT 1', ref);
  return row === undefined ? [0, 0] : (JSON.parse(String(row['header'])) as { clock: HybridTime }).clock;
}


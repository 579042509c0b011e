import type { DeviceId, RecordId, SegmentId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { ArrivedRun } from './attested-page.ts';
import type { OwnEntries } from './batch.ts';
import type { EntryParts } from './entry-codec.ts';
import type { Attestation, Cursor, SignedReceipt } from './envelope.ts';
import type { Lane } from '../ledger/lanes.ts';
import type { Holding } from './holdings.ts';
import type { Position } from './message.ts';
import type { Resident, ScopeMark } from './scope.ts';

/** One of this device's own segments. Lengths count entries from sequence 0. */
export type OwnSegment = { readonly segment: SegmentId; readonly lane: Lane; readonly length: number; /** Chain hash of its last entry. */ readonly head: Uint8Array; /** Covered by a receipt of the hub. */ readonly acknowledged: number; /** Two histories of it contradict each other: it rests for good. */ readonly closed?: boolean };

/**
 * What is known of a run's author. `attested`: its signature over this very chain holds. `unattested`: it has not said
 * so yet, or its key is not known here; the hub's word alone stands behind the run. `contradicted`: a signature is there
 * and is not the author's.
 */
export type Standing = 'attested' | 'unattested' | 'contradicted';
export type JudgedRun = ArrivedRun & { readonly standing: Standing };

export type Received = {
  readonly applied: number;
  readonly duplicates: number;
  readonly parked: number;
  readonly patients: readonly RecordId[];
  /** Segments of which something was not taken, each kept as evidence and shown; everything else of the page was. */
  readonly closed: readonly { readonly segment: SegmentId; readonly code: SegmentFault }[];
};
/** FORK: another entry is held under the same id. CONTRADICTED: signed, but not by its author. UNPROVEN: said to be this device's own without its signature; left, and the segment stays open. */
export type SegmentFault = 'FORK' | 'CONTRADICTED' | 'UNPROVEN';
/** GAP: the hub left out what has to come before. The page is not taken, and the cursor does not move. */
export type ReceiveFault = 'GAP' | 'FORK' | 'BAD_HASH' | 'MALFORMED';
/** The device's own machine is in the way; nothing was stored, and the conversation ends. */
export type LocalFault = 'DISK_FULL' | 'READ_ONLY' | 'INTERNAL';

/** Where a page leads: the cursor behind it, where it is of the log; else the place of its last entry, which the cursor may not have reached. */
export type Places = {
  readonly cursor: Cursor | null;
  readonly seen: Cursor | null;
  /** The hub sends a part of the records: a run need not follow what is held of its segment, whose hash before it is the hub's word. */
  readonly gaps: boolean;
  /** How far a seed has come, null at its end; not given for any other page. */
  readonly seeding?: Seeding | null;
};

/** Entries of another device from `from` up to where an author's kept word ends. */
export type ForeignEntries = { readonly previous: Uint8Array; readonly entries: readonly EntryParts[]; readonly seed: Uint8Array | null; readonly attestation: Attestation };

/** How far a new device has come in reading what the log held at a place, in the order of a seed. */
export type Seeding = { readonly at: Cursor; readonly passed: number };

/** A device that can hold a part of the records. */
export type ScopeStore = {
  /** The last change of this device's scope that is done, with all before it. */
  version(): number;
  keepVersion(version: number): Result<null, LocalFault>;
  /** Of the decisions the hub told of last; null where it holds everything and never was told otherwise. */
  mark(): ScopeMark | null;
  keepMark(mark: ScopeMark | null): Result<null, LocalFault>;
  /** Of what others wrote some is left out, or was removed. */
  holdsPart(): boolean;
  /** Those of whom anything that others wrote is held, in order of their ids, behind `after`. */
  residents(after: RecordId | null, max: number): readonly Resident[];
  /**
   * Removes patients who left this device's scope, in one transaction; what becomes of each, in their order. What is folded of them and the bodies of what others wrote; headers
   * stay for the chains, and that it was removed is itself an entry. `unsent`: something of ours about them has no
   * receipt yet, so nothing is removed. `open`: nor while somebody has begun to write about them. Whom it does not hold
   * is gone already.
   */
  evict(patients: readonly RecordId[]): Result<readonly ('gone' | 'unsent' | 'open')[], LocalFault>;
  /** All that others wrote about a patient who came into scope is here: whoever was removed before has a chart again. */
  admit(patient: RecordId): Result<null, LocalFault>;
  /** Everybody who was removed has a chart again, which fills as it is read. */
  widen(): Result<null, LocalFault>;
};

/**
 * The device's ledger as sync needs it. Every call is one transaction or none. Of every segment the authors' words that
 * came are kept so densely that between two of them (or the beginning and the first) lie no more entries than one batch
 * takes: so whatever was read can be handed on piece by piece, each piece proven.
 */
export type DeviceStore = {
  /** Every own segment, oldest first. */
  ownSegments(): readonly OwnSegment[];
  /** Own segments with entries that no receipt covers, oldest first. */
  unacknowledged(): readonly OwnSegment[];
  /** Consecutive entries from `from`; at least one where there is one, whatever its size. */
  ownEntries(segment: SegmentId, from: number, maxEntries: number, maxBytes: number): OwnEntries;
  /** Takes exactly the entries below `receipt.length` from the outbox and keeps the receipt; FORK where its head is not our hash there. */
  acknowledge(receipt: SignedReceipt): Result<null, 'FORK' | LocalFault>;
  /** Nothing more is written to this own segment, sent or taken of it, for good: the hub closed it, or holds another history of it. */
  close(segment: SegmentId): Result<null, LocalFault>;
  /** What the hub held of closed segments when its history was last compared with ours, where it was another. */
  others(): readonly Holding[];
  /** In place of what was kept of the same segment. */
  keepOther(other: Holding): Result<null, LocalFault>;
  /** The hub lost what it had acknowledged: entries of these own segments from `length` on are unsent again. */
  takeBack(lost: readonly Position[]): Result<null, LocalFault>;
  /** So many acknowledged entries the hub no longer has, as long as it is not known which: nothing is "all sent" meanwhile. */
  missing(): number;
  keepMissing(count: number): Result<null, LocalFault>;
  cursor(): Cursor | null;
  /** The furthest place of which anything was read beside the cursor; null where the cursor has passed it. */
  seen(): Cursor | null;
  /** Some of the places the cursor passed, the latest first, spaced ever wider; at most HELLO_EARLIER_MAX. */
  earlier(): readonly Cursor[];
  /** The Ed25519 key a device signs with: by the organisation's roster, else by the first of its segments seen here. */
  authorKey(device: DeviceId): Uint8Array | null;
  /**
   * Runs of one page and the places behind them, in one transaction.
   * Takes entries of this device's own earlier segments too. A segment that forks or is contradicted is closed and
   * reported, its entries are kept as evidence, and the rest is taken.
   */
  receive(runs: readonly JudgedRun[], places: Places): Result<Received, ReceiveFault | LocalFault>;
  /** The seed that is being read, if one is. */
  seeding(): Seeding | null;
  /** A seed of a log that is no more is forgotten; what came of it stays. */
  forgetSeed(): Result<null, LocalFault>;
  /**
   * The log goes on from here under another epoch. Where a cursor of an earlier epoch stood, the hub may have lost what
   * this device holds: a back-fill is owed from now on, and what was seen beside the cursor counts no more, in the same
   * transaction.
   */
  rewind(cursor: Cursor): Result<null, LocalFault>;
  /** Segments of others held further than what lies before the cursor, because a neighbour brought them: the hub need not send that. */
  beyond?(): readonly Position[];
  /** Null where this device can hold everything alone. */
  readonly scope: ScopeStore | null;
  backfillOwed(): boolean;
  /** Everything offered and wanted has been taken. */
  backfilled(): Result<null, LocalFault>;
  /** Segments of others and the length their authors' words reach, in order of their ids, behind `after`. */
  holdings(after: SegmentId | null, max: number): readonly Position[];
  /** Null where no author's word reaches beyond `from`. */
  foreignEntries(segment: SegmentId, from: number): ForeignEntries | null;
};

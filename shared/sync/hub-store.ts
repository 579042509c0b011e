import type { DeviceId, RecordId, SegmentId } from '../base/ids.ts';
import type { EntryParts, WireEntry } from './entry-codec.ts';
import type { Attestation, BatchHeader, Cursor, HubEpoch } from './envelope.ts';
import type { Lane } from '../ledger/lanes.ts';
import type { Holding } from './holdings.ts';
import type { DevicePlaces, IngestDecision, SegmentFacts } from './hub-rules.ts';
import type { Position } from './message.ts';
import type { Stream } from './page-header.ts';
import type { ResidentList, ScopeChange, ScopeMark, ScopeRule } from './scope.ts';
import type { Sealed } from './sealing.ts';

/** An enrolled device as the hub knows it. */
export type DeviceRecord = {
  readonly device: DeviceId;
  readonly name: string;
  /** Ed25519 and X25519 public keys, 32 bytes each. */
  readonly signingKey: Uint8Array;
  readonly sealingKey: Uint8Array;
  readonly state: 'active' | 'revoked';
  /** Its scope is not everything, or has changes that it has not confirmed. */
  readonly partial?: boolean;
};

/** A contiguous stretch of a segment the hub holds durably. */
export type Held = Holding & { readonly lsn: number; readonly receivedAt: number };

/** Of a device that holds a part. */
export type GreetedScope = {
  /** Of the decisions that hold now. */
  readonly mark: ScopeMark;
  /** Whether the number of changes that the device has done is one of this hub's own. */
  readonly known: boolean;
  /** Whom the device holds cannot be told from what is known of it: it has to say so. */
  readonly asks: boolean;
};

export type Greeting = {
  readonly epoch: HubEpoch;
  readonly latest: number;
  /** Latest number that belongs to a segment of lane 0. */
  readonly urgent: number;
  /** The end of the log, where the store can give seeds of it. */
  readonly tip: Cursor | null;
  /** Where the device reads on: the first of its cursors that stands on this log, or the beginning of this epoch. */
  readonly cursor: Cursor;
  /** One per segment asked about; length 0 where the hub holds nothing of it. */
  readonly positions: readonly Position[];
  /** What is held of those segments, for receipts. */
  readonly held: readonly Held[];
  /** Entries of the device held in all. */
  readonly heldEntries: number;
  /** Every segment of the device, but for those in quarantine. */
  readonly holdings: readonly Holding[];
  /** Null where the device holds everything. */
  readonly scope: GreetedScope | null;
};

export type IncomingBatch = {
  /** `header.device` is the author. */
  readonly header: BatchHeader;
  readonly entries: readonly WireEntry[];
  /** The author's word, found good; kept under the length it reaches. */
  readonly attestation: Attestation;
  /** Who handed it over where that is not the author. */
  readonly carrier: DeviceId | null;
  /** Of the segment's salts, where it came along; kept with the segment, the first one that comes. */
  readonly seed: Uint8Array | null;
  /** The lane that the segment's first entry names; null where the batch does not begin with it. */
  readonly lane: Lane | null;
  /** As it came, to be kept whole if it forks. */
  readonly sealed: Sealed;
};

export type IngestOutcome =
  | { readonly outcome: 'held'; readonly held: Held; readonly epoch: HubEpoch; /** New entries; 0 for a replay. */ readonly added: number; readonly latest: number; readonly urgent: number }
  | { readonly outcome: 'rejected'; readonly decision: Extract<IngestDecision, { do: 'reject' }>; readonly length: number };

/** One entry of the hub's log. */
export type LogRow = EntryParts & {
  readonly lsn: number;
  readonly segment: SegmentId;
  readonly sequence: number;
  readonly hash: Uint8Array;
  /** Chain hash of the entry before it in its segment. */
  readonly previous: Uint8Array;
  /** Of its segment's salts, where it is known (shared/ledger/salt.ts): 32 bytes that spare 16 for each entry. */
  readonly seed: Uint8Array | null;
  /** First 8 bytes, hexadecimal, of the log's running hash at this entry. */
  readonly mark: string;
  /** The author's word that reaches exactly to this entry, where one is kept. */
  readonly attestation: Attestation | null;
};

/**
 * What a device reads. Its own entries are left out of every stream but `segment` (which knows no others), and of the log
 * only where `own` is false: a restored device of version 1 asks for them there. The order of a seed is `seedOrder` of hub-rules.ts.
 */
export type PageQuery = { readonly device: DeviceId; readonly stream: Stream; readonly own: boolean; readonly maxEntries: number; readonly maxRawBytes: number };
export type LogSlice = {
  /** In the order of the log. At least one where there is one, whatever its size. */
  readonly rows: readonly LogRow[];
  /** The place behind all rows and whatever was passed over, in the unit of the stream; `mark` there, where the stream counts in numbers of the log. */
  readonly next: number;
  readonly mark: string | null;
  /** Where the stream ends by now. */
  readonly last: number;
};

/** What the hub notes of things that ought not to happen. No patient data. */
export type HubEvent = { readonly device: DeviceId | null; readonly code: string; readonly what: string };

/**
 * The hub's log. Every call is one transaction, durable when its promise resolves. An implementation gathers the
 * facts, asks the pure rules, and applies their decision without another writer in between.
 */
export type HubStore = {
  device(id: DeviceId): Promise<DeviceRecord | null>;
  greet(device: DeviceId, places: DevicePlaces, segments: readonly SegmentId[]): Promise<Greeting>;
  held(device: DeviceId, segments: readonly SegmentId[]): Promise<readonly Held[]>;
  ingest(batch: IncomingBatch, decide: (facts: SegmentFacts) => IngestDecision, receivedAt: number): Promise<IngestOutcome>;
  /** Null where the stream's place is not on this log, or the segment is not this device's. */
  slice(query: PageQuery): Promise<LogSlice | null>;
  /** Segments of the device held here, in order of their ids, behind `after`. */
  roll(device: DeviceId, after: SegmentId | null, max: number): Promise<readonly Holding[]>;
  /** Of segments of any device offered up to a length: those held to less, with the length held, but for quarantined ones. */
  wanted(offered: readonly Position[]): Promise<readonly Position[]>;
  /** Changes of the device's scope after one of its versions, in their order, as they are said now: who comes in comes up to the log's end of this moment in a stream. The mark is that of all that is decided by now. */
  scopeChanges(device: DeviceId, after: number, max: number): Promise<{ readonly changes: readonly ScopeChange[]; readonly mark: ScopeMark }>;
  /** The device has said whom it holds: what follows from it is kept as changes, which begin behind the version given back. */
  reconcileScope(device: DeviceId, list: ResidentList): Promise<number>;
  /** The device has done that change; an older word than the latest changes nothing. */
  scopeSettled(device: DeviceId, patient: RecordId, version: number): Promise<void>;
  note(event: HubEvent): Promise<void>;
};

/** What an administrator decides of scopes. Both take effect with the device's next word. */
export type ScopeAdministration = {
  setScope(device: DeviceId, rule: ScopeRule): Promise<void>;
  /** The catchment that patients belong to whom this device writes about from now on. */
  setCatchment(device: DeviceId, catchment: string | null): Promise<void>;
};

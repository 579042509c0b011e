import type { DeviceId, SegmentId } from '../base/ids.ts';
import type { EntryParts, WireEntry } from './entry-codec.ts';
import type { BatchHeader, Cursor, HubEpoch } from './envelope.ts';
import type { IngestDecision, SegmentFacts } from './hub-rules.ts';
import type { Position } from './message.ts';
import type { Sealed } from './sealing.ts';

/** An enrolled device as the hub knows it. */
export type DeviceRecord = {
  readonly device: DeviceId;
  readonly name: string;
  /** Ed25519 and X25519 public keys, 32 bytes each. */
  readonly signingKey: Uint8Array;
  readonly sealingKey: Uint8Array;
  readonly state: 'active' | 'revoked';
};

/** A contiguous stretch of a segment the hub holds durably. */
export type Held = Position & { /** Chain hash of its last entry. */ readonly head: Uint8Array; readonly lsn: number; readonly receivedAt: number };

export type Greeting = {
  readonly epoch: HubEpoch;
  readonly latest: number;
  /** Where the device reads on: its own cursor, or the beginning of this epoch. */
  readonly cursor: Cursor;
  /** One per segment asked about; length 0 where the hub holds nothing of it. */
  readonly positions: readonly Position[];
  /** What is held of those segments, for receipts. */
  readonly held: readonly Held[];
  /** Entries of the device held in all. */
  readonly heldEntries: number;
};

export type IncomingBatch = { readonly header: BatchHeader; readonly entries: readonly WireEntry[]; /** Of the segment's salts, where it came along; kept with the segment, the first one that comes. */ readonly seed: Uint8Array | null; /** As it came: the device's signature over its head is kept, and of a fork the whole. */ readonly sealed: Sealed };

export type IngestOutcome =
  | { readonly outcome: 'held'; readonly held: Held; readonly epoch: HubEpoch; /** New entries; 0 for a replay. */ readonly added: number; readonly latest: number }
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
};

export type PageQuery = { readonly after: Cursor; readonly device: DeviceId; /** Also the device's own entries. */ readonly own: boolean; readonly maxEntries: number; readonly maxRawBytes: number };
export type LogSlice = { readonly rows: readonly LogRow[]; /** The cursor behind all rows and whatever was passed over. */ readonly end: Cursor; readonly latest: number };

/** What the hub notes of things that ought not to happen. No patient data. */
export type HubEvent = { readonly device: DeviceId | null; readonly code: string; readonly what: string };

/**
 * The hub's log. Every call is one transaction, durable when its promise resolves. An implementation gathers the
 * facts, asks the pure rules, and applies their decision without another writer in between.
 */
export type HubStore = {
  device(id: DeviceId): Promise<DeviceRecord | null>;
  greet(device: DeviceId, cursor: Cursor | null, segments: readonly SegmentId[]): Promise<Greeting>;
  held(device: DeviceId, segments: readonly SegmentId[]): Promise<readonly Held[]>;
  ingest(batch: IncomingBatch, decide: (facts: SegmentFacts) => IngestDecision, receivedAt: number): Promise<IngestOutcome>;
  /** Null where the cursor is not on this log. */
  slice(query: PageQuery): Promise<LogSlice | null>;
  note(event: HubEvent): Promise<void>;
};

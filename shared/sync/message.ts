import { z } from 'zod';
import { DeviceId, RecordId, SegmentId } from '../base/ids.ts';
import { Cursor, HubEpoch, OrganizationId, type SignedReceipt } from './envelope.ts';
import { BEYOND_SEGMENTS_MAX, HELLO_EARLIER_MAX, HELLO_SEGMENTS_MAX, SCOPE_PATIENTS_MAX } from './limits.ts';
import { ScopeMark, type Resident } from './scope.ts';
import { HelloOrders, type OrderMessage } from '../orders/messages.ts';
import type { Bundle } from './bundle.ts';
import type { Stream } from './page-header.ts';
import type { Sealed } from './sealing.ts';

/** What hub and device say to each other; message-codec.ts has the bytes, docs/sync-protocol.md the conversation. */

const PEM_MAX_CHARACTERS = 8192;

/** How much of a segment the hub holds: contiguous entries from 0. */
export type Position = { readonly segment: SegmentId; readonly length: number };
const JsonPosition = z.strictObject({ segment: SegmentId, length: z.int().min(0) });

/** Codecs the sender reads, best first; codec 1 alone where nothing is said. */
const Codecs = z.array(z.int()).max(16).optional();

/** One of the device's own segments as the hub holds it. */
export type Rolled = Position & { /** The first 8 bytes of its chain hash there, hexadecimal. */ readonly head: string };

export const Hello = z.looseObject({
  /** Protocol versions the device speaks, best first. */
  versions: z.array(z.int()).min(1).max(16),
  organization: OrganizationId,
  device: DeviceId,
  application: z.string().max(64),
  cursor: Cursor.nullable(),
  /** Places in the log that the device passed before, the latest first: a restored hub lets it go on from the first it knows. */
  earlier: z.array(Cursor).max(HELLO_EARLIER_MAX).optional(),
  /** The furthest place of which it read anything beside the cursor (urgent entries, a patient's); null where the cursor has passed it. */
  seen: Cursor.nullable().optional(),
  /** The last change of its scope that the device has done, 0 before the first; absent from one that can hold everything alone. */
  scope: z.int().min(0).optional(),
  /** The mark of the decisions it was told of last; absent from one that was never told of any. */
  scopeMark: ScopeMark.optional(),
  /** Segments with entries that the device holds no receipt for, with the length its receipts do cover. */
  segments: z.array(JsonPosition).max(HELLO_SEGMENTS_MAX),
  /** Device's clock when this was sent, epoch milliseconds. */
  at: z.int(),
  codecs: Codecs,
  /** Segments of others that the device holds up to so many entries whatever its cursor says: pages leave those out. */
  beyond: z.array(JsonPosition).max(BEYOND_SEGMENTS_MAX).optional(),
  /** What it holds of the organisation's orders; absent from a device that knows none, which is sent none. */
  orders: HelloOrders.optional(),
});
export type Hello = z.infer<typeof Hello>;
/** Patients whose entries this device is to hold from now on, or no longer (`upTo` null), in the order of the changes (scope.ts); perhaps none. */
export const Scope = z.looseObject({
  changes: z.array(z.strictObject({ patient: RecordId, version: z.int().min(1), upTo: z.int().min(0).nullable() })).max(SCOPE_PATIENTS_MAX),
  mark: ScopeMark.optional(),
  /** Changes up to here need not be done, whatever they were: what is left of them follows. Said once the device has named whom it holds. */
  doneTo: z.int().min(0).optional(),
});
export type Scope = z.infer<typeof Scope>;

export const Hi = z.looseObject({
  version: z.int(),
  organization: OrganizationId,
  epoch: HubEpoch,
  /** Latest sequence number of the hub's log. */
  latest: z.int().min(0),
  /** The latest that belongs to an urgent segment; 0 from a hub of version 1. */
  urgent: z.int().min(0).optional(),
  /** The end of the log, from a hub that gives seeds of it to devices that have nothing yet. */
  tip: Cursor.optional(),
  /** The device holds a part of the records: of the segments of others it is sent what lies in its scope. */
  partial: z.boolean().optional(),
  /** To one that holds a part: the mark of the decisions that hold now. */
  scopeMark: ScopeMark.optional(),
  /** The hub cannot tell whom the device holds: it is to say so. */
  residents: z.boolean().optional(),
  /** Where the device's cursor stands in this epoch; lsn 0 if it must read anew. */
  cursor: Cursor,
  positions: z.array(JsonPosition).max(HELLO_SEGMENTS_MAX),
  /** Entries of this device that the hub holds in all: a device that has receipts for another number asks about every segment. */
  held: z.int().min(0),
  /** Digest of what the hub holds of this device (holdings.ts), but for segments in quarantine; absent from a hub of version 1. */
  holds: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  /** Hub's clock when the HELLO came and when this left, epoch milliseconds. */
  receivedAt: z.int(),
  sentAt: z.int(),
  codecs: Codecs,
});
export type Hi = z.infer<typeof Hi>;

/** Why the hub did not take a batch. The batch may be sent again only after GAP (from where the hub says) or a fault of the line. */
export const REJECTION_CODES = [
  'GAP', 'FORK', 'QUARANTINED', 'BAD_HASH', 'MALFORMED', 'BAD_SIGNATURE', 'BAD_SEAL', 'OTHER_DEVICE', 'OTHER_ORGANIZATION', 'OTHER_OWNER', 'UNKNOWN_CODEC',
  'BAD_ATTESTATION', 'UNKNOWN_AUTHOR',
  /** A bundle's run does not begin where the hub's segment ends, so that its header cannot be told from its short form: to be sent in full. */
  'UNKNOWN_PREVIOUS',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];
export const Rejected = z.looseObject({ code: z.enum(REJECTION_CODES).catch('MALFORMED'), segment: SegmentId, from: z.int().min(0), length: z.int().min(0) });
export type Rejected = z.infer<typeof Rejected>;

/** Why the hub ends the conversation. */
export const REFUSAL_CODES = ['NOT_AUTHENTICATED', 'CERTIFICATE_EXPIRED', 'DEVICE_REVOKED', 'DEVICE_UNKNOWN', 'OTHER_ORGANIZATION', 'VERSION', 'PROTOCOL_ERROR', 'BUSY', 'ENROLMENT_REFUSED', 'RESTORED'] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];
export const Refused = z.looseObject({ code: z.enum(REFUSAL_CODES).catch('PROTOCOL_ERROR') });
export type Refused = z.infer<typeof Refused>;

/** A certificate request (PKCS #10, PEM) and the device's Ed25519 signature (hexadecimal) over it, domain `renewal`. */
export const Renew = z.looseObject({ request: z.string().max(PEM_MAX_CHARACTERS), signature: z.string().regex(/^[0-9a-f]{128}$/) });
export const Renewed = z.looseObject({ certificate: z.string().max(PEM_MAX_CHARACTERS) });

export type Message =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'hi'; readonly hi: Hi }
  /** Segments asked about, each with the length the device's receipts cover; answered by positions, and by a receipt wherever the hub holds more. */
  | { readonly type: 'where'; readonly segments: readonly Position[] }
  | { readonly type: 'positions'; readonly positions: readonly Position[] }
  | { readonly type: 'push'; readonly batch: Sealed }
  /** Several batches under one seal, in short; of one segment or of many. */
  | { readonly type: 'bundle'; readonly bundle: Bundle }
  | { readonly type: 'receipt'; readonly receipt: SignedReceipt }
  | { readonly type: 'rejected'; readonly rejected: Rejected }
  /** `own`: also send entries of this very device, because it was restored from a backup and lacks some. */
  | { readonly type: 'pull'; readonly cursor: Cursor; readonly maxBytes: number; readonly own: boolean }
  | { readonly type: 'page'; readonly page: Sealed }
  /** `urgent`: the latest urgent number, in version 2. */
  | { readonly type: 'news'; readonly latest: number; readonly urgent: number | null }
  | { readonly type: 'ping'; readonly at: number }
  /** Echo of the ping's time, and the hub's. */
  | { readonly type: 'pong'; readonly at: number; readonly hubAt: number }
  | { readonly type: 'renew'; readonly request: string; readonly signature: string }
  | { readonly type: 'renewed'; readonly certificate: string }
  | { readonly type: 'refused'; readonly refused: Refused }
  /** Segments of others that this device holds up to so many entries, each proven by its author's word. */
  | { readonly type: 'offer'; readonly segments: readonly Position[] }
  /** Those of an OFFER of which the hub holds less, with how much it holds; perhaps none. */
  | { readonly type: 'wanted'; readonly segments: readonly Position[] }
  /** Entries of another device with its attestation, sealed and signed by the device that hands them over. */
  | { readonly type: 'carry'; readonly batch: Sealed }
  /** So much of a carried segment is durable now. */
  | { readonly type: 'taken'; readonly segment: SegmentId; readonly length: number }
  /** Asks for the next page of a stream, at most so many sealed bytes of it. */
  | { readonly type: 'read'; readonly stream: Stream; readonly maxBytes: number }
  /** Which segments of this very device does the hub hold? In order of their ids, behind this one. */
  | { readonly type: 'roll'; readonly after: SegmentId | null }
  | { readonly type: 'rolled'; readonly segments: readonly Rolled[]; readonly more: boolean }
  | { readonly type: 'scope'; readonly scope: Scope }
  /** All of this patient's entries are here now; or none any more. */
  | { readonly type: 'entered'; readonly patient: RecordId; readonly version: number }
  | { readonly type: 'evicted'; readonly patient: RecordId; readonly version: number }
  /** Some of those of whom the device holds what others wrote; each but the last is answered by a SCOPE of no changes. */
  | { readonly type: 'residents'; readonly residents: readonly Resident[]; readonly more: boolean }
  /** The organisation's orders (shared/orders/messages.ts): optional, from 0x80 on. */
  | OrderMessage;

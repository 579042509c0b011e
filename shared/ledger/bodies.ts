import { z } from 'zod';
import { Purpose, Role } from '../access/vocabulary.ts';
import { DeviceId, EntryId, SegmentId, UserId } from '../base/ids.ts';
import { AMENDED_ELEMENTS_MAX, isAmendable, isElementText } from '../records/amendable.ts';
import { Lane } from './lanes.ts';

/** Bodies of the ledger's own kinds. Clinical bodies are in shared/records/charting.ts. JSON, UTF-8. */

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);

/** Where the chain of a segment stood: after its entries 0 to length - 1 it ended in this hash. */
const Standing = z.looseObject({ segment: SegmentId, length: z.int(), head: hex32 });
/** The same, of one lane. */
export const LaneHead = Standing.extend({ lane: Lane });
export type LaneHead = z.infer<typeof LaneHead>;

/** First entry of every segment: one lane of one process start of one device. */
export const SegmentOpenBody = z.looseObject({
  device: DeviceId,
  deviceName: z.string(),
  application: z.string(),
  schema: z.int(),
  /** Ed25519 public key that signs this device's batches and checkpoints, hexadecimal. */
  signingKey: hex32,
  /** The device's previous segment in this lane and the length and head it had; null for the first. */
  previous: Standing.nullable(),
  lane: Lane,
  /** The clinical segment of the same start, which is opened first; absent in version 0.1.0, which had no lanes. */
  start: SegmentId.optional().catch(undefined),
  /** In the clinical lane: where the other lanes of the previous start ended. */
  heads: z.array(LaneHead).default([]).catch([]),
  wallClock: z.int(),
  serverOffsetMs: z.int().nullable(),
});

/** Own entries of earlier starts that came back after a restore: of each segment from one sequence up to another, exclusive. */
export const RecoveredBody = z.looseObject({ segments: z.array(z.looseObject({ segment: SegmentId, from: z.int(), to: z.int() })) });
/**
 * Two histories of one segment, told apart by their hashes at `sequence`: the one that is held stays, if one is, and the
 * segment is closed from there on. `other`: null where central alone has seen it and takes nothing more of the segment.
 */
export const ForkedBody = z.looseObject({ segment: SegmentId, sequence: z.int(), device: DeviceId, code: z.string(), held: hex32.nullable(), other: hex32.nullable() });

export const SiteBody = z.looseObject({
  name: z.string(),
  address: z.string(),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  /** Where the coordinates come from. */
  source: z.enum(['enrolled-site', 'os-location', 'none']),
});

/** Who is at the keyboard, from where. Every entry made meanwhile points here. */
export const SessionOpenBody = z.looseObject({
  user: UserId,
  login: z.string(),
  name: z.string(),
  role: Role,
  /** 1 password and device; 2 with one-time code; 3 one-time code within five minutes. */
  level: z.int(),
  device: DeviceId,
  deviceName: z.string(),
  /** Local interface addresses; the public one is not known offline and is not invented. */
  addresses: z.array(z.string()),
  clinic: z.string(),
  site: SiteBody,
  purpose: Purpose,
  /** The entry that opened the session first, where this one opens it again for another lane. */
  original: EntryId.optional().catch(undefined),
});
export type SessionOpenBody = z.infer<typeof SessionOpenBody>;

export const SessionCloseBody = z.looseObject({ reason: z.string() });
export const SessionRefusedBody = z.looseObject({ login: z.string(), code: z.string() });
export const SessionLevelBody = z.looseObject({ level: z.int(), outcome: z.enum(['granted', 'refused']) });
export const CallRefusedBody = z.looseObject({ call: z.string(), code: z.string(), rule: z.string().nullable() });
export const BreakGlassBody = z.looseObject({ reason: z.string(), explanation: z.string(), until: z.int() });
export const VaultRecoveredBody = z.looseObject({ user: UserId, login: z.string() });

export const StaffBody = z.looseObject({ user: UserId, login: z.string(), name: z.string(), role: Role, active: z.boolean(), change: z.string() });
export const SettingsBody = z.looseObject({ clinic: z.string(), site: SiteBody, deviceName: z.string() });
export const EnrolledBody = z.looseObject({ organization: z.string(), address: z.string(), authority: z.string() });

/**
 * Signed by the device over everything before it in its clinical segment, and over where the other lanes of the same
 * start stand: a lane whose end does not arrive, or was cut off, is missed by whoever has the clinical one.
 */
export const CheckpointBody = z.looseObject({
  segment: SegmentId,
  /** Entries covered: sequences 0 to length - 1. */
  length: z.int(),
  head: hex32,
  /** The other lanes that are open; absent in version 0.1.0. */
  lanes: z.array(LaneHead).optional(),
  vault: z.string(),
  device: DeviceId,
  at: z.int(),
  /** Where parts of others' chains are left out: everything held from one position of this workstation's ledger to another (main/audit/held-mark.ts). */
  held: z.looseObject({ from: z.int(), position: z.int(), mark: hex32 }).optional(),
  /** Digest of the whole projection's record versions, or null where it was not computed. */
  state: hex32.nullable(),
  /** Ed25519 over the RFC 8785 text of this body without `signature`, hexadecimal. */
  signature: z.string().regex(/^[0-9a-f]{128}$/),
});
export type CheckpointBody = z.infer<typeof CheckpointBody>;

/** FHIR elements of `header.record` set anew. Values are JSON texts, so that decimals keep their digits. What does not fit is parked. */
export const AmendBody = z.looseObject({
  fields: z.record(z.string().refine(isAmendable), z.string().refine(isElementText).nullable()).refine((fields) => Object.keys(fields).length <= AMENDED_ELEMENTS_MAX),
  reason: z.string(),
});
export type AmendBody = z.infer<typeof AmendBody>;

export const ViewedBody = z.looseObject({ what: z.string(), count: z.int().optional(), query: z.string().optional() });
export const ImportStartedBody = z.looseObject({ job: z.string(), files: z.int() });
export const ImportFileBody = z.looseObject({
  job: z.string(),
  file: z.string(),
  sha256: hex32.nullable(),
  outcome: z.string(),
  code: z.string().nullable(),
  read: z.record(z.string(), z.int()),
  taken: z.int(),
  alreadyPresent: z.int(),
  skipped: z.int(),
});
export const ImportFinishedBody = z.looseObject({ job: z.string(), files: z.int(), taken: z.int(), refused: z.int() });
export const ExportBody = z.looseObject({ format: z.string(), resources: z.int() });
export const VerifiedBody = z.looseObject({ ok: z.boolean(), entries: z.int(), firstBad: z.string().nullable() });
export const SyncDoneBody = z.looseObject({ sent: z.int(), received: z.int(), bytesSent: z.int(), bytesReceived: z.int() });
export const SyncRefusedBody = z.looseObject({ code: z.string(), what: z.string() });
/** A patient left what this workstation holds, or came back; `header.record` says who. `entries`: of others, whose bodies went. */
export const ScopeBody = z.looseObject({ entries: z.int().optional() });

/** An order of the organisation was followed here: which one, and a word about what it does. */
export const OrderAppliedBody = z.looseObject({ organization: z.string(), kind: z.string(), version: z.int(), digest: hex32, issuedAt: z.int(), what: z.string() });
export const OrderRefusedBody = z.looseObject({ kind: z.string(), version: z.int(), code: z.string() });
export const LeaseOverBody = z.looseObject({ version: z.int(), state: z.string() });
/** Central holds another history of this device's segment from this length on. */
export const HistoryContradictedBody = z.looseObject({ segment: SegmentId, length: z.int() });

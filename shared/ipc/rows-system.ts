import { z } from 'zod';
import { RecordId } from '../base/ids.ts';
import { row } from './row.ts';
import { Authorship, Nothing, OrdersView } from './shapes.ts';

/** Import, export, jobs, sync, audit. */

const CHUNK_MAX_BYTES = 1024 * 1024;
const PATH_MAX_CHARACTERS = 4096;
const none = { by: 'none' } as const;
const reading = ['unlocked', 'held', 'lapsed'] as const;
const writing = ['unlocked'] as const;
/** Contact with central is what helps a workstation whose lease is over, or that is closed. */
const reachingOut = ['unlocked', 'lapsed', 'closed'] as const;

/** What one file of an import came to. */
export const FileReport = z.strictObject({
  /** File name without its folder. */
  file: z.string(),
  bytes: z.number(),
  outcome: z.enum(['taken', 'refused', 'waiting', 'cancelled']),
  fault: z.strictObject({ code: z.string(), where: z.string().nullable() }).nullable(),
  /** Resources read, by FHIR type. */
  read: z.record(z.string(), z.int()),
  taken: z.int(),
  alreadyPresent: z.int(),
  skipped: z.array(z.strictObject({ entry: z.string(), reason: z.string() })),
  skippedCount: z.int(),
});
export type FileReport = z.infer<typeof FileReport>;

export const JobView = z.strictObject({
  job: z.string(),
  type: z.enum(['import', 'export', 'sync', 'verify']),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  /** Work done and to do, in bytes for import and sync, in entries otherwise; total null while unknown. */
  done: z.number(),
  total: z.number().nullable(),
  unit: z.enum(['bytes', 'entries']),
  files: z.array(FileReport),
  fault: z.string().nullable(),
});
export type JobView = z.infer<typeof JobView>;

export const jobRows = {
  /** From the window: name the files, then send their bytes in order. */
  'import.begin': row({
    type: 'command',
    input: z.strictObject({ files: z.array(z.strictObject({ name: z.string().max(400), bytes: z.number().min(0) })).min(1).max(10_000) }),
    output: z.strictObject({ job: z.string() }),
    faults: ['BUSY'],
    states: writing,
    access: { action: 'import.run', resource: 'Patient', subject: none },
    audit: { trace: 'is-the-write', kinds: ['import.started'] },
  }),
  'import.chunk': row({
    type: 'command',
    input: z.strictObject({ job: z.string().max(64), file: z.int().min(0), bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= CHUNK_MAX_BYTES), last: z.boolean() }),
    output: JobView,
    faults: ['CANCELLED', 'NOT_FOUND'],
    states: writing,
    access: { action: 'import.run', resource: 'Patient', subject: none },
    audit: { trace: 'none', because: 'each file leaves its own entry when it is taken or refused' },
  }),
  /** From the command line: files and folders by path. */
  'import.paths': row({
    type: 'command',
    input: z.strictObject({ paths: z.array(z.string().max(PATH_MAX_CHARACTERS)).min(1).max(1000) }),
    output: z.strictObject({ job: z.string() }),
    faults: ['FILE_UNREADABLE', 'BUSY'],
    states: writing,
    access: { action: 'import.run', resource: 'Patient', subject: none },
    audit: { trace: 'is-the-write', kinds: ['import.started'] },
  }),
  'job.view': row({
    type: 'query',
    input: z.strictObject({ job: z.string().max(64) }),
    output: JobView,
    faults: ['NOT_FOUND'],
    states: reading,
    access: { action: 'session.use', resource: 'System', subject: none },
    audit: { trace: 'none', because: 'progress of the caller\'s own work' },
  }),
  'job.cancel': row({
    type: 'command',
    input: z.strictObject({ job: z.string().max(64) }),
    output: JobView,
    faults: ['NOT_FOUND'],
    states: reading,
    access: { action: 'session.use', resource: 'System', subject: none },
    audit: { trace: 'none', because: 'the job leaves the entry that says it was cancelled' },
  }),
  /** One patient, or everything the caller may read, as a FHIR R4 collection bundle or NDJSON, written to a path. */
  'export.toPath': row({
    type: 'command',
    input: z.strictObject({ patient: RecordId.nullable(), format: z.enum(['bundle', 'ndjson']), path: z.string().min(1).max(PATH_MAX_CHARACTERS) }),
    output: z.strictObject({ resources: z.int(), bytes: z.number() }),
    faults: ['FILE_UNREADABLE'],
    states: ['unlocked', 'held'],
    access: { action: 'export.run', resource: 'Patient', subject: { by: 'patient', field: 'patient' } },
    audit: { trace: 'before-data', kind: 'export.made' },
  }),
};

/** What is known of the line to central and of what has crossed it: the sync light. */
export const LightView = z.strictObject({
  enrolled: z.boolean(),
  organization: z.string().nullable(),
  address: z.string().nullable(),
  /** `online` only after central has answered an authenticated question (finding F10); `untried` until the first attempt since the vault was opened; `busy` when central itself asks for another time. */
  line: z.enum(['not-enrolled', 'untried', 'offline', 'connecting', 'online', 'refused', 'busy']),
  lineFault: z.string().nullable(),
  running: z.boolean(),
  unsent: z.int(),
  oldestUnsentAt: z.number().nullable(),
  /** True if and only if central has acknowledged every entry of this device by its id. */
  allSent: z.boolean(),
  lastAcknowledgedAt: z.number().nullable(),
  lastContactAt: z.number().nullable(),
  clockOffsetMs: z.number().nullable(),
  /** Entries received and kept that this version cannot fold. */
  parked: z.int(),
  refused: z.array(z.strictObject({ at: z.number(), what: z.string(), code: z.string() })),
  /** Conflicts that a person must decide; the quiet ones to review are in `review`. */
  conflicts: z.int(),
  bytesSent: z.number(),
  bytesReceived: z.number(),
  /** A new workstation is being filled, what is needed first in front: entries of central's that have come, and how many there are. What is not seen in a chart may not have come yet. */
  loading: z.strictObject({ done: z.int(), total: z.int().nullable() }).nullable(),
  /** Entries sent and read of those to send and read. */
  progress: z.strictObject({ done: z.number(), total: z.number() }).nullable(),
});
export type LightView = z.infer<typeof LightView>;

/** In the order in which they go out (shared/ledger/lanes.ts). */
export const LANE_NAMES = ['urgent', 'clinical', 'reads', 'bulk'] as const;
export const LaneName = z.enum(LANE_NAMES);
export type LaneName = z.infer<typeof LaneName>;

/** Whose words and how many stand behind something that was refused. */
export const RefusedView = z.strictObject({
  at: z.number(),
  what: z.string(),
  code: z.string(),
  /** Own entries that wait because of it; 0 where it is about entries of others. */
  entries: z.int(),
  oldestAt: z.number().nullable(),
  by: z.array(z.strictObject({ name: z.string(), role: z.string() })),
  /** Patients who are to leave this workstation and cannot while these entries about them wait. */
  leaving: z.int(),
});
export type RefusedView = z.infer<typeof RefusedView>;

/** The sync light and the truth behind it. */
export const SyncView = LightView.extend({
  /** One for each lane, in the order in which they go out. */
  lanes: z.array(z.strictObject({ lane: LaneName, unsent: z.int(), oldestAt: z.number().nullable() })),
  /** The last acknowledgements of one conversation: how many entries, and through which number of central's log. */
  acknowledged: z.strictObject({ at: z.number(), entries: z.int(), through: z.int() }).nullable(),
  /** Parked by reason: from a newer version, not readable here, waiting for what they refer to. */
  parkedBy: z.strictObject({ newer: z.int(), unreadable: z.int(), waiting: z.int() }),
  refused: z.array(RefusedView),
  /** Patients who are to leave this workstation and stay: something about them is unsent, or somebody has begun to write about them. */
  leaving: z.strictObject({ unsent: z.int(), open: z.int() }),
  /** Half the round trip in which the clocks were compared: the offset is right within this. */
  clockBoundMs: z.number().nullable(),
  oldestConflictAt: z.number().nullable(),
  review: z.int(),
  /** The rule of an integrity hold, under which nothing is sent. */
  held: z.string().nullable(),
  /** Segments of which two contradicting histories were seen. */
  forks: z.int(),
  /** What the organisation said to this workstation; null where no orders are followed. */
  orders: OrdersView.nullable(),
  /** Null while a conversation stands or none is due. */
  nextAttemptAt: z.number().nullable(),
  progress: z.strictObject({ done: z.number(), total: z.number(), lanes: z.array(z.strictObject({ lane: LaneName, done: z.int(), total: z.int() })) }).nullable(),
});
export type SyncView = z.infer<typeof SyncView>;

export const syncRows = {
  'sync.status': row({
    type: 'query',
    input: Nothing,
    output: SyncView,
    faults: [],
    states: ['unlocked', 'held', 'lapsed', 'closed'],
    access: { action: 'sync.read', resource: 'Sync', subject: none },
    audit: { trace: 'none', because: 'counts and times only, asked every few seconds' },
  }),
  'sync.now': row({
    type: 'command',
    input: Nothing,
    output: SyncView,
    faults: ['NOT_ENROLLED', 'BUSY', 'OFFLINE', 'NOT_AUTHENTICATED', 'SERVER_UNTRUSTED', 'SERVER_REFUSED', 'SERVER_BUSY', 'PROTOCOL_ERROR', 'QUARANTINED', 'CANCELLED'],
    states: reachingOut,
    access: { action: 'sync.run', resource: 'Sync', subject: none },
    audit: { trace: 'is-the-write', kinds: ['sync.done', 'sync.refused'] },
  }),
  /** Ends the conversation under way. The outbox stays as it is; the next conversation begins by itself, later, or when asked for. */
  'sync.stop': row({
    type: 'command',
    input: Nothing,
    output: SyncView,
    faults: [],
    states: reachingOut,
    access: { action: 'sync.run', resource: 'Sync', subject: none },
    audit: { trace: 'is-the-write', kinds: ['sync.refused'] },
  }),
  /** The one-time code from central carries its address, its authority's fingerprint and a secret. */
  'sync.enrol': row({
    type: 'command',
    input: z.strictObject({ code: z.string().trim().min(1).max(400) }),
    output: z.strictObject({ organization: z.string() }),
    faults: ['ALREADY_ENROLLED', 'OFFLINE', 'SERVER_UNTRUSTED', 'ENROLMENT_REFUSED', 'PROTOCOL_ERROR'],
    states: reachingOut,
    access: { action: 'sync.enrol', resource: 'Sync', subject: none },
    audit: { trace: 'is-the-write', kinds: ['device.enrolled'] },
  }),
  /** Fills a new workstation from a folder that central wrote for it (`central snapshot`). For the command line: pages name no paths. */
  'sync.provision': row({
    type: 'command',
    input: z.strictObject({ path: z.string().min(1).max(PATH_MAX_CHARACTERS) }),
    output: z.strictObject({ pages: z.int(), applied: z.int(), done: z.boolean() }),
    faults: ['NOT_ENROLLED', 'FILE_UNREADABLE', 'SNAPSHOT_REFUSED', 'CANCELLED', 'BUSY'],
    states: writing,
    access: { action: 'sync.enrol', resource: 'Sync', subject: none },
    audit: { trace: 'is-the-write', kinds: ['sync.done', 'sync.refused'] },
  }),
};

export const AuditLine = z.strictObject({
  by: Authorship,
  kind: z.string(),
  purpose: z.string(),
  decision: z.string(),
  patient: RecordId.nullable(),
  patientName: z.string().nullable(),
  record: RecordId.nullable(),
  addresses: z.array(z.string()),
  site: z.string(),
  coordinates: z.strictObject({ latitude: z.number(), longitude: z.number(), source: z.string() }).nullable(),
  outcome: z.enum(['done', 'refused']),
  summary: z.string(),
});
export type AuditLine = z.infer<typeof AuditLine>;

const AUDIT_MAX_LINES = 500;

export const VerifyReport = z.strictObject({
  ok: z.boolean(),
  entries: z.int(),
  segments: z.int(),
  checkpoints: z.int(),
  /** The first entry that does not hold, and why. */
  firstBad: z.strictObject({ entry: z.string(), position: z.int(), problem: z.string() }).nullable(),
  problems: z.array(z.strictObject({ where: z.string(), problem: z.string() })),
  /** How many of this workstation's own entries central has signed, and when it did last; null without a central. */
  cosigned: z.strictObject({ entries: z.int(), of: z.int(), at: z.number().nullable(), lsn: z.int() }).nullable(),
  /** Ends of lanes that their devices signed for and that are not here: late, and with an alarm once central was reached a day after. */
  lags: z.array(z.strictObject({ deviceName: z.string(), lane: LaneName, held: z.int(), sealed: z.int(), sealedAt: z.number(), alarm: z.boolean() })),
  /** Missing on purpose: erased bodies, segments closed because two histories contradict each other, entries of patients not held here, bodies that went with their patients. `unjudged`: others' lanes whose end is not here, and nobody here can tell whether it was left out or never sent. */
  deliberate: z.strictObject({ erased: z.int(), closed: z.int(), leftOut: z.int(), removed: z.int(), unjudged: z.int() }),
  /** Whether the chart equals a fold of the ledger. */
  projection: z.enum(['equal', 'differs']),
  head: z.string(),
  milliseconds: z.number(),
});
export type VerifyReport = z.infer<typeof VerifyReport>;

export const auditRows = {
  /** Who saw or changed this patient's chart, newest first. */
  'audit.patient': row({
    type: 'query',
    input: z.strictObject({ patient: RecordId, before: z.int().nullable(), limit: z.int().min(1).max(AUDIT_MAX_LINES) }),
    output: z.strictObject({ lines: z.array(AuditLine), next: z.int().nullable() }),
    faults: [],
    states: reading,
    access: { action: 'audit.read', resource: 'Ledger', subject: { by: 'patient', field: 'patient' } },
    audit: { trace: 'before-data', kind: 'audit.viewed' },
  }),
  /** Everything on this workstation, newest first, filtered. */
  'audit.list': row({
    type: 'query',
    input: z.strictObject({
      userName: z.string().max(200).nullable(),
      kinds: z.array(z.string().max(64)).max(60),
      refusedOnly: z.boolean(),
      from: z.number().nullable(),
      to: z.number().nullable(),
      before: z.int().nullable(),
      limit: z.int().min(1).max(AUDIT_MAX_LINES),
    }),
    output: z.strictObject({ lines: z.array(AuditLine), next: z.int().nullable() }),
    faults: [],
    states: reading,
    access: { action: 'audit.read', resource: 'Ledger', subject: none },
    audit: { trace: 'before-data', kind: 'audit.viewed' },
  }),
  'audit.verify': row({
    type: 'command',
    input: Nothing,
    output: VerifyReport,
    faults: [],
    states: reading,
    access: { action: 'audit.verify', resource: 'Ledger', subject: none },
    audit: { trace: 'is-the-write', kinds: ['audit.verified'] },
  }),
  /** Writes the trail as NDJSON to a path; behind step-up. */
  'audit.export': row({
    type: 'command',
    input: z.strictObject({ path: z.string().min(1).max(PATH_MAX_CHARACTERS), from: z.number().nullable(), to: z.number().nullable() }),
    output: z.strictObject({ lines: z.int(), bytes: z.number(), head: z.string() }),
    faults: ['FILE_UNREADABLE'],
    states: reading,
    access: { action: 'audit.export', resource: 'Ledger', subject: none },
    audit: { trace: 'before-data', kind: 'audit.exported' },
  }),
};


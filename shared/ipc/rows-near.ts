import { z } from 'zod';
import { DeviceId } from '../base/ids.ts';
import { row } from './row.ts';
import { Nothing } from './shapes.ts';

/** How entries come and go otherwise than by the line to central: neighbours in the clinic's network, snapshots on a stick. */

const none = { by: 'none' } as const;
const reading = ['unlocked', 'held', 'lapsed'] as const;
const writing = ['unlocked'] as const;
/** Largest piece of a file that one call carries. */
const SNAPSHOT_CHUNK_MAX_BYTES = 1024 * 1024;

const NamedDevice = z.strictObject({ device: DeviceId, /** As the organisation or it itself calls it; null where neither has yet. */ name: z.string().nullable() });

/** Workstations of the organisation that answer each other in the clinic's network. */
export const NeighboursView = z.strictObject({
  /** Where this workstation answers; null where it does not, with the system's code where it was to. */
  answering: z.strictObject({ address: z.string(), connections: z.int(), /** Who reads from this workstation at the moment. */ callers: z.array(NamedDevice) }).nullable(),
  answeringFault: z.string().nullable(),
  id: DeviceId,
  /** `unknown`: nothing signed by it has been seen here yet. `safe`: own entries it holds; that is not central's word. */
  neighbours: z.array(
    NamedDevice.extend({
      address: z.string(),
      state: z.enum(['connected', 'connecting', 'away', 'unknown', 'refused']),
      /** Why the last connection ended; null where it stands or has not been tried. */
      fault: z.string().nullable(),
      safe: z.int(),
      /** When it last answered, epoch milliseconds. */
      seenAt: z.number().nullable(),
      /** Entries of others that came by it, in all, and when the last ones did. */
      received: z.int(),
      receivedAt: z.number().nullable(),
    }),
  ),
});
export type NeighboursView = z.infer<typeof NeighboursView>;

/** A snapshot of central's log that the window hands in file by file (shared/sync/snapshot-files.ts). */
export const SnapshotView = z.strictObject({
  /** The file whose bytes are wanted next; null when it has been read to its end. */
  next: z.string().nullable(),
  pages: z.strictObject({ done: z.int(), total: z.int().nullable() }),
  /** Entries that were new here. */
  applied: z.int(),
  /** Entries of the snapshot that are here, and how many it has. */
  entries: z.strictObject({ passed: z.int(), total: z.int() }).nullable(),
  whole: z.boolean(),
});
export type SnapshotView = z.infer<typeof SnapshotView>;

const Host = z.string().min(1).max(255).regex(/^[A-Za-z0-9.:-]+$/);
const Port = z.int().min(1).max(65_535);

export const nearRows = {
  'neighbours.status': row({
    type: 'query',
    input: Nothing,
    output: NeighboursView,
    faults: [],
    states: reading,
    access: { action: 'sync.read', resource: 'Sync', subject: none },
    audit: { trace: 'none', because: 'addresses and counts only' },
  }),
  /** Answers neighbours at an address of this computer, or (null) no more. */
  'neighbours.answer': row({
    type: 'command',
    input: z.strictObject({ listen: z.strictObject({ host: Host, port: z.int().min(0).max(65_535) }).nullable() }),
    output: NeighboursView,
    faults: ['NOT_ENROLLED', 'ADDRESS_TAKEN'],
    states: writing,
    access: { action: 'sync.enrol', resource: 'Sync', subject: none },
    audit: { trace: 'is-the-write', kinds: ['neighbours.changed'] },
  }),
  'neighbours.set': row({
    type: 'command',
    input: z.strictObject({ neighbours: z.array(z.strictObject({ device: DeviceId, host: Host, port: Port })).max(16) }),
    output: NeighboursView,
    faults: ['NOT_ENROLLED'],
    states: writing,
    access: { action: 'sync.enrol', resource: 'Sync', subject: none },
    audit: { trace: 'is-the-write', kinds: ['neighbours.changed'] },
  }),
  /** Fills a new workstation from the files of a snapshot, which the window reads from wherever a person chose them. Until `snapshot.end` central is not asked. */
  'snapshot.begin': row({
    type: 'command',
    input: Nothing,
    output: SnapshotView,
    faults: ['NOT_ENROLLED', 'BUSY'],
    states: writing,
    access: { action: 'sync.enrol', resource: 'Sync', subject: none },
    audit: { trace: 'none', because: 'its end leaves the entry that says what came of it' },
  }),
  /** A piece of the file that is wanted; with the last one it is judged and taken, or refused whole. */
  'snapshot.chunk': row({
    type: 'command',
    input: z.strictObject({ file: z.string().max(64), bytes: z.instanceof(Uint8Array).refine((bytes) => bytes.length <= SNAPSHOT_CHUNK_MAX_BYTES), last: z.boolean() }),
    output: SnapshotView,
    faults: ['SNAPSHOT_REFUSED', 'CANCELLED'],
    states: writing,
    access: { action: 'sync.enrol', resource: 'Sync', subject: none },
    audit: { trace: 'none', because: 'what it brings are entries with authors of their own; the end leaves this one\'s' },
  }),
  /** Read to its end, or given up: what has been taken stays. */
  'snapshot.end': row({
    type: 'command',
    input: Nothing,
    output: SnapshotView,
    faults: [],
    states: writing,
    access: { action: 'sync.enrol', resource: 'Sync', subject: none },
    audit: { trace: 'is-the-write', kinds: ['sync.done', 'sync.refused'] },
  }),
};

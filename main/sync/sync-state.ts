import { z } from 'zod';
import { fromHex } from '../../shared/base/bytes.ts';
import { DeviceId, RecordId, SegmentId } from '../../shared/base/ids.ts';
import { OrganizationId, Cursor, HubEpoch } from '../../shared/sync/envelope.ts';
import { ScopeMark } from '../../shared/sync/scope.ts';
import type { Authority } from '../orders/orders.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';

/** What sync keeps in the encrypted vault beside the ledger: where central is, whose it is, and how far we have read. */

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);

export const Membership = z.strictObject({
  organization: OrganizationId,
  organizationName: z.string(),
  host: z.string(),
  port: z.int(),
  /** PEM: the authority that is pinned, and our certificate of it. */
  authority: z.string(),
  certificate: z.string(),
  /** X25519 key that batches are sealed to; Ed25519 key that receipts and pages are signed with. */
  sealingKey: hex32,
  hubSigningKey: hex32,
});
export type Membership = z.infer<typeof Membership>;

/** Another workstation of the organisation in the clinic's network that answers its neighbours. */
export const Neighbour = z.strictObject({ device: DeviceId, host: z.string().min(1).max(255), port: z.int().min(1).max(65_535) });
export type Neighbour = z.infer<typeof Neighbour>;
export const NEIGHBOURS_MAX = 16;
/** Times in epoch milliseconds; `received`: entries of others that came by it. */
export const NeighbourSeen = z.strictObject({ seenAt: z.number(), received: z.int(), receivedAt: z.number().nullable() });
export type NeighbourSeen = z.infer<typeof NeighbourSeen>;

export const Contact = z.strictObject({
  lastContactAt: z.number().nullable(),
  lastAcknowledgedAt: z.number().nullable(),
  clockOffsetMs: z.number().nullable(),
  bytesSent: z.number(),
  bytesReceived: z.number(),
  /** Entries acknowledged in the latest conversation that acknowledged any, and the number of central's log they reach to. */
  acknowledged: z.strictObject({ entries: z.int(), through: z.int() }).nullable().default(null),
  clockBoundMs: z.number().nullable().default(null),
});
export type Contact = z.infer<typeof Contact>;
export const NO_CONTACT: Contact = { lastContactAt: null, lastAcknowledgedAt: null, clockOffsetMs: null, bytesSent: 0, bytesReceived: 0, acknowledged: null, clockBoundMs: null };

const SCHEMAS = {
  'sync.membership': Membership,
  'sync.cursor': Cursor,
  /** Places in central's log passed before, the latest first. */
  'sync.earlier': z.array(Cursor),
  /** The furthest place of which anything was read beside the cursor. */
  'sync.seen': Cursor.nullable(),
  /** Entries that central acknowledged and no longer has, as long as it is not known which. */
  'sync.missing': z.strictObject({ entries: z.int().min(0) }),
  /** What central held of closed segments when its history was last compared with ours, where it was another. */
  'sync.others': z.array(z.strictObject({ segment: SegmentId, length: z.int().min(0), head: hex32 })),
  /** Whether central was restored and may lack what this vault holds of others. */
  'sync.backfill': z.strictObject({ owed: z.boolean(), /** Only what came from neighbours, because central itself has lost nothing. */ grown: z.boolean().default(false), /** Parts were left out when it was given back: with them there may be more to give. */ cut: z.boolean().optional() }),
  /** How far a seed of central's log has been read, where one is. */
  'sync.seeding': z.strictObject({ at: Cursor, passed: z.int().min(0) }),
  /** The last change of scope that is done, with all before it. */
  'sync.scope': z.strictObject({ version: z.int().min(0) }),
  /** Of the decisions about this workstation's scope that central told of last. */
  'sync.scopeMark': ScopeMark,
  /** Who is to leave this workstation, by central's word, and was not removed when it was tried last. */
  'sync.leaving': z.array(RecordId),
  'sync.contact': Contact,
  /** Where this workstation answers its neighbours; absent where it does not. */
  'relay.listen': z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65_535) }),
  /** One life of this ledger as a log for neighbours; a new one begins where a neighbour has read what is no longer here. */
  'relay.epoch': HubEpoch,
  'neighbours.list': z.array(Neighbour).max(NEIGHBOURS_MAX),
  /** How far each neighbour's ledger has been read, the latest places first. */
  'neighbours.places': z.record(DeviceId, z.array(Cursor)),
  /** When each neighbour answered last, and what came by it, as people are told. */
  'neighbours.seen': z.record(DeviceId, NeighbourSeen),
  /** Segments that neighbours brought further than central has since the log was last read to its end. */
  'neighbours.grown': z.array(z.strictObject({ segment: SegmentId, length: z.int().min(0) })),
} as const;
type Key = keyof typeof SCHEMAS;
type Kept<Name extends Key> = z.infer<(typeof SCHEMAS)[Name]>;

export function readState<Name extends Key>(read: ReadHandle, key: Name): Kept<Name> | null {
  const value = read.get('SELECT value FROM local_state WHERE key = ?', key)?.['value'];
  return typeof value === 'string' ? (SCHEMAS[key].parse(JSON.parse(value)) as Kept<Name>) : null;
}

export function writeState<Name extends Key>(write: WriteHandle, key: Name, value: Kept<Name>): void {
  write.run('INSERT INTO local_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, JSON.stringify(value));
}

/** Whose orders this workstation follows; null while it is not enrolled. */
export function authorityOf(read: ReadHandle): Authority | null {
  const membership = readState(read, 'sync.membership');
  return membership === null ? null : { organization: membership.organization, organizationName: membership.organizationName, publicKey: fromHex(membership.hubSigningKey) };
}

/** How far central's clock was ahead of ours at the latest contact, whole milliseconds. */
export function lastClockOffset(read: ReadHandle): number | null {
  const offset = readState(read, 'sync.contact')?.clockOffsetMs ?? null;
  return offset === null ? null : Math.round(offset);
}

export function clearState(write: WriteHandle, key: Key): void {
  write.run('DELETE FROM local_state WHERE key = ?', key);
}

/** When central last said anything to this workstation, epoch milliseconds; null where it never has. */
export function lastContactAt(read: ReadHandle): number | null {
  return readState(read, 'sync.contact')?.lastContactAt ?? null;
}

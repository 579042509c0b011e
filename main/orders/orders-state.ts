import { z } from 'zod';
import { fromHex, toHex } from '../../shared/base/bytes.ts';
import { UserId } from '../../shared/base/ids.ts';
import type { HeldOrder } from '../../shared/orders/judge.ts';
import type { SignedOrder } from '../../shared/orders/order.ts';
import type { Barred } from '../../shared/orders/roster.ts';
import { OrganizationId } from '../../shared/sync/envelope.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';

/** What orders leave in the encrypted vault, beside their entries in the ledger. */

/**
 * The newest order of a kind. `applied`: in force. `kept`: of a kind or form not understood here. `void`: superseded by
 * an enrolment since; its version alone counts, so that it is not taken again.
 */
const Kept = z.strictObject({
  organization: OrganizationId,
  version: z.int(),
  digest: z.string(),
  issuedAt: z.int(),
  standing: z.enum(['applied', 'kept', 'void']),
  /** This workstation's clock, epoch milliseconds. */
  takenAt: z.int(),
});
export type Kept = z.infer<typeof Kept>;

/** The order as it came; in a row of its own, because a roster is large and is read seldom. */
const KeptText = z.strictObject({ text: z.string(), signature: z.string() });

/** How far a lease has run: see shared/orders/lease.ts. */
const LeaseRun = z.strictObject({ version: z.int(), contactAt: z.int(), countedMs: z.int() });
export type LeaseRun = z.infer<typeof LeaseRun>;

const BarredAccounts = z.record(UserId, z.strictObject({ wasActive: z.boolean() }));

const ORDER = 'orders.order.';
const TEXT = 'orders.text.';
const LEASE = 'orders.lease';
const BARRED = 'orders.barred';

function readValue<Value>(read: ReadHandle, key: string, schema: z.ZodType<Value>): Value | null {
  const value = read.get('SELECT value FROM local_state WHERE key = ?', key)?.['value'];
  return typeof value === 'string' ? schema.parse(JSON.parse(value)) : null;
}

function writeValue(write: WriteHandle, key: string, value: unknown): void {
  write.run('INSERT INTO local_state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, JSON.stringify(value));
}

export const readKept = (read: ReadHandle, kind: string): Kept | null => readValue(read, `${ORDER}${kind}`, Kept);

/** `signed` null: nothing of it is to be shown or followed any more. */
export function writeKept(write: WriteHandle, kind: string, kept: Kept, signed: SignedOrder | null): void {
  writeValue(write, `${ORDER}${kind}`, kept);
  writeValue(write, `${TEXT}${kind}`, { text: signed?.text ?? '', signature: toHex(signed?.signature ?? new Uint8Array()) });
}

export function readSigned(read: ReadHandle, kind: string): SignedOrder | null {
  const kept = readValue(read, `${TEXT}${kind}`, KeptText);
  return kept === null || kept.text === '' ? null : { text: kept.text, signature: fromHex(kept.signature) };
}

export function keptKinds(read: ReadHandle): readonly string[] {
  return read.all('SELECT key FROM local_state WHERE key >= ? AND key < ? ORDER BY key', ORDER, `${ORDER}~`).map((row) => String(row['key']).slice(ORDER.length));
}

export const readLeaseRun = (read: ReadHandle): LeaseRun | null => readValue(read, LEASE, LeaseRun);
export const writeLeaseRun = (write: WriteHandle, run: LeaseRun): void => writeValue(write, LEASE, run);

export function readBarred(read: ReadHandle): Barred {
  return new Map(Object.entries(readValue(read, BARRED, BarredAccounts) ?? {}).map(([user, how]) => [UserId.parse(user), how]));
}

export const writeBarred = (write: WriteHandle, barred: Barred): void => writeValue(write, BARRED, Object.fromEntries(barred));

const Folded = z.looseObject({ version: z.int(), digest: z.string() });

/** What the ledger says was taken last: folded from its entries, and so compared with them by every verification. */
export function foldedOrder(read: ReadHandle, organization: OrganizationId, kind: string): HeldOrder | null {
  const value = read.get('SELECT value FROM setting WHERE key = ?', `order.${organization}.${kind}`)?.['value'];
  return typeof value === 'string' ? Folded.parse(JSON.parse(value)) : null;
}

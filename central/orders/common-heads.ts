import { equalBytes, toHex } from '../../shared/base/bytes.ts';
import { SegmentId, type DeviceId } from '../../shared/base/ids.ts';
import { headsMessage, headsOf, type SegmentHead, type StatedHeads } from '../../shared/orders/heads.ts';
import type { DeviceRecord } from '../../shared/sync/hub-store.ts';
import { sha256, verifyEd25519 } from '../hub/cipher.ts';
import { noteEvent } from '../store/events.ts';
import { bytesOf, numberOf, textOf } from '../store/row.ts';
import type { Reads, Sql } from '../store/sql.ts';
import { issueOrder, type OrdersWorld } from './order-store.ts';

/**
 * Co-signing: a device states what central gave it receipts for, and central signs that it holds just this. Where the two
 * differ the device lists its heads one by one, and central says which of them it has another hash for.
 */
async function heldHeads(reads: Reads, device: DeviceId): Promise<readonly SegmentHead[]> {
  const rows = await reads.all('SELECT id, length, head FROM segment WHERE device = ? AND length > 0 ORDER BY id', device);
  return rows.map((row) => ({ segment: SegmentId.parse(textOf(row, 'id')), length: numberOf(row, 'length'), head: bytesOf(row, 'head') }));
}

/** `differ`: not the same list. `refused`: not the device's own word. */
export async function cosign(sql: Sql, world: OrdersWorld, { device, signingKey }: DeviceRecord, stated: StatedHeads, signature: Uint8Array, held: number): Promise<{ readonly outcome: 'signed'; readonly order: Awaited<ReturnType<typeof issueOrder>> } | { readonly outcome: 'differ' | 'refused' }> {
  if (!verifyEd25519(signingKey, headsMessage(world.organization, device, stated), signature)) {
    await note(sql, world, device, 'HEADS_REFUSED', 'signature');
    return { outcome: 'refused' };
  }
  const { ours, lsn } = await sql.snapshot(async (view) => ({
    ours: headsOf(sha256, await heldHeads(view, device)),
    lsn: numberOf((await view.get('SELECT coalesce(max(lsn), 0) AS lsn FROM op')) ?? {}, 'lsn'),
  }));
  if (ours.segments !== stated.segments || ours.entries !== stated.entries || !equalBytes(ours.digest, stated.digest)) return { outcome: 'differ' };
  const { segments, entries, digest, at: statedAt } = stated;
  const content = { segments, entries, digest: toHex(digest), lsn, statedAt };
  const order = await sql.write('orders', (tx) => issueOrder(tx, world, { kind: 'cosign', audience: device, content: () => content, validMs: null, by: 'central', above: held }));
  return { outcome: 'signed', order };
}

/** The heads for which central holds another hash: two histories under one name. What one side merely has less of is none. */
export async function contradictions(sql: Sql, world: OrdersWorld, device: DeviceId, listed: readonly SegmentHead[]): Promise<readonly SegmentHead[]> {
  const found: SegmentHead[] = [];
  for (const stated of listed) {
    const row = await sql.get(
      'SELECT op.hash FROM op JOIN segment ON segment.ref = op.segment WHERE segment.id = ? AND segment.device = ? AND op.sequence = ?',
      stated.segment, device, stated.length - 1,
    );
    if (row !== undefined && !equalBytes(bytesOf(row, 'hash'), stated.head)) found.push(stated);
  }
  for (const { segment, length } of found) await note(sql, world, device, 'HISTORY_CONTRADICTED', `${segment} at ${length}`);
  return found;
}

async function note(sql: Sql, { clock }: OrdersWorld, device: DeviceId, code: string, what: string): Promise<void> {
  await sql.write('events', (tx) => noteEvent(tx, clock, { device, code, what }));
}

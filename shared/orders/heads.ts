import { concatBytes, fromHex, utf8 } from '../base/bytes.ts';
import type { DeviceId, SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import type { OrganizationId } from '../sync/envelope.ts';
import { byteWriter, varint } from '../sync/wire-bytes.ts';

/**
 * What a device and central hold in common: every segment of the device with the length central has given a receipt
 * for and the chain hash there. Both sides compute the same digest over the same list, so that a history rewritten
 * behind its receipts is noticed although nothing of it is ever sent again.
 */
export type SegmentHead = { readonly segment: SegmentId; readonly length: number; readonly head: Uint8Array };

const DOMAIN = utf8('outpost-orders/1 heads\0');
const LIST = utf8('outpost-orders/1 heads list\0');

export type Heads = { readonly segments: number; readonly entries: number; readonly digest: Uint8Array };

/** SHA-256 over the domain and, by ascending segment id, segment (8) length (uint) head (32). Empty segments do not count. */
export function headsOf(sha256: Sha256, list: readonly SegmentHead[]): Heads {
  const held = list.filter(({ length }) => length > 0).toSorted((one, other) => (one.segment < other.segment ? -1 : 1));
  const parts = held.flatMap(({ segment, length, head }) => [fromHex(segment), varint(length), head]);
  return { segments: held.length, entries: held.reduce((total, { length }) => total + length, 0), digest: sha256(LIST, ...parts) };
}

export type StatedHeads = Heads & { /** Device's clock, epoch milliseconds. */ readonly at: number };

/** What the device signs of it. */
export function headsMessage(organization: OrganizationId, device: DeviceId, { segments, entries, digest, at }: StatedHeads): Uint8Array<ArrayBuffer> {
  return concatBytes(DOMAIN, byteWriter().fixed(fromHex(organization)).fixed(fromHex(device)).uint(segments).uint(entries).fixed(digest).uint(at).done());
}

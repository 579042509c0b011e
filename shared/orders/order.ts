import canonicalize from 'canonicalize';
import { z } from 'zod';
import { concatBytes, utf8 } from '../base/bytes.ts';
import { DeviceId } from '../base/ids.ts';
import { OrganizationId } from '../sync/envelope.ts';
import type { Sign, Verify } from '../sync/sealing.ts';

/**
 * An order: one document of the organisation's word to its workstations. What it says is canonical JSON (RFC 8785),
 * signed with Ed25519 (RFC 8032) by the key that a workstation pinned when it enrolled, under a domain of its own, so
 * that nothing else that key signs passes for an order.
 */
export const ORDER_FORM = 1;
/** UTF-8. A roster of some thousand people, a policy bundle of the largest size that loads. */
export const ORDER_TEXT_MAX_BYTES = 2 * 1024 * 1024;
const KIND_PATTERN = /^[a-z][a-z-]{0,31}$/;
const DOMAIN = utf8('outpost-orders/1 order\0');

export const OrderKindName = z.string().regex(KIND_PATTERN);
export const EVERY_DEVICE = 'all';
const Audience = z.union([z.literal(EVERY_DEVICE), DeviceId]);

export const Order = z.object({
  /** Form of this envelope; a workstation keeps a later one unread. */
  v: z.int().min(1),
  kind: OrderKindName,
  organization: OrganizationId,
  /** Rises with every order of this kind to this audience, beginning at 1. */
  version: z.int().min(1),
  /** Central's clock, epoch milliseconds. */
  issuedAt: z.int().min(0),
  /** Epoch milliseconds from which on it is not taken any more; null where it holds until the next version. */
  expiresAt: z.int().min(0).nullable(),
  audience: Audience,
  content: z.unknown(),
});
export type Order = z.infer<typeof Order>;

/** As it is kept and handed on: the text is never written anew. */
export type SignedOrder = { readonly text: string; readonly signature: Uint8Array };

function signedContent(text: string): Uint8Array<ArrayBuffer> {
  return concatBytes(DOMAIN, utf8(text));
}

export function signOrder(sign: Sign, order: Order): SignedOrder {
  const text = canonicalize(order);
  if (text === undefined) throw new Error('broken assumption: an order has a canonical form');
  return { text, signature: sign(signedContent(text)) };
}

export function orderSignatureHolds(verify: Verify, publicKey: Uint8Array, { text, signature }: SignedOrder): boolean {
  return verify(publicKey, signedContent(text), signature);
}

/** The order of a text whose signature was found good; null where it is none or not in its canonical form. */
export function parseOrder(text: string): Order | null {
  try {
    const value: unknown = JSON.parse(text);
    if (canonicalize(value) !== text) return null;
    const parsed = Order.safeParse(value);
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

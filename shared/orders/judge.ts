import { toHex, utf8 } from '../base/bytes.ts';
import type { DeviceId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Sha256 } from '../base/world.ts';
import type { OrganizationId } from '../sync/envelope.ts';
import type { Verify } from '../sync/sealing.ts';
import { isOrderKind, ORDER_KINDS, type ContentOf, type OrderKind } from './contents.ts';
import { EVERY_DEVICE, ORDER_FORM, ORDER_TEXT_MAX_BYTES, orderSignatureHolds, parseOrder, type Order, type SignedOrder } from './order.ts';

/** An order may be dated ahead of the clock it is judged by for as long as clocks that are in order differ. */
export const ISSUE_LEAD_MAX_MS = 5 * 60_000;

export const ORDER_FAULTS = ['TOO_LARGE', 'BAD_SIGNATURE', 'MALFORMED', 'OTHER_ORGANIZATION', 'OTHER_AUDIENCE', 'FROM_FUTURE', 'EXPIRED', 'OLD_VERSION', 'CONTRADICTS'] as const;
/** CONTRADICTS: another order of this kind and version was taken before. */
export type OrderFault = (typeof ORDER_FAULTS)[number];

/** The newest order of a kind that was taken: its version and the SHA-256 of its text, hexadecimal. */
export type HeldOrder = { readonly version: number; readonly digest: string };

export type OrderContext = {
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  /** The pinned Ed25519 public key of the organisation. */
  readonly publicKey: Uint8Array;
  /** The clock that an order ends by, epoch milliseconds. */
  readonly now: number;
  /** Central's clock, where it has told it: an order dated ahead of it is refused. A workstation's own clock may lie years behind. */
  readonly hubNow: number | null;
  readonly held: (kind: string) => HeldOrder | null;
  readonly verify: Verify;
  readonly sha256: Sha256;
};

export type KnownOrder = { readonly [Kind in OrderKind]: Omit<Order, 'kind' | 'content'> & { readonly kind: Kind; readonly content: ContentOf<Kind> } }[OrderKind];

/** `held`: this very order was taken before. `unknown`: of a kind or a form that this version does not know. */
export type Judged =
  | { readonly standing: 'new' | 'held'; readonly order: KnownOrder; readonly digest: string }
  | { readonly standing: 'unknown'; readonly order: Order; readonly digest: string };

export function orderDigest(sha256: Sha256, text: string): string {
  return toHex(sha256(utf8(text)));
}

/**
 * Whether an order is to be followed, in this order: size, signature, form, organisation, audience, version, dates,
 * content. Nothing is parsed that the organisation did not sign. Pure: it changes nothing.
 */
export function judgeOrder(context: OrderContext, signed: SignedOrder): Result<Judged, OrderFault> {
  const { text } = signed;
  if (text.length > ORDER_TEXT_MAX_BYTES || utf8(text).length > ORDER_TEXT_MAX_BYTES) return refuse('TOO_LARGE', { limit: ORDER_TEXT_MAX_BYTES });
  if (!orderSignatureHolds(context.verify, context.publicKey, signed)) return refuse('BAD_SIGNATURE');
  const order = parseOrder(text);
  if (order === null) return refuse('MALFORMED', { part: 'envelope' });
  const { kind, version } = order;
  if (order.organization !== context.organization) return refuse('OTHER_ORGANIZATION', { kind });
  if (order.audience !== EVERY_DEVICE && order.audience !== context.device) return refuse('OTHER_AUDIENCE', { kind });
  const digest = orderDigest(context.sha256, text);
  const held = context.held(kind);
  if (held !== null && version < held.version) return refuse('OLD_VERSION', { kind, version, held: held.version });
  if (held !== null && version === held.version && digest !== held.digest) return refuse('CONTRADICTS', { kind, version });
  const isHeld = held !== null && version === held.version;
  if (context.hubNow !== null && order.issuedAt > context.hubNow + ISSUE_LEAD_MAX_MS) return refuse('FROM_FUTURE', { kind, version });
  if (!isHeld && order.expiresAt !== null && context.now >= order.expiresAt) return refuse('EXPIRED', { kind, version });
  if (order.v > ORDER_FORM || !isOrderKind(kind)) return ok({ standing: 'unknown', order, digest });
  const known = readContent(order, kind);
  return known === null ? refuse('MALFORMED', { kind, version, part: 'content' }) : ok({ standing: isHeld ? 'held' : 'new', order: known, digest });
}

/** The order with its content read; null where the content, or the audience for a kind like this, is not as it must be. */
export function readContent(order: Order, kind: OrderKind): KnownOrder | null {
  const { content, audience } = ORDER_KINDS[kind];
  if ((order.audience === EVERY_DEVICE) !== (audience === 'all')) return null;
  const parsed = content.safeParse(order.content);
  // The schema of this very kind has just produced the content.
  return parsed.success ? ({ ...order, kind, content: parsed.data } as KnownOrder) : null;
}

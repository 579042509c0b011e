import type { OrganizationId } from '../../shared/sync/envelope.ts';
import { isOrderKind, ORDER_KINDS, type ContentOf, type OrderKind } from '../../shared/orders/contents.ts';
import { readContent, type HeldOrder } from '../../shared/orders/judge.ts';
import { parseOrder } from '../../shared/orders/order.ts';
import type { ReadHandle } from '../store/store.ts';
import { foldedOrder, keptKinds, readKept, readSigned, type Kept } from './orders-state.ts';

export type InForce<Kind extends OrderKind> = { readonly version: number; readonly issuedAt: number; readonly takenAt: number; readonly content: ContentOf<Kind> };

/** The order of this kind that counts at this workstation; null where there is none. */
export function readInForce<Kind extends OrderKind>(read: ReadHandle, organization: OrganizationId, kind: Kind): InForce<Kind> | null {
  const kept = readKept(read, kind);
  if (kept === null || kept.organization !== organization || kept.standing !== 'applied') return null;
  const signed = readSigned(read, kind);
  const order = signed === null ? null : parseOrder(signed.text);
  const known = order === null ? null : readContent(order, kind);
  // `readContent` reads by the schema of this very kind.
  return known === null ? null : { version: kept.version, issuedAt: kept.issuedAt, takenAt: kept.takenAt, content: known.content as ContentOf<Kind> };
}

/** The first kind of which the ledger knows a newer order than is held, because one was put back; null where none was. */
export function putBack(read: ReadHandle, organization: OrganizationId): OrderKind | null {
  for (const kind of Object.keys(ORDER_KINDS)) {
    if (!isOrderKind(kind)) continue;
    const folded = foldedOrder(read, organization, kind);
    if (folded !== null && !covers(readKept(read, kind), organization, folded)) return kind;
  }
  return null;
}

function covers(kept: Kept | null, organization: OrganizationId, folded: HeldOrder): boolean {
  if (kept === null || kept.organization !== organization || kept.version < folded.version) return false;
  return kept.version > folded.version || kept.standing === 'void' || kept.digest === folded.digest;
}

/** Orders in force, read once and again after `forget`: whether somebody may write is asked at every call. */
export type OrdersInForce = {
  get<Kind extends OrderKind>(kind: Kind): InForce<Kind> | null;
  held(kind: string): HeldOrder | null;
  kinds(): readonly { readonly kind: string; readonly kept: Kept }[];
  behind(): boolean;
  /** Looks again whether one was put back. */
  look(): void;
  forget(): void;
};

export function ordersInForce(read: ReadHandle, organization: () => OrganizationId | null): OrdersInForce {
  let known = new Map<OrderKind, unknown>();
  let behind: boolean | null = null;
  const ours = (kind: string): Kept | null => {
    const kept = readKept(read, kind);
    return kept !== null && kept.organization === organization() ? kept : null;
  };
  return {
    get(kind) {
      const id = organization();
      if (!known.has(kind)) known.set(kind, id === null ? null : readInForce(read, id, kind));
      // Set above, by this kind.
      return known.get(kind) as ReturnType<typeof readInForce<typeof kind>>;
    },
    held(kind) {
      const kept = ours(kind);
      return kept === null ? null : { version: kept.version, digest: kept.digest };
    },
    kinds: () => keptKinds(read).flatMap((kind) => {
      const kept = ours(kind);
      return kept === null ? [] : [{ kind, kept }];
    }),
    behind() {
      const id = organization();
      behind ??= id !== null && putBack(read, id) !== null;
      return behind;
    },
    look() {
      behind = null;
    },
    forget() {
      known = new Map();
      behind = null;
    },
  };
}

import type { DeviceId } from '../../shared/base/ids.ts';
import { holdsEverything } from '../../shared/orders/contents.ts';
import type { OrdersInForce } from './in-force.ts';
import type { LeaseCount, LeaseView } from './lease-count.ts';

/**
 * Why nobody works at this workstation for now. `erasing`: a kill order waits for the last entries to be sent.
 * `revoked`: until an administrator enrols it again. `behind`: the ledger tells of a newer order than is held, so one
 * was put back; the next contact brings it. `sealed`: no word from central for too long. `suspended`: of everybody
 * here; the next contact may bring a pardon. In each, contact with central is what helps.
 */
export type Closed = 'erasing' | 'revoked' | 'behind' | 'sealed' | 'suspended';

export type Standing = {
  readonly closed: Closed | null;
  readonly lease: LeaseView | null;
  readonly roster: { readonly version: number; readonly issuedAt: number } | null;
  /** The organisation gives this workstation the records of some patients only. */
  readonly partial: boolean;
  readonly revokedAt: number | null;
  readonly erasing: 'after-drain' | 'now' | null;
  /** Kinds of orders kept unread. */
  readonly unread: readonly string[];
  /** Central's latest signature on what it holds of this device. */
  readonly cosigned: { readonly at: number; readonly segments: number; readonly entries: number; readonly lsn: number } | null;
};

/** `barred`: of whoever is signed in. */
export function closedOf(orders: OrdersInForce, lease: LeaseCount, barred: boolean): Closed | null {
  if (erasingOf(orders) !== null) return 'erasing';
  if (revokedSince(orders) !== null) return 'revoked';
  if (orders.behind()) return 'behind';
  if (leaseViewOf(orders, lease)?.state === 'sealed') return 'sealed';
  return barred ? 'suspended' : null;
}

export function leaseViewOf(orders: OrdersInForce, lease: LeaseCount): LeaseView | null {
  const leased = orders.get('lease');
  return leased === null ? null : lease.view(leased.content);
}

export function standingOf(orders: OrdersInForce, lease: LeaseCount, barred: boolean, device: DeviceId): Standing {
  const [cosign, roster] = [orders.get('cosign'), orders.get('roster')];
  const self = roster?.content.devices.find((each) => each.device === device);
  return {
    closed: closedOf(orders, lease, barred),
    lease: leaseViewOf(orders, lease),
    roster: roster === null ? null : { version: roster.version, issuedAt: roster.issuedAt },
    partial: self !== undefined && !holdsEverything(self),
    revokedAt: revokedSince(orders),
    erasing: erasingOf(orders),
    unread: orders.kinds().filter(({ kept }) => kept.standing === 'kept').map(({ kind }) => kind),
    cosigned: cosign === null ? null : { at: cosign.issuedAt, segments: cosign.content.segments, entries: cosign.content.entries, lsn: cosign.content.lsn },
  };
}

function erasingOf(orders: OrdersInForce): Standing['erasing'] {
  const mode = orders.get('kill')?.content.mode ?? 'cancelled';
  return mode === 'cancelled' ? null : mode;
}

function revokedSince(orders: OrdersInForce): number | null {
  const revocation = orders.get('revocation');
  return revocation?.content.revoked === true ? revocation.takenAt : null;
}

import { ok, type Result } from '../../shared/base/result.ts';
import type { UserId } from '../../shared/base/ids.ts';
import type { Bundle } from '../../shared/access/policy.ts';
import type { KnownOrder } from '../../shared/orders/judge.ts';
import { policyOf, type PolicyFault } from '../../shared/orders/lockout.ts';
import type { Order, SignedOrder } from '../../shared/orders/order.ts';
import { applyRoster, type Barred } from '../../shared/orders/roster.ts';
import type { Grant, Ledger } from '../ledger/ledger.ts';
import type { StoreFault, WriteHandle } from '../store/store.ts';
import { accountsOf, changeEntry } from './accounts.ts';
import type { LeaseCount } from './lease-count.ts';
import { readBarred, writeBarred, writeKept, type Kept, type LeaseRun } from './orders-state.ts';

/** What following an order changed, for whoever holds it in memory. */
export type Applied = {
  readonly bundle?: Bundle;
  readonly lease?: LeaseRun;
  readonly staff?: { readonly barred: Barred; readonly pardoned: readonly UserId[]; readonly changed: ReadonlySet<UserId> };
};

export type TakeParts = { readonly ledger: Ledger; readonly lease: LeaseCount; readonly grant: Grant; readonly now: number };

/** Kinds given at every contact leave no entry, or each contact would be the cause of the next. */
const WITHOUT_ENTRY: ReadonlySet<KnownOrder['kind']> = new Set(['lease', 'cosign']);

function keptOf({ organization, version, issuedAt }: Pick<Order, 'organization' | 'version' | 'issuedAt'>, digest: string, standing: Kept['standing'], now: number): Kept {
  return { organization, version, digest, issuedAt, standing, takenAt: Math.floor(now) };
}

/** Follows an order that was judged good: the document, what it changes and its entry are one transaction, or nothing is. */
export function applyOrder({ ledger, lease, grant, now }: TakeParts, order: KnownOrder, signed: SignedOrder, digest: string): Result<Applied, StoreFault | PolicyFault> {
  const policy = order.kind === 'policy' ? policyOf(order) : null;
  if (policy !== null && !policy.ok) return policy;
  const kept = keptOf(order, digest, 'applied', now);
  if (WITHOUT_ENTRY.has(order.kind)) {
    return ledger.keep<Applied, never>((write) => {
      writeKept(write, order.kind, kept, signed);
      return ok(order.kind === 'lease' ? { lease: lease.write(write, order.version) } : {});
    });
  }
  return ledger.transact<Applied, never>(grant, (tx) => {
    writeKept(tx.write, order.kind, kept, signed);
    const { organization, kind, version, issuedAt } = order;
    tx.append({ kind: 'order.applied', body: { organization, kind, version, digest, issuedAt, what: whatOf(order) } });
    if (order.kind === 'roster') return ok({ staff: rosterApplied(tx.write, order, (entry) => void tx.append(entry)) });
    return ok(policy === null ? {} : { bundle: policy.value });
  });
}

function rosterApplied(write: WriteHandle, { content }: Extract<KnownOrder, { kind: 'roster' }>, append: (entry: ReturnType<typeof changeEntry>) => void): NonNullable<Applied['staff']> {
  const { changes, barred } = applyRoster(content, accountsOf(write), readBarred(write));
  writeBarred(write, barred);
  for (const change of changes) append(changeEntry(change));
  return { barred, pardoned: changes.filter(({ change }) => change === 'restored').map(({ user }) => user), changed: new Set(changes.map(({ user }) => user)) };
}

/** A word for the trail about what it does; no names. */
function whatOf(order: KnownOrder): string {
  if (order.kind === 'revocation') return order.content.revoked ? 'revoked' : 'reinstated';
  return order.kind === 'kill' ? order.content.mode : '';
}

/** An order that is not understood here is kept for the version that will. */
export function keepUnread({ ledger, now }: TakeParts, order: Order, signed: SignedOrder, digest: string): Result<null, StoreFault> {
  return ledger.keep<null, never>((write) => {
    writeKept(write, order.kind, keptOf(order, digest, 'kept', now), signed);
    return ok(null);
  });
}

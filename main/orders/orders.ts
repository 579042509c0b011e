import { DEFAULT_BUNDLE } from '../../shared/access/default-policies.ts';
import { loadBundle, type Bundle } from '../../shared/access/policy.ts';
import { fromHex } from '../../shared/base/bytes.ts';
import type { DeviceId, UserId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import type { Role } from '../../shared/access/vocabulary.ts';
import type { RosterDevice } from '../../shared/orders/contents.ts';
import { judgeOrder } from '../../shared/orders/judge.ts';
import type { HelloOrders, OrderOutcome, Taken } from '../../shared/orders/messages.ts';
import type { SignedOrder } from '../../shared/orders/order.ts';
import type { OrganizationId } from '../../shared/sync/envelope.ts';
import { outboxSize, sha256, type Grant, type Ledger } from '../ledger/ledger.ts';
import type { DiskFault, OpenFault, Vault, VaultKeys } from '../vault/vault.ts';
import { accountsOf, alignGrants } from './accounts.ts';
import { verifyEd25519 } from './ed25519.ts';
import { ordersInForce, readInForce } from './in-force.ts';
import { createLeaseCount } from './lease-count.ts';
import { keptKinds, readBarred, readKept, readSigned, writeBarred, writeKept } from './orders-state.ts';
import { closedOf, leaseViewOf, standingOf, type Closed, type Standing } from './standing.ts';
import { applyOrder, keepUnread, type Applied } from './take.ts';

/**
 * The organisation's word at this workstation (shared/orders/SPEC.md). Promises: nothing is followed that the pinned
 * key did not sign for this device, newer than what is held; an order, its effect and its entry are one transaction;
 * what an order closes stays closed over restarts and restored pages until a newer order opens it.
 */
export { accountsOf } from './accounts.ts';
export { verifyEd25519 } from './ed25519.ts';
export type { Closed, Standing } from './standing.ts';
export type { LeaseView } from './lease-count.ts';
export { ordersView } from './orders-view.ts';

/** Whom this workstation listens to, pinned when it enrolled. */
export type Authority = { readonly organization: OrganizationId; readonly organizationName: string; /** Ed25519, 32 bytes. */ readonly publicKey: Uint8Array };

export type OrdersWorld = {
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly keys: VaultKeys;
  readonly clock: Clock;
  /** Who is signing in, and as what. */
  readonly user: UserId;
  readonly role: Role;
  /** Null while the workstation belongs to no organisation. */
  readonly authority: () => Authority | null;
  readonly systemGrant: () => Grant;
  readonly onChange: () => void;
};

/** What is to be done once central has been told. */
export type Consequence = 'none' | 'end-session' | 'erase';
export type Taking = { /** Null where the order does not even say what it is. */ readonly taken: Taken | null; readonly consequence: Consequence };

export interface Orders {
  /** For HELLO. */
  held(): HelloOrders;
  /** Judges and follows an order. `hubNow`: central's clock, epoch milliseconds; null where it has not told it. */
  take(order: SignedOrder, hubNow: number | null): Promise<Taking>;
  /** The order of this kind as it came, for a hub that lost it. */
  show(kind: string): SignedOrder | null;
  /** What central signed last of what it holds of this device (shared/orders/heads.ts); null where it has not. */
  cosignedDigest(): string | null;
  /** The key a device signs its batches with, by the organisation's roster; null where the roster does not name it. */
  authorKey(device: DeviceId): Uint8Array | null;
  /** Policies in force. */
  bundle(): Bundle;
  standing(): Standing;
  /** Why nobody works here for now; null where one may. Asked at every call. */
  closed(): Closed | null;
  /** The lease is over: what is here can be read. */
  lapsed(): boolean;
  /** Whether the organisation keeps this account out. */
  bars(user: UserId): boolean;
  /** An administrator of the clinic closed an account that the organisation keeps out: a pardon leaves it closed. */
  closedHere(user: UserId): void;
  /** Enrolled, perhaps again: orders of before are void, up to these versions. */
  enrolled(organization: OrganizationId, from: HelloOrders): void;
  /** The printed code was used: a sealed workstation gets its grace once more. */
  recovered(): void;
  /** Central contradicts what this device says it holds in common. */
  contradicted(segment: string, length: number): void;
  /** Whether a kill order can be carried out now. */
  eraseDue(): boolean;
  /** The vault is dead when this resolves well. */
  erase(): Promise<Result<Taken | null, OpenFault | DiskFault>>;
  /** After opening: finishes what a power cut left undone. */
  settle(): Promise<void>;
  /** About once a second. */
  tick(): void;
  close(): void;
}

const UNREAD_KINDS_MAX = 16;
const UNREAD_TEXT_MAX_CHARACTERS = 64 * 1024;
const REFUSALS_NOTED_MAX = 20;

export function createOrders(world: OrdersWorld): Orders {
  const { ledger, vault, keys, clock, user } = world;
  const { read } = ledger;
  const lease = createLeaseCount(ledger, clock);
  const inForce = ordersInForce(read, () => world.authority()?.organization ?? null);
  let barred = readBarred(read);
  let lastClosed: Closed | null = null;
  let leaseOverNoted = false;
  const noted = new Set<string>();

  const readBundle = (): Bundle | null => {
    const kept = inForce.get('policy');
    const loaded = kept === null ? null : loadBundle(kept.content['bundle']);
    return loaded?.ok === true ? loaded.value : null;
  };
  let bundle = readBundle();

  const standing = (): Standing => standingOf(inForce, lease, barred.has(user), keys.deviceId);
  const closed = (): Closed | null => closedOf(inForce, lease, barred.has(user));
  const changed = (): void => {
    inForce.forget();
    lastClosed = closed();
    world.onChange();
  };

  const refused = (code: string, kind: string | null, version: number | null): Taking => {
    const mark = `${kind ?? ''} ${version ?? 0} ${code}`;
    if (!noted.has(mark) && noted.size < REFUSALS_NOTED_MAX) {
      noted.add(mark);
      ledger.append(world.systemGrant(), [{ kind: 'order.refused', body: { kind: kind ?? '', version: version ?? 0, code } }]);
    }
    return { taken: kind === null || version === null ? null : { kind, version, outcome: 'refused', code }, consequence: 'none' };
  };

  const done = (kind: string, version: number, outcome: OrderOutcome, consequence: Consequence = 'none'): Taking => ({ taken: { kind, version, outcome, code: null }, consequence });

  /** After its commit: what memory, the vault's grants and the session owe to an order. */
  const follow = async ({ bundle: next, lease: run, staff }: Applied): Promise<Consequence> => {
    inForce.forget();
    if (next !== undefined) bundle = next;
    if (run !== undefined) {
      lease.begin(run);
      leaseOverNoted = false;
    }
    if (staff === undefined) return 'none';
    ({ barred } = staff);
    await alignGrants(vault, keys, read, barred, staff.pardoned);
    const account = accountsOf(read).find((each) => each.user === user);
    return barred.has(user) || account?.active !== true || account.role !== world.role ? 'end-session' : 'none';
  };

  const orders: Orders = {
    held: () => inForce.kinds().map(({ kind, kept }) => ({ kind, version: kept.version })),
    async take(signed, hubNow) {
      const authority = world.authority();
      if (authority === null) return refused('NOT_ENROLLED', null, null);
      const judged = judgeOrder(
        { organization: authority.organization, device: keys.deviceId, publicKey: authority.publicKey, now: hubNow ?? ledger.trustedNow(), hubNow, held: inForce.held, verify: verifyEd25519, sha256 },
        signed,
      );
      if (!judged.ok) return refused(judged.fault.code, textOf(judged.fault.detail?.['kind']), versionOf(judged.fault.detail?.['version']));
      const { order, digest, standing: how } = judged.value;
      const { kind, version } = order;
      const parts = { ledger, lease, grant: world.systemGrant(), now: clock.now() };
      if (how === 'unknown') {
        const known = keptKinds(read);
        if (signed.text.length > UNREAD_TEXT_MAX_CHARACTERS || (!known.includes(kind) && known.length >= UNREAD_KINDS_MAX)) return refused('TOO_LARGE', kind, version);
        const kept = keepUnread(parts, order, signed, digest);
        return kept.ok ? done(kind, version, 'kept') : refused(kept.fault.code, kind, version);
      }
      const before = readKept(read, kind);
      const repeated = how === 'held' && before?.standing !== 'kept';
      if (!repeated) {
        const applied = applyOrder(parts, judged.value.order, signed, digest);
        if (!applied.ok) return refused(applied.fault.code, kind, version);
        const consequence = await follow(applied.value);
        changed();
        if (kind !== 'kill') return done(kind, version, 'applied', consequence);
      }
      if (kind !== 'kill') return done(kind, version, 'applied');
      return standing().erasing === null ? done(kind, version, 'applied') : done(kind, version, 'begun', orders.eraseDue() ? 'erase' : 'none');
    },
    show(kind) {
      return inForce.held(kind) === null ? null : readSigned(read, kind);
    },
    cosignedDigest: () => inForce.get('cosign')?.content.digest ?? null,
    authorKey(device) {
      const named = inForce.get('roster')?.content.devices.find((each) => each.device === device);
      return named === undefined ? null : fromHex(named.signingKey);
    },
    bundle: () => bundle ?? DEFAULT_BUNDLE,
    standing,
    closed,
    lapsed: () => leaseViewOf(inForce, lease)?.state === 'lapsed',
    bars: (who) => barred.has(who),
    closedHere(who) {
      if (!barred.has(who)) return;
      const next = new Map(barred).set(who, { wasActive: false });
      const kept = ledger.keep<null, never>((write) => {
        writeBarred(write, next);
        return ok(null);
      });
      if (kept.ok) barred = next;
    },
    enrolled(ours, from) {
      ledger.keep<null, never>((write) => {
        for (const kind of ['revocation', 'kill']) {
          const kept = readKept(write, kind);
          const floor = Math.max(from.find((each) => each.kind === kind)?.version ?? 0, kept?.organization === ours ? kept.version : 0);
          if (floor === 0 && kept === null) continue;
          writeKept(write, kind, { organization: ours, version: floor, digest: '', issuedAt: 0, standing: 'void', takenAt: Math.floor(clock.now()) }, null);
        }
        return ok(null);
      });
      inForce.forget();
      bundle = readBundle();
      changed();
    },
    recovered() {
      const leased = inForce.get('lease');
      if (leased === null || lease.view(leased.content).state !== 'sealed') return;
      lease.unseal(leased.content);
      changed();
    },
    contradicted(segment, length) {
      ledger.append(world.systemGrant(), [{ kind: 'history.contradicted', body: { segment, length } }]);
      changed();
    },
    eraseDue() {
      const { erasing } = standing();
      return erasing === 'now' || (erasing === 'after-drain' && outboxSize(read).count === 0);
    },
    async erase() {
      const kill = inForce.get('kill');
      const by = world.authority()?.organizationName ?? '';
      const erased = await vault.erase(keys, { at: Math.floor(clock.now()), by });
      if (!erased.ok) return erased;
      return ok(kill === null ? null : { kind: 'kill', version: kill.version, outcome: 'done' as const, code: null });
    },
    async settle() {
      lastClosed = closed();
      await alignGrants(vault, keys, read, barred, []);
      for (const kind of keptKinds(read)) {
        // Kept by an earlier version; perhaps this one understands it.
        const signed = readKept(read, kind)?.standing === 'kept' ? readSigned(read, kind) : null;
        if (signed !== null) await orders.take(signed, null);
      }
    },
    tick() {
      inForce.look();
      const leased = inForce.get('lease');
      if (leased !== null) {
        lease.keep('due');
        const { state } = lease.view(leased.content);
        if (state !== 'working' && !leaseOverNoted) {
          leaseOverNoted = true;
          ledger.append(world.systemGrant(), [{ kind: 'lease.over', body: { version: leased.version, state } }]);
          changed();
        }
      }
      if (closed() !== lastClosed) changed();
    },
    close: () => lease.keep('now'),
  };
  return orders;
}

/** Whether the organisation keeps this account out, asked before anybody is let in. */
export function isBarred(read: Ledger['read'], user: UserId): boolean {
  return readBarred(read).has(user);
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const versionOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** What the organisation's roster says of a workstation; null where it does not name it. */
export function rosterDevice(read: Ledger['read'], organization: OrganizationId, device: DeviceId): RosterDevice | null {
  return readInForce(read, organization, 'roster')?.content.devices.find((each) => each.device === device) ?? null;
}

import type { DeviceId, SegmentId } from '../base/ids.ts';
import type { HelloOrders } from '../orders/messages.ts';
import { sameCursor } from './asked-page.ts';
import type { DeviceStore, ScopeStore } from './device-store.ts';
import type { Cursor, OrganizationId } from './envelope.ts';
import { BEYOND_SEGMENTS_MAX } from './limits.ts';
import type { Hello, Hi, Position } from './message.ts';
import type { ScopeMark } from './scope.ts';

/** What a device says of itself first, and what it must not take from the answer. */

export type Greeter = {
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  readonly application: string;
  readonly store: DeviceStore;
  /** Best first. */
  readonly versions: readonly number[];
  readonly codecs: readonly number[];
  /** What it holds of the organisation's orders; left out where it takes none. */
  readonly orders?: () => HelloOrders;
};

export function composeHello({ organization, device, application, store, versions, codecs, orders }: Greeter, segments: readonly Position[], at: number): Hello {
  return {
    versions: [...versions], organization, device, application, cursor: store.cursor(), earlier: [...store.earlier()], seen: store.seen(), segments: [...segments], at, codecs: [...codecs],
    ...beyondOf(store), ...(store.scope === null ? {} : { scope: store.scope.version(), ...markOf(store.scope) }), ...(orders === undefined ? {} : { orders: orders() }),
  };
}

/** Why HI is no answer to what was said; null where it is one. */
export function objectionToHi(hi: Hi, { store, versions }: Greeter, asked: readonly SegmentId[]): string | null {
  if ((hi.version !== 1 && hi.version !== 2) || !versions.includes(hi.version)) return 'version not offered';
  if (asked.some((segment) => !hi.positions.some((position) => position.segment === segment))) return 'positions left out';
  return isOurs(store, hi) ? null : 'cursor neither ours nor one we passed';
}

/** Whether the hub may have us read on from here: our own cursor, a place we passed, or the beginning of its epoch. */
function isOurs(store: DeviceStore, { cursor, epoch, version }: Hi): boolean {
  const ours: Cursor | null = store.cursor();
  if (ours !== null && sameCursor(ours, cursor)) return true;
  if (cursor.epoch !== epoch) return false;
  return cursor.lsn === 0 || (version === 2 && [ours, ...store.earlier()].some((place) => place?.lsn === cursor.lsn && place.mark === cursor.mark));
}

function markOf(scope: ScopeStore): { scopeMark?: ScopeMark } {
  const mark = scope.mark();
  return mark === null ? {} : { scopeMark: mark };
}

function beyondOf({ beyond }: DeviceStore): { beyond?: Position[] } {
  const held = beyond?.() ?? [];
  return held.length === 0 || held.length > BEYOND_SEGMENTS_MAX ? {} : { beyond: [...held] };
}

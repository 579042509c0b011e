import type { DeviceId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/world.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readState, writeState, type NeighbourSeen } from './sync-state.ts';

/** When each neighbour answered last and what came by it, over restarts: what somebody is told who asks who is near. */
export type NeighboursSeen = {
  of(device: DeviceId): { readonly seenAt: number | null; readonly received: number; readonly receivedAt: number | null };
  answered(device: DeviceId): void;
  brought(device: DeviceId, entries: number): void;
  persist(): void;
};

const NEVER = { seenAt: null, received: 0, receivedAt: null } as const;

export function createNeighboursSeen(ledger: Pick<Ledger, 'read' | 'keep'>, clock: Clock): NeighboursSeen {
  const seen = new Map(Object.entries(readState(ledger.read, 'neighbours.seen') ?? {}) as [DeviceId, NeighbourSeen][]);
  let changed = false;
  const note = (device: DeviceId, entries: number): void => {
    const at = clock.now();
    const before = seen.get(device);
    seen.set(device, { seenAt: at, received: (before?.received ?? 0) + entries, receivedAt: entries > 0 ? at : (before?.receivedAt ?? null) });
    changed = true;
  };
  return {
    of: (device) => seen.get(device) ?? NEVER,
    answered: (device) => note(device, 0),
    brought: note,
    persist() {
      if (!changed) return;
      changed = false;
      ledger.keep<null, never>((write) => {
        writeState(write, 'neighbours.seen', Object.fromEntries(seen));
        return ok(null);
      });
    },
  };
}

import type { DeviceId } from '../../shared/base/ids.ts';
import type { HubStore } from '../../shared/sync/hub-store.ts';
import type { HubClock } from '../world.ts';
import type { Sql } from './sql.ts';

/**
 * Notes how far devices have read and when they were last heard, for `status`. What a device reads changes nothing in
 * the log, so it is gathered in memory and written down from time to time: at most so much is forgotten when the power
 * goes, and the device's next greeting says it again.
 */
export type Progress = { readonly store: HubStore; /** Writes down what has changed since. */ flush(): Promise<void> };

export const PROGRESS_EVERY_MS = 15_000;

export function trackProgress(store: HubStore, sql: Sql, clock: HubClock): Progress {
  const changed = new Map<DeviceId, { readonly lsn: number; readonly at: number }>();
  const reached = (device: DeviceId, lsn: number): void => void changed.set(device, { lsn, at: Math.floor(clock.now()) });
  return {
    store: {
      ...store,
      async greet(device, places, segments) {
        const greeting = await store.greet(device, places, segments);
        reached(device, greeting.cursor.lsn);
        return greeting;
      },
      async slice(query) {
        const slice = await store.slice(query);
        if (slice !== null && query.stream.kind === 'log') reached(query.device, slice.next);
        return slice;
      },
    },
    async flush() {
      if (changed.size === 0) return;
      const noted = [...changed];
      changed.clear();
      await sql.write('devices', async (tx) => {
        for (const [device, { lsn, at }] of noted) await tx.run('UPDATE device SET read_lsn = ?, read_at = ?, last_seen_at = ? WHERE id = ?', lsn, at, at, device);
      });
    },
  };
}

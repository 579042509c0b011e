import { useCall } from '../outpost/queries.ts';

/** How often the screen asks while it stands, beside the engine's own word of a change. */
const STATUS_EVERY_MS = 2000;

export function useSyncStatus() {
  return useCall('sync.status', {}, { every: STATUS_EVERY_MS });
}

import type { RecordId } from '../../shared/base/ids.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { useCall } from '../outpost/queries.ts';

export type Conflict = CallOutput<'conflicts.list'>['conflicts'][number];

/** A record can be in conflict in several fields at a time. */
export function conflictKey({ record, field }: Conflict): string {
  return `${record} ${field}`;
}

export function useConflicts(patient: RecordId | null) {
  return useCall('conflicts.list', { patient });
}

export function useBanner(patient: RecordId) {
  return useCall('chart.banner', { patient });
}

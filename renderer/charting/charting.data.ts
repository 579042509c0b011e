import type { RecordId } from '../../shared/base/ids.ts';
import type { CallOutput } from '../../shared/ipc/contract.ts';
import { useCall } from '../outpost/queries.ts';

export type Chart = CallOutput<'chart.open'>;

/** The chart that is written into: shared with the screen below, so that opening a dialog asks the engine nothing. */
export function useChart(patient: RecordId) {
  return useCall('chart.open', { patient });
}

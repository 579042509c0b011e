import type { CallInput } from '../../shared/ipc/contract.ts';
import type { Demographics } from '../../shared/records/charting.ts';
import { useCall, useCommand } from '../outpost/queries.ts';

export const RESULTS_MAX = 50;
const TODAY_MAX = 40;

export function useSearch(text: string) {
  return useCall('patients.search', { text, limit: RESULTS_MAX }, { when: text.trim() !== '', keep: true });
}

export function useRecent() {
  return useCall('patients.recent', { limit: TODAY_MAX });
}

export function useDrafts() {
  return useCall('drafts.list', {});
}

export function useSyncStatus() {
  return useCall('sync.status', {});
}

export function useDuplicates(demographics: Partial<Demographics>) {
  const named = (demographics.family ?? '').length > 1 && ((demographics.given ?? '').length > 1 || demographics.birthDate !== undefined);
  const input = { demographics } as CallInput<'patients.duplicates'>;
  return { asked: named, state: useCall('patients.duplicates', input, { when: named, keep: true }) };
}

export function useRegister() {
  return useCommand('patients.register');
}

import { useCall, useCommand } from '../outpost/queries.ts';

export function usePrepareCode() {
  return useCommand('setup.prepareCode');
}

export function useCreate() {
  return useCommand('setup.create');
}

export function useEnrol() {
  return useCommand('sync.enrol');
}

/** The reads and the one command that the last step tries the parts with. */
export function useParts() {
  const status = useCall('app.status', {});
  const search = useCall('patients.search', { text: 'a', limit: 1 });
  const staff = useCall('staff.list', {});
  const sync = useCall('sync.status', {});
  const verify = useCommand('audit.verify');
  return { status, search, staff, sync, verify };
}

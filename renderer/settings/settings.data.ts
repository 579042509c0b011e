import { useCall, useCommand } from '../outpost/queries.ts';

export function useStaff() {
  return useCall('staff.list', {});
}

export function useAddStaff() {
  return { prepare: useCommand('setup.prepareCode'), add: useCommand('staff.add') };
}

export function useSetActive() {
  return useCommand('staff.setActive');
}

export function useSite() {
  return useCall('settings.site', {});
}

export function useSetSite() {
  return useCommand('settings.setSite');
}

export function useChangePassword() {
  return useCommand('session.changePassword');
}

export function useStatus() {
  return useCall('app.status', {});
}

import { useCall, useCommand } from '../outpost/queries.ts';

export function usePeople() {
  return useCall('session.people', {});
}

export function useSignIn() {
  return useCommand('session.signIn');
}

export function useRecover() {
  return useCommand('session.recover');
}

export function usePrepareCode() {
  return useCommand('setup.prepareCode');
}

export function useReachCentral() {
  return useCommand('sync.now');
}

export function useEnrolAgain() {
  return useCommand('sync.enrol');
}

export function useLock() {
  return useCommand('session.lock');
}

const UNSENT_EVERY_MS = 2000;

/** Entries not yet acknowledged; null while that is not known. */
export function useUnsent(): number | null {
  const status = useCall('sync.status', {}, { every: UNSENT_EVERY_MS });
  return status.at === 'ready' ? status.value.unsent : null;
}

export type Person = { readonly login: string; readonly enabled: boolean };

/** Those whose sign-in name begins with what is typed, else those that contain it; all while nothing is typed. */
export function matchingPeople(people: readonly Person[], typed: string): readonly Person[] {
  const text = typed.trim().toLowerCase();
  if (text === '') return people;
  const starting = people.filter(({ login }) => login.startsWith(text));
  return starting.length > 0 ? starting : people.filter(({ login }) => login.includes(text));
}

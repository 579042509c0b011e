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

export type Person = { readonly login: string; readonly enabled: boolean };

/** Those whose sign-in name begins with what is typed, else those that contain it; all while nothing is typed. */
export function matchingPeople(people: readonly Person[], typed: string): readonly Person[] {
  const text = typed.trim().toLowerCase();
  if (text === '') return people;
  const starting = people.filter(({ login }) => login.startsWith(text));
  return starting.length > 0 ? starting : people.filter(({ login }) => login.includes(text));
}

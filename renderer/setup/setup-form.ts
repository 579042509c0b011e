import { Login } from '../../shared/ipc/shapes.ts';
import { nameWords } from '../ui/person-name.ts';

/** What set-up has been told so far. Passwords and codes stand in their steps alone. */
export type SetupForm = {
  readonly clinic: string;
  readonly site: string;
  readonly address: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly device: string;
  readonly name: string;
  readonly login: string;
};

export const EMPTY_SETUP: SetupForm = { clinic: '', site: '', address: '', latitude: null, longitude: null, device: '', name: '', login: '' };

export const STEPS = ['site', 'device', 'administrator', 'code', 'recovery', 'central', 'test'] as const;
export type Step = (typeof STEPS)[number];

/** A sign-in name made from a full name: `Dr Ruth Mensah` gives `ruth.mensah`. */
export function suggestLogin(name: string): string {
  const words = nameWords(name).map((word) => word.normalize('NFD').replace(/[\p{M}'’]/gu, '').toLowerCase());
  const first = words[0] ?? '';
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  return last === '' ? first : `${first}.${last}`;
}

/** Whether a sign-in name is one that the engine takes. */
export function isLogin(text: string): boolean {
  return Login.safeParse(text).success;
}

import type { ReadHandle } from '../store/store.ts';

export type Author = { readonly user: string; readonly name: string };

const SYSTEM: Author = { user: 'system', name: 'Outpost' };

/** Who made the entries of a session; the workstation itself where there was none. */
export function sessionAuthor(read: ReadHandle, segmentRef: number, session: number | null): Author {
  if (session === null) return SYSTEM;
  const row = read.get('SELECT user, name FROM session WHERE segment = ? AND sequence = ?', segmentRef, session);
  return row === undefined ? SYSTEM : { user: String(row['user']), name: String(row['name']) };
}

/** Where a file stands in the house: top/concern/file, with a few files that belong to a room as a whole. */

export const ROOMS = ['main', 'renderer', 'shared', 'central', 'build'] as const;
export type Room = (typeof ROOMS)[number];

/** A concern of main imports the doors to its left. */
export const CONCERN_ORDER = ['log', 'store', 'migrations', 'vault', 'ledger', 'audit', 'auth', 'access', 'orders', 'records', 'sync', 'ipc'] as const;

/** The frame around the features: it alone composes them, and none of them knows it. */
export const RENDERER_SHELL = 'frame';

/** What every feature of the window may lean on. */
export const RENDERER_BASE: readonly string[] = ['ui', 'words', 'outpost'];

export type Place = { readonly path: string; readonly room: Room; readonly concern: string | null; readonly file: string; readonly isTest: boolean };

/** Null for a path outside the rooms. */
export function placeOf(path: string): Place | null {
  const segments = path.split('/');
  const room = ROOMS.find((candidate) => candidate === segments[0]);
  const file = segments.at(-1);
  if (room === undefined || file === undefined || segments.length < 2) return null;
  return { path, room, concern: segments.length > 2 ? (segments[1] ?? null) : null, file, isTest: /\.test\.tsx?$/.test(file) };
}

/** The file others may import a concern of main by. */
export function doorOf(concern: string): string {
  return `main/${concern}/${concern}.ts`;
}

import type { HubClock } from '../world.ts';
import type { HubEvent } from '../../shared/sync/hub-store.ts';
import { numberOf, textOf, type HubDatabase } from './database.ts';

/** Older ones make room, so that nobody fills the disk by knocking. */
export const EVENTS_KEPT = 100_000;
const WHAT_MAX_CHARACTERS = 200;

/** Within the caller's write transaction. */
export function noteEvent(database: HubDatabase, clock: HubClock, { device, code, what }: HubEvent): void {
  const { rowid } = database.run('INSERT INTO event (at, device, code, what) VALUES (?, ?, ?, ?)', Math.floor(clock.now()), device, code, what.slice(0, WHAT_MAX_CHARACTERS));
  database.run('DELETE FROM event WHERE id <= ?', rowid - EVENTS_KEPT);
}

export type EventLine = { readonly at: number; readonly device: string | null; readonly code: string; readonly what: string };

/** The newest first. */
export function latestEvents(database: HubDatabase, limit: number): EventLine[] {
  return database.all('SELECT at, device, code, what FROM event ORDER BY id DESC LIMIT ?', limit).map((row) => {
    const { device } = row;
    return { at: numberOf(row, 'at'), device: typeof device === 'string' ? device : null, code: textOf(row, 'code'), what: textOf(row, 'what') };
  });
}

import type { HubClock } from '../world.ts';
import type { HubEvent } from '../../shared/sync/hub-store.ts';
import { numberOf, optionalTextOf, textOf } from './row.ts';
import type { Reads, Writes } from './sql.ts';

/** Older ones make room, so that nobody fills the disk by knocking. */
export const EVENTS_KEPT = 100_000;
const WHAT_MAX_CHARACTERS = 200;

/** Within the caller's transaction. */
export async function noteEvent(tx: Writes, clock: HubClock, { device, code, what }: HubEvent): Promise<void> {
  const noted = await tx.get('INSERT INTO event (at, device, code, what) VALUES (?, ?, ?, ?) RETURNING id', Math.floor(clock.now()), device, code, what.slice(0, WHAT_MAX_CHARACTERS));
  if (noted === undefined) throw new Error('broken assumption: an inserted row has an id');
  await tx.run('DELETE FROM event WHERE id <= ?', numberOf(noted, 'id') - EVENTS_KEPT);
}

export type EventLine = { readonly at: number; readonly device: string | null; readonly code: string; readonly what: string };

/** The newest first. */
export async function latestEvents(sql: Reads, limit: number, only: { readonly device?: string | null; readonly code?: string | null } = {}): Promise<EventLine[]> {
  const chosen = [['device', only.device ?? null], ['code', only.code ?? null]].filter((each): each is [string, string] => each[1] !== null);
  const where = chosen.length === 0 ? '' : `WHERE ${chosen.map(([column]) => `${column} = ?`).join(' AND ')}`;
  const rows = await sql.all(`SELECT at, device, code, what FROM event ${where} ORDER BY id DESC LIMIT ?`, ...chosen.map(([, value]) => value), limit);
  return rows.map((row) => ({ at: numberOf(row, 'at'), device: optionalTextOf(row, 'device'), code: textOf(row, 'code'), what: textOf(row, 'what') }));
}

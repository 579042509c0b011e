import { HubEpoch } from '../../shared/sync/envelope.ts';
import { settingOf } from './settings.ts';
import type { Reads } from './sql.ts';

/** The life of the log that this database is in; null before its first. */
export async function epochOf(sql: Reads): Promise<HubEpoch | null> {
  const kept = await settingOf(sql, 'epoch');
  return kept === null ? null : HubEpoch.parse(kept);
}

import { z } from 'zod';
import { LEASE_DEFAULT_MS, LEASE_GRACE_DEFAULT_MS } from '../../shared/orders/lease.ts';
import { settingOf } from '../store/settings.ts';
import type { Reads } from '../store/sql.ts';

/** How long the organisation lets a workstation go without word. `lifeMs` null: for good. */
const LeaseSetting = z.strictObject({ lifeMs: z.int().min(1).nullable(), graceMs: z.int().min(0) });
export type LeaseSetting = z.infer<typeof LeaseSetting>;

export async function leaseSettingOf(reads: Reads): Promise<LeaseSetting> {
  const kept = await settingOf(reads, 'lease');
  return kept === null ? { lifeMs: LEASE_DEFAULT_MS, graceMs: LEASE_GRACE_DEFAULT_MS } : LeaseSetting.parse(JSON.parse(kept));
}

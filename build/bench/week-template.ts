import { join } from 'node:path';
import { z } from 'zod';
import { chartWeek, weekClock, type ChartedWeek, type WeekExtent } from './charted-week.ts';
import { openSyncingVault } from './own-sync.ts';
import type { VaultTemplate } from './weak-line.ts';

/** A workstation with a charted week that nobody has been sent. */
export type WeekTemplate = VaultTemplate & ChartedWeek & { readonly entries: number };

const Count = z.object({ count: z.int() });

export async function makeWeek(folder: string, extent?: WeekExtent): Promise<WeekTemplate> {
  const identity = 'bench week';
  const clock = weekClock();
  const workstation = openSyncingVault(join(folder, 'week'), { identity, clock });
  try {
    const week = chartWeek(workstation.vault, clock, extent);
    const { count: entries } = Count.parse(workstation.vault.store.read.get('SELECT count(*) AS count FROM ledger'));
    workstation.vault.store.checkpoint();
    return { folder: join(folder, 'week'), identity, ...week, entries };
  } finally {
    await workstation.close();
  }
}

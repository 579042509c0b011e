import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { assertHolds } from '../../shared/base/result.ts';
import { CLINIC_WEEK, WEEK_STARTS_AT, writeClinicWeek } from '../fixtures/clinic-week.ts';
import { openWeekVault, WEEK_PLACE, weekClock, type WeekClock } from '../fixtures/week-vault.ts';
import { alone, type Figure } from './figure.ts';
import { openSyncingVault, startCentral, type Central, type SyncingVault } from './own-sync.ts';
import type { Say } from './section.ts';

/** A workstation that charted a week without a line comes back. What the others fetch for it, beside what they would have fetched at once. */

const LATE_WEEK = { ...CLINIC_WEEK, visits: 60, sessions: 6, patients: 60 };
const OTHERS_WEEK = { ...CLINIC_WEEK, seed: 2, visits: 120, sessions: 12, patients: 90 };
const DAY_MS = 86_400_000;
const SYNC_MAX_MS = 5 * 60_000;
const LATE_MOST = 1.02;

export async function lateFigures(folder: string, say: Say): Promise<readonly Figure[]> {
  say('sync: a late workstation');
  const onTime = await fetched(join(folder, 'on-time'), false);
  const late = await fetched(join(folder, 'late'), true);
  return [alone({ id: 'sync.late', what: `bytes another workstation fetches for one that is 7 days late (${Math.round(late / 1000)} kB), as a share of those on time` }, [late / onTime], 'share', { most: LATE_MOST })];
}

/** Bytes that a third workstation receives for the first one's week; `late`: after it has everything of the second's. */
async function fetched(folder: string, late: boolean): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const central = await startCentral(join(folder, 'central'));
  const clocks = [beforeTheWeek(), beforeTheWeek()] as const;
  const first = await enrolled(join(folder, 'first'), central, clocks[0]);
  const second = await enrolled(join(folder, 'second'), central, clocks[1]);
  const third = await enrolled(join(folder, 'third'), central, beforeTheWeek());
  try {
    chartWeek(first, clocks[0], LATE_WEEK);
    if (late) {
      chartWeek(second, clocks[1], OTHERS_WEEK);
      for (const workstation of [second, third]) await exchange(workstation, central);
    }
    await exchange(first, central);
    const before = third.view().bytesReceived;
    await exchange(third, central);
    return third.view().bytesReceived - before;
  } finally {
    for (const workstation of [first, second, third]) await workstation.close();
    await central.close();
  }
}

const beforeTheWeek = (): WeekClock => weekClock(WEEK_STARTS_AT - DAY_MS);

function chartWeek({ vault: { store }, device, signingKey }: SyncingVault, clock: WeekClock, week: typeof LATE_WEEK): void {
  writeClinicWeek(openWeekVault('', 0, { ...WEEK_PLACE, seed: `late ${week.seed}` }, { store, clock, device, signingKey }), week);
}

async function enrolled(folder: string, central: Central, clock: WeekClock): Promise<SyncingVault> {
  const workstation = openSyncingVault(folder, { clock });
  await workstation.enrol(central.enrolmentCode());
  return workstation;
}

/** Connects, sends and reads all there is, and ends the connection: the handshake is in what everybody counts. */
async function exchange(workstation: SyncingVault, central: Central): Promise<void> {
  await workstation.through(central.port);
  assertHolds(await workstation.until(({ unsent, running, line }) => unsent === 0 && !running && line === 'online', SYNC_MAX_MS), 'a week is exchanged on a clear line');
  await workstation.through(null);
}

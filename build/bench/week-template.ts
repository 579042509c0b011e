import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RecordId } from '../../shared/base/ids.ts';
import { assertHolds } from '../../shared/base/result.ts';
import { beginClinicWeek, CLINIC_WEEK, WEEK_STARTS_AT, writeClinicWeek, type WeekOptions } from '../fixtures/clinic-week.ts';
import { openWeekVault, WEEK_PLACE, weekClock } from '../fixtures/week-vault.ts';
import { openSyncingVault, startCentral, type Central, type SyncingVault } from './own-sync.ts';

/**
 * A workstation whose file central holds, and a week charted behind it that nobody has been sent; both as they lie on
 * disk, to be copied. The week is that of build/fixtures/clinic-week.ts: 750 visits, each read with its entry.
 */
export type WeekTemplate = {
  readonly folder: string;
  readonly identity: string;
  readonly visits: number;
  /** Of the week, and of the vault in all. */
  readonly entries: number;
  readonly allEntries: number;
  /** The last position in the ledger before the week. */
  readonly since: number;
  readonly patients: readonly RecordId[];
};

const DAY_MS = 86_400_000;
const FILED_DAYS_BEFORE = 10;
const PATIENTS_OF_A_LATER_WEEK = 300;
const SYNC_MAX_MS = 5 * 60_000;
const Count = z.object({ count: z.int(), last: z.int() });

/** Several weeks follow each other at one clinic, each with people of its own. */
export async function makeWeek(folder: string, { weeks = 1, ...options }: WeekOptions & { readonly weeks?: number } = CLINIC_WEEK): Promise<WeekTemplate> {
  const identity = 'bench week';
  mkdirSync(folder, { recursive: true });
  const central = await startCentral(join(folder, 'central'));
  const clock = weekClock(WEEK_STARTS_AT - FILED_DAYS_BEFORE * DAY_MS);
  const workstation = openSyncingVault(join(folder, 'vault'), { identity, clock });
  const { store } = workstation.vault;
  const counted = (): z.infer<typeof Count> => Count.parse(store.read.get('SELECT count(*) AS count, max(position) AS last FROM ledger'));
  try {
    const given = { store, clock, device: workstation.device, signingKey: workstation.signingKey };
    const writeWeek = beginClinicWeek(openWeekVault(folder, 0, undefined, given), options);
    await workstation.enrol(central.enrolmentCode());
    await workstation.through(central.port);
    assertHolds(await workstation.until(({ unsent, running, line }) => unsent === 0 && !running && line === 'online', SYNC_MAX_MS), 'central takes what is on file');
    await workstation.through(null);
    const { count: filed, last: since } = counted();
    const patients = store.read.all('SELECT record FROM patient ORDER BY record').map(({ record }) => RecordId.parse(record));
    writeWeek();
    for (let week = 2; week <= weeks; week += 1) writeClinicWeek(openWeekVault(folder, 0, { ...WEEK_PLACE, seed: String(week) }, given), { ...options, seed: week, patients: PATIENTS_OF_A_LATER_WEEK });
    const { count: allEntries } = counted();
    store.checkpoint();
    return { folder, identity, visits: weeks * options.visits, entries: allEntries - filed, allEntries, since, patients };
  } finally {
    await workstation.close();
    await central.close();
  }
}

/** A week is charted once for all that is measured of it. */
export type Weeks = { readonly unsent: () => Promise<WeekTemplate>; readonly sent: () => Promise<WeekTemplate> };

export function weeksIn(folder: string): Weeks {
  let unsent: Promise<WeekTemplate> | null = null;
  let sent: Promise<WeekTemplate> | null = null;
  const made = (): Promise<WeekTemplate> => (unsent ??= makeWeek(join(folder, 'unsent')));
  return { unsent: made, sent: () => (sent ??= made().then((template) => sendWeek(join(folder, 'sent'), template))) };
}

/** A copy of workstation and central of its own, no line between them; both are gone afterwards. */
export async function withWeek<Value>(folder: string, template: WeekTemplate, work: (vault: SyncingVault, central: Central) => Promise<Value>): Promise<Value> {
  try {
    return await inCopy(folder, template, work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same, the week sent. */
async function sendWeek(folder: string, template: WeekTemplate): Promise<WeekTemplate> {
  await inCopy(folder, template, async (workstation, { port }) => {
    await workstation.through(port);
    assertHolds(await workstation.until(({ unsent, running, line }) => unsent === 0 && !running && line === 'online', SYNC_MAX_MS), 'a week is sent on a clear line');
  });
  return { ...template, folder };
}

async function inCopy<Value>(folder: string, template: WeekTemplate, work: (vault: SyncingVault, central: Central) => Promise<Value>): Promise<Value> {
  for (const part of ['vault', 'central']) cpSync(join(template.folder, part), join(folder, part), { recursive: true });
  const central = await startCentral(join(folder, 'central'));
  const vault = openSyncingVault(join(folder, 'vault'), { identity: template.identity });
  try {
    return await work(vault, central);
  } finally {
    await vault.close();
    await central.close();
  }
}

import { join } from 'node:path';
import { z } from 'zod';
import { fromHex } from '../../shared/base/bytes.ts';
import { splitEntryId, type EntryId, type RecordId } from '../../shared/base/ids.ts';
import { assertHolds } from '../../shared/base/result.ts';
import { decodeReceipt } from '../../shared/sync/envelope.ts';
import { valueOf } from './bench-vault.ts';
import { alone, compared, type Figure } from './figure.ts';
import type { SyncingVault } from './own-sync.ts';
import { pouchUrgent } from './pouch-line.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';
import { severalAtOnce, WEATHER_WORDS, withWeakLine, type Weather } from './weak-line.ts';
import { withWeek, type Weeks, type WeekTemplate } from './week-template.ts';

/** How soon central durably holds a new allergy: with nothing connected, and behind a week that is just being sent. */

const RUN_MAX_MS = 15 * 60_000;
const MS_PER_SECOND = 1000;
/** Between the allergies charted while the week goes out. */
const APART_MS = 4000;
const URGENT_PER_WEEK = 4;
const GOLDEN_SHARE = (Math.sqrt(5) - 1) / 2;
const COLD_MOST_S = 2.2;
const WARM_MOST_S = 1.5;
const WEATHERS = ['clean', 'lossy'] as const;

const Receipt = z.object({ receipt: z.string() });
const Acknowledged = z.object({ acknowledged: z.int(), receipt: z.string().nullable() });

type Sample = { readonly weather: Weather; readonly state: 'cold' | 'warm'; readonly seconds: number };

export async function urgentFigures(folder: string, weeks: Weeks, { sync }: Sizes, hasPouch: boolean, say: Say): Promise<readonly Figure[]> {
  const template = await weeks.unsent();
  say(`sync: ${sync.urgentRuns} times an urgent entry, cold and behind a week`);
  const sent = await weeks.sent();
  const rounds = Array.from({ length: sync.urgentRuns }, (_, round) => round);
  const jobs = rounds.flatMap((round) => WEATHERS.flatMap((weather) => [() => cold(join(folder, `cold-${weather}-${round}`), sent, weather, round), () => warm(join(folder, `warm-${weather}-${round}`), template, weather, round)]));
  const [samples, peers] = await Promise.all([
    severalAtOnce(jobs).then((found) => found.flat()),
    hasPouch ? severalAtOnce(WEATHERS.map((weather) => () => pouchUrgent(join(folder, `pouch-${weather}`), weather, sync.pouchDocuments))) : [],
  ]);
  return WEATHERS.flatMap((weather, index) =>
    (['cold', 'warm'] as const).flatMap((state): Figure[] => {
      const ours = samples.filter((sample) => sample.weather === weather && sample.state === state).map(({ seconds }) => seconds);
      const named = { id: `sync.urgent.${state}.${weather}`, what: `${state === 'cold' ? 'an urgent entry until central has it, not connected' : '  the same while a week is being sent'}, ${WEATHER_WORDS[weather]}` };
      const wanted = weather === 'clean' ? null : { most: state === 'cold' ? COLD_MOST_S : WARM_MOST_S };
      const peer = peers[index]?.[state];
      if (ours.length === 0) return [];
      return [peer === undefined || peer === null ? alone(named, ours, 's', wanted) : compared(named, 's', { ours, beside: [peer], besideWhat: state === 'cold' ? 'PouchDB' : `PouchDB, behind ${sync.pouchDocuments} documents` }, wanted)];
    }),
  );
}

function cold(folder: string, template: WeekTemplate, weather: Weather, seed: number): Promise<readonly Sample[]> {
  return withWeek(folder, template, (workstation, { port }) =>
    withWeakLine(port, weather, seed, async (line) => {
      await workstation.through(line.port);
      return [{ weather, state: 'cold' as const, seconds: await urgentSeconds(workstation, template.patients, shareOf(seed)) }];
    }),
  );
}

function warm(folder: string, template: WeekTemplate, weather: Weather, seed: number): Promise<readonly Sample[]> {
  return withWeek(folder, template, (workstation, { port }) =>
    withWeakLine(port, weather, seed, async (line) => {
      await workstation.through(line.port);
      assertHolds(await workstation.until(({ line: state }) => state === 'online', RUN_MAX_MS), 'central answers over the weak line');
      const samples: Sample[] = [];
      for (let each = 0; each < URGENT_PER_WEEK; each += 1) {
        // Lets the week get going; false, because it is not through by then.
        if (await workstation.until(({ unsent }) => unsent === 0, APART_MS)) break;
        const seconds = await urgentSeconds(workstation, template.patients, shareOf(seed * URGENT_PER_WEEK + each));
        samples.push({ weather, state: 'warm', seconds });
      }
      return samples;
    }),
  );
}

/** Spread over the second as evenly as any number of them can be. */
function shareOf(number: number): number {
  return (number * GOLDEN_SHARE) % 1;
}

/**
 * `share`: how far the engine's second is over when the entry is committed; it looks after its line once a second.
 * From the commit here until central's own commit, by the time in its receipt; both read the same machine's clock.
 */
async function urgentSeconds(workstation: SyncingVault, patients: readonly RecordId[], share: number): Promise<number> {
  const { ledger, grant } = workstation.vault;
  const patient = patients[0];
  assertHolds(patient !== undefined, 'a week has patients');
  const at = Date.now();
  const [written] = valueOf(ledger.append(grant, [{ kind: 'allergy', patient, body: { patient, substance: { text: 'Penicillin' }, category: 'medication', criticality: 'high', at } }]));
  assertHolds(written !== undefined, 'one draft gives one entry');
  let receivedAt: number | null = null;
  assertHolds(await workstation.until(() => (receivedAt ??= receivedAtOf(workstation, written.entry)) !== null, RUN_MAX_MS, (1 - share) * MS_PER_SECOND), 'central takes an urgent entry');
  return ((receivedAt ?? Number.NaN) - at) / MS_PER_SECOND;
}

/** Central's time of the receipt that first covers an entry; null while none does. */
function receivedAtOf({ vault }: SyncingVault, entry: EntryId): number | null {
  const { segment, sequence } = splitEntryId(entry);
  const { acknowledged, receipt } = Acknowledged.parse(vault.store.read.get('SELECT acknowledged, receipt FROM segment WHERE id = ?', segment));
  if (acknowledged <= sequence || receipt === null) return null;
  return decodeReceipt(fromHex(Receipt.parse(JSON.parse(receipt)).receipt))?.receivedAt ?? null;
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { recordIdOf, type RecordId } from '../../shared/base/ids.ts';
import { assertHolds, ok } from '../../shared/base/result.ts';
import type { LedgerTransaction } from '../../main/ledger/ledger.ts';
import { createSeededRandom, type SeededRandom } from '../fixtures/seeded-random.ts';
import { valueOf } from './bench-vault.ts';
import { register, vitals, weekClock } from './charted-entries.ts';
import { alone, type Figure } from './figure.ts';
import { openSyncingVault, startCentral, type SyncingVault } from './own-sync.ts';
import type { Say } from './section.ts';

/** What one entry costs on the line: many of a kind shared out, and one alone on a standing connection. */

const SEED = 31;
const PATIENTS = 200;
/** Of each kind; batches hold a thousand at most, and nobody charts more of one kind at a time. */
const SHARED = 2000;
const URGENT = 12;
const RUN_MAX_MS = 120_000;
const PANEL_MOST_BYTES = 10;
const VIEW_MOST_BYTES = 3.5;
const URGENT_MOST_BYTES = 256;

export async function entryByteFigures(folder: string, say: Say): Promise<readonly Figure[]> {
  say('sync: bytes of an entry');
  mkdirSync(folder, { recursive: true });
  const random = createSeededRandom(SEED);
  const clock = weekClock();
  const central = await startCentral(join(folder, 'central'));
  const workstation = openSyncingVault(join(folder, 'workstation'), { clock });
  try {
    await workstation.enrol(central.enrolmentCode());
    await workstation.through(central.port);
    const charted = workshop(workstation, clock, random);
    await charted.begin();
    const panel = await charted.sharedOut((tx, patient, encounter) => void tx.append({ kind: 'vitals', patient, body: { patient, encounter, values: vitals(random), at: clock.now() } }));
    const view = await charted.sharedOut((tx, patient) => void tx.append({ kind: 'chart.viewed', patient, body: { what: 'chart', count: random.between(1, 40) } }));
    const urgent: number[] = [];
    // The first opens its lane, with entries of its own, and is not counted.
    for (let each = 0; each <= URGENT; each += 1) {
      const bytes = await charted.sent((tx, patient) => void tx.append({ kind: 'allergy', patient, body: { patient, substance: { text: 'Penicillin', system: 'http://snomed.info/sct', code: '91936005' }, category: 'medication', criticality: 'high', at: clock.now() } }), 1);
      if (each > 0) urgent.push(bytes);
    }
    return [
      alone({ id: 'sync.entry.vitals', what: `a panel of 8 vital signs, sent, TLS included, of ${SHARED.toLocaleString('en')}` }, [panel], 'bytes', { most: PANEL_MOST_BYTES }),
      alone({ id: 'sync.entry.view', what: `a chart view, sent, TLS included, of ${SHARED.toLocaleString('en')}` }, [view], 'bytes', { most: VIEW_MOST_BYTES }),
      alone({ id: 'sync.entry.urgent', what: 'one new allergy alone on a standing connection, sealed, signed, framed, TLS included' }, urgent, 'bytes', { most: URGENT_MOST_BYTES }),
    ];
  } finally {
    await workstation.close();
    await central.close();
  }
}

type Chart = (tx: LedgerTransaction, patient: RecordId, encounter: RecordId) => void;

function workshop(workstation: SyncingVault, clock: ReturnType<typeof weekClock>, random: SeededRandom) {
  const { ledger, grant } = workstation.vault;
  const visits: { readonly patient: RecordId; readonly encounter: RecordId }[] = [];
  const write = (chart: Chart, count: number): void => {
    for (let each = 0; each < count; each += 1) {
      clock.advance(random.between(2000, 90_000));
      const { patient, encounter } = random.pick(visits);
      valueOf(ledger.transact(grant, (tx) => ok(chart(tx, patient, encounter))));
    }
  };
  const settle = async (): Promise<void> => assertHolds(await workstation.until(({ unsent, running, line }) => unsent === 0 && !running && line === 'online', RUN_MAX_MS), 'central takes what is sent');
  /** Bytes that went out for so many entries, on a connection that stands already. */
  const sent = async (chart: Chart, count: number): Promise<number> => {
    const before = workstation.view().bytesSent;
    write(chart, count);
    await settle();
    return workstation.view().bytesSent - before;
  };
  return {
    sent,
    sharedOut: async (chart: Chart) => (await sent(chart, SHARED)) / SHARED,
    async begin() {
      valueOf(
        ledger.transact(grant, (tx) => {
          for (let index = 0; index < PATIENTS; index += 1) {
            const patient = register(tx, random, index);
            visits.push({ patient, encounter: recordIdOf(tx.append({ kind: 'encounter', patient, body: { patient, class: 'AMB', at: clock.now() } }).entry) });
          }
          return ok(null);
        }),
      );
      await settle();
    },
  };
}

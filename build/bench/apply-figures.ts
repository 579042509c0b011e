import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertHolds } from '../../shared/base/result.ts';
import { openBare } from './bare-database.ts';
import { heldInMemory, insertRows, receivedTables, rowsIn, type RowSet, type Schema } from './bare-rows.ts';
import { withDatabase } from './database-files.ts';
import { alone, throughput, type Figure } from './figure.ts';
import { contest, median, timed, type Contestant, type Cost } from './measure.ts';
import { openSyncingVault, startCentral, type Central, type SyncingVault } from './own-sync.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';
import { LINE_BYTES_PER_S } from './weak-line.ts';
import { makeWeek, type WeekTemplate } from './week-template.ts';

/**
 * A week received by a second workstation, from the first byte of the connection to the last commit: pages fetched,
 * verified, opened, decoded, every hash recomputed, stored and folded. Beside it the rows that this leaves, put into
 * SQLCipher by prepared statements in one transaction.
 */

const APPLY_RATIO_LEAST = 0.5;
const SEAL_LEAST = 50_000;
const SEAL_SHARE_MOST = 0.01;
const SYNC_MAX_MS = 5 * 60_000;
const MS_PER_SECOND = 1000;

export async function applyFigures(folder: string, { rounds }: Sizes, say: Say): Promise<readonly Figure[]> {
  say('sync: a week received and applied');
  const template = await makeWeek(join(folder, 'template'));
  const central = await startCentral(join(folder, 'central'));
  try {
    const sealing = await sendAll(join(folder, 'sender'), template, central);
    const model = await receiver(join(folder, 'model'), central);
    await settled(model);
    const { read } = model.vault.store;
    const rows = heldInMemory(rowsIn(read, receivedTables(read)));
    const ledger = heldInMemory(rowsIn(read, ['ledger']));
    await model.close();
    const ours: Contestant<'ours'> = {
      name: 'ours',
      run: async () => {
        const workstation = await receiver(join(folder, 'receiver'), central);
        const cost = await timed(() => settled(workstation));
        await workstation.close();
        rmSync(join(folder, 'receiver'), { recursive: true });
        return cost;
      },
    };
    const costs = await contest<'ours' | 'bare' | 'as-in-the-vault' | 'ledger'>(rounds, [ours, inserted(folder, 'bare', rows, 'bare'), inserted(folder, 'as-in-the-vault', rows, 'as-in-the-vault'), inserted(folder, 'ledger', ledger, 'bare')], (round) => say(`sync: apply, round ${round} of ${rounds}`));
    const count = template.entries;
    const what = `a week received, ${count.toLocaleString('en')} entries, ${rows.count.toLocaleString('en')} rows`;
    return [
      throughput({ id: 'sync.apply.bare', what }, count, 'entries/s', { ours: costs.ours, beside: costs.bare, besideWhat: 'all rows that it leaves, bare SQLCipher tables' }, APPLY_RATIO_LEAST),
      throughput({ id: 'sync.apply.schema', what: '  the same' }, count, 'entries/s', { ours: costs.ours, beside: costs['as-in-the-vault'], besideWhat: 'all rows, with the vault\'s keys and indexes' }),
      throughput({ id: 'sync.apply.ledger', what: '  the same' }, count, 'entries/s', { ours: costs.ours, beside: costs.ledger, besideWhat: 'the ledger\'s rows alone, bare table' }, APPLY_RATIO_LEAST),
      ...sealFigures(count, sealing),
    ];
  } finally {
    await central.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function inserted<Name extends string>(folder: string, name: Name, rows: RowSet & { readonly count: number }, schema: Schema): Contestant<Name> {
  return {
    name,
    run: () =>
      withDatabase(join(folder, 'bare.db'), (path) => {
        const database = openBare(path);
        const outcome = insertRows(database, rows, schema);
        assertHolds(outcome.rows === rows.count, 'every row was inserted');
        database.close();
        return outcome;
      }),
  };
}

/** Sends the week on a clear line, and says what that took of the workstation's process and put on the line. */
async function sendAll(folder: string, template: WeekTemplate, central: Central): Promise<Cost & { readonly bytes: number }> {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(template.folder, 'vault.db'), join(folder, 'vault.db'));
  const workstation = openSyncingVault(folder, { identity: template.identity });
  try {
    await workstation.enrol(central.enrolmentCode());
    await workstation.through(central.port);
    const cost = await timed(() => settled(workstation));
    return { ...cost, bytes: workstation.view().bytesSent };
  } finally {
    await workstation.close();
  }
}

async function receiver(folder: string, central: Central): Promise<SyncingVault> {
  const workstation = openSyncingVault(folder);
  await workstation.enrol(central.enrolmentCode());
  await workstation.through(central.port);
  return workstation;
}

async function settled(workstation: SyncingVault): Promise<void> {
  assertHolds(await workstation.until(({ unsent, running, line }) => unsent === 0 && !running && line === 'online', SYNC_MAX_MS), 'a week is exchanged on a clear line');
}

/** Reading the ledger, packing, sealing, signing and writing to the line, by processor time of the whole process. */
function sealFigures(entries: number, { cpuMs, bytes }: Cost & { readonly bytes: number }): readonly Figure[] {
  const seconds = cpuMs / MS_PER_SECOND;
  return [
    alone({ id: 'sync.seal.rate', what: 'read, packed, sealed, signed and sent, by processor time' }, [median([entries / seconds])], 'entries/s', { least: SEAL_LEAST }),
    alone({ id: 'sync.seal.share', what: '  of the time that its bytes take at 128 kbit/s' }, [seconds / (bytes / LINE_BYTES_PER_S)], 'share', { most: SEAL_SHARE_MOST }),
  ];
}

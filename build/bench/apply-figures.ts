import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { assertHolds } from '../../shared/base/result.ts';
import { openBare } from './bare-database.ts';
import { heldInMemory, insertRows, receivedTables, rowsIn, type RowSet, type Schema } from './bare-rows.ts';
import { withDatabase } from './database-files.ts';
import { alone, throughput, type Figure } from './figure.ts';
import { contest, timed, type Contestant, type Cost } from './measure.ts';
import { openSyncingVault, type Central, type SyncingVault } from './own-sync.ts';
import type { Say } from './section.ts';
import type { Sizes } from './sizes.ts';
import { LINE_BYTES_PER_S } from './weak-line.ts';
import { withWeek, type Weeks } from './week-template.ts';

/**
 * A clinic's file and a week received by a workstation that has nothing yet: pages opened, verified and decoded, every
 * hash computed, stored, folded and moved into the vault's file. Counted is the time in which the workstation was busy,
 * forced writes included; waiting for central, a process of its own, is in the row that says so. Beside it the rows that
 * this leaves, put into SQLCipher by prepared statements in one transaction.
 */

const APPLY_RATIO_LEAST = 0.5;
const SEAL_LEAST = 50_000;
const SEAL_SHARE_MOST = 0.01;
const SYNC_MAX_MS = 5 * 60_000;
const MS_PER_SECOND = 1000;

export async function applyFigures(folder: string, weeks: Weeks, { rounds }: Sizes, say: Say): Promise<readonly Figure[]> {
  say('sync: a week received and applied');
  const template = await weeks.unsent();
  return withWeek(join(folder, 'sender'), template, async (sender, central) => {
    await sender.through(central.port);
    const sealing = { ...(await timed(() => settled(sender))), bytes: sender.view().bytesSent };
    const model = await receiver(join(folder, 'model'), central);
    await settled(model);
    const { read } = model.vault.store;
    const rows = heldInMemory(rowsIn(read, receivedTables(read)));
    const ledger = heldInMemory(rowsIn(read, ['ledger']));
    await model.close();
    const endToEnd: number[] = [];
    const ours: Contestant<'ours'> = {
      name: 'ours',
      run: async () => {
        const workstation = await receiver(join(folder, 'receiver'), central);
        const { busy, whole } = await busyTime(workstation);
        await workstation.close();
        rmSync(join(folder, 'receiver'), { recursive: true });
        endToEnd.push(template.allEntries / (whole.ms / MS_PER_SECOND));
        return busy;
      },
    };
    const costs = await contest<'ours' | 'bare' | 'as-in-the-vault' | 'ledger'>(rounds, [ours, inserted(folder, 'bare', rows, 'bare'), inserted(folder, 'as-in-the-vault', rows, 'as-in-the-vault'), inserted(folder, 'ledger', ledger, 'bare')], (round) => say(`sync: apply, round ${round} of ${rounds}`));
    const count = template.allEntries;
    const what = `a file and a week received, ${count.toLocaleString('en')} entries, ${rows.count.toLocaleString('en')} rows`;
    return [
      throughput({ id: 'sync.apply.bare', what }, count, 'entries/s', { ours: costs.ours, beside: costs.bare, besideWhat: 'all rows that it leaves, bare SQLCipher tables' }, APPLY_RATIO_LEAST),
      throughput({ id: 'sync.apply.schema', what: '  the same' }, count, 'entries/s', { ours: costs.ours, beside: costs['as-in-the-vault'], besideWhat: 'all rows, with the vault\'s keys and indexes' }),
      throughput({ id: 'sync.apply.ledger', what: '  the same' }, count, 'entries/s', { ours: costs.ours, beside: costs.ledger, besideWhat: 'the ledger\'s rows alone, bare table' }),
      // The first round warms up.
      alone({ id: 'sync.apply.line', what: '  with the waiting for central, over loopback' }, endToEnd.slice(1), 'entries/s'),
      ...sealFigures(template.entries, sealing),
    ];
  }).finally(() => rmSync(folder, { recursive: true, force: true }));
}

/** By the clock, without the time in which the process had nothing to do. */
async function busyTime(workstation: SyncingVault): Promise<{ readonly busy: Cost; readonly whole: Cost }> {
  const before = performance.eventLoopUtilization();
  const whole = await timed(async () => {
    await settled(workstation);
    workstation.vault.store.checkpoint();
  });
  return { whole, busy: { ms: performance.eventLoopUtilization(before).active, cpuMs: whole.cpuMs } };
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
    alone({ id: 'sync.seal.rate', what: 'read, packed, sealed, signed and sent, by processor time' }, [entries / seconds], 'entries/s', { least: SEAL_LEAST }),
    alone({ id: 'sync.seal.share', what: '  of the time that its bytes take at 128 kbit/s' }, [seconds / (bytes / LINE_BYTES_PER_S)], 'share', { most: SEAL_SHARE_MOST }),
  ];
}

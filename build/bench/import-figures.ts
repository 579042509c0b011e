import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertHolds } from '../../shared/base/result.ts';
import { writePopulation } from '../fixtures/generate.ts';
import { openBare } from './bare-database.ts';
import { heldInMemory, insertRows, rowsIn, type Schema } from './bare-rows.ts';
import { importFolder, openBenchVault } from './bench-vault.ts';
import { removeDatabase, withDatabase } from './database-files.ts';
import { throughput, type Figure } from './figure.ts';
import { addCosts, contest, timed, type Contestant, type Cost } from './measure.ts';
import type { PouchProcess } from './pouch.ts';
import type { Sizes } from './sizes.ts';

/** Import of made-up patients, beside the same rows in bare tables and the same resources in PouchDB. */

/** Import at a quarter of the rate at which the same rows go into bare tables in one transaction. */
const IMPORT_RATIO_LEAST = 0.25;
const SEED = 7;

type Format = 'bundles' | 'ndjson';
const NAMES: Readonly<Record<Format, string>> = { bundles: 'import, a bundle per household', ndjson: 'import, NDJSON per type' };

export async function importFigures(folder: string, sizes: Sizes, pouch: PouchProcess | null, say: (line: string) => void): Promise<readonly Figure[]> {
  const bundles = await sampleFigures('bundles', folder, sizes, pouch, say);
  const ndjson = await sampleFigures('ndjson', folder, sizes, null, say);
  return [...bundles, ...ndjson];
}

async function sampleFigures(format: Format, folder: string, { sample, rounds }: Sizes, pouch: PouchProcess | null, say: (line: string) => void): Promise<readonly Figure[]> {
  const source = join(folder, `sample-${format}`);
  writePopulation({ seed: SEED, ...sample }, source, format);
  const model = join(folder, 'model.db');
  const imported = openBenchVault(model);
  const { taken } = await importFolder(imported, source);
  const rows = heldInMemory(rowsIn(imported.store.read));
  imported.close();
  removeDatabase(model);

  const bare = (name: Schema): Contestant<Schema> => ({
    name,
    run: async () => withDatabase(join(folder, 'bare.db'), (path) => {
      const database = openBare(path);
      const inserted = insertRows(database, rows, name);
      assertHolds(inserted.rows === rows.count, 'every row was inserted');
      database.close();
      return inserted;
    }),
  });
  const ours: Contestant<'ours'> = {
    name: 'ours',
    run: () => withDatabase(join(folder, 'ours.db'), async (path) => {
      const vault = openBenchVault(path);
      const imported = await timed(() => importFolder(vault, source));
      assertHolds(imported.value.taken === taken, 'every import takes the same');
      vault.close();
      return imported;
    }),
  };
  const withIndex: Cost[] = [];
  const pouchDatabase = join(folder, 'pouch-sample');
  const peer = (process: PouchProcess): Contestant<'pouch'> => ({
    name: 'pouch',
    async run(round) {
      const inserted = await process.ask({ do: 'insert', database: pouchDatabase, folder: source });
      assertHolds(inserted.count >= taken, 'PouchDB stores every resource');
      const indexed = await process.ask({ do: 'index', database: pouchDatabase });
      if (round > 0) withIndex.push(addCosts(inserted, indexed));
      await process.ask({ do: 'remove', database: pouchDatabase });
      return inserted;
    },
  });
  const costs = await contest<Schema | 'ours' | 'pouch'>(rounds, [ours, bare('bare'), bare('as-in-the-vault'), ...(pouch === null ? [] : [peer(pouch)])], (round) => say(`${NAMES[format]}: round ${round} of ${rounds}`));
  rmSync(source, { recursive: true });

  const extent = `${taken.toLocaleString('en')} resources, ${rows.count.toLocaleString('en')} rows`;
  const figures = [
    throughput({ id: `import.${format}.bare`, what: `${NAMES[format]} (${extent})` }, rows.count, 'rows/s', { ours: costs.ours, beside: costs.bare, besideWhat: 'the same rows, bare SQLCipher tables' }, IMPORT_RATIO_LEAST),
    throughput({ id: `import.${format}.schema`, what: '  the same' }, rows.count, 'rows/s', { ours: costs.ours, beside: costs['as-in-the-vault'], besideWhat: 'the same rows, with the vault\'s keys and indexes' }),
  ];
  if (pouch === null) return figures;
  return [
    ...figures,
    throughput({ id: `insert.pouch`, what: '  the same' }, taken, 'documents/s', { ours: costs.ours, beside: costs.pouch, besideWhat: 'PouchDB, not encrypted, not findable' }),
    throughput({ id: `insert.pouch.findable`, what: '  the same' }, taken, 'documents/s', { ours: costs.ours, beside: withIndex, besideWhat: 'PouchDB, not encrypted, with a name index' }),
  ];
}

import { writeSync } from 'node:fs';
import { createDiskSource, createImports } from '../../main/records/records.ts';
import type { ImportLimits } from '../../main/records/import-limits.ts';
import { openTestLedger } from '../fixtures/test-ledger.ts';
import { systemRandom } from '../fixtures/test-world.ts';

/** Takes up what was cut short, imports a folder, and says a word between every two slices, so that it can be killed there. */
const [vault = '', files = ''] = process.argv.slice(2);

/** Small files hold up to 40 resources here; larger ones are staged and applied in slices of 25. */
const limits: ImportLimits = { smallResources: 40, smallCharacters: 100_000, sliceResources: 25, sliceCharacters: 30_000, feedBytes: 16_384 };

const say = (line: string): void => void writeSync(1, `${line}\n`);
const test = openTestLedger({ folder: vault });
const imports = createImports({
  ledger: test.ledger,
  clock: test.clock,
  random: systemRandom,
  source: createDiskSource(),
  limits,
  yieldNow: () =>
    new Promise((resolve) => {
      const applying = test.ledger.read.get("SELECT 1 FROM import_job WHERE state = 'applying'") !== undefined;
      say(applying ? 'slice applying' : 'slice');
      setImmediate(resolve);
    }),
  onChange: () => undefined,
  onError: (error) => {
    throw error;
  },
});
say('ready');
const resumed = await imports.resume(test.grant);
if (!resumed.ok) throw new Error(resumed.fault.code);
const begun = await imports.fromPaths(test.grant, [files]);
if (!begun.ok) throw new Error(begun.fault.code);
const view = await imports.finished(begun.value.job);
say(`end ${view.state}`);
await imports.close();
test.store.close();

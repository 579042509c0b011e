import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyLedger } from '../../main/audit/verify.ts';
import { createDiskSource, createImports } from '../../main/records/records.ts';
import { fromUtf8 } from '../../shared/base/bytes.ts';
import { createResourceStream } from '../../shared/records/resource-stream.ts';
import { writePopulation } from '../fixtures/generate.ts';
import { openTestLedger, type TestLedger } from '../fixtures/test-ledger.ts';
import { systemRandom, temporaryFolder } from '../fixtures/test-world.ts';
import { testSeedOf } from '../sim/first-seed.ts';

const KILLS = Number(process.env['OUTPOST_IMPORT_KILLS'] ?? 40);
const CHILD = join(import.meta.dirname, 'import-child.ts');
/** A kill falls within the first so many slices after the start of a run, and up to so much later. */
const SLICES_MAX = 90;
/** After so many kills an import is let go to its end. */
const KILLS_PER_VAULT = 12;
const APPLYING_SLICES_MAX = 20;
const AFTER_SLICE_MAX_MS = 12;

/** Half of the kills wait for a slice of a file that is being applied, because these are few. */
type Aim = { readonly word: 'slice' | 'slice applying'; readonly slices: number; readonly afterMs: number };
const NO_KILL: Aim = { word: 'slice', slices: Infinity, afterMs: 0 };

/** Imports in a process of its own, kills it after so many slices; `ended` when it came to its end before that. */
function importAndKill(vault: string, files: string, { word, slices, afterMs }: Aim): Promise<'killed' | 'ended'> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, vault, files], { stdio: ['ignore', 'pipe', 'pipe'] });
    let seen = 0;
    let text = '';
    let problem = '';
    child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      const before = seen;
      text += chunk.toString();
      seen = text.split('\n').filter((line) => line.startsWith(word)).length;
      if (before <= slices && seen > slices) setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve('killed');
      else if (code === 0 && text.includes('end done')) resolve('ended');
      else reject(new Error(`the import broke: ${problem}`));
    });
  });
}

type Source = { readonly file: string; readonly texts: readonly string[] };

/** Small bundles, bundles and NDJSON too large for one transaction, and sources whose ids are no UUIDs. */
function writeSources(folder: string, seed: number): readonly Source[] {
  writePopulation({ seed, patients: 14, resources: 25 }, join(folder, 'bundles'), 'bundles');
  writePopulation({ seed: seed + 1, patients: 12, resources: 30 }, join(folder, 'bulk'), 'ndjson');
  mkdirSync(join(folder, 'short'));
  for (let n = 0; n < 4; n += 1) {
    const subject = { reference: `Patient/${n}` };
    const observations = Array.from({ length: n % 2 === 0 ? 15 : 120 }, (_, i) => ({ resource: { resourceType: 'Observation', id: `${n}-${i}`, status: 'final', code: { text: 'weight' }, subject, encounter: { reference: `Encounter/${n}` }, valueQuantity: { value: i, unit: 'kg' } } }));
    const visit = { resource: { resourceType: 'Encounter', id: `${n}`, status: 'finished', class: { code: 'AMB' }, subject } };
    const patient = { resource: { resourceType: 'Patient', id: `${n}`, name: [{ family: `Short${n}`, given: ['Made Up'] }] } };
    writeFileSync(join(folder, 'short', `${n}.json`), JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry: [...observations, visit, patient] }));
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => {
    const stream = createResourceStream();
    const events = [...stream.feed(readFileSync(join(entry.parentPath, entry.name))), ...stream.end()];
    return { file: entry.name, texts: events.flatMap((event) => (event.kind === 'resource' ? [event.text] : [])) };
  });
}

function bodies(test: TestLedger): readonly string[] {
  return test.ledger.read.all("SELECT body FROM ledger WHERE kind = 'resource'").map(({ body }) => fromUtf8(body as Uint8Array));
}

const importsIn = (test: TestLedger) =>
  createImports({ ledger: test.ledger, clock: test.clock, random: systemRandom, source: createDiskSource(), yieldNow: () => Promise.resolve(), onChange: () => undefined });

/** Files of which a part and not the whole is there. */
function halfTaken(test: TestLedger, sources: readonly Source[]): readonly string[] {
  const held = new Set(bodies(test));
  return sources.filter(({ texts }) => texts.some((text) => held.has(text)) && texts.some((text) => !held.has(text))).map(({ file }) => file);
}

function checkVault(test: TestLedger, sources: readonly Source[]): void {
  const steps = verifyLedger(test.ledger.read, null);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  expect(step.value.problems).toEqual([]);
  expect(step.value.projection).toBe('equal');
  expect(halfTaken(test, sources)).toEqual([]);
  const held = bodies(test);
  expect(held.length).toBe(new Set(held).size);
  expect(test.ledger.read.get('SELECT (SELECT count(*) FROM import_stage) AS stage, (SELECT count(*) FROM import_job) AS jobs')).toEqual({ stage: 0, jobs: 0 });
}

describe('kill -9 while importing', () => {
  it(`${KILLS} kills: every file is whole or absent, what was begun is finished, nothing is there twice`, async () => {
    const seed = testSeedOf(process.env['OUTPOST_SEED']);
    console.log(`import-kill seed ${seed} (set OUTPOST_SEED to repeat)`);
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const caught = { reading: 0, staging: 0, applying: 0, applied: 0, ended: 0 };
    for (let kills = 0, vaults = 0; kills < KILLS; vaults += 1) {
      const folder = temporaryFolder();
      const files = join(folder.path, 'files');
      const vault = join(folder.path, 'vault');
      mkdirSync(files);
      mkdirSync(vault);
      const sources = writeSources(files, seed + vaults);
      for (let ended = false, before = kills; !ended; ) {
        const anywhere = random(2) === 0;
        const aim: Aim = anywhere ? { word: 'slice', slices: random(SLICES_MAX), afterMs: random(AFTER_SLICE_MAX_MS) } : { word: 'slice applying', slices: random(APPLYING_SLICES_MAX), afterMs: 0 };
        const letGo = kills === KILLS || kills - before === KILLS_PER_VAULT;
        ended = (await importAndKill(vault, files, letGo ? NO_KILL : aim)) === 'ended';
        const test = openTestLedger({ folder: vault });
        const staged = test.ledger.read.all("SELECT file, state FROM import_job WHERE state <> 'open'");
        if (ended) caught.ended += 1;
        else {
          kills += 1;
          const phase = staged.map(({ state: each }) => String(each))[0];
          caught[phase === 'applying' || phase === 'applied' ? phase : phase === undefined ? 'reading' : 'staging'] += 1;
          const applying = staged.filter((row) => row['state'] === 'applying').map((row) => row['file']);
          expect(halfTaken(test, sources).every((file) => applying.includes(file))).toBe(true);
          const resumed = await importsIn(test).resume(test.grant);
          expect(resumed.ok).toBe(true);
        }
        checkVault(test, sources);
        if (ended) expect(bodies(test).toSorted()).toEqual(sources.flatMap(({ texts }) => texts).toSorted());
        test.store.close();
      }
      folder.remove();
    }
    console.log(`import-kill: caught while ${JSON.stringify(caught)}`);
    expect(caught.staging + caught.applying + caught.applied).toBeGreaterThan(0);
  });
});

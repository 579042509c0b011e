import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chartFigures } from './chart-figures.ts';
import { openClinic } from './clinic.ts';
import { commitFigures } from './commit-figures.ts';
import type { Figure, Findings, NotRun } from './figure.ts';
import { importFigures } from './import-figures.ts';
import { busyWith, gatherFacts } from './machine.ts';
import { memoryFigures } from './memory-figures.ts';
import { installPouch, startPouch, type PouchProcess } from './pouch.ts';
import { replicationFigures } from './replication-figures.ts';
import { factLines, tableLines } from './report.ts';
import { searchFigures } from './search-figures.ts';
import { makeQueries } from './search-queries.ts';
import { secondSqlcipherFindings } from './second-sqlcipher.ts';
import { FULL, QUICK, type Sizes } from './sizes.ts';
import { syncSections } from './sync-figures.ts';
import type { Section } from './section.ts';

/**
 * `npm run bench [-- --quick] [--only NAME]… [--json FILE]`: how fast Outpost is, as ratios to what the machine itself can do in the
 * same run. Reports and gates nothing: the exit code is 0 whatever was measured, 1 when something broke, 2 on wrong
 * usage.
 */
const USAGE = 'usage: npm run bench -- [--quick] [--only NAME]... [--json FILE]';
const MS_PER_MINUTE = 60_000;
/** A shell's exit code for a process that a signal ended is this and the signal's number. */
const SIGNALLED = 128;

const say = (line: string): void => console.error(`[${(performance.now() / MS_PER_MINUTE).toFixed(1)} min] ${line}`);

function sectionsOf(folder: string, sizes: Sizes): readonly Section[] {
  return [
    { name: 'import', peer: true, measure: (pouch) => importFigures(folder, sizes, pouch, say) },
    { name: 'drivers', peer: false, measure: () => secondSqlcipherFindings(folder, sizes, say) },
    { name: 'clinic', peer: true, measure: (pouch) => clinicFigures(folder, sizes, pouch) },
    { name: 'replication', peer: true, measure: (pouch) => replicationFigures(folder, sizes, pouch, say) },
    ...syncSections(folder, sizes, say),
  ];
}

/** `sync` chooses `sync` and everything below it, as `sync.week`. */
function isChosen(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((chosen) => name === chosen || name.startsWith(`${chosen}.`));
}

/** The sections one after the other. What breaks in one is said in its place and leaves the others theirs. */
async function measureAll(sections: readonly Section[]): Promise<Findings & { readonly broken: boolean }> {
  const figures: Figure[] = [];
  const notRun: NotRun[] = [];
  let broken = false;
  let pouch: PouchProcess | null = null;
  if (sections.some(({ peer }) => peer)) {
    say('PouchDB: install, if it is not there');
    const missing = installPouch();
    if (missing !== null) notRun.push({ what: 'PouchDB', because: missing });
    pouch = missing === null ? startPouch() : null;
  }
  try {
    for (const { name, measure } of sections) {
      try {
        const found = await measure(pouch);
        figures.push(...('figures' in found ? found.figures : found));
        if ('notRun' in found) notRun.push(...found.notRun);
      } catch (error) {
        broken = true;
        say(`${name}: BROKEN`);
        notRun.push({ what: name, because: `BROKEN, ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}` });
      }
    }
  } finally {
    pouch?.close();
  }
  return { figures, notRun, broken };
}

async function clinicFigures(folder: string, sizes: Sizes, pouch: PouchProcess | null): Promise<readonly Figure[]> {
  const clinic = await openClinic(folder, sizes, say);
  const figures = [...clinic.figures];
  say('commits');
  figures.push(...(await commitFigures(folder, clinic, sizes)));
  say('charts');
  figures.push(...chartFigures(clinic, sizes), ...(await searchFigures(folder, clinic, sizes, pouch, say)));
  const queries = makeQueries(clinic.vault.ledger.read, sizes.searches);
  clinic.vault.close();
  say('memory');
  figures.push(...(await memoryFigures(clinic, queries)));
  return figures;
}

async function main(): Promise<void> {
  let options: { readonly quick?: boolean; readonly only?: readonly string[]; readonly json?: string };
  try {
    options = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string', multiple: true }, json: { type: 'string' } } }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : 'wrong usage'}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const sizes = options.quick === true ? QUICK : FULL;
  const only = options.only ?? [];
  const unknown = only.filter((chosen) => !sectionsOf('', sizes).some(({ name }) => isChosen(name, [chosen])));
  if (unknown.length > 0) {
    console.error(`no such section: ${unknown.join(', ')}; there are ${sectionsOf('', sizes).map(({ name }) => name).join(', ')}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]] as const) {
    process.once(signal, () => {
      remove();
      process.exit(SIGNALLED + number);
    });
  }
  try {
    const found = gatherFacts(folder);
    const busyBefore = busyWith();
    const { broken, ...findings } = await measureAll(sectionsOf(folder, sizes).filter(({ name }) => isChosen(name, only)));
    if (broken) process.exitCode = 1;
    const facts = { ...found, machine: { ...found.machine, load: `${busyBefore} at the start, ${busyWith()} at the end (processes, mean of 5 minutes)` } };
    for (const line of factLines(facts)) console.log(line);
    console.log(`\nsize ${sizes.name}; medians, "a / b ms" is p50 / p95; ratio: what the other takes over what we take, 1 the same, 0.5 we take twice as much (range over the rounds)\n`);
    for (const line of tableLines(findings)) console.log(line);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ takenAt: new Date().toISOString(), sizes, ...facts, ...findings }, null, 2)}\n`);
  } finally {
    remove();
  }
}

await main();

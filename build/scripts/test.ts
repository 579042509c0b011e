import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromiumNeeded } from './chromium-needed.ts';
import { addTotals, NO_TESTS, summary, totalsOf, type Totals } from './test-totals.ts';

/** `npm test`: everything, in the order in which failures are cheapest, up to the first that fails. */
const root = join(import.meta.dirname, '../..');
const bin = join(root, 'node_modules/.bin');

type Step = { readonly name: string; readonly command: readonly string[]; readonly counts: boolean };
const script = (name: string): Step => ({ name, command: ['npm', 'run', '--silent', name], counts: false });
const project = (name: string): Step => ({ name, command: [join(bin, 'vitest'), 'run', '--project', name], counts: true });
/** In this order; those of one row side by side, since a browser test mostly waits and a system test mostly computes. */
const ROWS: readonly (readonly Step[])[] = [[script('types')], [script('lint')], [script('law')], [project('unit')], [script('bundle')], [project('system'), project('e2e')]];

type Output = 'inherit' | number;
type Outcome = { readonly name: string; readonly code: number; readonly totals: Totals };

/** Runs one step. Children find Node 24 first, whatever the machine's own is. */
function run(command: readonly string[], output: Output): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: root, stdio: ['inherit', output, output], shell: process.platform === 'win32', env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` } });
  return new Promise((settle) => {
    child.once('exit', (code) => settle(code ?? 1));
    child.once('error', () => settle(1));
  });
}

async function runStep({ name, command, counts }: Step, reports: string, output: Output): Promise<Outcome> {
  if (!counts) return { name, code: await run(command, output), totals: NO_TESTS };
  const report = join(reports, `${name}.json`);
  const code = await run([...command, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], output);
  return { name, code, totals: totalsOf(report, readFileSync) };
}

/** The first step of the row shows its output as it comes, each of the others its own in one piece when it is its turn. */
async function runRow(row: readonly Step[], reports: string): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const running = row.map((step, index) => {
    const log = index === 0 ? null : join(reports, `${step.name}.log`);
    const output = log === null ? 'inherit' : openSync(log, 'w');
    return { step, log, outcome: runStep(step, reports, output).finally(() => (output === 'inherit' ? undefined : closeSync(output))) };
  });
  for (const { step, log, outcome } of running) {
    console.log(`\n== ${step.name}`);
    outcomes.push(await outcome);
    if (log !== null) process.stdout.write(readFileSync(log));
  }
  return outcomes;
}

async function runAll(reports: string): Promise<number> {
  let totals: Totals = NO_TESTS;
  for (const [index, row] of ROWS.entries()) {
    const outcomes = await runRow(row, reports);
    totals = outcomes.reduce((sum, outcome) => addTotals(sum, outcome.totals), totals);
    const failed = outcomes.filter(({ code }) => code !== 0).map(({ name }) => name);
    if (failed.length > 0) {
      console.error(`\n${failed.join(' and ')} failed; not run: ${ROWS.slice(index + 1).flat().map(({ name }) => name).join(', ') || 'nothing'}`);
      console.log(summary(totals));
      return 1;
    }
  }
  console.log(`\nall of ${ROWS.flat().map(({ name }) => name).join(', ')} passed`);
  console.log(summary(totals));
  return 0;
}

if (chromiumNeeded(console.log) === null) {
  process.exitCode = 1;
} else {
  const reports = mkdtempSync(join(tmpdir(), 'outpost-test-'));
  try {
    process.exitCode = await runAll(reports);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

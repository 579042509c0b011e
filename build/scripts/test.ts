import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
const STEPS: readonly Step[] = [script('types'), script('lint'), script('law'), project('unit'), script('bundle'), project('system'), project('e2e')];

/** Runs one step with its output shown. Children find Node 24 first, whatever the machine's own is. */
function run(command: readonly string[]): Promise<number> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32', env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` } });
  return new Promise((settle) => {
    child.once('exit', (code) => settle(code ?? 1));
    child.once('error', () => settle(1));
  });
}

async function runAll(reports: string): Promise<number> {
  let totals: Totals = NO_TESTS;
  for (const [index, step] of STEPS.entries()) {
    console.log(`\n== ${step.name}`);
    const report = join(reports, `${index}.json`);
    const code = await run(step.counts ? [...step.command, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : step.command);
    if (step.counts) totals = addTotals(totals, totalsOf(report, readFileSync));
    if (code !== 0) {
      console.error(`\n${step.name} failed; not run: ${STEPS.slice(index + 1).map(({ name }) => name).join(', ') || 'nothing'}`);
      console.log(summary(totals));
      return 1;
    }
  }
  console.log(`\nall of ${STEPS.map(({ name }) => name).join(', ')} passed`);
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

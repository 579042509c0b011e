import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageWith, Run } from './run-section.ts';

/** `node build/bench/write-section.ts FILE`: puts a run, as `npm run bench -- --json FILE` wrote it, into docs/benchmarks.md. */
const PAGE = join(import.meta.dirname, '../../docs/benchmarks.md');
const WRONG_USAGE = 2;

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node build/bench/write-section.ts FILE');
  process.exitCode = WRONG_USAGE;
} else {
  const page = pageWith(readFileSync(PAGE, 'utf8'), Run.parse(JSON.parse(readFileSync(file, 'utf8'))));
  if (page === null) throw new Error('docs/benchmarks.md has no place for a run');
  writeFileSync(PAGE, page);
}

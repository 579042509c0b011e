import { readFileSync } from 'node:fs';
// For its weight: the process that serves a window has all of the engine's modules loaded.
import '../../main/engine.ts';
import { createSearchCache, readChart, searchPatients } from '../../main/records/records.ts';
import { RecordId } from '../../shared/base/ids.ts';
import { openBare } from './bare-database.ts';
import { BENCH_USER, openBenchVault } from './bench-vault.ts';
import { CHART_ROWS } from './chart-figures.ts';
import { MemoryTask, type MemoryUse } from './memory-messages.ts';
import { timedNow } from './measure.ts';
import { AFTER_LETTERS, FOUND_MOST, PREFIX_QUERY } from './search-figures.ts';

/** Opens the clinic in a process of its own, searches, opens a chart, and says what memory that took. */

const BYTES_PER_KIB = 1024;

/** Of this process since it began its program; what getrusage(2) says counts the parent's memory in. Linux alone tells. */
function peakBytes(): number | null {
  if (process.platform !== 'linux') return null;
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kib === undefined ? null : Number(kib) * BYTES_PER_KIB;
}

function work({ mode, path, patient, queries }: MemoryTask): void {
  if (mode === 'nothing') return;
  if (mode === 'bare') {
    const database = openBare(path);
    const prefix = database.prepare(PREFIX_QUERY);
    for (const query of queries) prefix.all(query.prefix, query.prefix + AFTER_LETTERS);
    database.prepare(CHART_ROWS).all(patient);
    return;
  }
  const { ledger } = openBenchVault(path);
  const cache = createSearchCache(() => 0);
  for (const { text } of queries) searchPatients(ledger.read, text, FOUND_MOST, cache);
  readChart(ledger.read, RecordId.parse(patient), BENCH_USER, Date.now());
}

process.once('message', (message) => {
  const { ms } = timedNow(() => work(MemoryTask.parse(message)));
  const use: MemoryUse = { rssBytes: process.memoryUsage.rss(), peakBytes: peakBytes(), ms };
  process.send?.(use, () => process.exit(0));
});

import { ok, refuse, type Result } from '../base/result.ts';
import type { Sha256 } from '../base/world.ts';
import { checkRun, readEntries, writeEntries, type EntryParts, type RunFault, type WireEntry } from './entry-codec.ts';
import { readRun, writeRun, type Run } from './envelope.ts';
import { PAGE_ENTRIES_MAX } from './limits.ts';
import { byteWriter, MalformedBytes, readAll } from './wire-bytes.ts';

/** The inside of a page in codec 1: how many runs, then each run's bounds and hashes followed by its entries. */
export function encodePage(sha256: Sha256, runs: readonly { readonly run: Run; readonly entries: readonly EntryParts[] }[]): Uint8Array<ArrayBuffer> {
  const writer = byteWriter().uint(runs.length);
  for (const { run, entries } of runs) writeEntries(writeRun(writer, run), sha256, entries);
  return writer.done();
}

type ReadRun = { readonly run: Run; readonly entries: readonly WireEntry[]; readonly seed: null };

/** Reads a page and recomputes every chain in it; `count` is the number of entries its header promises. */
export function decodePage(sha256: Sha256, bytes: Uint8Array, count: number): Result<readonly ReadRun[], RunFault> {
  const runs = readAll(bytes, (reader) => {
    const found: { readonly run: Run; readonly parts: readonly EntryParts[] }[] = [];
    let total = 0;
    for (let left = reader.uint(PAGE_ENTRIES_MAX); left > 0; left -= 1) {
      const run = readRun(reader);
      total += run.count;
      if (total > count) throw new MalformedBytes('more entries than promised');
      found.push({ run, parts: readEntries(reader, sha256, run.count) });
    }
    if (total !== count) throw new MalformedBytes('fewer entries than promised');
    return found;
  });
  if (runs === null) return refuse('MALFORMED');
  const checkedRuns: ReadRun[] = [];
  for (const { run, parts } of runs) {
    const checked = checkRun(sha256, run, parts);
    if (!checked.ok) return checked;
    checkedRuns.push({ run, entries: checked.value, seed: null });
  }
  return ok(checkedRuns);
}

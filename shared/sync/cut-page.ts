import { writePage, type AttestedRun } from './attested-page.ts';
import type { Codec, CodecTools } from './codec.ts';
import type { LogRow, LogSlice } from './hub-store.ts';
import { BATCH_ENTRIES_MAX, BATCH_RAW_TARGET_BYTES, PAGE_ENTRIES_MAX, PAGE_ENTRY_SEALED_BYTES } from './limits.ts';
import type { PageHeader, Stream } from './page-header.ts';
import { pad, SEAL_OVERHEAD_BYTES, type Effort } from './sealing.ts';

/** Shrinking by the measured ratio lands a little low, so that the second try almost always fits. */
const SHRINK = 0.9;

/** How much of the log is looked at for a page of so many sealed bytes. */
export function pageExtent(version: 1 | 2, maxSealedBytes: number): { readonly maxEntries: number; readonly maxRawBytes: number } {
  const maxEntries = version === 1 ? BATCH_ENTRIES_MAX : Math.min(PAGE_ENTRIES_MAX, Math.max(BATCH_ENTRIES_MAX, Math.floor(maxSealedBytes / PAGE_ENTRY_SEALED_BYTES)));
  return { maxEntries, maxRawBytes: Math.floor((BATCH_RAW_TARGET_BYTES * maxEntries) / BATCH_ENTRIES_MAX) };
}

type OpenRun = { readonly rows: LogRow[]; bytes: number; /** Rows up to the last author's word in it. */ worded: number };

const bytesOf = ({ headerText, body }: LogRow): number => headerText.length + (body?.length ?? 0);

function add(run: OpenRun, row: LogRow): void {
  run.rows.push(row);
  run.bytes += bytesOf(row);
  if (row.attestation !== null) run.worded = run.rows.length;
}

/** A run that would be larger than a batch ends at the last author's word in it: what lies between two words can always be handed on. */
function divided(run: OpenRun, row: LogRow): OpenRun {
  const isFull = run.rows.length >= BATCH_ENTRIES_MAX || (run.worded > 0 && run.bytes + bytesOf(row) > BATCH_RAW_TARGET_BYTES);
  if (!isFull) return run;
  const next: OpenRun = { rows: [], bytes: 0, worded: 0 };
  if (run.worded > 0) for (const left of run.rows.splice(run.worded)) add(next, left);
  return next;
}

/** Rows of the log, in its order, as runs of consecutive sequences of one segment. */
export function runsOf(rows: readonly LogRow[]): AttestedRun[] {
  const runs: OpenRun[] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    const before = last?.rows.at(-1);
    const goesOn = last !== undefined && before?.segment === row.segment && before.sequence + 1 === row.sequence;
    const open: OpenRun = goesOn ? divided(last, row) : { rows: [], bytes: 0, worded: 0 };
    if (open !== last) runs.push(open);
    add(open, row);
  }
  return runs.flatMap(({ rows: entries }) => {
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return [];
    return [{ run: { segment: first.segment, from: first.sequence, count: entries.length, previous: first.previous, head: last.hash }, entries, seed: first.seed, attestation: last.attestation }];
  });
}

export type CutPage = Pick<PageHeader, 'next' | 'mark' | 'count'> & { readonly packed: Uint8Array };

function placeBehind(stream: Stream, row: LogRow, count: number): Pick<PageHeader, 'next' | 'mark'> {
  switch (stream.kind) {
    case 'segment': return { next: row.sequence + 1, mark: null };
    case 'seed': return { next: stream.after + count, mark: null };
    default: return { next: row.lsn, mark: row.mark };
  }
}

/**
 * Numbers of rows after which a page may end, smallest first. Where authors' words are among the rows a page ends at one
 * of them, so that a reader never holds a tail that nobody but the hub vouches for.
 */
function endsOf(rows: readonly LogRow[]): readonly number[] {
  const attested = rows.flatMap(({ attestation }, index) => (attestation === null ? [] : [index + 1]));
  return attested.length > 0 ? attested : rows.map((_, index) => index + 1);
}

/** As many rows of a slice as fit the sealed size, at least up to the first end there is, and the place behind them. */
export function cutPage(tools: CodecTools & { readonly codec: Codec; readonly version: 1 | 2; readonly effort?: Effort }, stream: Stream, slice: LogSlice, maxSealedBytes: number): CutPage {
  const ends = endsOf(slice.rows);
  let chosen = ends.length - 1;
  for (;;) {
    const count = ends[chosen] ?? 0;
    const rows = slice.rows.slice(0, count);
    const packed = pad(writePage(tools, tools.codec, tools.version, runsOf(rows), tools.effort));
    const sealedBytes = packed.length + SEAL_OVERHEAD_BYTES;
    const last = rows.at(-1);
    if (chosen <= 0 || sealedBytes <= maxSealedBytes) {
      const place = last === undefined || count === slice.rows.length ? { next: slice.next, mark: slice.mark } : placeBehind(stream, last, count);
      return { ...place, count, packed };
    }
    const fitting = Math.floor(count * SHRINK * (maxSealedBytes / sealedBytes));
    chosen = Math.max(0, Math.min(chosen - 1, ends.findLastIndex((end) => end <= fitting)));
  }
}

import { writePage, type AttestedRun } from './attested-page.ts';
import type { Codec, CodecTools } from './codec.ts';
import type { LogRow, LogSlice } from './hub-store.ts';
import type { PageHeader, Stream } from './page-header.ts';
import { pad, SEAL_OVERHEAD_BYTES } from './sealing.ts';

/** Shrinking by the measured ratio lands a little low, so that the second try almost always fits. */
const SHRINK = 0.9;

/** Rows of the log, in its order, as runs of consecutive sequences of one segment. */
export function runsOf(rows: readonly LogRow[]): AttestedRun[] {
  const runs: { rows: LogRow[]; first: LogRow; last: LogRow }[] = [];
  for (const row of rows) {
    const open = runs.at(-1);
    if (open !== undefined && open.last.segment === row.segment && open.last.sequence + 1 === row.sequence) {
      open.rows.push(row);
      open.last = row;
    } else {
      runs.push({ rows: [row], first: row, last: row });
    }
  }
  return runs.map(({ rows: entries, first, last }) => ({
    run: { segment: first.segment, from: first.sequence, count: entries.length, previous: first.previous, head: last.hash },
    entries,
    seed: first.seed,
    attestation: last.attestation,
  }));
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
export function cutPage(tools: CodecTools & { readonly codec: Codec; readonly version: 1 | 2 }, stream: Stream, slice: LogSlice, maxSealedBytes: number): CutPage {
  const ends = endsOf(slice.rows);
  let chosen = ends.length - 1;
  for (;;) {
    const count = ends[chosen] ?? 0;
    const rows = slice.rows.slice(0, count);
    const packed = pad(writePage(tools, tools.codec, tools.version, runsOf(rows)));
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

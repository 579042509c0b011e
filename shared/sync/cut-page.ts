import type { Cursor } from './envelope.ts';
import type { LogRow, LogSlice } from './hub-store.ts';
import type { Codec, CodecTools, FilledRun } from './codec.ts';
import { pad, SEAL_OVERHEAD_BYTES } from './sealing.ts';

const SHRINK = 0.9;

/** Rows of the log, in its order, as runs of consecutive sequences of one segment. */
export function runsOf(rows: readonly LogRow[]): FilledRun[] {
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
  }));
}

/** As many rows of a slice as fit the sealed size, at least one where there is one, and the cursor behind them. */
export function cutPage(tools: CodecTools, codec: Codec, base: Cursor, slice: LogSlice, maxSealedBytes: number): { readonly next: Cursor; readonly count: number; readonly packed: Uint8Array } {
  let count = slice.rows.length;
  for (;;) {
    const rows = slice.rows.slice(0, count);
    const packed = pad(codec.encodePage(tools, runsOf(rows), 'quick'));
    const sealedBytes = packed.length + SEAL_OVERHEAD_BYTES;
    const last = rows.at(-1);
    if (count <= 1 || sealedBytes <= maxSealedBytes) {
      const next = last === undefined || count === slice.rows.length ? slice.end : { epoch: base.epoch, lsn: last.lsn, mark: last.mark };
      return { next, count, packed };
    }
    count = Math.max(1, Math.min(count - 1, Math.floor(count * SHRINK * (maxSealedBytes / sealedBytes))));
  }
}

import type { Sha256 } from '../base/world.ts';
import { BATCH_RAW_MAX_BYTES } from '../sync/limits.ts';
import type { Compression, Effort } from '../sync/sealing.ts';
import { byteReader, byteWriter, MalformedBytes } from '../sync/wire-bytes.ts';
import { Budget, MODELLED_BODIES_MAX_BYTES, MODELLED_TEXT_MAX_BYTES } from './budget.ts';
import { Reader, Writer } from './coder.ts';
import type { ColumnEntry, ColumnRun, ReadEntry } from './content-columns.ts';
import { learnedFrom, type Learned } from './dictionary.ts';
import { ModelledTexts, TextGatherer, TextGiver } from './text-column.ts';

export type ColumnTools = { readonly sha256: Sha256; readonly compression: Compression };
export type WriteRun = { readonly run: ColumnRun; readonly entries: readonly ColumnEntry[]; readonly seed: Uint8Array | null };
export type ReadRun = { readonly run: ColumnRun; readonly entries: readonly ReadEntry[]; readonly seed: Uint8Array | null };

/** Writes runs into a content and reads them back. What a content says does not depend on any before it. */
export type Columns = {
  encode(tools: ColumnTools, runs: readonly WriteRun[], effort: Effort): Uint8Array<ArrayBuffer>;
  /** Null where the content does not hold these runs. */
  decode(tools: ColumnTools, runs: readonly ColumnRun[], content: Uint8Array): readonly ReadRun[] | null;
};

/** How texts travel: among the columns, or compressed behind them. */
const TEXTS = { modelled: 0, compressed: 1 } as const;

/** Columns that begin with what a dictionary taught them, or with nothing. Learning takes some 0.1 s, at the first use. */
export function createColumns(dictionary: () => Uint8Array | null): Columns {
  let learned: Learned | null = null;
  const beginning = (sha256: Sha256): Learned => (learned ??= learnedFrom(sha256, dictionary()));

  return {
    encode({ sha256, compression }, runs, effort) {
      const { columns: taught, textModel, words } = beginning(sha256);
      const columns = taught.copy();
      const coder = new Writer(columns.probabilities);
      const gatherer = bodyBytes(runs) > MODELLED_BODIES_MAX_BYTES[effort] ? new TextGatherer() : null;
      const runCoder = columns.open(sha256, coder, gatherer ?? new ModelledTexts(textModel, MODELLED_TEXT_MAX_BYTES), new Budget(Number.MAX_SAFE_INTEGER));
      for (const { run, entries, seed } of runs) runCoder.write(run, entries, seed);
      if (gatherer === null) return byteWriter().uint(TEXTS.modelled).fixed(coder.done()).done();
      return byteWriter().uint(TEXTS.compressed).bytes(coder.done()).fixed(compression.compress(gatherer.all(), effort, words)).done();
    },

    decode({ sha256, compression }, runs, content) {
      try {
        const { columns: taught, textModel, words } = beginning(sha256);
        const reader = byteReader(content);
        const modelled = reader.uint(TEXTS.compressed) === TEXTS.modelled;
        const columns = taught.copy();
        const coder = new Reader(columns.probabilities, modelled ? reader.rest() : reader.bytes(content.length));
        const text = modelled ? null : compression.decompress(reader.rest(), BATCH_RAW_MAX_BYTES, words);
        if (text === null && !modelled) return null;
        const giver = text === null ? null : new TextGiver(text);
        const runCoder = columns.open(sha256, coder, giver ?? new ModelledTexts(textModel, MODELLED_TEXT_MAX_BYTES), new Budget(BATCH_RAW_MAX_BYTES));
        const found = runs.map((run) => ({ run, ...runCoder.read(run) }));
        return coder.atEnd() && (giver === null || giver.atEnd()) ? found : null;
      } catch (cause) {
        if (cause instanceof MalformedBytes) return null;
        throw cause;
      }
    },
  };
}

function bodyBytes(runs: readonly WriteRun[]): number {
  let bytes = 0;
  for (const { entries } of runs) for (const { body } of entries) bytes += body?.length ?? 0;
  return bytes;
}

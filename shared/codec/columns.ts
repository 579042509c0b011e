import type { Sha256 } from '../base/world.ts';
import { BATCH_RAW_MAX_BYTES } from '../sync/limits.ts';
import type { Compression, Effort } from '../sync/sealing.ts';
import { byteReader, byteWriter, MalformedBytes } from '../sync/wire-bytes.ts';
import { Budget, MODELLED_BODIES_MAX_BYTES, MODELLED_TEXT_MAX_BYTES } from './budget.ts';
import { Reader, Writer } from './coder.ts';
import { ContentColumns, type ColumnEntry, type ColumnRun, type ReadEntry } from './content-columns.ts';
import { Probabilities } from './probabilities.ts';
import { ModelledTexts, TextGatherer, TextGiver } from './text-column.ts';
import { TextModel } from './text-model.ts';

export type ColumnTools = { readonly sha256: Sha256; readonly compression: Compression };
export type WriteRun = { readonly run: ColumnRun; readonly entries: readonly ColumnEntry[]; readonly seed: Uint8Array | null };
export type ReadRun = { readonly run: ColumnRun; readonly entries: readonly ReadEntry[]; readonly seed: Uint8Array | null };

/** How texts travel: among the columns, or compressed behind them. */
const TEXTS = { modelled: 0, compressed: 1 } as const;

let textModel: TextModel | null = null;
function model(): TextModel {
  if (textModel === null) {
    textModel = new TextModel();
    textModel.keepAsBeginning();
  }
  return textModel;
}

let primed: ContentColumns | null = null;
const fresh = (): ContentColumns => (primed ??= new ContentColumns(new Probabilities())).copy();

export function encodeColumns({ sha256, compression }: ColumnTools, runs: readonly WriteRun[], effort: Effort): Uint8Array<ArrayBuffer> {
  const columns = fresh();
  const coder = new Writer(columns.probabilities);
  const gatherer = bodyBytes(runs) > MODELLED_BODIES_MAX_BYTES[effort] ? new TextGatherer() : null;
  const runCoder = columns.open(sha256, coder, gatherer ?? new ModelledTexts(model(), MODELLED_TEXT_MAX_BYTES), new Budget(Number.MAX_SAFE_INTEGER));
  for (const { run, entries, seed } of runs) runCoder.write(run, entries, seed);
  if (gatherer === null) return byteWriter().uint(TEXTS.modelled).fixed(coder.done()).done();
  return byteWriter().uint(TEXTS.compressed).bytes(coder.done()).fixed(compression.compress(gatherer.all(), effort)).done();
}

function bodyBytes(runs: readonly WriteRun[]): number {
  let bytes = 0;
  for (const { entries } of runs) for (const { body } of entries) bytes += body?.length ?? 0;
  return bytes;
}

/** Null where the content does not hold these runs. */
export function decodeColumns({ sha256, compression }: ColumnTools, runs: readonly ColumnRun[], content: Uint8Array): readonly ReadRun[] | null {
  try {
    const reader = byteReader(content);
    const columns = fresh();
    const modelled = reader.uint(TEXTS.compressed) === TEXTS.modelled;
    const coder = new Reader(columns.probabilities, modelled ? reader.rest() : reader.bytes(content.length));
    const text = modelled ? null : compression.decompress(reader.rest(), BATCH_RAW_MAX_BYTES);
    if (text === null && !modelled) return null;
    const giver = text === null ? null : new TextGiver(text);
    const runCoder = columns.open(sha256, coder, giver ?? new ModelledTexts(model(), MODELLED_TEXT_MAX_BYTES), new Budget(BATCH_RAW_MAX_BYTES));
    const found = runs.map((run) => ({ run, ...runCoder.read(run) }));
    return coder.atEnd() && (giver === null || giver.atEnd()) ? found : null;
  } catch (cause) {
    if (cause instanceof MalformedBytes) return null;
    throw cause;
  }
}

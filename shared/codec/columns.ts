import type { Sha256 } from '../base/world.ts';
import { BATCH_RAW_MAX_BYTES } from '../sync/limits.ts';
import type { Compression, Effort } from '../sync/sealing.ts';
import { byteReader, byteWriter, MalformedBytes } from '../sync/wire-bytes.ts';
import { Budget, MODELLED_BODIES_MAX_BYTES, MODELLED_TEXT_MAX_BYTES } from './budget.ts';
import { Learner, Reader, Writer } from './coder.ts';
import type { ColumnEntry, ColumnRun, ContentColumns, ReadEntry, RunCoder } from './content-columns.ts';
import { isContext, readContextName, writeContextName, type ContextName, type ContextRun } from './context.ts';
import { learnedFrom, type Learned } from './dictionary.ts';
import { LearnedTexts, ModelledTexts, TextGatherer, TextGiver } from './text-column.ts';
import type { TextModel } from './text-model.ts';

export type ColumnTools = { readonly sha256: Sha256; readonly compression: Compression };
export type WriteRun = { readonly run: ColumnRun; readonly entries: readonly ColumnEntry[]; readonly seed: Uint8Array | null };
export type ReadRun = { readonly run: ColumnRun; readonly entries: readonly ReadEntry[]; readonly seed: Uint8Array | null };

/** Writes runs into a content and reads them back. What a content says depends on the context it names, and on nothing else. */
export type Columns = {
  /** `context`: left aside where the texts are too long to be modelled. */
  encode(tools: ColumnTools, runs: readonly WriteRun[], effort: Effort, context?: readonly ContextRun[]): Uint8Array<ArrayBuffer>;
  /** The context that a content names; null where it stands by itself, or cannot be read. */
  contextOf(content: Uint8Array): ContextName | null;
  /** Null where the content does not hold these runs. `context`: what the content names, in its order. */
  decode(tools: ColumnTools, runs: readonly ColumnRun[], content: Uint8Array, context?: readonly ContextRun[]): readonly ReadRun[] | null;
};

/** How texts travel: among the columns, or compressed behind them; or among columns that go on from a context. */
const TEXTS = { modelled: 0, compressed: 1, continued: 2 } as const;

/** Columns that begin with what a dictionary taught them, or with nothing. Learning takes some 0.1 s, at the first use. */
export function createColumns(dictionary: () => Uint8Array | null): Columns {
  let learned: Learned | null = null;
  const beginning = (sha256: Sha256): Learned => (learned ??= learnedFrom(sha256, dictionary()));

  return {
    encode({ sha256, compression }, runs, effort, context = []) {
      const { columns: taught, textModel, words } = beginning(sha256);
      const columns = taught.copy();
      const coder = new Writer(columns.probabilities);
      const budget = new Budget(Number.MAX_SAFE_INTEGER);
      const write = (runCoder: RunCoder): void => {
        for (const { run, entries, seed } of runs) runCoder.write(run, entries, seed);
      };
      if (bodyBytes(runs) > MODELLED_BODIES_MAX_BYTES[effort]) {
        const gatherer = new TextGatherer();
        write(columns.open(sha256, coder, gatherer, budget));
        return byteWriter().uint(TEXTS.compressed).bytes(coder.done()).fixed(compression.compress(gatherer.all(), effort, words)).done();
      }
      const texts = new ModelledTexts(textModel, MODELLED_TEXT_MAX_BYTES);
      const runCoder = afterContext(sha256, columns, textModel, context);
      runCoder.goOn({ coder, texts, budget });
      write(runCoder);
      const writer = context.length === 0 ? byteWriter().uint(TEXTS.modelled) : writeContextName(byteWriter().uint(TEXTS.continued), sha256, context);
      return writer.fixed(coder.done()).done();
    },

    contextOf: (content) =>
      refusingMalformed(() => {
        const reader = byteReader(content);
        return reader.uint(TEXTS.continued) === TEXTS.continued ? readContextName(reader) : null;
      }),

    decode: ({ sha256, compression }, runs, content, context = []) =>
      refusingMalformed(() => {
        const { columns: taught, textModel, words } = beginning(sha256);
        const reader = byteReader(content);
        const how = reader.uint(TEXTS.continued);
        const name = how === TEXTS.continued ? readContextName(reader) : null;
        if (name === null ? context.length > 0 : !isContext(sha256, name, context)) return null;
        const columns = taught.copy();
        const budget = new Budget(BATCH_RAW_MAX_BYTES);
        if (how === TEXTS.compressed) {
          const coder = new Reader(columns.probabilities, reader.bytes(content.length));
          const text = compression.decompress(reader.rest(), BATCH_RAW_MAX_BYTES, words);
          if (text === null) return null;
          const giver = new TextGiver(text);
          const runCoder = columns.open(sha256, coder, giver, budget);
          const found = runs.map((run) => ({ run, ...runCoder.read(run) }));
          return coder.atEnd() && giver.atEnd() ? found : null;
        }
        const texts = new ModelledTexts(textModel, MODELLED_TEXT_MAX_BYTES);
        const runCoder = afterContext(sha256, columns, textModel, context);
        const coder = new Reader(columns.probabilities, reader.rest());
        runCoder.goOn({ coder, texts, budget });
        const found = runs.map((run) => ({ run, ...runCoder.read(run) }));
        return coder.atEnd() ? found : null;
      }),
  };
}

/** Columns and text model (restarted) that have learned the context. */
function afterContext(sha256: Sha256, columns: ContentColumns, textModel: TextModel, context: readonly ContextRun[]): RunCoder {
  const runCoder = columns.open(sha256, new Learner(columns.probabilities), new LearnedTexts(textModel), new Budget(Number.MAX_SAFE_INTEGER));
  for (const { run, entries } of context) runCoder.learn(run, entries);
  return runCoder;
}

function refusingMalformed<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof MalformedBytes) return null;
    throw cause;
  }
}

function bodyBytes(runs: readonly WriteRun[]): number {
  let bytes = 0;
  for (const { entries } of runs) for (const { body } of entries) bytes += body?.length ?? 0;
  return bytes;
}

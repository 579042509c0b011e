import { concatBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import { SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import { byteReader, byteWriter } from '../sync/wire-bytes.ts';
import { Budget } from './budget.ts';
import { Reader, Writer, type Coder } from './coder.ts';
import { ContentColumns, type ColumnEntry, type ColumnRun, type ReadEntry } from './content-columns.ts';
import { Probabilities } from './probabilities.ts';
import { ModelledTexts, type TextColumn } from './text-column.ts';
import { TextModel } from './text-model.ts';

/**
 * A dictionary is a content like any other, of entries that nobody wrote: whoever reads it has learned what entries
 * look like, which words they use, and how their text goes on, and begins every content from there. It is written
 * without any dictionary. Format: number of runs (uint), for each its segment (8) and number of entries (uint), all from
 * sequence 0; then the columns with modelled texts.
 */
export type SampleRun = { readonly segment: SegmentId; readonly entries: readonly ColumnEntry[]; readonly seed: Uint8Array };

/** What every content begins with. */
export type Learned = { readonly columns: ContentColumns; readonly textModel: TextModel; /** All texts of the dictionary, for Zstandard. */ readonly words: Uint8Array | undefined };

/** So many observations of the samples weigh against those of a real content. */
const SAMPLES_WEIGH = 30;
/** Dictionaries are ours: they may hold what they hold. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;
const SEGMENT_BYTES = 8;
const TEXT_END = Uint8Array.of(0);

/** Passes texts on and keeps them. */
class KeptTexts implements TextColumn {
  readonly #texts: TextColumn;
  readonly #kept: Uint8Array[] = [];

  constructor(texts: TextColumn) {
    this.#texts = texts;
  }

  text(coder: Coder, text: string | null, column: number): string {
    const found = this.#texts.text(coder, text, column);
    this.#kept.push(utf8(found), TEXT_END);
    return found;
  }

  bytes(coder: Coder, length: number, bytes: Uint8Array | null): Uint8Array {
    return this.#texts.bytes(coder, length, bytes);
  }

  all(): Uint8Array {
    return concatBytes(...this.#kept);
  }
}

function untaught(): { readonly columns: ContentColumns; readonly textModel: TextModel } {
  const textModel = new TextModel();
  textModel.keepAsBeginning();
  return { columns: new ContentColumns(new Probabilities()), textModel };
}

const runOf = (segment: SegmentId, count: number): ColumnRun => ({ segment, from: 0, count, previous: CHAIN_START });

export function writeDictionary(sha256: Sha256, samples: readonly SampleRun[]): Uint8Array<ArrayBuffer> {
  const { columns, textModel } = untaught();
  const outlines = byteWriter().uint(samples.length);
  for (const { segment, entries } of samples) outlines.fixed(fromHex(segment)).uint(entries.length);
  const coder = new Writer(columns.probabilities);
  const runs = columns.open(sha256, coder, new ModelledTexts(textModel, UNBOUNDED), new Budget(UNBOUNDED));
  for (const { segment, entries, seed } of samples) runs.write(runOf(segment, entries.length), entries, seed);
  return outlines.fixed(coder.done()).done();
}

/** What the dictionary holds; its columns and its text model are what reading it made of them. */
export function readDictionary(sha256: Sha256, bytes: Uint8Array): { readonly samples: readonly (readonly ReadEntry[])[] } & Learned {
  const { columns, textModel } = untaught();
  const reader = byteReader(bytes);
  const outlines = Array.from({ length: reader.uint() }, () => ({ segment: SegmentId.parse(toHex(reader.fixed(SEGMENT_BYTES))), count: reader.uint() }));
  const texts = new KeptTexts(new ModelledTexts(textModel, UNBOUNDED));
  const runs = columns.open(sha256, new Reader(columns.probabilities, reader.rest()), texts, new Budget(UNBOUNDED));
  const samples = outlines.map(({ segment, count }) => runs.read(runOf(segment, count)).entries);
  return { samples, columns, textModel, words: texts.all() };
}

export function learnedFrom(sha256: Sha256, dictionary: Uint8Array | null): Learned {
  if (dictionary === null) return { ...untaught(), words: undefined };
  const { columns, textModel, words } = readDictionary(sha256, dictionary);
  columns.probabilities.forgetBeyond(SAMPLES_WEIGH);
  textModel.keepAsBeginning();
  return { columns, textModel, words };
}

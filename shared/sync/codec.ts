import { ok, refuse, type Result } from '../base/result.ts';
import type { Sha256 } from '../base/world.ts';
import type { ContextName, ContextRun } from '../codec/context.ts';
import { COLUMNS } from './column-codec.ts';
import { checkRun, readEntries, writeEntries, type EntryParts, type RunFault, type WireEntry } from './entry-codec.ts';
import type { Run } from './envelope.ts';
import { BATCH_RAW_MAX_BYTES, CODEC_PLAIN_ZSTD } from './limits.ts';
import { decodePage, encodePage } from './page.ts';
import type { Compression, Effort } from './sealing.ts';
import { byteWriter, readAll } from './wire-bytes.ts';

/** A run of one segment with its entries, and the seed their salts are made from where it is known (shared/ledger/salt.ts). */
export type FilledRun = { readonly run: Run; /** Chain hashes spare the writer computing them. */ readonly entries: readonly (EntryParts & { readonly hash?: Uint8Array })[]; readonly seed: Uint8Array | null };

/** What was read of a run: its chain recomputed, every body checked against its commitment, and the seed if it travelled. */
export type CheckedRun = { readonly run: Run; readonly entries: readonly WireEntry[]; readonly seed: Uint8Array | null };

/** What the machine lends a codec. `repertoire`: the codecs there are; those of this release unless told otherwise. */
export type CodecTools = { readonly sha256: Sha256; readonly compression: Compression; readonly repertoire?: readonly Codec[] };
type Repertoire = Pick<CodecTools, 'repertoire'>;

export type CodecFault = RunFault | 'UNKNOWN_CODEC';

/**
 * One way to write entries into the content of a seal. The runs of a batch stand in its headers and are not repeated in
 * its content; a page holds its runs. Reading takes hostile bytes: it refuses, in bounded memory, and never throws.
 */
export type Codec = {
  readonly id: number;
  /** `context`: entries the reader holds already, which a codec may go on from (SYN-255). */
  encodeBatch(tools: CodecTools, runs: readonly FilledRun[], effort: Effort, context?: readonly ContextRun[]): Uint8Array;
  /** What the content goes on from, to be found for its reading; null where it stands by itself or cannot be read. */
  contextOf(content: Uint8Array): ContextName | null;
  /** The runs that were written, all of them. */
  decodeBatch(tools: CodecTools, runs: readonly Run[], content: Uint8Array, context?: readonly ContextRun[]): Result<readonly CheckedRun[], RunFault>;
  encodePage(tools: CodecTools, runs: readonly FilledRun[], effort: Effort): Uint8Array;
  /** `count`: entries that the page's header promises. */
  decodePage(tools: CodecTools, count: number, content: Uint8Array): Result<readonly CheckedRun[], RunFault>;
};

const PLAIN: Codec = {
  id: CODEC_PLAIN_ZSTD,
  encodeBatch({ sha256, compression }, runs, effort) {
    const writer = byteWriter();
    for (const { entries } of runs) writeEntries(writer, sha256, entries);
    return compression.compress(writer.done(), effort);
  },
  contextOf: () => null,
  decodeBatch({ sha256, compression }, runs, content) {
    const raw = compression.decompress(content, BATCH_RAW_MAX_BYTES);
    const parts = raw === null ? null : readAll(raw, (reader) => runs.map(({ count }) => readEntries(reader, sha256, count)));
    if (parts === null) return refuse('MALFORMED');
    const found: CheckedRun[] = [];
    for (const [index, run] of runs.entries()) {
      const entries = checkRun(sha256, run, parts[index] ?? []);
      if (!entries.ok) return entries;
      found.push({ run, entries: entries.value, seed: null });
    }
    return ok(found);
  },
  encodePage: ({ sha256, compression }, runs, effort) => compression.compress(encodePage(sha256, runs), effort),
  decodePage({ sha256, compression }, count, content) {
    const raw = compression.decompress(content, BATCH_RAW_MAX_BYTES);
    return raw === null ? refuse('MALFORMED') : decodePage(sha256, raw, count);
  },
};

/** Best first. */
const CODECS: readonly Codec[] = [COLUMNS, PLAIN];

/** What this side reads, best first: said in HELLO and in HI. */
export const CODECS_READ: readonly number[] = CODECS.map(({ id }) => id);

/** Null for a codec of another version. */
export function codecNamed(id: number, { repertoire = CODECS }: Repertoire = {}): Codec | null {
  return repertoire.find((codec) => codec.id === id) ?? null;
}

/** The best of `ours` that the other side reads too; the first one where it says nothing, as version 0.1.0 did. */
export function bestCodec(theirs: readonly number[] | undefined, ours: readonly number[] = CODECS_READ, { repertoire = CODECS }: Repertoire = {}): Codec {
  return repertoire.find(({ id }) => ours.includes(id) && theirs?.includes(id) === true) ?? repertoire.find(({ id }) => id === PLAIN.id) ?? PLAIN;
}

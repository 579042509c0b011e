import { concatBytes, equalBytes, fromHex, toHex } from '../base/bytes.ts';
import { SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import { BATCH_ENTRIES_MAX, BUNDLE_ENTRIES_MAX, BUNDLE_RUNS_MAX, CONTEXT_RAW_MAX_BYTES } from '../sync/limits.ts';
import { MalformedBytes, type ByteReader, type ByteWriter } from '../sync/wire-bytes.ts';
import type { ColumnEntry, ColumnRun } from './content-columns.ts';

/**
 * What a content goes on from (SYN-255): entries of its author's own segments that its reader holds already. Nothing of
 * them travels but their names; each side learns them from its own copy before the content begins. What is learned of a
 * context does not depend on the context that its entries once travelled with, so there is never a second one to be read.
 */
export type ContextRun = { readonly run: ColumnRun; readonly entries: readonly (ColumnEntry & { readonly hash: Uint8Array })[] };

/** `mark`: tells two copies apart that would not teach the same: of another history, or with other bodies erased. */
export type ContextName = { readonly runs: readonly Pick<ColumnRun, 'segment' | 'from' | 'count'>[]; readonly mark: Uint8Array };

const SEGMENT_BYTES = 8;
const MARK_BYTES = 4;
const BODY = { erased: 0, held: 1 } as const;

/** As limits count: header text and body, in bytes. */
export const entryBytes = ({ headerText, body }: Pick<ColumnEntry, 'headerText' | 'body'>): number => headerText.length + (body?.length ?? 0);

const bytesOf = (context: readonly ContextRun[]): number => context.reduce((total, { entries }) => entries.reduce((bytes, entry) => bytes + entryBytes(entry), total), 0);

/** A chain hash stands for headers and, by their commitments, for bodies; which of those are still there it cannot say. */
function markOf(sha256: Sha256, context: readonly ContextRun[]): Uint8Array {
  const parts = context.flatMap(({ entries }) => [entries.at(-1)?.hash ?? new Uint8Array(), Uint8Array.from(entries, ({ body }) => (body === null ? BODY.erased : BODY.held))]);
  return sha256(concatBytes(...parts)).subarray(0, MARK_BYTES);
}

/** Whether these entries are those that were named, all of them, as they were, and no more than anybody has to learn. */
export function isContext(sha256: Sha256, { runs, mark }: ContextName, context: readonly ContextRun[]): boolean {
  const named = runs.length === context.length && runs.every(({ segment, from, count }, index) => {
    const found = context[index];
    return found !== undefined && found.run.segment === segment && found.run.from === from && found.run.count === count && found.entries.length === count;
  });
  return named && bytesOf(context) <= CONTEXT_RAW_MAX_BYTES && equalBytes(mark, markOf(sha256, context));
}

export function writeContextName(writer: ByteWriter, sha256: Sha256, context: readonly ContextRun[]): ByteWriter {
  writer.uint(context.length);
  for (const { run: { segment, from, count } } of context) writer.fixed(fromHex(segment)).uint(from).uint(count);
  return writer.fixed(markOf(sha256, context));
}

export function readContextName(reader: ByteReader): ContextName {
  const runs: ContextName['runs'][number][] = [];
  let entries = 0;
  for (let left = reader.uint(BUNDLE_RUNS_MAX); left > 0; left -= 1) {
    const run = { segment: SegmentId.parse(toHex(reader.fixed(SEGMENT_BYTES))), from: reader.uint(), count: reader.uint(BATCH_ENTRIES_MAX) };
    entries += run.count;
    if (run.count === 0 || entries > BUNDLE_ENTRIES_MAX) throw new MalformedBytes('no such context');
    runs.push(run);
  }
  if (runs.length === 0) throw new MalformedBytes('empty context');
  return { runs, mark: reader.fixed(MARK_BYTES) };
}

import { equalBytes, fromHex, toHex } from '../base/bytes.ts';
import { SegmentId } from '../base/ids.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { createColumns, type ReadRun } from '../codec/columns.ts';
import { dictionary1 } from '../codec/dictionary-1.ts';
import type { ColumnRun } from '../codec/content-columns.ts';
import { CHAIN_START } from '../ledger/entry.ts';
import type { CheckedRun, Codec, CodecTools } from './codec.ts';
import { checkHeader, type RunFault, type WireEntry } from './entry-codec.ts';
import { HASH_BYTES, ID_BYTES, type Run } from './envelope.ts';
import { BATCH_ENTRIES_MAX, CODEC_COLUMNS, PAGE_ENTRIES_MAX } from './limits.ts';
import { byteReader, byteWriter, MalformedBytes, type ByteReader, type ByteWriter } from './wire-bytes.ts';

/** What is left of a run's head in a page, to tell a reader that reads otherwise than the writer wrote. */
const HEAD_CHECK_BYTES = 8;

/** The bounds of a run in a page. The hash before it travels, unless the run begins its segment; of its head only a check. */
function writeOutline(writer: ByteWriter, run: Run): void {
  writer.fixed(fromHex(run.segment)).uint(run.from).uint(run.count);
  if (run.from > 0) writer.fixed(run.previous);
  writer.fixed(run.head.subarray(0, HEAD_CHECK_BYTES));
}

type Outline = { readonly run: ColumnRun; readonly check: Uint8Array };

function readOutline(reader: ByteReader): Outline {
  const segment = SegmentId.parse(toHex(reader.fixed(ID_BYTES)));
  const from = reader.uint();
  const count = reader.uint(BATCH_ENTRIES_MAX);
  if (count === 0) throw new MalformedBytes('empty run');
  const previous = from > 0 ? reader.fixed(HASH_BYTES) : CHAIN_START;
  return { run: { segment, from, count, previous }, check: reader.fixed(HEAD_CHECK_BYTES) };
}

function readOutlines(reader: ByteReader, count: number): readonly Outline[] {
  const outlines: Outline[] = [];
  let total = 0;
  for (let left = reader.uint(PAGE_ENTRIES_MAX); left > 0; left -= 1) {
    const outline = readOutline(reader);
    total += outline.run.count;
    if (total > count) throw new MalformedBytes('more entries than promised');
    outlines.push(outline);
  }
  if (total !== count) throw new MalformedBytes('fewer entries than promised');
  return outlines;
}

/** What sync wants to know of each entry; `check`: the hash its last one must have, or the beginning of it. */
function checkedRun({ sha256 }: CodecTools, { run, entries, seed }: ReadRun, check: Uint8Array): Result<CheckedRun, RunFault> {
  const { segment, from, count, previous } = run;
  const found: WireEntry[] = [];
  for (const [index, { headerText, salt, body, hash, header }] of entries.entries()) {
    const sequence = from + index;
    const facts = header === null ? checkHeader(sha256, segment, sequence, { headerText, salt, body }) : ok(header);
    if (!facts.ok) return facts;
    const { kind, patient } = facts.value;
    found.push(header === null ? { headerText, salt, body, segment, sequence, kind, patient, hash } : { headerText, salt, body, segment, sequence, kind, patient, hash, fields: header });
  }
  const head = found.at(-1)?.hash ?? previous;
  if (!equalBytes(head.subarray(0, check.length), check)) return refuse('BAD_HASH', { sequence: from + count - 1 });
  return ok({ run: { segment, from, count, previous, head }, entries: found, seed });
}

function checkedRuns(tools: CodecTools, reads: readonly ReadRun[], checks: readonly Uint8Array[]): Result<readonly CheckedRun[], RunFault> {
  const runs: CheckedRun[] = [];
  for (const [index, read] of reads.entries()) {
    const checked = checkedRun(tools, read, checks[index] ?? new Uint8Array(HASH_BYTES));
    if (!checked.ok) return checked;
    runs.push(checked.value);
  }
  return ok(runs);
}

const columns = createColumns(dictionary1);

/** Codec 2 (shared/codec): columns with learned chances, words by a model of text or by Zstandard. */
export const COLUMNS: Codec = {
  id: CODEC_COLUMNS,
  encodeBatch: (tools, runs, effort, context) => columns.encode(tools, runs, effort, context),
  contextOf: (content) => columns.contextOf(content),
  decodeBatch(tools, runs, content, context) {
    const reads = columns.decode(tools, runs, content, context);
    return reads === null ? refuse('MALFORMED') : checkedRuns(tools, reads, runs.map(({ head }) => head));
  },
  encodePage(tools, runs, effort) {
    const writer = byteWriter().uint(runs.length);
    for (const { run } of runs) writeOutline(writer, run);
    return writer.fixed(columns.encode(tools, runs, effort)).done();
  },
  decodePage(tools, count, content) {
    const reader = byteReader(content);
    let outlines: readonly Outline[];
    try {
      outlines = readOutlines(reader, count);
    } catch (cause) {
      if (cause instanceof MalformedBytes) return refuse('MALFORMED');
      throw cause;
    }
    const reads = columns.decode(tools, outlines.map(({ run }) => run), reader.rest());
    if (reads === null) return refuse('MALFORMED');
    return checkedRuns(tools, reads, outlines.map(({ check }) => check));
  },
};

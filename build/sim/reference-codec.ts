import { equalBytes } from '../../shared/base/bytes.ts';
import type { CheckedRun, Codec, CodecTools, FilledRun } from '../../shared/sync/codec.ts';
import { chainRun, type EntryParts, type RunFault, type WireEntry } from '../../shared/sync/entry-codec.ts';
import type { Run } from '../../shared/sync/envelope.ts';
import { CODEC_PLAIN_ZSTD } from '../../shared/sync/limits.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';

/**
 * Entries by reference: the content of a seal is a ticket for what was put into it, as long as the compressed bytes would
 * be. Commitments and chains are judged as by any codec, and of each entry once: whoever reads the same again is spared it.
 * For worlds in which the protocol is of interest and no byte of the line.
 */
const TICKET_BYTES = 8;
/** About what the real thing makes of ledger entries. */
const RATIO = 8;
const TICKETS_MAX = 20_000;

type Part = EntryParts & { readonly hash?: Uint8Array };
type Proven = { readonly entry: WireEntry; readonly previous: Uint8Array };

export function createReferenceCodec(): Codec {
  const kept = new Map<number, readonly FilledRun[]>();
  /** What was found good, by the hash it has in its chain. */
  const proven = new WeakMap<Uint8Array, Proven>();
  let next = 1;

  const put = (runs: readonly FilledRun[]): Uint8Array => {
    let bytes = 0;
    for (const { entries } of runs) for (const { headerText, body } of entries) bytes += headerText.length + (body?.length ?? 0);
    const ticket = new Uint8Array(Math.max(TICKET_BYTES, Math.floor(bytes / RATIO)));
    new DataView(ticket.buffer).setUint32(0, next);
    if (kept.size >= TICKETS_MAX) kept.clear();
    kept.set(next, runs);
    next += 1;
    return ticket;
  };
  const find = (content: Uint8Array): readonly FilledRun[] | null => (content.length < TICKET_BYTES ? null : (kept.get(new DataView(content.buffer, content.byteOffset, content.byteLength).getUint32(0)) ?? null));

  const entryOf = (sha256: CodecTools['sha256'], { segment }: Run, sequence: number, previous: Uint8Array, part: Part): Result<WireEntry, RunFault> => {
    const known = part.hash === undefined ? undefined : proven.get(part.hash);
    if (known !== undefined) {
      const { entry } = known;
      if (entry.headerText === part.headerText && entry.body === part.body && entry.salt === part.salt && entry.segment === segment && entry.sequence === sequence && equalBytes(known.previous, previous)) return ok(entry);
    }
    const chained = chainRun(sha256, { segment, from: sequence, count: 1, previous }, [part]);
    if (!chained.ok) return chained;
    const [entry] = chained.value;
    if (entry === undefined) return refuse('MALFORMED');
    // The hash it is known by everywhere: where it says the same it is the same.
    const same = part.hash !== undefined && equalBytes(part.hash, entry.hash) ? { ...entry, hash: part.hash } : entry;
    proven.set(same.hash, { entry: same, previous });
    return ok(same);
  };

  const checked = ({ sha256 }: CodecTools, run: Run, parts: readonly Part[]): Result<CheckedRun, RunFault> => {
    if (parts.length !== run.count) return refuse('MALFORMED');
    const entries: WireEntry[] = [];
    let previous = run.previous;
    for (const [index, part] of parts.entries()) {
      const entry = entryOf(sha256, run, run.from + index, previous, part);
      if (!entry.ok) return entry;
      entries.push(entry.value);
      previous = entry.value.hash;
    }
    return equalBytes(previous, run.head) ? ok({ run, entries, seed: null }) : refuse('BAD_HASH');
  };

  const all = (tools: CodecTools, runs: readonly Run[], found: readonly FilledRun[]): Result<readonly CheckedRun[], RunFault> => {
    const read: CheckedRun[] = [];
    for (const [index, run] of runs.entries()) {
      const each = checked(tools, run, found[index]?.entries ?? []);
      if (!each.ok) return each;
      read.push(each.value);
    }
    return ok(read);
  };

  return {
    id: CODEC_PLAIN_ZSTD,
    contextOf: () => null,
    encodeBatch: (_, runs) => put(runs),
    decodeBatch(tools, runs, content) {
      const found = find(content);
      return found === null || found.length !== runs.length ? refuse('MALFORMED') : all(tools, runs, found);
    },
    encodePage: (_, runs) => put(runs),
    decodePage(tools, count, content) {
      const found = find(content);
      if (found === null || found.reduce((total, { run }) => total + run.count, 0) !== count) return refuse('MALFORMED');
      return all(tools, found.map(({ run }) => run), found);
    },
  };
}

import { equalBytes, toHex } from '../../shared/base/bytes.ts';
import { CheckpointBody, SegmentOpenBody } from '../../shared/ledger/bodies.ts';
import { bodyCommitment, chainHash, CHAIN_START, Header, idOf } from '../../shared/ledger/entry.ts';
import { isJsonObject } from '../../shared/records/json.ts';
import { allSegments, compareProjection, isOutOfScope, sha256, wordBefore, type Reader, type Segment } from '../ledger/ledger.ts';
import type { ReadHandle, SqlRow } from '../store/store.ts';
import type { Anchor } from './anchor.ts';
import { checkpointHolds } from './checkpoint.ts';
import { brokenMarks, HeldMark, isMarkGone, type MarkClaim } from './held-mark.ts';
import { jsonOf } from './json-of.ts';
import { createLaneClaims, holdsAt, type LaneClaims, type LaneLag } from './lane-claims.ts';

/** One thing that does not hold. `position` is the place in this workstation's ledger, 0 where there is none. */
export type Problem = { readonly entry: string; readonly position: number; readonly problem: string };
export type Verification = {
  readonly entries: number;
  readonly segments: number;
  readonly checkpoints: number;
  readonly problems: readonly Problem[];
  readonly projection: 'equal' | 'differs';
  /** Ends of lanes that their devices have signed and that have not come yet. */
  readonly lags: readonly LaneLag[];
  /** What is missing on purpose. */
  readonly deliberate: Deliberate;
};
/**
 * Bodies erased by law; segments that are closed because two histories contradict each other; entries left out because
 * their patients are not held here, as far as later ones tell; bodies that went with a patient who left; and of how many
 * lanes of others the end is not here, while nobody here can tell whether it was left out or never sent.
 */
export type Deliberate = { readonly erased: number; readonly closed: number; readonly leftOut: number; readonly removed: number; readonly unjudged: number };

const SLICE_ENTRIES = 2000;
const PROBLEMS_MAX = 100;

type Walk = { readonly read: ReadHandle; entries: number; checkpoints: number; erased: number; leftOut: number; removed: number; problems: Problem[]; readonly claims: LaneClaims; readonly marks: MarkClaim[] };

/**
 * Walks every chain from its first entry, checks every body, signature and link, the anchor, and compares the chart
 * with a fold of the ledger. Yields the number of entries seen after each slice, so that typing never waits; what is
 * written meanwhile is judged the next time. `reader`: by whose rules the chart was folded, where not by this version's.
 */
export function* verifyLedger(read: ReadHandle, anchor: Anchor | null, contactAt: number | null = null, reader?: Reader): Generator<number, Verification> {
  const walk: Walk = { read, entries: 0, checkpoints: 0, erased: 0, leftOut: 0, removed: 0, problems: [], claims: createLaneClaims(read), marks: [] };
  const segments = allSegments(read);
  checkPositions(read, walk);
  for (const segment of segments) yield* walkSegment(read, segment, walk);
  yield* checkMarks(read, walk);
  if (anchor !== null) checkAnchor(read, anchor, walk);
  const { gone, lags, unjudged } = walk.claims.judge(contactAt);
  for (const { entry, position, problem } of gone) report(walk, entry, position, problem);
  const intact = walk.problems.length === 0;
  const differences = intact ? yield* compareProjection(read, SLICE_ENTRIES, reader) : [];
  for (const { table, where } of differences) walk.problems.push({ entry: '', position: 0, problem: `the chart differs from its ledger: ${table} ${where}` });
  return {
    entries: walk.entries,
    segments: segments.length,
    checkpoints: walk.checkpoints,
    problems: walk.problems.toSorted((left, right) => left.position - right.position),
    projection: intact && differences.length === 0 ? 'equal' : 'differs',
    lags,
    deliberate: { erased: walk.erased, closed: segments.filter(({ closed }) => closed !== null).length, leftOut: walk.leftOut, removed: walk.removed, unjudged },
  };
}

function report(walk: Walk, entry: string, position: number, problem: string): void {
  if (walk.problems.length < PROBLEMS_MAX) walk.problems.push({ entry, position, problem });
}

function checkPositions(read: ReadHandle, walk: Walk): void {
  const row = read.get('SELECT count(*) AS count, coalesce(max(position), 0) AS last FROM ledger');
  if (row?.['count'] === row?.['last']) return;
  const gap = read.get('SELECT position + 1 AS position FROM ledger AS l WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE position = l.position + 1) ORDER BY position LIMIT 1');
  report(walk, '', Number(gap?.['position'] ?? 0), 'an entry is missing');
}

function* walkSegment(read: ReadHandle, segment: Segment, walk: Walk): Generator<number> {
  let head: Uint8Array = CHAIN_START;
  let sequence = 0;
  for (;;) {
    const rows = read.all(
      'SELECT position, sequence, kind, session, patient, record, at, header, salt, body, hash FROM ledger WHERE segment = ? AND sequence >= ? AND sequence < ? ORDER BY sequence LIMIT ?',
      segment.ref, sequence, segment.length, SLICE_ENTRIES,
    );
    if (rows.length === 0) break;
    for (const row of rows) {
      const word = wordBeforeGap(segment, sequence, row, walk);
      if (word !== null) {
        walk.leftOut += Number(row['sequence']) - sequence;
        sequence = Number(row['sequence']);
        head = word;
      }
      const hash = checkRow(segment, sequence, head, row, walk);
      if (hash === undefined) return;
      head = hash;
      sequence += 1;
      walk.entries += 1;
    }
    yield walk.entries;
  }
  const more = read.get('SELECT length FROM segment WHERE ref = ?', segment.ref)?.['length'];
  const beyond = read.get('SELECT max(sequence) + 1 AS length FROM ledger WHERE segment = ?', segment.ref)?.['length'];
  if (beyond !== more) report(walk, `${segment.id}.${Number(more)}`, lastPosition(read, segment), 'the segment has entries beyond its end, or fewer');
  if (sequence !== segment.length || !equalBytes(head, segment.head)) report(walk, `${segment.id}.${sequence}`, lastPosition(read, segment), 'the segment ends early');
}

/** Central's word for the hash before an entry, where those before it are left out; null where they are not. */
function wordBeforeGap({ ref, hole }: Segment, expected: number, row: SqlRow, { read }: Walk): Uint8Array | null {
  return hole === null || Number(row['sequence']) <= expected ? null : (wordBefore(read, ref, Number(row['sequence'])) ?? null);
}

/** What was held when this workstation signed for it, in the order it came. */
function* checkMarks(read: ReadHandle, walk: Walk): Generator<number> {
  if (isMarkGone(read)) report(walk, '', 0, 'what this workstation signs of a part of the records is gone');
  const claims = walk.marks.filter(({ entry }) => !walk.claims.cameBack(entry));
  if (claims.length === 0) return;
  const [first] = yield* brokenMarks(read, claims);
  if (first !== undefined) report(walk, first.entry, first.at, 'something that was held when this was signed was changed');
}

function lastPosition(read: ReadHandle, segment: Segment): number {
  return Number(read.get('SELECT coalesce(max(position), 0) + 1 AS position FROM ledger WHERE segment = ?', segment.ref)?.['position'] ?? 0);
}

/** The entry's hash, or undefined where the chain breaks and nothing after it can be judged. */
function checkRow(segment: Segment, expected: number, previous: Uint8Array, row: SqlRow, walk: Walk): Uint8Array | undefined {
  const position = Number(row['position']);
  const id = `${segment.id}.${expected}`;
  const { header: text, salt, body, hash } = row;
  if (typeof text !== 'string' || !(salt instanceof Uint8Array) || !(hash instanceof Uint8Array)) return void report(walk, id, position, 'the entry is not whole');
  if (row['sequence'] !== expected) return void report(walk, id, position, 'an entry is missing');
  const computed = chainHash(sha256, previous, text);
  if (!equalBytes(computed, hash)) return void report(walk, id, position, 'the entry or one before it was changed');
  const header = readHeader(text);
  if (header === undefined || !columnsMatch(header, segment, row)) return void report(walk, id, position, 'the entry contradicts its header');
  if (body === null && header.body !== null) walk[header.patient !== null && isOutOfScope(walk.read, header.patient) ? 'removed' : 'erased'] += 1;
  if (body instanceof Uint8Array && header.body !== toHex(bodyCommitment(sha256, salt, body))) report(walk, id, position, 'the content was changed');
  if (body instanceof Uint8Array) checkOwnKinds(segment, header, body, position, walk);
  return computed;
}

function readHeader(text: string): Header | undefined {
  try {
    return Header.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function columnsMatch(header: Header, segment: Segment, row: SqlRow): boolean {
  return (
    header.segment === segment.id && header.sequence === row['sequence'] && header.kind === row['kind'] && header.session === row['session'] &&
    header.patient === row['patient'] && header.record === row['record'] && header.at === row['at']
  );
}

function checkOwnKinds(segment: Segment, header: Header, body: Uint8Array, position: number, walk: Walk): void {
  const entry = idOf(header);
  if (header.kind === 'checkpoint') {
    const written = jsonOf(body);
    const parsed = CheckpointBody.safeParse(written);
    walk.checkpoints += 1;
    if (!parsed.success || !isJsonObject(written) || parsed.data.segment !== segment.id || !checkpointHolds(written, parsed.data.signature, segment.signingKey)) return report(walk, entry, position, 'the checkpoint\'s signature does not hold');
    const { length, head, lanes = [], at } = parsed.data;
    const claims = [{ segment: segment.id, lane: segment.lane, length, head }, ...lanes];
    if (!walk.claims.hold(claims, { entry, position, at, segment })) report(walk, entry, position, 'the checkpoint names another history');
    const held = segment.own ? HeldMark.safeParse(parsed.data.held) : null;
    if (held?.success === true) walk.marks.push({ ...held.data, entry, at: position });
  }
  if (header.kind === 'segment.open') {
    const opened = SegmentOpenBody.safeParse(jsonOf(body)).data;
    if (opened === undefined) return;
    const { previous, heads } = opened;
    const claims = previous === null ? heads : [{ ...previous, lane: segment.lane }, ...heads];
    if (!walk.claims.hold(claims, { entry, position, at: header.at, segment })) report(walk, entry, position, 'the segment before this one is not as it was');
  }
  if (header.kind === 'ledger.recovered') walk.claims.recovered(jsonOf(body));
}

function checkAnchor(read: ReadHandle, anchor: Anchor, walk: Walk): void {
  if (anchorHolds(read, anchor)) return;
  report(walk, `${anchor.segment}.${anchor.length - 1}`, 0, 'the ledger is older than its anchor: entries that were there are gone');
}

export function anchorHolds(read: ReadHandle, anchor: Anchor): boolean {
  const ref = read.get('SELECT ref FROM segment WHERE id = ?', anchor.segment)?.['ref'];
  return typeof ref === 'number' && holdsAt(read, ref, anchor.length, anchor.head);
}

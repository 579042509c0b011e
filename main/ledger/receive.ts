import { equalBytes, toHex } from '../../shared/base/bytes.ts';
import { parseCanonical } from '../../shared/base/canonical.ts';
import { DeviceId, type SegmentId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { headerObject, type HeaderFields } from '../../shared/codec/header-text.ts';
import { SegmentOpenBody } from '../../shared/ledger/bodies.ts';
import { bodyCommitment, chainHash, CHAIN_START, Header } from '../../shared/ledger/entry.ts';
import { compareHybrid, type HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { WriteHandle } from '../store/store.ts';
import { appendEntry } from './append.ts';
import { sha256 } from './chain-writer.ts';
import { attempt, foldRow, type Reader } from './fold.ts';
import { parseBody } from './expansion.ts';
import { closeSegment, keepEvidence, type Contradiction } from './forks.ts';
import { firstHole, hashAt, isContradictedByNext, keepGap, keepHole, putBack, wordBefore } from './partial-chain.ts';
import { insertSegment, moveHead, segmentById, type Segment } from './segments.ts';

/** GAP: something that has to come before is not here. The others: what came cannot be what anybody wrote. */
export type ReceiveFault = 'GAP' | 'BAD_HASH' | 'MALFORMED';

/** What arrives from elsewhere, before any of it is believed. `fields`: see WireEntry of shared/sync/entry-codec.ts; they count where `hashes` of the run do. */
export type Arriving = { readonly headerText: string; readonly salt: Uint8Array; readonly body: Uint8Array | null; readonly segment?: SegmentId; readonly sequence?: number; readonly fields?: HeaderFields };

/** Consecutive entries of one segment, and what is known of them. */
export type ArrivingRun = {
  readonly entries: readonly Arriving[];
  /** Chain hash before the first of them, where whoever brings them says so. */
  readonly previous?: Uint8Array;
  /**
   * Chain hash of each of them behind `previous`, from whoever has computed these from the very headers and has found
   * every body to be the one its header commits to (shared/sync/entry-codec.ts). None: both are done here.
   */
  readonly hashes?: readonly Uint8Array[];
  /** Whether the author's signature over this very chain holds, has not been seen, or is another's. Unseen unless it is said. */
  readonly standing?: 'attested' | 'unattested' | 'contradicted';
  /** Who signed, or was said to have. */
  readonly author?: DeviceId | null;
  /** A part of the records is held here: what comes before the run may be missing, and `previous` is central's word. */
  readonly gaps?: boolean;
};

/**
 * FORK: another entry is held under the same id, or the run continues another history. CONTRADICTED: signed, but not by
 * its author. UNPROVEN: said to be this device's own, without its signature; it is not taken, and the segment stays open.
 */
export type SegmentFault = 'FORK' | 'CONTRADICTED' | 'UNPROVEN';

export type Received = {
  readonly applied: number;
  readonly duplicates: number;
  readonly parked: number;
  readonly patients: readonly string[];
  /** Own entries of earlier starts that came back. */
  readonly recovered: number;
  /** Segments of which something was not taken; the rest was. */
  readonly closed: readonly { readonly segment: SegmentId; readonly code: SegmentFault }[];
};

/** `news`: contradictions that were not known before. `back`: own entries that came back, by segment; none where all they say is that others came back. */
export type Taken = Received & {
  readonly news: readonly Contradiction[];
  readonly back: readonly { readonly segment: SegmentId; readonly from: number; readonly to: number }[];
  readonly latest: HybridTime;
};

export type Receiver = { readonly device: DeviceId; readonly at: number; readonly reader: Reader | undefined };

type Taking = { segment: Segment; readonly from: number; refused: SegmentFault | null };
const NOBODY = DeviceId.parse('0000000000000000');

/**
 * Takes entries of other devices, and own ones that a restore took away, in segment order, within the caller's
 * transaction. Every header is parsed and must be canonical, every body must match its commitment, and each entry must
 * continue the chain that is held here; else nothing of it all is taken. An entry that contradicts one that is held
 * closes its segment, both are kept, and everything else is taken.
 *
 * Hardly ever is there an entry that cannot be folded: one savepoint serves them all, and only where one of them throws
 * they are taken anew, each guarded by its own.
 */
export function receiveEntries(write: WriteHandle, runs: readonly ArrivingRun[], receiver: Receiver): Result<Taken, ReceiveFault> {
  return attempt(write, () => takeRuns(write, runs, receiver, false)) ?? takeRuns(write, runs, receiver, true);
}

function takeRuns(write: WriteHandle, runs: readonly ArrivingRun[], receiver: Receiver, guarded: boolean): Result<Taken, ReceiveFault> {
  const taking = new Map<SegmentId, Taking>();
  const patients = new Set<string>();
  const news: Contradiction[] = [];
  const counts = { applied: 0, duplicates: 0, parked: 0 };
  let latest: HybridTime = [0, 0];
  /** Something of our own came back that says more than that something came back: two copies of a machine would tell each other so for ever. */
  let worthTelling = false;

  const contradict = (each: Taking, code: 'FORK' | 'CONTRADICTED', header: Header, arriving: Arriving): void => {
    each.refused = code;
    const found = closeSegment(write, each.segment, code, header.sequence, arriving, receiver.at);
    if (found !== null) news.push(found);
    each.segment = { ...each.segment, closed: Math.min(each.segment.closed ?? header.sequence, header.sequence) };
  };

  const takeOne = (run: ArrivingRun, index: number, header: Header, arriving: Arriving): Result<null, ReceiveFault> => {
    const each = takingOf(write, taking, run, header, arriving, receiver.device);
    if (each === null) return refuse('GAP', { segment: header.segment, sequence: header.sequence });
    const { segment } = each;
    const held = header.sequence < segment.length ? heldEntry(write, segment, header.sequence) : undefined;
    if (held?.headerText === arriving.headerText) return comeAgain(each, held.position, header, arriving), ok(null);
    if (run.standing === 'contradicted') return contradict(each, 'CONTRADICTED', header, arriving), ok(null);
    if (held !== undefined) return contradict(each, 'FORK', header, arriving), ok(null);
    if (segment.closed !== null) {
      each.refused ??= 'FORK';
      keepEvidence(write, segment, header.sequence, arriving, receiver.at);
      return ok(null);
    }
    if (segment.own && run.standing !== 'attested') return void (each.refused = 'UNPROVEN'), ok(null);
    const before = placeOf(write, segment, run, index, header);
    if (before === null) return refuse('GAP', { segment: header.segment, sequence: header.sequence });
    const hash = hashBehind(before.head, run, index) ?? chainHash(sha256, before.head, arriving.headerText);
    if (before.fills && isContradictedByNext(write, segment.ref, header.sequence, hash)) return contradict(each, 'FORK', header, arriving), ok(null);
    const { headerText, salt, body } = arriving;
    worthTelling ||= segment.own && header.kind !== 'ledger.recovered';
    const { outcome } = appendEntry(write, segment, { header, headerText, salt, body, hash }, { reader: receiver.reader, guarded });
    if (before.fills || !before.held) keepGap(write, segment.ref, header.sequence, before.held ? null : before.head);
    const hole = segment.hole ?? (header.sequence > segment.length ? segment.length : null);
    each.segment = before.fills ? segment : { ...segment, length: header.sequence + 1, head: hash, hole };
    taken(header, outcome.folded);
    return ok(null);
  };

  /** What is held already; a body that went with its patient may have come back with it. */
  const comeAgain = ({ segment }: Taking, position: number, header: Header, arriving: Arriving): void => {
    if (segment.hole === null || segment.own || !putBack(write, position, arriving)) return void (counts.duplicates += 1);
    taken(header, foldRow(write, { position, segment: segment.ref, header: arriving.headerText, body: arriving.body }, segment.own, receiver.reader));
  };

  const taken = (header: Header, folded: boolean): void => {
    counts.applied += 1;
    if (!folded) counts.parked += 1;
    if (header.patient !== null) patients.add(header.patient);
    if (compareHybrid(header.clock, latest) > 0) latest = header.clock;
  };

  for (const run of runs) {
    for (const [index, arriving] of run.entries.entries()) {
      const header = readHeader(arriving, run.hashes !== undefined);
      if (!header.ok) return header;
      if (index === 0 && leadsElsewhere(write, taking, run, header.value)) {
        const each = takingOf(write, taking, run, header.value, arriving, receiver.device);
        if (each !== null) contradict(each, 'FORK', header.value, arriving);
      }
      const outcome = takeOne(run, index, header.value, arriving);
      if (!outcome.ok) return outcome;
    }
  }
  for (const { segment, from } of taking.values()) {
    if (segment.length > from) moveHead(write, segment.ref, segment.length, segment.head);
    if (segment.hole !== null) keepHole(write, segment.ref, firstHole(write, segment.ref, segment.hole, segment.length));
  }
  const back = [...taking.values()].filter(({ segment, from }) => segment.own && segment.length > from).map(({ segment, from }) => ({ segment: segment.id, from, to: segment.length }));
  const closed = [...taking.values()].flatMap(({ segment, refused }) => (refused === null ? [] : [{ segment: segment.id, code: refused }]));
  return ok({ ...counts, patients: [...patients], recovered: back.reduce((sum, { from, to }) => sum + to - from, 0), closed, news, back: worthTelling ? back : [], latest });
}

/** The hash of a run's entry, where it was computed behind the very head that is held here. */
function hashBehind(head: Uint8Array, { previous, hashes }: ArrivingRun, index: number): Uint8Array | undefined {
  const before = index === 0 ? previous : hashes?.[index - 1];
  return before !== undefined && equalBytes(before, head) ? hashes?.[index] : undefined;
}

function readHeader({ headerText, salt, body, segment, sequence, fields }: Arriving, isChecked: boolean): Result<Header, ReceiveFault> {
  const parsed = Header.safeParse(isChecked && fields !== undefined && segment !== undefined && sequence !== undefined ? headerObject(fields, segment, sequence) : parseCanonical(headerText));
  if (!parsed.success) return refuse('MALFORMED');
  const header = parsed.data;
  if (!isChecked && body !== null && (header.body === null || toHex(bodyCommitment(sha256, salt, body)) !== header.body)) {
    return refuse('BAD_HASH', { segment: header.segment, sequence: header.sequence });
  }
  return ok(header);
}

/** Of a segment that nothing is taken of, and of which nothing is kept either. */
const UNSAVED = -1;

/** Null where the segment is not known and does not begin here. */
function takingOf(write: WriteHandle, taking: Map<SegmentId, Taking>, run: ArrivingRun, header: Header, arriving: Arriving, device: DeviceId): Taking | null {
  const known = taking.get(header.segment);
  if (known !== undefined && (known.segment.ref !== UNSAVED || run.standing !== 'attested')) return known;
  const segment = segmentById(write, header.segment) ?? openSegment(write, run, header, arriving, device);
  if (segment === null) return null;
  const each: Taking = { segment, from: segment.length, refused: known?.refused ?? null };
  taking.set(header.segment, each);
  return each;
}

/** The first entry of a segment says whose it is. One that is signed by somebody else says nothing; its segment is closed from the start. */
function openSegment(write: WriteHandle, { standing, author }: ArrivingRun, { segment: id, sequence, kind }: Header, { body }: Arriving, device: DeviceId): Segment | null {
  const opened = sequence === 0 && kind === 'segment.open' && body !== null ? SegmentOpenBody.safeParse(parseBody(body)).data : undefined;
  const believed = standing === 'contradicted' ? undefined : opened;
  const claimed = believed?.device ?? author ?? NOBODY;
  const unproven = claimed === device && standing !== 'attested';
  if (believed === undefined && standing !== 'contradicted' && !unproven) return null;
  const segment = {
    id, device: claimed, deviceName: believed?.deviceName ?? '', own: claimed === device && standing !== 'contradicted', signingKey: believed?.signingKey ?? '', lane: believed?.lane ?? LANE.clinical, start: believed?.start ?? null, saltSeed: null,
  };
  const ref = unproven && standing !== 'contradicted' ? UNSAVED : insertSegment(write, segment);
  return { ...segment, ref, length: 0, head: CHAIN_START, acknowledged: 0, closed: null, hole: null };
}

function heldEntry(write: WriteHandle, segment: Segment, sequence: number): { readonly position: number; readonly headerText: unknown } | undefined {
  const row = write.get('SELECT position, header FROM ledger WHERE segment = ? AND sequence = ?', segment.ref, sequence);
  return row === undefined ? undefined : { position: Number(row['position']), headerText: row['header'] };
}

/** Where an entry is put. `head`: the chain hash before it; `held`: the entry before it is here; `fills`: one behind it is. */
type Place = { readonly head: Uint8Array; readonly held: boolean; readonly fills: boolean };

/** Null where something that has to come before is not here. */
function placeOf(write: WriteHandle, segment: Segment, { previous, gaps = false }: ArrivingRun, index: number, header: Header): Place | null {
  const { sequence } = header;
  if (sequence === segment.length && segment.hole === null) return { head: segment.head, held: true, fills: false };
  if (sequence > segment.length && !gaps) return null;
  const before = hashAt(write, segment.ref, sequence - 1);
  const head = before ?? (index === 0 ? previous : undefined);
  // Who was signed in is told to everybody, and before whatever they wrote.
  const missesSession = header.session !== null && header.session < sequence && hashAt(write, segment.ref, header.session) === undefined;
  return head === undefined || missesSession ? null : { head, held: before !== undefined, fills: sequence < segment.length };
}

/** Whether a run continues another history than the one that is held: the hash before it is not ours. */
function leadsElsewhere(write: WriteHandle, taking: ReadonlyMap<SegmentId, Taking>, { previous, standing }: ArrivingRun, header: Header): boolean {
  const segment = taking.get(header.segment)?.segment ?? segmentById(write, header.segment);
  if (previous === undefined || standing === 'contradicted' || segment === undefined || header.sequence > segment.length || segment.closed !== null) return false;
  if (header.sequence === segment.length) return !equalBytes(segment.head, previous);
  if (header.sequence === 0) return !equalBytes(CHAIN_START, previous);
  const before = hashAt(write, segment.ref, header.sequence - 1) ?? wordBefore(write, segment.ref, header.sequence);
  return before === undefined ? segment.hole === null : !equalBytes(before, previous);
}

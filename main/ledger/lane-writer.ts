import type { z } from 'zod';
import { toHex, utf8 } from '../../shared/base/bytes.ts';
import { splitEntryId, type DeviceId, type EntryId, type SegmentId } from '../../shared/base/ids.ts';
import { assertHolds } from '../../shared/base/result.ts';
import type { LaneHead, SegmentOpenBody } from '../../shared/ledger/bodies.ts';
import { CHAIN_START, Header, type Entry } from '../../shared/ledger/entry.ts';
import type { HybridTime } from '../../shared/ledger/hybrid-clock.ts';
import { LANE, laneOf, LANES, type Lane } from '../../shared/ledger/lanes.ts';
import { SALT_SEED_BYTES, saltsFrom } from '../../shared/ledger/salt.ts';
import { SCHEMA_VERSION } from '../migrations/migrations.ts';
import type { ReadHandle, WriteHandle } from '../store/store.ts';
import { appendEntry } from './append.ts';
import { nextEntry, sha256, type ChainState, type Draft, type Moment, type Terms } from './chain-writer.ts';
import { parseBody } from './expansion.ts';
import type { Reader } from './fold.ts';
import type { Grant } from './grant.ts';
import { insertSegment, moveHead, newSegmentId, type Segment } from './segments.ts';

/** What the first entry of every segment says of who writes it. */
export type Writer = {
  readonly device: { readonly id: DeviceId; readonly name: string; readonly signingKey: Uint8Array };
  readonly application: string;
  readonly systemGrant: Grant;
  /** How far central's clock was ahead of ours when they were last compared, milliseconds; null where they never were. */
  readonly serverOffsetMs?: () => number | null;
  /** What is understood; this version's, unless a test plays a newer one. */
  readonly reader?: Reader;
};

/**
 * Where the lanes of this start stand. Replaced as a whole once a transaction has committed, never changed in between.
 * One hybrid clock for all lanes: whatever lane an entry goes by, it is later than the one written before it here.
 */
export type Standing = {
  readonly start: SegmentId;
  readonly clock: HybridTime;
  readonly chains: ReadonlyMap<Lane, ChainState>;
  /** Sequence of a session's opening within a lane, by lane and the entry that opened it first. */
  readonly sessions: ReadonlyMap<string, number>;
  /** Entries written since the vault was opened, in all lanes. */
  readonly written: number;
};

/** Own segments from before this start, as the first entries of the new ones name them. */
export type Previous = { readonly lanes: ReadonlyMap<Lane, Segment>; readonly heads: readonly LaneHead[] };

export type LaneWriter = {
  /** Opens the clinical lane, whose first entry announces the start. */
  begin(): void;
  append(grant: Grant, draft: Draft): { readonly entry: Entry; readonly position: number };
  /** Moves the heads of what was written to; the standing after it. To be called last. */
  finish(): Standing;
};

/** A start before anything is written in it. */
export function newStart(start: SegmentId, clock: HybridTime, written = 0): Standing {
  return { start, clock, chains: new Map(), sessions: new Map(), written };
}

/** Appends to the lanes within one transaction; `before` stays as it is. A lane is opened by what is first written to it. */
export function writeLanes(write: WriteHandle, before: Standing, writer: Writer, previous: () => Previous, moment: Moment): LaneWriter {
  const chains = new Map(before.chains);
  const sessions = new Map(before.sessions);
  const touched = new Set<Lane>();
  let { clock, written } = before;

  const add = (lane: Lane, chain: ChainState, terms: Terms, draft: Draft, body: Uint8Array | null): { readonly entry: Entry; readonly position: number } => {
    const made = nextEntry(chain, clock, terms, draft, body, moment);
    const { position } = appendEntry(write, { ref: chain.ref, own: true }, made.entry, { reader: writer.reader, guarded: false, parsed: draft.parsed });
    chains.set(lane, made.chain);
    touched.add(lane);
    clock = made.entry.header.clock;
    written += 1;
    return { entry: made.entry, position };
  };

  const open = (lane: Lane): ChainState => {
    const id = lane === LANE.clinical ? before.start : newSegmentId(moment.random);
    const { device, application, systemGrant, serverOffsetMs } = writer;
    const signingKey = toHex(device.signingKey);
    const { lanes, heads } = previous();
    const last = lanes.get(lane);
    const saltSeed = moment.random.bytes(SALT_SEED_BYTES);
    const ref = insertSegment(write, { id, device: device.id, deviceName: device.name, own: true, signingKey, lane, start: before.start, saltSeed });
    const body: z.infer<typeof SegmentOpenBody> = {
      device: device.id,
      deviceName: device.name,
      application,
      schema: SCHEMA_VERSION,
      signingKey,
      lane,
      start: before.start,
      previous: last === undefined ? null : { segment: last.id, length: last.length, head: toHex(last.head) },
      heads: lane === LANE.clinical ? [...heads] : [],
      wallClock: Math.floor(moment.clock.now()),
      serverOffsetMs: serverOffsetMs?.() ?? null,
    };
    add(lane, { segment: id, ref, next: 0, head: CHAIN_START, openedAt: moment.clock.monotonic(), saltOf: saltsFrom(sha256, saltSeed) }, { ...systemGrant, session: null }, { kind: 'segment.open' }, utf8(JSON.stringify(body)));
    return chainOf(chains, lane);
  };

  /** The session as this lane knows it. A lane travels alone, so whoever reads it must find there who wrote it. */
  const sessionIn = (lane: Lane, chain: ChainState, session: EntryId | null): number | null => {
    if (session === null) return null;
    const { segment, sequence } = splitEntryId(session);
    if (segment === chain.segment) return sequence;
    const key = `${lane} ${session}`;
    const known = sessions.get(key);
    if (known !== undefined) return known;
    const { header, body } = originalOf(write, session);
    const copy = utf8(JSON.stringify({ ...body, original: session }));
    const { entry } = add(lane, chain, { decision: header.decision, purpose: header.purpose, patient: null, session: null }, { kind: 'session.open' }, copy);
    sessions.set(key, entry.header.sequence);
    return entry.header.sequence;
  };

  return {
    begin: () => void (chains.get(LANE.clinical) ?? open(LANE.clinical)),
    append(grant, draft) {
      const body = draft.body === undefined ? null : draft.body instanceof Uint8Array ? draft.body : utf8(JSON.stringify(draft.body));
      const lane = draft.lane ?? laneOf(draft.kind, { body: draft.body instanceof Uint8Array ? draft.parsed : draft.body, bytes: body?.length ?? 0, recordType: amendedType(write, draft) });
      const chain = chains.get(lane) ?? open(lane);
      const session = sessionIn(lane, chain, grant.session);
      return add(lane, chainOf(chains, lane), { decision: grant.decision, purpose: grant.purpose, patient: grant.patient, session }, draft, body);
    },
    finish() {
      for (const lane of touched) {
        const { ref, next, head } = chainOf(chains, lane);
        moveHead(write, ref, next, head);
      }
      return { start: before.start, clock, chains, sessions, written };
    },
  };
}

/** Where the open lanes of a start stand, urgent first. */
export function headsOf({ chains }: Standing): readonly LaneHead[] {
  return LANES.flatMap((lane) => {
    const chain = chains.get(lane);
    return chain === undefined ? [] : [{ lane, segment: chain.segment, length: chain.next, head: toHex(chain.head) }];
  });
}

function chainOf(chains: ReadonlyMap<Lane, ChainState>, lane: Lane): ChainState {
  const chain = chains.get(lane);
  assertHolds(chain !== undefined, 'a lane is open once something has been written to it');
  return chain;
}

function amendedType(read: ReadHandle, { kind, record }: Draft): string | null {
  if (kind !== 'amend' || record === undefined || record === null) return null;
  const type = read.get('SELECT type FROM record WHERE id = ?', record)?.['type'];
  return typeof type === 'string' ? type : null;
}

function originalOf(read: ReadHandle, session: EntryId): { readonly header: Header; readonly body: object } {
  const { segment, sequence } = splitEntryId(session);
  const row = read.get(
    "SELECT ledger.header, ledger.body FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE segment.id = ? AND segment.own = 1 AND ledger.sequence = ? AND ledger.kind = 'session.open'",
    segment, sequence,
  );
  const body = row?.['body'] instanceof Uint8Array ? parseBody(row['body']) : undefined;
  if (row === undefined || typeof body !== 'object' || body === null) throw new Error('broken assumption: a session is opened before anything is written in it');
  return { header: Header.parse(JSON.parse(String(row['header']))), body };
}

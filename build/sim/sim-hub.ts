import { equalBytes, fromHex, toHex } from '../../shared/base/bytes.ts';
import type { DeviceId, SegmentId } from '../../shared/base/ids.ts';
import type { Sha256 } from '../../shared/base/world.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import { HubEpoch } from '../../shared/sync/envelope.ts';
import type { Holding } from '../../shared/sync/holdings.ts';
import { MARK_START, seedOrder } from '../../shared/sync/hub-rules.ts';
import { isByNumber } from '../../shared/sync/page-header.ts';
import type { DeviceRecord, Held, HubEvent, HubStore, LogRow, LogSlice, PageQuery } from '../../shared/sync/hub-store.ts';
import { createHubScopes, type HubScopes } from './hub-scopes.ts';
import type { Parts } from './parts.ts';
import { createPower, type Power } from './power.ts';
import { headOf, keepWord, type SimSegment } from './sim-segment.ts';

/** Central's disk in memory, playing the store for the shipped core, and what a world wants to see of it. */
export type SimHub = {
  readonly store: { -readonly [Call in keyof HubStore]: HubStore[Call] };
  readonly power: Power;
  readonly scopes: HubScopes;
  readonly events: readonly HubEvent[];
  entries(): number;
  /** Whether it durably holds these entries now. */
  holds(segment: SegmentId, length: number, head: Uint8Array): boolean;
  segments(): readonly { readonly id: SegmentId; readonly device: DeviceId; readonly entries: readonly WireEntry[]; readonly quarantined: boolean }[];
  /** Grows with every change to it; a quiet hub keeps its number. */
  version(): number;
  /** A copy of its disk, to go back to. */
  image(): () => void;
  close(): void;
};

export type SimHubOptions = {
  readonly devices: () => readonly DeviceRecord[];
  readonly sha256: Sha256;
  readonly rules: Pick<Parts, 'placeDevice'>;
  /** It reads out no more at once. */
  readonly pageRows: number;
  /** Random bytes, hexadecimal. */
  readonly hex: (bytes: number) => string;
};

type Row = LogRow & { readonly device: DeviceId; readonly urgent: boolean; readonly patient: string | null };
type HubSegment = SimSegment & { rows: Row[]; receivedAt: number };

const MARK_HEX = 16;
const URGENT = 0;

export function createSimHub({ devices, sha256, rules, pageRows, hex }: SimHubOptions): SimHub {
  let epoch = HubEpoch.parse(hex(8));
  let log: Row[] = [];
  let segments = new Map<SegmentId, HubSegment>();
  let events: HubEvent[] = [];
  let version = 0;
  const power = createPower();
  const scopes = createHubScopes(hex);

  const commit = (change: () => void): void => {
    power.commit(() => {
      change();
      version += 1;
    });
  };
  const inCommit = <Value>(change: () => Value): Value => {
    const made: Value[] = [];
    commit(() => void made.push(change()));
    return made[0] as Value;
  };
  const markAt = (lsn: number): string | null => (lsn === 0 ? MARK_START : (log[lsn - 1]?.mark ?? null));
  const heldOf = (device: DeviceId, id: SegmentId): Held | null => {
    const segment = segments.get(id);
    const last = segment?.rows.at(-1);
    return segment === undefined || segment.device !== device || last === undefined ? null : { segment: id, length: segment.rows.length, head: last.hash, lsn: last.lsn, receivedAt: segment.receivedAt };
  };
  const holdingsOf = (device: DeviceId): Holding[] => [...segments.values()].flatMap((segment) => (segment.device === device ? [{ segment: segment.id, length: segment.rows.length, head: headOf(segment, segment.rows.length) }] : []));
  const urgentLatest = (): number => log.findLast(({ urgent }) => urgent)?.lsn ?? 0;

  /** Rows of a stream that this device reads, and where the stream begins and ends; null where its place is not here. */
  const streamOf = ({ stream, device, own }: PageQuery): { readonly rows: Iterable<Row>; readonly from: number; readonly end: number } | null => {
    const theirs = function* (from: number, fits: (row: Row) => boolean): Iterable<Row> {
      for (let at = from; at < log.length; at += 1) {
        const row = log[at];
        if (row !== undefined && (own || row.device !== device) && fits(row)) yield row;
      }
    };
    switch (stream.kind) {
      case 'log': {
        const { after, urgentSeen } = stream;
        if (after.epoch !== epoch || markAt(after.lsn) !== after.mark) return null;
        return { rows: theirs(after.lsn, (row) => (!row.urgent || row.lsn > urgentSeen) && scopes.comes(device, row)), from: after.lsn, end: log.length };
      }
      case 'urgent':
        return stream.epoch === epoch ? { rows: theirs(stream.after, (row) => row.urgent && scopes.comes(device, row)), from: stream.after, end: urgentLatest() } : null;
      case 'patient': {
        const member = scopes.member(device, stream.patient);
        if (stream.epoch !== epoch || member === null || (member.state !== 'entering' && member.state !== 'in')) return null;
        const { since } = member;
        return { rows: theirs(stream.after, ({ patient, lsn }) => patient === stream.patient && lsn <= since), from: stream.after, end: since };
      }
      case 'segment': {
        const segment = segments.get(stream.segment);
        return segment?.device === device ? { rows: segment.rows.slice(stream.from), from: stream.from, end: segment.rows.length } : null;
      }
      case 'seed': {
        const { at, after } = stream;
        if (at.epoch !== epoch || markAt(at.lsn) !== at.mark) return null;
        const found = [...segments].flatMap(([id, { device: owner, lane, rows: held }], number) => (owner === device ? [] : [{ segment: id, number, lane, held: held.filter(({ lsn }) => lsn <= at.lsn) }]));
        const all = seedOrder(found.map((each) => ({ ...each, length: each.held.length }))).flatMap(({ held }) => held);
        return { rows: all.slice(after), from: after, end: all.length };
      }
    }
  };

  const slice = (query: PageQuery): LogSlice | null => {
    const found = streamOf(query);
    if (found === null) return null;
    const { kind } = query.stream;
    const rows: Row[] = [];
    let bytes = 0;
    let complete = true;
    for (const row of found.rows) {
      bytes += row.headerText.length + (row.body?.length ?? 0);
      // A small page ends where an author's batch does, as central's own pages do.
      const full = rows.length === query.maxEntries || (rows.length >= pageRows && rows.at(-1)?.attestation !== null);
      if (full || (rows.length > 0 && bytes > query.maxRawBytes)) {
        complete = false;
        break;
      }
      rows.push(row);
    }
    const last = rows.at(-1);
    const behind = last === undefined ? found.from : kind === 'segment' ? last.sequence + 1 : kind === 'seed' ? found.from + rows.length : last.lsn;
    const next = complete ? Math.max(found.end, found.from) : behind;
    return { rows, next, mark: isByNumber(query.stream) ? markAt(next) : null, last: found.end };
  };

  const store: SimHub['store'] = {
    async device(id) {
      const record = devices().find(({ device }) => device === id);
      return record === undefined ? null : { ...record, partial: scopes.isPartial(id) };
    },
    async greet(device, places, asked) {
      const place = rules.placeDevice(places, epoch, markAt);
      if (place.lost) {
        commit(() => {
          epoch = HubEpoch.parse(hex(8));
          events.push({ device, code: 'HUB_RESTORED', what: 'a cursor is not on this log' });
        });
      }
      const scope = scopes.isPartial(device) ? inCommit(() => scopes.greet(device, places, epoch)) : null;
      let heldEntries = 0;
      for (const { device: owner, rows } of segments.values()) if (owner === device) heldEntries += rows.length;
      return {
        epoch, latest: log.length, urgent: urgentLatest(), tip: { epoch, lsn: log.length, mark: markAt(log.length) ?? MARK_START }, cursor: { epoch, ...place.at }, heldEntries, holdings: holdingsOf(device).filter(({ segment }) => segments.get(segment)?.closed !== true),
        positions: asked.map((segment) => ({ segment, length: heldOf(device, segment)?.length ?? 0 })), scope,
        held: asked.flatMap((segment) => heldOf(device, segment) ?? []),
      };
    },
    async held(device, asked) {
      return asked.flatMap((segment) => heldOf(device, segment) ?? []);
    },
    async ingest({ header, entries, seed, attestation, lane }, decide, receivedAt) {
      const { segment: id, from, device } = header;
      const known = segments.get(id);
      const length = known?.rows.length ?? 0;
      const decision = decide({
        owner: known?.device ?? null,
        length,
        quarantined: known?.closed === true,
        previous: from === 0 ? CHAIN_START : from <= length && known !== undefined ? headOf(known, from) : null,
        overlap: known?.rows.slice(from, from + header.count).map(({ hash }) => hash) ?? [],
      });
      if (decision.do === 'reject') {
        if (decision.quarantine && known !== undefined) commit(() => void (known.closed = true));
        return { outcome: 'rejected', decision, length };
      }
      const segment = known ?? { id, device, lane: lane ?? 1, own: false, seed: null, entries: [], rows: [], acknowledged: 0, receipt: null, words: [], closed: false, receivedAt };
      if (decision.do === 'append') {
        const rows: Row[] = [];
        let mark = markAt(log.length) ?? MARK_START;
        let previous = headOf(segment);
        for (const entry of entries.slice(decision.skip)) {
          mark = toHex(sha256(fromHex(mark), entry.hash)).slice(0, MARK_HEX);
          const ends = entry.sequence === from + header.count - 1;
          rows.push({ ...entry, lsn: log.length + rows.length + 1, previous, mark, attestation: ends ? attestation : null, seed: segment.seed ?? seed, device, urgent: segment.lane === URGENT, patient: entry.patient });
          previous = entry.hash;
        }
        commit(() => {
          scopes.notice(device, new Set(rows.flatMap(({ patient }) => patient ?? [])), log.length);
          segments.set(id, segment);
          log.push(...rows);
          segment.rows.push(...rows);
          segment.entries.push(...entries.slice(decision.skip));
          segment.receivedAt = receivedAt;
          segment.seed ??= seed;
          keepWord(segment, from + header.count, attestation);
        });
      }
      const held = heldOf(device, id);
      if (held === null) throw new Error('what was appended is held');
      return { outcome: 'held', held, epoch, added: held.length - length, latest: log.length, urgent: urgentLatest() };
    },
    async slice(query) {
      return slice(query);
    },
    async roll(device, after, max) {
      return holdingsOf(device).filter(({ segment }) => after === null || segment > after).toSorted((left, right) => (left.segment < right.segment ? -1 : 1)).slice(0, max);
    },
    async wanted(offered) {
      return offered.flatMap(({ segment, length }) => {
        const known = segments.get(segment);
        const held = known?.rows.length ?? 0;
        return known?.closed === true || held >= length ? [] : [{ segment, length: held }];
      });
    },
    async scopeChanges(device, after, max) {
      if (scopes.changes(device, after, max).some(({ upTo }) => upTo !== null)) commit(() => scopes.raise(device, after, log.length));
      return { changes: scopes.changes(device, after, max), mark: scopes.mark(device) };
    },
    async reconcileScope(device, list) {
      return inCommit(() => scopes.reconcile(device, list, log.length, (patient, upTo) => log.some((row) => row.patient === patient && row.lsn <= upTo && row.device !== device)));
    },
    async scopeSettled(device, patient, changed) {
      commit(() => scopes.settle(device, patient, changed));
    },
    async note(event) {
      events.push(event);
    },
  };

  return {
    store,
    power,
    scopes,
    get events() {
      return events;
    },
    entries: () => log.length,
    holds(id, length, head) {
      const entry = segments.get(id)?.rows[length - 1];
      return entry !== undefined && equalBytes(entry.hash, head);
    },
    segments: () => [...segments.values()].map(({ id, device, entries, closed }) => ({ id, device, entries, quarantined: closed })),
    version: () => version,
    image() {
      const scopesAgain = scopes.image();
      const kept = { log: log.slice(), epoch, segments: [...segments.values()].map((segment) => ({ ...segment, entries: segment.entries.slice(), rows: segment.rows.slice() })) };
      return () => {
        scopesAgain();
        log = kept.log.slice();
        ({ epoch } = kept);
        segments = new Map(kept.segments.map((segment) => [segment.id, { ...segment, entries: segment.entries.slice(), rows: segment.rows.slice() }]));
        version += 1;
        events = [...events];
      };
    },
    close: () => undefined,
  };
}

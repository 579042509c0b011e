import { toHex } from '../../shared/base/bytes.ts';
import { SegmentId, type DeviceId } from '../../shared/base/ids.ts';
import { ok } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { HubEpoch, type OrganizationId } from '../../shared/sync/envelope.ts';
import type { Holding } from '../../shared/sync/holdings.ts';
import { MARK_START, placeDevice, type SegmentFacts } from '../../shared/sync/hub-rules.ts';
import type { DeviceRecord, Held, HubStore, IncomingBatch, LogSlice, PageQuery } from '../../shared/sync/hub-store.ts';
import type { Sign } from '../../shared/sync/sealing.ts';
import { entriesOf, segmentById, type Ledger, type Segment } from '../ledger/ledger.ts';
import { keepWord } from './authors-words.ts';
import { noteGrown } from './neighbour-state.ts';
import { markAt, provenEnd, provenRows, relayRows, toLogRows } from './relay-rows.ts';
import { readState, writeState } from './sync-state.ts';

/**
 * This workstation's ledger as a hub for its neighbours: what the core of shared/sync asks of central's log, answered
 * from the vault. Numbers are positions in this ledger. What a neighbour hands over is kept like anything read from
 * central; this workstation's word for it is never central's.
 */
export type RelayLogOptions = {
  readonly ledger: Ledger;
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  readonly sign: Sign;
  readonly clock: Clock;
  readonly random: Random;
  /** By the organisation's roster, else by what the device's own segments say; null for one nobody knows or that was revoked. */
  readonly record: (device: DeviceId) => DeviceRecord | null;
  readonly onNote: (code: string, device: DeviceId | null) => void;
};

const EPOCH_BYTES = 8;
/** Small enough that a page need hardly ever be cut, with room for what authors' words add; the clinic's network is fast. */
const PAGE_RAW_BYTES = 40 * 1024;
const PAGE_ENTRIES = 400;

export function createRelayLog({ ledger, organization, device: self, sign, clock, random, record, onNote }: RelayLogOptions): HubStore {
  const { read } = ledger;
  const epochNow = (): HubEpoch => readState(read, 'relay.epoch') ?? beginEpoch();
  const beginEpoch = (): HubEpoch => {
    const epoch = HubEpoch.parse(toHex(random.bytes(EPOCH_BYTES)));
    const kept = ledger.keep<null, never>((write) => {
      writeState(write, 'relay.epoch', epoch);
      return ok(null);
    });
    if (!kept.ok) throw new Error(`relay epoch not kept: ${kept.fault.code}`);
    return epoch;
  };
  const urgentEnd = (end: number): number => Number(read.get('SELECT coalesce(max(position), 0) AS position FROM ledger JOIN segment ON segment.ref = ledger.segment WHERE lane = 0 AND position <= ?', end)?.['position']);
  const heldOf = (segment: Segment | undefined): Held | null =>
    segment === undefined || segment.length === 0 ? null : { segment: segment.id, length: segment.length, head: segment.head, lsn: 0, receivedAt: Math.floor(clock.now()) };
  const heldBy = (device: DeviceId, segment: SegmentId): Held | null => {
    const known = segmentById(read, segment);
    return known?.device === device ? heldOf(known) : null;
  };

  /** Behind a segment, in order of their ids; all of them where `max` is negative. */
  const holdingsOf = (device: DeviceId, after: SegmentId | null, max: number): (Holding & { readonly closed: boolean })[] =>
    read.all('SELECT id, length, head, closed FROM segment WHERE device = ? AND id > ? ORDER BY id LIMIT ?', device, after ?? '', max).map(({ id, length, head, closed }) => {
      if (!(head instanceof Uint8Array)) throw new Error('broken assumption: a segment has a head');
      return { segment: SegmentId.parse(id), length: Number(length), head, closed: closed !== null };
    });

  const factsFor = ({ header: { segment, from, count } }: IncomingBatch): SegmentFacts => {
    const known = segmentById(read, segment);
    if (known === undefined) return { owner: null, length: 0, quarantined: false, previous: from === 0 ? CHAIN_START : null, overlap: [] };
    const previous = from === 0 ? CHAIN_START : (entriesOf(read, segment, from - 1, 1, 0)[0]?.hash ?? null);
    const overlap = from < known.length ? entriesOf(read, segment, from, count, Number.MAX_SAFE_INTEGER).map(({ hash }) => hash) : [];
    return { owner: known.device, length: known.length, quarantined: known.closed !== null, previous, overlap };
  };

  const slice = ({ device, stream, maxEntries }: PageQuery): LogSlice | null => {
    const max = Math.min(maxEntries, PAGE_ENTRIES);
    const end = provenEnd(read);
    const sized = (rows: ReturnType<typeof relayRows>): ReturnType<typeof relayRows> => {
      let bytes = 0;
      const cut = rows.findIndex((row, index) => {
        bytes += String(row['header']).length + (row['body'] instanceof Uint8Array ? row['body'].length : 0);
        return index > 0 && bytes > PAGE_RAW_BYTES;
      });
      let chosen = cut < 0 ? rows : rows.slice(0, cut);
      while (chosen.length > 1 && provenRows(read, chosen).length > maxEntries) chosen = chosen.slice(0, Math.ceil(chosen.length / 2));
      return chosen;
    };
    switch (stream.kind) {
      case 'log': {
        const { after, urgentSeen } = stream;
        if (after.epoch !== epochNow() || markAt(read, after.lsn) !== after.mark) return null;
        const found = relayRows(read, { after: after.lsn, upTo: end, peer: device, urgentAfter: null, urgentSeen, max });
        const chosen = sized(found);
        const next = found.length < max && chosen.length === found.length ? end : Number(chosen.at(-1)?.['position'] ?? end);
        return { rows: toLogRows({ read, organization, device: self, sign }, provenRows(read, chosen), next), next, mark: markAt(read, next) ?? MARK_START, last: end };
      }
      case 'urgent': {
        if (stream.epoch !== epochNow()) return null;
        const found = relayRows(read, { after: 0, upTo: end, peer: device, urgentAfter: stream.after, urgentSeen: 0, max });
        const chosen = sized(found);
        const last = urgentEnd(end);
        const next = found.length < max && chosen.length === found.length ? last : Number(chosen.at(-1)?.['position'] ?? last);
        return { rows: toLogRows({ read, organization, device: self, sign }, provenRows(read, chosen), next), next, mark: markAt(read, next), last };
      }
      default: return null;
    }
  };

  return {
    device: (id) => Promise.resolve(record(id)),
    async greet(device, places, segments) {
      const place = placeDevice(places, epochNow(), (lsn) => markAt(read, lsn));
      const epoch = place.lost ? beginEpoch() : epochNow();
      const end = provenEnd(read);
      const held = segments.flatMap((segment) => heldBy(device, segment) ?? []);
      const lengths = new Map(held.map(({ segment, length }) => [segment, length]));
      const all = holdingsOf(device, null, -1);
      const at = place.at.lsn > end ? { lsn: 0, mark: MARK_START } : place.at;
      return { epoch, latest: end, urgent: urgentEnd(end), tip: null, cursor: { epoch, ...at }, positions: segments.map((segment) => ({ segment, length: lengths.get(segment) ?? 0 })), held, heldEntries: all.reduce((total, { length }) => total + length, 0), holdings: all.filter(({ closed }) => !closed), scope: null };
    },
    held: (device, segments) => Promise.resolve(segments.flatMap((segment) => heldBy(device, segment) ?? [])),
    async ingest(batch, decide) {
      const { header, entries, attestation, carrier } = batch;
      const decision = decide(factsFor(batch));
      const known = segmentById(read, header.segment);
      if (decision.do === 'reject') return { outcome: 'rejected', decision, length: known?.device === header.device ? known.length : 0 };
      if (decision.do === 'append') {
        const received = ledger.receive([{ entries, previous: header.previous, standing: 'attested', author: header.device }], (write) => {
          keepWord(write, header.segment, header.from + header.count, attestation);
          noteGrown(write, header.segment, header.from + header.count);
        });
        if (!received.ok) throw new Error(`a neighbour's batch was not kept: ${received.fault.code}`);
        if (carrier !== null) onNote('CARRIED', carrier);
      }
      const held = heldOf(segmentById(read, header.segment));
      if (held === null) throw new Error('broken assumption: what was appended is held');
      const end = provenEnd(read);
      return { outcome: 'held', held: { ...held, lsn: end }, epoch: epochNow(), added: held.length - (known?.length ?? 0), latest: end, urgent: urgentEnd(end) };
    },
    slice: (query) => Promise.resolve(slice(query)),
    async roll(device, after, max) {
      return holdingsOf(device, after, max);
    },
    async wanted(offered) {
      return offered.flatMap(({ segment, length }) => {
        const known = segmentById(read, segment);
        return known !== undefined && (known.own || known.closed !== null || known.length >= length) ? [] : [{ segment, length: known?.length ?? 0 }];
      });
    },
    // Neighbours are workstations that hold everything; central admits no others (device-store.ts: scope).
    scopeChanges: async () => ({ changes: [], mark: MARK_START }),
    reconcileScope: async () => 0,
    scopeSettled: async () => undefined,
    async note({ code, device }) {
      onNote(code, device);
    },
  };
}

import type { DeviceId, SegmentId } from '../base/ids.ts';
import type { Sha256 } from '../base/world.ts';
import type { CarriedHeader } from './attestation.ts';
import type { Codec } from './codec.ts';
import type { DeviceOutput } from './device-output.ts';
import type { DeviceStore } from './device-store.ts';
import { decodeBatchHeader, type OrganizationId } from './envelope.ts';
import { BATCH_ENTRIES_MAX, OFFER_SEGMENTS_MAX, REJECTIONS_MAX } from './limits.ts';
import type { Position, Rejected, RejectionCode } from './message.ts';
import { pad, SEAL_OVERHEAD_BYTES, type Compression } from './sealing.ts';

/**
 * Giving a restored hub back what this device holds of others. Every foreign segment is offered, in order and however
 * many there are; what the hub lacks is sent in the pieces that the authors' kept words allow. It is owed until the
 * hub has lacked nothing of it at a later connection and its log has been read to the end: whatever a cut line takes
 * away is offered again, and a hub that loses once more what it was given is noticed, then or by the cursor.
 */
export type DeviceBackfill = {
  /** From here on what is owed can be offered, from its beginning on. */
  begin(): void;
  proceed(): DeviceOutput[];
  /** False where nothing like it was offered. */
  wanted(positions: readonly Position[]): boolean;
  taken(position: Position): boolean;
  /** Null where no such batch can have been sent. */
  rejected(rejection: Rejected): DeviceOutput[] | null;
  /** Sealed bytes under way without an answer. */
  underWay(): number;
  answerDue(): boolean;
  /** The hub lacked nothing of what was offered: it is owed no more once the log has been read to its end. */
  isHeld(): boolean;
  done(): void;
  settled(): boolean;
};

export type BackfillOptions = {
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  readonly sha256: Sha256;
  readonly compression: Compression;
  readonly codec: () => Codec;
  readonly store: DeviceStore;
  /** Sealed bytes that may be under way in all, and how many of those are not ours. */
  readonly windowBytes: number;
  readonly othersUnderWay: () => number;
};

type Giving = { readonly segment: SegmentId; from: number; readonly upTo: number; rejections: number };
type InFlight = { readonly segment: SegmentId; readonly upTo: number; readonly bytes: number };

/** Rejections after which the hub's word stands: it will not take these entries from anybody. */
const ANSWERED: ReadonlySet<RejectionCode> = new Set(['FORK', 'QUARANTINED', 'BAD_ATTESTATION', 'OTHER_OWNER', 'OTHER_ORGANIZATION']);

export function createDeviceBackfill(options: BackfillOptions): DeviceBackfill {
  const { store } = options;
  let phase: 'rest' | 'offer' | 'offered' | 'give' | 'held' = 'rest';
  let offered = new Map<SegmentId, number>();
  let last: SegmentId | null = null;
  let giving: Giving[] = [];
  let inFlight: readonly InFlight[] = [];
  const given = new Set<SegmentId>();
  let gave = false;
  /** Something was left unanswered that another connection may cure: all is offered again then. */
  let incomplete = false;

  const underWay = (): number => inFlight.reduce((total, { bytes }) => total + bytes, 0);

  const offerNext = (): DeviceOutput[] => {
    const holdings = store.holdings(last, OFFER_SEGMENTS_MAX);
    const [final] = holdings.slice(-1);
    if (final === undefined) {
      phase = incomplete || gave ? 'rest' : 'held';
      return [];
    }
    phase = 'offered';
    last = final.segment;
    offered = new Map(holdings.map(({ segment, length }) => [segment, length]));
    return [{ do: 'send', message: { type: 'offer', segments: holdings }, lane: 3 }];
  };

  /** The next piece of a segment, or null where none is to be had or made. */
  const pieceOf = (each: Giving): { readonly upTo: number; readonly output: Extract<DeviceOutput, { do: 'carry' }> } | null => {
    const foreign = store.foreignEntries(each.segment, each.from);
    const word = foreign === null ? null : decodeBatchHeader(foreign.attestation.header);
    if (foreign === null || word === null || foreign.entries.length === 0 || foreign.entries.length > BATCH_ENTRIES_MAX) return null;
    const { previous, entries, seed, attestation } = foreign;
    const codec = options.codec();
    const run = { segment: each.segment, from: each.from, count: entries.length, previous, head: word.head };
    const header: CarriedHeader = { codec: codec.id, organization: options.organization, carrier: options.device, attestation, from: each.from, previous };
    return { upTo: each.from + entries.length, output: { do: 'carry', header, packed: pad(codec.encodeBatch(options, [{ run, entries, seed }], 'thorough')) } };
  };

  const give = (): DeviceOutput[] => {
    const outputs: DeviceOutput[] = [];
    for (const each of giving) {
      while (each.from < each.upTo) {
        if (underWay() + options.othersUnderWay() > 0 && underWay() + options.othersUnderWay() >= options.windowBytes / 2) return outputs;
        const piece = pieceOf(each);
        if (piece === null) {
          incomplete = true;
          giving = giving.filter((other) => other !== each);
          break;
        }
        inFlight = [...inFlight, { segment: each.segment, upTo: piece.upTo, bytes: piece.output.packed.length + SEAL_OVERHEAD_BYTES }];
        each.from = piece.upTo;
        given.add(each.segment);
        outputs.push(piece.output);
      }
    }
    if (outputs.length === 0 && inFlight.length === 0) phase = 'offer';
    return outputs;
  };

  return {
    begin() {
      if (phase !== 'rest' || !store.backfillOwed()) return;
      phase = 'offer';
      last = null;
      incomplete = false;
      gave = false;
    },
    proceed() {
      const outputs: DeviceOutput[] = [];
      if (phase === 'give') outputs.push(...give());
      if (phase === 'offer') outputs.push(...offerNext());
      return outputs;
    },
    wanted(positions) {
      if (phase !== 'offered' || positions.some(({ segment, length }) => length >= (offered.get(segment) ?? 0))) return false;
      giving = positions.map(({ segment, length }) => ({ segment, from: length, upTo: offered.get(segment) ?? length, rejections: 0 }));
      phase = 'give';
      return true;
    },
    taken({ segment, length }) {
      inFlight = inFlight.filter((batch) => batch.segment !== segment || batch.upTo > length);
      gave ||= given.has(segment);
      return given.has(segment);
    },
    rejected({ code, segment, from, length }) {
      const each = giving.find((other) => other.segment === segment);
      // What follows a refused piece is refused as well, when the segment has long been given up.
      if (each === undefined) return given.has(segment) ? [] : null;
      inFlight = inFlight.filter((batch) => batch.segment !== segment);
      if (from <= length) each.rejections += 1;
      if (code === 'GAP' && each.rejections < REJECTIONS_MAX) {
        each.from = length;
        return [];
      }
      if (!ANSWERED.has(code)) incomplete = true;
      giving = giving.filter((other) => other !== each);
      return [{ do: 'refused', what: segment, code }];
    },
    underWay,
    isHeld: () => phase === 'held',
    done() {
      phase = 'rest';
      store.backfilled();
    },
    answerDue: () => phase === 'offered' || inFlight.length > 0,
    settled: () => phase === 'rest',
  };
}

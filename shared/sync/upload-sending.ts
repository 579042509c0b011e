import type { SegmentId } from '../base/ids.ts';
import { LANE, LANES, type Lane } from '../ledger/lanes.ts';
import { createBatchCutter, type BatchOptions, type Behind, type CutBatch } from './batch.ts';
import type { DeviceOutput } from './device-output.ts';
import type { DeviceStore } from './device-store.ts';
import { FIRST_FLIGHT_MAX_BYTES } from './limits.ts';
import type { OwnPositions, Tracked } from './own-positions.ts';
import { SEAL_OVERHEAD_BYTES } from './sealing.ts';
import type { UploadWindow } from './upload-window.ts';

/** What goes out of own segments, and the note of it as being under way. */
export type UploadSending = {
  /** Urgent batches that go out with the HELLO, from where receipts reach. */
  firstFlight(): DeviceOutput[];
  /** Batches while the window has room: the urgent lane first, and no other while it has anything to send that fits. */
  pushAll(): DeviceOutput[];
  /** Something was refused: the next bundles go on from none. */
  beginAnew(): void;
  /** Our history of a segment of which the hub holds another, once: the last entry both sides number and do not agree on, so that the hub finds the fork and keeps it. */
  show(segment: SegmentId, state: Tracked): DeviceOutput[];
};

export type SendingOptions = BatchOptions & { readonly store: DeviceStore; /** Whether the hub takes bundles, as far as it has said. */ readonly bundles: () => boolean };

export function createUploadSending(options: SendingOptions, positions: OwnPositions, window: UploadWindow): UploadSending {
  const { store } = options;
  const cutBatch = createBatchCutter(options, store);
  const cutFirst = createBatchCutter({ ...options, batchTargetBytes: Math.min(options.batchTargetBytes, FIRST_FLIGHT_MAX_BYTES) }, store);
  const shown = new Set<SegmentId>();
  /** The last bundle of each lane: by the time the next is read the hub holds it. */
  const behind = new Map<Lane, Behind>();

  const push = ({ runs, packed }: CutBatch, lane: Lane, inFull: boolean): DeviceOutput => {
    window.cut();
    for (const [index, { segment, from, count }] of runs.entries()) {
      // Answers come in the order of the runs: with that to the last one all bytes have arrived.
      window.put({ segment, from, upTo: from + count, bytes: index < runs.length - 1 ? 0 : packed.length + SEAL_OVERHEAD_BYTES, inFull });
      const state = positions.find(segment);
      if (state === undefined) continue;
      state.sent = from + count;
      // The batch takes what the ledger holds by now, which may be more than when it was last looked at.
      state.length = Math.max(state.length, state.sent);
    }
    return { do: 'push', runs, packed, lane, inFull };
  };

  return {
    firstFlight() {
      const outputs: DeviceOutput[] = [];
      for (const [segment, state] of positions.all()) {
        if (state.lane !== LANE.urgent || state.blocked || !window.empty()) continue;
        const batch = cutFirst([{ segment, from: state.acknowledged }]);
        if (batch !== null && batch.packed.length + SEAL_OVERHEAD_BYTES <= FIRST_FLIGHT_MAX_BYTES) outputs.push(push(batch, state.lane, true));
      }
      return outputs;
    },
    pushAll() {
      const outputs: DeviceOutput[] = [];
      const next = (lane: Lane): ReturnType<typeof positions.next> => positions.next(lane, options.bundles());
      for (const lane of LANES) {
        for (let { places, inFull } = next(lane); places.length > 0; { places, inFull } = next(lane)) {
          const batch = window.hasRoom(lane) ? cutBatch(places, inFull ? [] : behind.get(lane)) : null;
          if (batch === null) return outputs;
          behind.set(lane, inFull ? [] : batch.runs);
          outputs.push(push(batch, lane, inFull));
        }
      }
      return outputs;
    },
    beginAnew: () => behind.clear(),
    show(segment, state) {
      if (shown.has(segment)) return [];
      shown.add(segment);
      const contradiction = cutBatch([{ segment, from: Math.max(0, Math.min(state.length, state.hub ?? state.length) - 1) }]);
      return contradiction === null ? [] : [push(contradiction, state.lane, true)];
    },
  };
}

import { equalBytes } from '../../shared/base/bytes.ts';
import { SegmentId, type DeviceId } from '../../shared/base/ids.ts';
import { ok, refuse } from '../../shared/base/result.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import type { DeviceStore, OwnSegment } from '../../shared/sync/device-core.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { Cursor, SignedReceipt } from '../../shared/sync/envelope.ts';
import { modelEntry, PowerCut, type Dice } from './model-world.ts';

/** A workstation's disk: what is here survives a power cut. */
export type ModelDevice = DeviceStore & {
  readonly device: DeviceId;
  /** Own and foreign entries by segment, in sequence. */
  readonly segments: ReadonlyMap<SegmentId, WireEntry[]>;
  readonly receipts: ReadonlyMap<SegmentId, SignedReceipt>;
  /** A process start: later entries go to a new segment. */
  openSegment(): void;
  write(bodyBytes: number): WireEntry;
  unsent(): number;
  /** A copy of the disk as it is, to be restored from later. */
  backup(): () => void;
  /** Probability of a power cut before and after each commit. */
  cuts: number;
};

export function createModelDevice(device: DeviceId, dice: Dice, recoverOwn: boolean): ModelDevice {
  let segments = new Map<SegmentId, WireEntry[]>();
  let receipts = new Map<SegmentId, SignedReceipt>();
  let own: SegmentId[] = [];
  let place: Cursor | null = null;

  const lengthOf = (segment: SegmentId): number => segments.get(segment)?.length ?? 0;
  const view = (segment: SegmentId): OwnSegment => ({ segment, length: lengthOf(segment), acknowledged: receipts.get(segment)?.length ?? 0 });
  const commit = (change: () => void): void => {
    if (dice.chance(model.cuts)) throw new PowerCut('before the commit');
    change();
    if (dice.chance(model.cuts)) throw new PowerCut('after the commit');
  };
  const append = (segment: SegmentId, entry: WireEntry): void => {
    const held = segments.get(segment);
    if (held === undefined) segments.set(segment, [entry]);
    else held.push(entry);
  };

  const model: ModelDevice = {
    device,
    cuts: 0,
    get segments() {
      return segments;
    },
    get receipts() {
      return receipts;
    },
    openSegment() {
      own = [...own, SegmentId.parse(dice.hex(8))];
      model.write(0);
    },
    write(bodyBytes) {
      const segment = own.at(-1);
      if (segment === undefined) throw new Error('no segment is open');
      const entry = modelEntry(device, segment, lengthOf(segment), segments.get(segment)?.at(-1)?.hash ?? CHAIN_START, dice, bodyBytes);
      append(segment, entry);
      return entry;
    },
    unsent: () => own.map(view).reduce((total, { length, acknowledged }) => total + length - acknowledged, 0),
    backup() {
      const copy = { segments: new Map([...segments].map(([segment, entries]) => [segment, entries.slice()] as const)), receipts: new Map(receipts), own: [...own], place };
      return () => {
        ({ segments, receipts, own, place } = copy);
      };
    },
    ownSegments: () => own.map(view),
    unacknowledged: () => own.map(view).filter(({ length, acknowledged }) => acknowledged < length),
    ownEntries(segment, from, maxEntries, maxBytes) {
      const held = segments.get(segment) ?? [];
      const entries: WireEntry[] = [];
      let bytes = 0;
      for (const entry of held.slice(from, from + maxEntries)) {
        bytes += entry.headerText.length + (entry.body?.length ?? 0);
        if (entries.length > 0 && bytes > maxBytes) break;
        entries.push(entry);
      }
      return { previous: held[from - 1]?.hash ?? CHAIN_START, entries, seed: null };
    },
    acknowledge(receipt) {
      const last = segments.get(receipt.segment)?.[receipt.length - 1];
      if (last === undefined || !equalBytes(last.hash, receipt.head)) return refuse('FORK');
      commit(() => void receipts.set(receipt.segment, receipt));
      return ok(null);
    },
    cursor: () => place,
    receive(entries, next) {
      const added: WireEntry[] = [];
      const lengths = new Map<SegmentId, number>();
      for (const entry of entries) {
        const { segment, sequence } = entry;
        const length = lengths.get(segment) ?? lengthOf(segment);
        if (own.includes(segment) && !recoverOwn) return refuse('FORK');
        if (sequence > length) return refuse('GAP');
        if (sequence < length) {
          const held = segments.get(segment)?.[sequence] ?? added.find((other) => other.segment === segment && other.sequence === sequence);
          if (held === undefined || !equalBytes(held.hash, entry.hash)) return refuse('FORK');
          continue;
        }
        added.push(entry);
        lengths.set(segment, length + 1);
      }
      commit(() => {
        for (const entry of added) {
          append(entry.segment, entry);
          if (entry.kind === 'segment.open' && isOwn(entry, device) && !own.includes(entry.segment)) own = [entry.segment, ...own];
        }
        place = next;
      });
      return ok({ applied: added.length, duplicates: entries.length - added.length, parked: added.filter(({ kind }) => kind === 'from.the.future').length, patients: [] });
    },
    rewind(cursor) {
      commit(() => {
        place = cursor;
      });
      return ok(null);
    },
  };
  return model;
}

function isOwn(entry: WireEntry, device: DeviceId): boolean {
  return entry.body !== null && Buffer.from(entry.body).includes(`"device":"${device}"`);
}

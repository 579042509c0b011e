import { equalBytes } from '../../shared/base/bytes.ts';
import { SegmentId, type DeviceId, type RecordId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { LANE, type Lane } from '../../shared/ledger/lanes.ts';
import type { DeviceStore, LocalFault, OwnSegment, SegmentFault, Seeding } from '../../shared/sync/device-store.ts';
import type { Holding } from '../../shared/sync/holdings.ts';
import { spacedPlaces } from '../../shared/sync/earlier.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';
import type { Attestation, Cursor, SignedReceipt } from '../../shared/sync/envelope.ts';
import { modelEntry, modelKey, PowerCut, type Dice } from './model-world.ts';

/** A workstation's disk: what is here survives a power cut. */
export type ModelDevice = DeviceStore & {
  readonly device: DeviceId;
  /** Own and foreign entries by segment, in sequence. */
  readonly segments: ReadonlyMap<SegmentId, WireEntry[]>;
  readonly receipts: ReadonlyMap<SegmentId, SignedReceipt>;
  /** A process start: later entries go to a new segment. */
  openSegment(lane?: Lane): void;
  /** Into the latest segment of the lane. */
  write(bodyBytes: number, lane?: Lane, patient?: RecordId | null): WireEntry;
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
  const lanes = new Map<SegmentId, Lane>();
  let place: Cursor | null = null;
  let passed: readonly Cursor[] = [];
  let owed = false;
  const closedSegments = new Set<SegmentId>();
  let seeded: Seeding | null = null;
  let seen: Cursor | null = null;
  let missing = 0;
  let others: readonly Holding[] = [];
  let scopeVersion = 0;
  let scopeMark: string | null = null;
  /** Who was removed and is not all here again. */
  let apart: ReadonlySet<RecordId> = new Set();
  /** Of each foreign segment, the words of its author that came, by the length they reach. */
  let words = new Map<SegmentId, ReadonlyMap<number, Attestation>>();

  const lengthOf = (segment: SegmentId): number => segments.get(segment)?.length ?? 0;
  const view = (segment: SegmentId): OwnSegment => ({ segment, lane: lanes.get(segment) ?? LANE.clinical, length: lengthOf(segment), head: segments.get(segment)?.at(-1)?.hash ?? CHAIN_START, acknowledged: receipts.get(segment)?.length ?? 0, closed: closedSegments.has(segment) });
  const commit = (change: () => void): void => {
    if (dice.chance(model.cuts)) throw new PowerCut('before the commit');
    change();
    if (dice.chance(model.cuts)) throw new PowerCut('after the commit');
  };
  /** Where its sequence says; a device that holds a part of the records has holes. */
  const putInPlace = (entry: WireEntry): void => {
    const held = segments.get(entry.segment) ?? [];
    held[entry.sequence] = entry;
    segments.set(entry.segment, held);
  };
  const append = (segment: SegmentId, entry: WireEntry): void => {
    const held = segments.get(segment);
    if (held === undefined) segments.set(segment, [entry]);
    else held.push(entry);
  };

  const evict = (patients: readonly RecordId[]): Result<readonly ('gone' | 'unsent')[], LocalFault> => {
    const isUnsent = (patient: RecordId): boolean => own.some((segment) => (segments.get(segment) ?? []).some((entry) => entry.patient === patient && entry.sequence >= (receipts.get(segment)?.length ?? 0)));
    const found = patients.map((patient) => (isUnsent(patient) ? 'unsent' : 'gone'));
    const leaving = patients.filter((_, index) => found[index] === 'gone');
    if (leaving.length === 0) return ok(found);
    commit(() => {
      apart = new Set([...apart, ...leaving]);
      for (const [segment, entries] of segments) {
        if (!own.includes(segment)) segments.set(segment, entries.map((entry) => (leaving.some((patient) => patient === entry.patient) ? { ...entry, body: null, salt: new Uint8Array() } : entry)));
      }
    });
    return ok(found);
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
    openSegment(lane = LANE.clinical) {
      const segment = SegmentId.parse(dice.hex(8));
      own = [...own, segment];
      lanes.set(segment, lane);
      model.write(0, lane);
    },
    write(bodyBytes, lane = LANE.clinical, patient = null) {
      const segment = own.findLast((each) => lanes.get(each) === lane && !closedSegments.has(each));
      if (segment === undefined) throw new Error('no segment of this lane is open');
      const entry = modelEntry(device, segment, lengthOf(segment), segments.get(segment)?.at(-1)?.hash ?? CHAIN_START, dice, bodyBytes, lane, patient);
      append(segment, entry);
      return entry;
    },
    unsent: () => own.map(view).reduce((total, { length, acknowledged }) => total + length - acknowledged, 0),
    backup() {
      const copy = { segments: new Map([...segments].map(([segment, entries]) => [segment, entries.slice()] as const)), receipts: new Map(receipts), own: [...own], place, passed, owed, seeded, seen, missing, others, scopeVersion, scopeMark, apart, words: new Map(words) };
      return () => {
        ({ segments, receipts, own, place, passed, owed, seeded, seen, missing, others, scopeVersion, scopeMark, apart, words } = copy);
      };
    },
    ownSegments: () => own.map(view),
    unacknowledged: () => own.map(view).filter(({ length, acknowledged }) => acknowledged < length).toSorted((left, right) => left.lane - right.lane),
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
    close(segment) {
      commit(() => void closedSegments.add(segment));
      return ok(null);
    },
    others: () => others,
    keepOther(other) {
      commit(() => {
        others = [...others.filter(({ segment }) => segment !== other.segment), other];
      });
      return ok(null);
    },
    takeBack(lost) {
      commit(() => {
        for (const { segment, length } of lost) {
          const receipt = receipts.get(segment);
          if (receipt === undefined) continue;
          if (length === 0) receipts.delete(segment);
          else receipts.set(segment, { ...receipt, length });
        }
      });
      return ok(null);
    },
    missing: () => missing,
    keepMissing(count) {
      commit(() => {
        missing = count;
      });
      return ok(null);
    },
    cursor: () => place,
    seen: () => (seen !== null && place?.epoch === seen.epoch && place.lsn < seen.lsn ? seen : null),
    earlier: () => passed,
    authorKey: (author) => modelKey(`${author} signs`),
    seeding: () => seeded,
    forgetSeed() {
      commit(() => {
        seeded = null;
      });
      return ok(null);
    },
    receive(runs, { cursor: next, seen: beside, seeding, gaps }) {
      const added: WireEntry[] = [];
      const lengths = new Map<SegmentId, number>();
      let duplicates = 0;
      const closing = new Map<SegmentId, SegmentFault>(runs.filter(({ standing }) => standing === 'contradicted').map(({ run }) => [run.segment, 'CONTRADICTED']));
      for (const { run } of runs) {
        const before = run.from === 0 ? undefined : segments.get(run.segment)?.[run.from - 1]?.hash;
        if (before !== undefined && !equalBytes(before, run.previous)) closing.set(run.segment, 'FORK');
      }
      for (const entry of runs.flatMap(({ entries }) => entries)) {
        const { segment, sequence } = entry;
        if (closing.has(segment) || closedSegments.has(segment)) continue;
        const length = lengths.get(segment) ?? lengthOf(segment);
        if (own.includes(segment) && !recoverOwn) {
          closing.set(segment, 'FORK');
          continue;
        }
        const held = segments.get(segment)?.[sequence] ?? added.find((other) => other.segment === segment && other.sequence === sequence);
        if (held !== undefined) {
          if (!equalBytes(held.hash, entry.hash)) closing.set(segment, 'FORK');
          // Of a patient who left and came back the body was removed and is here again.
          else if (held.body === null && entry.body !== null) added.push(entry);
          else duplicates += 1;
          continue;
        }
        if (sequence > length && !gaps) return refuse('GAP');
        added.push(entry);
        lengths.set(segment, Math.max(length, sequence + 1));
      }
      commit(() => {
        for (const entry of added) {
          putInPlace(entry);
          if (entry.kind === 'segment.open' && isOwn(entry, device) && !own.includes(entry.segment)) own = [entry.segment, ...own];
        }
        for (const segment of closing.keys()) closedSegments.add(segment);
        for (const { run, attestation, standing } of runs) {
          if (attestation !== null && standing === 'attested') words.set(run.segment, new Map([...(words.get(run.segment) ?? []), [run.from + run.count, attestation]]));
        }
        if (beside !== null && beside.lsn > (seen?.lsn ?? 0)) seen = beside;
        if (seeding !== undefined) seeded = seeding;
        if (next === null) return;
        if (place !== null) passed = spacedPlaces([place, ...passed], next.lsn);
        place = next;
      });
      return ok({ applied: added.length, duplicates, parked: added.filter(({ kind }) => kind === 'from.the.future').length, patients: [], closed: [...closing].map(([segment, code]) => ({ segment, code })) });
    },
    rewind(cursor) {
      commit(() => {
        if (place !== null) {
          owed = true;
          seen = null;
          passed = spacedPlaces([place, ...passed], cursor.lsn);
        }
        place = cursor;
      });
      return ok(null);
    },
    scope: {
      version: () => scopeVersion,
      keepVersion(version) {
        commit(() => {
          scopeVersion = version;
        });
        return ok(null);
      },
      mark: () => scopeMark,
      keepMark(mark) {
        commit(() => {
          scopeMark = mark;
        });
        return ok(null);
      },
      holdsPart: () => [...segments].some(([segment, entries]) => !own.includes(segment) && Array.from<WireEntry | undefined>(entries).some((entry) => (entry?.body ?? null) === null)),
      residents(after, max) {
        const held = new Set<RecordId>();
        // Holes, of a chain that is held in part, are passed over by forEach alone.
        for (const [segment, entries] of segments) if (!own.includes(segment)) entries.forEach(({ patient, body }) => void (patient !== null && body !== null && held.add(patient as RecordId)));
        return [...held].filter((each) => after === null || each > after).toSorted().slice(0, max).map((patient) => ({ patient, apart: apart.has(patient) }));
      },
      evict,
      admit(patient) {
        commit(() => {
          apart = new Set([...apart].filter((each) => each !== patient));
        });
        return ok(null);
      },
      widen() {
        commit(() => {
          apart = new Set();
        });
        return ok(null);
      },
    },
    backfillOwed: () => owed,
    backfilled() {
      commit(() => {
        owed = false;
      });
      return ok(null);
    },
    holdings(after, max) {
      const foreign = [...words].filter(([segment]) => !own.includes(segment) && (after === null || segment > after)).toSorted(([left], [right]) => (left < right ? -1 : 1));
      return foreign.slice(0, max).map(([segment, kept]) => ({ segment, length: Math.max(...kept.keys()) }));
    },
    foreignEntries(segment, from) {
      const [length, attestation] = [...(words.get(segment) ?? [])].toSorted(([left], [right]) => left - right).find(([reach]) => reach > from) ?? [];
      const held = segments.get(segment);
      if (length === undefined || attestation === undefined || held === undefined) return null;
      return { previous: held[from - 1]?.hash ?? CHAIN_START, entries: held.slice(from, length), seed: null, attestation };
    },
  };
  return model;
}

function isOwn(entry: WireEntry, device: DeviceId): boolean {
  return entry.body !== null && Buffer.from(entry.body).includes(`"device":"${device}"`);
}

import { equalBytes } from '../../shared/base/bytes.ts';
import type { DeviceId, RecordId, SegmentId } from '../../shared/base/ids.ts';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { CHAIN_START } from '../../shared/ledger/entry.ts';
import { LANE } from '../../shared/ledger/lanes.ts';
import type { DeviceStore, JudgedRun, LocalFault, OwnSegment, Places, Received, ReceiveFault, ScopeStore, SegmentFault, Seeding } from '../../shared/sync/device-store.ts';
import type { Cursor } from '../../shared/sync/envelope.ts';
import type { Holding } from '../../shared/sync/holdings.ts';
import { BATCH_ENTRIES_MAX, HELLO_EARLIER_MAX } from '../../shared/sync/limits.ts';
import { createPower, type Power } from './power.ts';
import { copyOf, headOf, keepWord, namedKey, openingOf, provenWhole, type SimSegment } from './sim-segment.ts';
import type { WireEntry } from '../../shared/sync/entry-codec.ts';

/** A workstation's disk: what is here survives a power cut. Plays the ledger for the shipped core, in memory. */
export type SimDisk = { -readonly [Call in keyof DeviceStore]: DeviceStore[Call] } & {
  readonly device: DeviceId;
  readonly power: Power;
  readonly segments: ReadonlyMap<SegmentId, SimSegment>;
  /** Entries that came into being or arrived, in the transaction that kept them. */
  onKept: (entries: readonly WireEntry[]) => void;
  /** A patient left or came back, in the transaction that did it. */
  onScope: () => void;
  /** Entries held but for those of patients who were removed. */
  shown(): WireEntry[];
  gone(): ReadonlySet<string>;
  full: boolean;
  /** Entries of the log that came although they were held, but for urgent ones, which may come twice. */
  repeated(): number;
  /** Appends one entry of the running process; DISK_FULL where nothing fits any more. */
  append(segment: SimSegment, entry: WireEntry): Result<null, LocalFault>;
  /** A new segment with its first entry. */
  open(segment: SimSegment, first: WireEntry): Result<null, LocalFault>;
  unsent(): number;
  /** A copy of the disk as it is, to go back to, or to start a second machine from. */
  image(): SimImage;
  load(image: SimImage): void;
};
export type SimImage = { readonly segments: readonly SimSegment[]; readonly place: Cursor | null; readonly passed: readonly Cursor[]; readonly owed: boolean; readonly cut: boolean; readonly seeded: Seeding | null; readonly beside: Cursor | null; readonly missing: number; readonly others: readonly Holding[]; readonly scopeVersion: number; readonly scopeMark: string | null; readonly gone: ReadonlySet<string> };

const NOTHING = new Uint8Array();

export type SimDiskOptions = {
  readonly device: DeviceId;
  /** The organisation's roster. */
  readonly authorKey: (device: DeviceId) => Uint8Array | null;
  /** It can hold a part of the records. */
  readonly scoped: boolean;
};

export function createSimDisk({ device, authorKey, scoped }: SimDiskOptions): SimDisk {
  let segments = new Map<SegmentId, SimSegment>();
  let place: Cursor | null = null;
  let passed: readonly Cursor[] = [];
  let owed = false;
  /** Parts were left out when a restored hub was given back what it lacked: with them there may be more to give. */
  let cut = false;
  let seeded: Seeding | null = null;
  let beside: Cursor | null = null;
  let missing = 0;
  let others: readonly Holding[] = [];
  let repeated = 0;
  let scopeVersion = 0;
  let scopeMark: string | null = null;
  /** Patients who were removed and have not come back. */
  let gone: ReadonlySet<string> = new Set();
  const power = createPower();

  const view = (segment: SimSegment): OwnSegment => ({ segment: segment.id, lane: segment.lane, length: segment.entries.length, head: headOf(segment), acknowledged: segment.acknowledged, closed: segment.closed });
  const own = (): SimSegment[] => [...segments.values()].filter((segment) => segment.own);
  /** One transaction, unless the disk is full. */
  const commit = (change: () => void): Result<null, LocalFault> => {
    if (disk.full) return refuse('DISK_FULL');
    power.commit(change);
    return ok(null);
  };

  type Taking = { readonly segment: SimSegment; seed: Uint8Array | null; readonly isNew: boolean; readonly added: Map<number, WireEntry>; words: { length: number; word: NonNullable<JudgedRun['attestation']> }[]; closes: SegmentFault | null };

  /** Of an unknown segment everything follows from its first entry; where parts are left out that one may come later. */
  const begun = ({ run, entries, author }: JudgedRun, gaps: boolean): SimSegment | null => {
    const opening = entries[0] === undefined ? null : openingOf(entries[0]);
    if ((opening === null || run.from !== 0) && !gaps) return null;
    const owner = opening?.device ?? author ?? '';
    return { id: run.segment, device: owner as DeviceId, lane: opening?.lane ?? LANE.clinical, own: owner === device, seed: null, entries: [], acknowledged: 0, receipt: null, words: [], closed: false };
  };

  const receive = (runs: readonly JudgedRun[], places: Places): Result<Received, ReceiveFault | LocalFault> => {
    const taking = new Map<SegmentId, Taking>();
    let duplicates = 0;
    for (const judged of runs) {
      const { run, entries, seed, standing, attestation } = judged;
      let each = taking.get(run.segment);
      if (each === undefined) {
        const held = segments.get(run.segment);
        const segment = held ?? begun(judged, places.gaps);
        if (segment === null) return refuse('GAP');
        taking.set(run.segment, (each = { segment, seed: null, isNew: held === undefined, added: new Map(), words: [], closes: null }));
      }
      const { segment, added } = each;
      if (segment.closed || each.closes !== null) continue;
      if (standing === 'contradicted') {
        each.closes = 'CONTRADICTED';
        continue;
      }
      const known = (sequence: number): WireEntry | undefined => added.get(sequence) ?? segment.entries[sequence];
      if (!places.gaps && run.from > 0 && known(run.from - 1) === undefined) return refuse('GAP');
      const before = run.from === 0 ? CHAIN_START : known(run.from - 1)?.hash;
      const differs = (before !== undefined && !equalBytes(before, run.previous)) || entries.some(({ sequence, headerText }) => (known(sequence)?.headerText ?? headerText) !== headerText);
      if (differs) {
        each.closes = 'FORK';
        continue;
      }
      // Of a patient who left and came back the body was removed and is here again.
      const fresh = entries.filter(({ sequence, body }) => known(sequence) === undefined || (known(sequence)?.body === null && body !== null));
      duplicates += entries.length - fresh.length;
      if (places.cursor !== null && !segment.own && segment.lane !== LANE.urgent) repeated += entries.length - fresh.length;
      for (const entry of fresh) added.set(entry.sequence, entry);
      each.seed ??= seed;
      if (attestation !== null && standing === 'attested') each.words.push({ length: run.from + run.count, word: attestation });
    }
    const closed: { segment: SegmentId; code: SegmentFault }[] = [];
    const kept: WireEntry[] = [];
    const committed = commit(() => {
      for (const { segment, seed, isNew, added, words, closes } of taking.values()) {
        if (isNew && (added.size > 0 || closes !== null)) segments.set(segment.id, segment);
        for (const [sequence, entry] of added) segment.entries[sequence] = entry;
        segment.seed ??= seed;
        kept.push(...added.values());
        for (const { length, word } of words) keepWord(segment, length, word);
        if (closes !== null) {
          segment.closed = true;
          closed.push({ segment: segment.id, code: closes });
        }
      }
      if (places.seen !== null && places.seen.lsn > (beside?.lsn ?? 0)) beside = places.seen;
      if (places.seeding !== undefined) seeded = places.seeding;
      if (places.cursor !== null) moveTo(places.cursor);
      disk.onKept(kept.filter(isShown));
    });
    if (!committed.ok) return committed;
    return ok({ applied: kept.length, duplicates, parked: 0, patients: [], closed });
  };

  const isShown = ({ patient }: WireEntry): boolean => patient === null || !gone.has(patient);

  const isUnsent = (patient: RecordId): boolean => own().some(({ entries, acknowledged }) => entries.some((entry) => entry.patient === patient && entry.sequence >= acknowledged));
  const scope: ScopeStore = {
    version: () => scopeVersion,
    keepVersion: (version) =>
      commit(() => {
        scopeVersion = version;
      }),
    mark: () => scopeMark,
    keepMark: (mark) =>
      commit(() => {
        scopeMark = mark;
      }),
    holdsPart: () => [...segments.values()].some((segment) => !segment.own && Array.from<WireEntry | undefined>(segment.entries).some((entry) => (entry?.body ?? null) === null)),
    residents(after, max) {
      const held = new Set<RecordId>();
      // Holes, of a chain that is held in part, are passed over by forEach alone.
      for (const segment of segments.values()) if (!segment.own) segment.entries.forEach(({ patient, body }) => void (patient !== null && body !== null && held.add(patient as RecordId)));
      return [...held].filter((each) => after === null || each > after).toSorted().slice(0, max).map((patient) => ({ patient, apart: gone.has(patient) }));
    },
    evict(patients) {
      const found = patients.map((patient) => (isUnsent(patient) ? 'unsent' : 'gone'));
      const leaving = new Set<string | null>(patients.filter((_, index) => found[index] === 'gone'));
      if (leaving.size === 0) return ok(found);
      const done = commit(() => {
        gone = new Set([...gone, ...patients.filter((patient) => leaving.has(patient))]);
        for (const segment of segments.values()) {
          if (!segment.own) segment.entries = segment.entries.map((entry) => (leaving.has(entry.patient) ? { ...entry, body: null, salt: NOTHING } : entry));
        }
        disk.onScope();
      });
      return done.ok ? ok(found) : done;
    },
    admit: (patient) =>
      commit(() => {
        gone = new Set([...gone].filter((each) => each !== patient));
        owed ||= cut;
        disk.onScope();
      }),
    widen: () =>
      commit(() => {
        gone = new Set();
        disk.onScope();
      }),
  };

  const moveTo = (next: Cursor): void => {
    if (place !== null) passed = spaced([place, ...passed.filter(({ epoch, lsn }) => epoch !== place?.epoch || lsn !== place.lsn)]);
    place = next;
  };

  const disk: SimDisk = {
    device,
    power,
    full: false,
    repeated: () => repeated,
    onKept: () => undefined,
    onScope: () => undefined,
    shown: () => [...segments.values()].flatMap(({ entries }) => entries.filter(isShown)),
    gone: () => gone,
    get segments() {
      return segments;
    },
    append(segment, entry) {
      return commit(() => {
        segment.entries.push(entry);
        disk.onKept([entry]);
      });
    },
    open(segment, first) {
      return commit(() => {
        segment.entries.push(first);
        segments.set(segment.id, segment);
        disk.onKept([first]);
      });
    },
    unsent: () => own().reduce((total, { entries, acknowledged }) => total + entries.length - acknowledged, 0),
    image: () => ({ segments: [...segments.values()].map(copyOf), place, passed, owed, cut, seeded, beside, missing, others, scopeVersion, scopeMark, gone }),
    load(image) {
      segments = new Map(image.segments.map((segment) => [segment.id, copyOf(segment)]));
      ({ place, passed, owed, cut, seeded, beside, missing, others, scopeVersion, scopeMark, gone } = image);
    },
    ownSegments: () => own().map(view),
    unacknowledged: () => own().map(view).filter(({ length, acknowledged }) => acknowledged < length),
    ownEntries(id, from, maxEntries, maxBytes) {
      const segment = segments.get(id);
      if (segment === undefined) return { previous: CHAIN_START, entries: [], seed: null };
      const entries: WireEntry[] = [];
      let bytes = 0;
      for (const entry of segment.entries.slice(from, from + maxEntries)) {
        bytes += entry.headerText.length + (entry.body?.length ?? 0);
        if (entries.length > 0 && bytes > maxBytes) break;
        entries.push(entry);
      }
      return { previous: headOf(segment, from), entries, seed: segment.seed };
    },
    acknowledge(receipt) {
      const segment = segments.get(receipt.segment);
      const last = segment?.entries[receipt.length - 1];
      if (segment === undefined || last === undefined) return refuse('FORK');
      if (!equalBytes(last.hash, receipt.head)) return refuse('FORK');
      return commit(() => {
        segment.acknowledged = Math.max(segment.acknowledged, receipt.length);
        segment.receipt = receipt;
      });
    },
    close: (id) =>
      commit(() => {
        const segment = segments.get(id);
        if (segment?.own === true) segment.closed = true;
      }),
    others: () => others,
    keepOther: ({ segment, length, head }) =>
      commit(() => {
        others = [...others.filter((each) => each.segment !== segment), { segment, length, head }];
      }),
    takeBack: (lost) =>
      commit(() => {
        for (const { segment: id, length } of lost) {
          const segment = segments.get(id);
          if (segment?.own === true) segment.acknowledged = Math.min(segment.acknowledged, length);
        }
      }),
    missing: () => missing,
    keepMissing: (count) =>
      commit(() => {
        missing = count;
      }),
    cursor: () => place,
    seen: () => (beside !== null && place?.epoch === beside.epoch && place.lsn < beside.lsn ? beside : null),
    earlier: () => passed,
    authorKey: (author) => authorKey(author) ?? namedKey(segments.values(), author),
    receive,
    rewind: (cursor) =>
      commit(() => {
        if (place !== null) {
          owed = true;
          beside = null;
        }
        moveTo(cursor);
      }),
    seeding: () => seeded,
    forgetSeed: () =>
      commit(() => {
        seeded = null;
      }),
    scope: scoped ? scope : null,
    backfillOwed: () => owed,
    backfilled: () =>
      commit(() => {
        owed = false;
        cut = scope.holdsPart();
      }),
    holdings: (after, max) =>
      [...segments.values()]
        .filter(({ id, own: mine, closed }) => !mine && !closed && (after === null || id > after))
        .map((segment) => ({ segment: segment.id, length: provenWhole(segment) }))
        .filter(({ length }) => length > 0)
        .toSorted((left, right) => (left.segment < right.segment ? -1 : 1))
        .slice(0, max),
    foreignEntries(id, from) {
      const segment = segments.get(id);
      const word = segment?.words.find(({ length }) => length > from);
      if (segment === undefined || word === undefined || word.length > provenWhole(segment) || word.length - from > BATCH_ENTRIES_MAX) return null;
      return { previous: headOf(segment, from), entries: segment.entries.slice(from, word.length), attestation: word.attestation, seed: segment.seed };
    },
  };
  return disk;
}

/** Keeps the latest places and ever fewer of the older ones. */
function spaced(places: readonly Cursor[]): readonly Cursor[] {
  const [newest] = places;
  if (places.length <= HELLO_EARLIER_MAX || newest === undefined) return places;
  const kept: Cursor[] = [];
  let gap = 1;
  for (const each of places) {
    const last = kept.at(-1);
    if (last !== undefined && last.epoch === each.epoch && last.lsn - each.lsn < gap) continue;
    kept.push(each);
    gap *= 2;
    if (kept.length === HELLO_EARLIER_MAX) break;
  }
  return kept;
}

import type { SegmentId } from '../base/ids.ts';
import type { Fault } from '../base/result.ts';
import type { ArrivedRun } from './attested-page.ts';
import { nameOfPage, objectionToPage, placeOf, placesBehind, type Place } from './asked-page.ts';
import type { DeviceOutput, Instant } from './device-output.ts';
import type { DeviceStore, LocalFault, ReceiveFault, Received, Seeding } from './device-store.ts';
import type { Cursor, HubEpoch } from './envelope.ts';
import { openingOf } from './hub-rules.ts';
import { LANE } from '../ledger/lanes.ts';
import { judgeRuns } from './judge-runs.ts';
import { PAGE_FAST_MS, PAGE_MAX_BYTES, PAGE_MIN_BYTES, SEED_FROM_ENTRIES, URGENT_AHEAD_ENTRIES } from './limits.ts';
import type { Position } from './message.ts';
import type { PageHeader, Stream } from './page-header.ts';
import type { ScopeChange } from './scope.ts';
import type { Verify } from './sealing.ts';

/**
 * Reading what others wrote, and what this device lost of its own. The log behind the cursor is read page by page; beside
 * it urgent entries that lie far ahead are fetched first, and own segments of which the hub holds more than we do.
 */
export type DeviceReading = {
  /** `tip`: the end of the log, from a hub that gives seeds. */
  begin(hi: { readonly version: 1 | 2; readonly cursor: Cursor; readonly latest: number; readonly urgent: number; readonly tip: Cursor | null; readonly partial: boolean }): void;
  news(latest: number, urgent: number): void;
  /** Own segments the hub holds, some of them perhaps further than this device does: those are read back. */
  recover(held: readonly Position[]): void;
  /** Of an own segment the hub's history is perhaps not ours behind this place: it is read from there, to compare and as evidence. */
  examine(place: Position): void;
  /** Reading on of this own segment is of no use. */
  leave(segment: SegmentId): void;
  /** A page that came does not hold together. False where that ends the conversation; evidence alone can be done without. */
  unreadable(header: PageHeader): boolean;
  /** What can be asked for now. `ownInLog`: have a hub of version 1 put our own entries into the log's pages. */
  proceed(now: Instant, ownInLog: boolean): DeviceOutput[];
  page(header: PageHeader, runs: readonly ArrivedRun[], now: Instant): PageOutcome;
  answerDue(): boolean;
  cursor(): Cursor | null;
  /** `seeding`: entries of the seed that have come, and how many there are; null where none is read. */
  view(): { readonly settled: boolean; readonly pulled: number; readonly latest: number; readonly seeding: SeedProgress | null };
  /** The hub says that its log is another one than this conversation began with. */
  restored(): void;
};

export type SeedProgress = { readonly passed: number; /** Null until the first page says. */ readonly total: number | null };

export type PageOutcome =
  | { readonly is: 'broken'; readonly rule: string }
  | { readonly is: 'local'; readonly fault: Fault<LocalFault> }
  | {
      readonly is: 'taken';
      readonly outputs: DeviceOutput[];
      /** A segment of our own is whole again. */
      readonly recovered: boolean;
      /** All entries of this patient are here. */
      readonly entered: ScopeChange | null;
    };

export type ReadingOptions = {
  readonly store: DeviceStore;
  readonly verify: Verify;
  /** The change of scope that brings in the next patient. */
  readonly entering: () => ScopeChange | null;
  /** Sealed bytes asked for at first. */
  readonly pageBytes: number;
};

type Asked = { readonly stream: Stream; readonly sentAt: number };

export function createDeviceReading(options: ReadingOptions): DeviceReading {
  const { store, verify, pageBytes: firstPageBytes } = options;
  const asked = new Map<Place, Asked>();
  /** Streams that brought what could not be taken: not read on in this conversation. */
  const blocked = new Set<Place>();
  let version: 1 | 2 = 1;
  let cursor: Cursor | null = null;
  let latest = 0;
  let urgent = 0;
  let urgentSeen = 0;
  let partial = false;
  /** Of the patient who comes into scope: how far their entries have been read. */
  let arriving: { readonly change: ScopeChange; readonly after: number } | null = null;
  let pageBytes = firstPageBytes;
  let seeding: Seeding | null = null;
  let seedTotal: number | null = null;
  /** The seed has passed what is urgent, so that what comes after it finds its segments begun. */
  let urgentSeeded = false;
  /** Segments read as evidence alone. */
  const examined = new Set<SegmentId>();
  let lost: { readonly segment: SegmentId; from: number; upTo: number }[] = [];

  const ask = (stream: Stream, maxBytes: number, now: Instant): DeviceOutput => {
    asked.set(placeOf(stream), { stream, sentAt: now.steady });
    return { do: 'send', message: { type: 'read', stream, maxBytes }, lane: 0 };
  };
  const free = (place: Place): boolean => !asked.has(place) && !blocked.has(place);

  const nextUrgent = (epoch: HubEpoch, place: number, now: Instant): DeviceOutput[] => {
    const after = Math.max(place, urgentSeen);
    if (version === 1 || !free('urgent') || urgent <= after || (seeding !== null && !urgentSeeded)) return [];
    // What the next page of the log brings anyway need not be asked for twice.
    if (urgent - place <= URGENT_AHEAD_ENTRIES && !asked.has('log')) return [];
    return [ask({ kind: 'urgent', epoch, after }, PAGE_MIN_BYTES, now)];
  };

  const nextSide = ({ epoch, lsn }: Cursor, now: Instant): DeviceOutput[] => {
    if (!free('side')) return [];
    const [first] = lost;
    if (first !== undefined) return [ask({ kind: 'segment', segment: first.segment, from: first.from }, pageBytes, now)];
    const change = arriving?.change ?? options.entering();
    // What their entries stand behind, the beginning of a segment or who was signed in, comes with the log.
    const upTo = change?.upTo ?? 0;
    // The end of the log may be this device's own entries, of which nobody tells it.
    latest = Math.max(latest, upTo);
    if (change === null || lsn < upTo) return [];
    arriving ??= { change, after: 0 };
    return [ask({ kind: 'patient', epoch, patient: change.patient, after: arriving.after }, pageBytes, now)];
  };

  const nextLog = (after: Cursor, ownInLog: boolean, now: Instant): DeviceOutput[] => {
    // A page of the log asked for now would hold the urgent entries that are on their way already.
    if (!free('log') || asked.has('urgent')) return [];
    if (seeding !== null) return [ask({ kind: 'seed', at: seeding.at, after: seeding.passed }, pageBytes, now)];
    if (after.lsn >= latest) return [];
    if (version === 2) return [ask({ kind: 'log', after, urgentSeen }, pageBytes, now)];
    asked.set('log', { stream: { kind: 'log', after, urgentSeen: 0 }, sentAt: now.steady });
    return [{ do: 'send', message: { type: 'pull', cursor: after, maxBytes: pageBytes, own: ownInLog }, lane: 0 }];
  };

  /** Moves on behind a page that was taken; true where a segment of our own is whole again. */
  const advance = ({ stream, next, last, mark }: PageHeader, tookMs: number): boolean => {
    if (placeOf(stream) === 'log') pageBytes = tookMs <= PAGE_FAST_MS ? Math.min(pageBytes * 2, PAGE_MAX_BYTES) : Math.max(Math.floor(pageBytes / 2), PAGE_MIN_BYTES);
    switch (stream.kind) {
      case 'log':
        cursor = { epoch: stream.after.epoch, lsn: next, mark: mark ?? '' };
        latest = Math.max(latest, last);
        return false;
      case 'urgent':
        urgentSeen = next;
        urgent = Math.max(urgent, last);
        return false;
      case 'segment':
        lost = lost.flatMap((each) => (each.segment !== stream.segment ? [each] : next >= last ? [] : [{ ...each, from: next, upTo: last }]));
        return next >= last;
      case 'patient':
        if (arriving !== null) arriving = next >= last ? null : { ...arriving, after: next };
        return false;
      case 'seed':
        seedTotal = last;
        seeding = next >= last ? null : { at: stream.at, passed: next };
        if (seeding === null) cursor = stream.at;
        return false;
    }
  };

  return {
    begin({ version: agreed, cursor: at, latest: newest, urgent: newestUrgent, tip, partial: part }) {
      version = agreed;
      cursor = at;
      latest = newest;
      urgent = newestUrgent;
      partial = part;
      if (agreed === 1 || tip === null || at.lsn > 0) return;
      const kept = store.seeding();
      if (kept !== null && kept.at.epoch === tip.epoch) seeding = kept;
      else if (tip.lsn >= SEED_FROM_ENTRIES && !store.backfillOwed()) seeding = { at: tip, passed: 0 };
      // Urgent entries up to the seed's place come with it.
      if (seeding !== null) urgentSeen = seeding.at.lsn;
    },
    news(newest, newestUrgent) {
      latest = Math.max(latest, newest);
      urgent = Math.max(urgent, newestUrgent);
    },
    recover(held) {
      const own = new Map(store.ownSegments().map((each) => [each.segment, each]));
      for (const { segment, length } of held) {
        const { length: from = 0, closed = false } = own.get(segment) ?? {};
        if (!closed && from < length && !lost.some((each) => each.segment === segment)) lost.push({ segment, from, upTo: length });
      }
    },
    examine({ segment, length: from }) {
      if (lost.some((each) => each.segment === segment)) return;
      examined.add(segment);
      lost.push({ segment, from, upTo: from + 1 });
    },
    leave(segment) {
      lost = lost.filter((each) => each.segment !== segment);
    },
    unreadable({ stream }) {
      if (stream.kind !== 'segment' || !examined.has(stream.segment)) return false;
      const request = asked.get('side')?.stream;
      if (request?.kind !== 'segment' || request.segment !== stream.segment) return false;
      asked.delete('side');
      lost = lost.filter(({ segment }) => segment !== stream.segment);
      return true;
    },
    proceed(now, ownInLog) {
      if (cursor === null) return [];
      return [...nextUrgent(cursor.epoch, cursor.lsn, now), ...nextSide(cursor, now), ...nextLog(cursor, ownInLog, now)];
    },
    page(header, runs, now) {
      const { stream } = header;
      const place = placeOf(stream);
      const rule = objectionToPage(asked.get(place)?.stream, header);
      if (rule !== null) return { is: 'broken', rule };
      const tookMs = now.steady - (asked.get(place)?.sentAt ?? now.steady);
      asked.delete(place);
      const outcome = store.receive(judgeRuns(runs, verify, store.authorKey), placesBehind(header, partial));
      urgentSeeded ||= stream.kind === 'seed' && runs.some(({ run, entries }) => run.from === 0 && openingOf(entries[0])?.lane !== LANE.urgent);
      if (!outcome.ok) {
        const { code, detail } = outcome.fault;
        if (isLocal(code)) return { is: 'local', fault: detail === undefined ? { code } : { code, detail } };
        blocked.add(place);
        return { is: 'taken', outputs: [{ do: 'refused', what: nameOfPage(stream), code }], recovered: false, entered: null };
      }
      const arrived = arriving;
      const recovered = advance(header, tookMs);
      lost = lost.filter((each) => !outcome.value.closed.some(({ segment }) => segment === each.segment));
      const entered = stream.kind === 'patient' && arriving === null ? (arrived?.change ?? null) : null;
      return { is: 'taken', outputs: [{ do: 'received', received: outcome.value }, ...closings(outcome.value)], recovered, entered };
    },
    answerDue: () => asked.size > 0,
    cursor: () => cursor,
    view() {
      const read = blocked.has('log') || cursor === null || (seeding === null && cursor.lsn >= latest);
      return { settled: asked.size === 0 && read && (lost.length === 0 || blocked.has('side')), pulled: cursor?.lsn ?? 0, latest, seeding: seeding === null ? null : { passed: seeding.passed, total: seedTotal } };
    },
    restored() {
      if (seeding !== null) store.forgetSeed();
    },
  };
}

/** What is shown of segments that were closed while a page was taken. */
const closings = ({ closed }: Received): DeviceOutput[] => closed.map(({ segment, code }) => ({ do: 'refused', what: segment, code }));

function isLocal(code: ReceiveFault | LocalFault): code is LocalFault {
  return code === 'DISK_FULL' || code === 'READ_ONLY' || code === 'INTERNAL';
}

import type { DeviceId, SegmentId } from '../base/ids.ts';
import { ok, type Fault, type Result } from '../base/result.ts';
import type { Sha256 } from '../base/world.ts';
import type { HelloOrders } from '../orders/messages.ts';
import { sameCursor } from './asked-page.ts';
import type { ArrivedRun } from './attested-page.ts';
import { bestCodec, CODECS_READ, type Codec } from './codec.ts';
import { createDeviceBackfill } from './device-backfill.ts';
import { REFUSAL_FAULTS, type DeviceFault, type DeviceOutput, type Instant } from './device-output.ts';
import { createDeviceReading, type SeedProgress } from './device-reading.ts';
import { createDeviceScope } from './device-scope.ts';
import type { DeviceStore, LocalFault } from './device-store.ts';
import { createDeviceUpload } from './device-upload.ts';
import type { OrganizationId, SignedReceipt } from './envelope.ts';
import { composeHello, objectionToHi } from './greeting.ts';
import { MARK_START } from './hub-rules.ts';
import { PROTOCOL_VERSIONS } from './limits.ts';
import { createLineWatch } from './line-watch.ts';
import type { Hi, Message, Position, Rejected, Rolled, Scope } from './message.ts';
import { createOwnRecovery } from './own-recovery.ts';
import type { PageHeader } from './page-header.ts';
import type { Compression, Verify } from './sealing.ts';

export type DeviceCoreOptions = {
  readonly organization: OrganizationId;
  readonly device: DeviceId;
  readonly application: string;
  readonly store: DeviceStore;
  readonly sha256: Sha256;
  readonly compression: Compression;
  /** Whether the store takes entries of its own earlier segments back, after a restored backup. */
  readonly recoverOwn: boolean;
  readonly verifyReceipt: (receipt: SignedReceipt) => boolean;
  /** For the words of other devices. */
  readonly verify: Verify;
  /** Versions of the protocol this device speaks, best first; all of this release unless told otherwise. */
  readonly versions?: readonly number[];
  /** Codecs this side names and writes; all of this release unless told otherwise. */
  readonly codecs?: readonly number[];
  /** The codecs there are, where they are not those of this release. */
  readonly repertoire?: readonly Codec[];
  /** What it holds of the organisation's orders; left out where it takes none. */
  readonly orders?: () => HelloOrders;
  /** False while the workstation only gives: it is to be erased. */
  readonly reads?: () => boolean;
  /** Sealed bytes; a line that stalls gets smaller ones (main/sync/pace.ts). */
  readonly batchTargetBytes: number;
  readonly windowBytes: number;
  /** Batches cut that the line has not taken (upload-window.ts); whoever sets it says `taken`. */
  readonly batchesAhead?: number;
  readonly pageBytes: number;
  readonly noProgressMs: number;
};

export type DeviceCoreView = {
  readonly phase: 'greeting' | 'open' | 'closed';
  /** Nothing left to send, ask or read, as far as hub and device know. */
  readonly settled: boolean;
  /** Entries the hub lacks although it once acknowledged them, being sent again. */
  readonly owed: number;
  readonly clockOffsetMs: number | null;
  readonly clockBoundMs: number | null;
  /** Log positions of the hub read and to read in this conversation. */
  readonly pulled: number;
  readonly latest: number;
  /** A device that has nothing yet reads what is needed first in front: how far it is. */
  readonly seeding: SeedProgress | null;
};

export type DeviceCore = {
  start(now: Instant): DeviceOutput[];
  message(message: Message, now: Instant): DeviceOutput[];
  /** A page whose signature and seal held, decoded and its chains checked. */
  page(header: PageHeader, runs: readonly ArrivedRun[], now: Instant): DeviceOutput[];
  /** A page whose signature and seal held and whose content does not. */
  unreadablePage(header: PageHeader, rule: string, now: Instant): DeviceOutput[];
  /** What came cannot be read or does not hold: the conversation ends. */
  fail(rule: string): DeviceOutput[];
  /** So many bytes came from the hub, whatever they are. */
  heard(now: Instant, bytes: number): void;
  /** The line has taken a batch. */
  taken(now: Instant): DeviceOutput[];
  /** The outbox grew. */
  localChange(now: Instant): DeviceOutput[];
  tick(now: Instant): DeviceOutput[];
  /** Asks for a sign of life; nothing counts as settled before it comes. */
  probe(now: Instant): DeviceOutput[];
  view(): DeviceCoreView;
};

/**
 * The device's half of one conversation with the hub: a state machine without clock, disk, network or randomness.
 * Upload follows the hub's contiguous position per segment, so a lost acknowledgement or a cut line costs a repeat
 * at most; download follows the cursor, which moves in the transaction that stores what it passed.
 */
export function createDeviceCore(options: DeviceCoreOptions): DeviceCore {
  const { store, organization, device } = options;
  const versions = options.versions ?? PROTOCOL_VERSIONS;
  const codecs = options.codecs ?? CODECS_READ;
  let codec = bestCodec(undefined, codecs, options);
  const underWay = { upload: () => upload.underWay(), backfill: () => backfill.underWay() };
  const upload = createDeviceUpload({ ...options, codec: () => codec, bundles: () => version === 2, othersUnderWay: () => underWay.backfill() });
  const backfill = createDeviceBackfill({ ...options, codec: () => codec, othersUnderWay: () => underWay.upload() });
  const scope = createDeviceScope(store.scope);
  const reading = createDeviceReading({ ...options, entering: scope.entering });
  const watch = createLineWatch();
  const recovery = createOwnRecovery();
  const greeter = { ...options, versions, codecs };
  let version: 1 | 2 = 1;
  let phase: DeviceCoreView['phase'] = 'greeting';
  let renewing = false;
  /** What a restored hub may lack is still to be offered; by whom holds a part, when there is nothing left to read: what comes may fill a gap behind which nothing could be proven. */
  let offers: 'none' | 'now' | 'when read' = 'none';
  let asked: readonly SegmentId[] = [];
  const told = new Set<string>();

  const close = (code: DeviceFault, detail: Fault<DeviceFault>['detail'] = {}): DeviceOutput[] => {
    phase = 'closed';
    return [{ do: 'close', fault: { code, detail } }];
  };
  const broken = (rule: string): DeviceOutput[] => close('PROTOCOL_ERROR', { rule });
  /** Own entries that were lost can be had back. */
  const recovers = (): boolean => options.recoverOwn && version === 2;
  const answerDue = (): boolean => phase === 'greeting' || watch.pinging() || recovery.answerDue() || upload.answerDue() || reading.answerDue() || backfill.answerDue();

  /** What is refused is told once, however often it shows. */
  const isNews = (output: DeviceOutput): boolean => {
    if (output.do !== 'refused') return true;
    const refusal = `${output.what} ${output.code}`;
    return !told.has(refusal) && told.add(refusal).size > 0;
  };

  /** Whatever an input made possible goes out; the wait for an answer counts from the first thing that asks for one. */
  const proceed = (now: Instant, before: readonly DeviceOutput[] = []): DeviceOutput[] => {
    if (phase !== 'open') return [...before];
    const waiting = answerDue();
    const reads = (options.reads?.() ?? true) && !scope.isListing();
    for (const place of upload.doubts()) if (recovers()) reading.examine(place);
    const arrived = scope.arrive();
    if (!arrived.ok) return [...before, ...close(arrived.fault.code, arrived.fault.detail)];
    const outputs = [...arrived.value, ...(upload.listWanted() ? recovery.roll() : []), ...(upload.ownMissing() ? recovery.notice(recovers()) : []), ...upload.proceed(), ...(reads ? reading.proceed(now, options.recoverOwn && upload.ownMissing()) : [])];
    if (offers === 'now' || (offers === 'when read' && (reading.view().settled || options.reads?.() === false))) {
      offers = 'none';
      backfill.begin();
    }
    outputs.push(...backfill.proceed());
    if (backfill.isHeld() && (options.reads?.() === false || reading.view().settled)) backfill.done();
    // What a restored hub may lack is given back before it is removed here.
    const left = offers === 'none' && backfill.settled() ? scope.leave() : ok([]);
    if (!left.ok) return [...before, ...outputs, ...close(left.fault.code, left.fault.detail)];
    outputs.push(...left.value);
    if (outputs.length > 0) watch.sent(now, waiting);
    return [...before, ...outputs].filter(isNews);
  };

  const greeted = (hi: Hi, now: Instant): DeviceOutput[] => {
    if (phase !== 'greeting') return broken('second HI');
    if (hi.organization !== organization) return close('SERVER_REFUSED', { rule: 'another organization' });
    const objection = objectionToHi(hi, greeter, asked);
    if (objection !== null) return broken(objection);
    version = hi.version === 1 ? 1 : 2;
    const ours = store.cursor();
    const isForgotten = version === 2 && scope.isForgotten(hi.partial === true);
    const cursor = isForgotten ? { epoch: hi.epoch, lsn: 0, mark: MARK_START } : hi.cursor;
    if (ours === null || !sameCursor(ours, cursor)) {
      const rewound = store.rewind(cursor);
      if (!rewound.ok) return close(rewound.fault.code, rewound.fault.detail);
    }
    const widened = isForgotten ? scope.widen() : ok(null);
    if (!widened.ok) return close(widened.fault.code, widened.fault.detail);
    phase = 'open';
    codec = bestCodec(hi.codecs, codecs, options);
    watch.greeted(hi, now);
    reading.begin({ version, cursor, latest: hi.latest, urgent: hi.urgent ?? 0, tip: hi.tip ?? null, partial: hi.partial === true });
    const learnt = upload.greeted(hi, ours !== null && ours.epoch !== hi.epoch, version === 2);
    if (!learnt.ok) return close(learnt.fault.code, learnt.fault.detail);
    if (version === 2) offers = store.scope?.holdsPart() === true ? 'when read' : 'now';
    const listed = scope.greeted(hi);
    if (!listed.ok) return close(listed.fault.code, listed.fault.detail);
    return proceed(now, [{ do: 'greeted' }, ...listed.value]);
  };

  const receipt = (signed: SignedReceipt, now: Instant): DeviceOutput[] => {
    if (signed.organization !== organization || signed.device !== device || signed.epoch !== reading.cursor()?.epoch) return broken('receipt for another');
    if (!options.verifyReceipt(signed)) return broken('receipt signature');
    const outcome = upload.receipt(signed);
    return outcome.ok ? proceed(now, outcome.value) : close(outcome.fault.code, outcome.fault.detail);
  };

  const positions = (answers: readonly Position[], now: Instant): DeviceOutput[] => {
    const learnt = upload.answered(answers);
    if (learnt === null) return broken('positions not asked for');
    return learnt.ok ? proceed(now) : close(learnt.fault.code, learnt.fault.detail);
  };

  const rejected = (rejection: Rejected, now: Instant): DeviceOutput[] => {
    const own = upload.rejected(rejection);
    if (own !== null) return own.ok ? proceed(now, own.value) : close(own.fault.code, own.fault.detail);
    const outputs = backfill.rejected(rejection);
    return outputs === null ? broken('rejection of nothing sent') : proceed(now, outputs);
  };

  const rolled = (segments: readonly Rolled[], more: boolean, now: Instant): DeviceOutput[] => {
    const next = recovery.rolled(segments, more);
    if (next === null) return broken('segments not asked for');
    const listed = upload.listed(next.page);
    if (!listed.ok) return close(listed.fault.code, listed.fault.detail);
    if (recovers()) reading.recover(segments);
    return proceed(now, [...listed.value, ...next.outputs]);
  };

  /** What a page tells of our own segments: how far the hub holds our history of them, and which of them rest from now on. */
  const shownOf = ({ stream }: PageHeader, runs: readonly ArrivedRun[], outputs: readonly DeviceOutput[]): Result<DeviceOutput[], LocalFault> => {
    const shown: DeviceOutput[] = [];
    for (const { segment } of outputs.flatMap((output) => (output.do === 'received' ? output.received.closed : []))) {
      const closed = upload.close(segment);
      if (!closed.ok) return closed;
      shown.push(...closed.value);
    }
    for (const { run, entries } of stream.kind === 'segment' ? runs : []) {
      const compared = upload.compared({ segment: run.segment, from: run.from, previous: run.previous, hashes: entries.map(({ hash }) => hash) });
      if (!compared.ok) return compared;
      if (compared.value) reading.leave(run.segment);
    }
    return ok(shown);
  };

  const scoped = (said: Scope, now: Instant): DeviceOutput[] => {
    const outcome = scope.changed(said);
    if (outcome === 'broken') return broken('changes of scope out of order');
    return outcome.ok ? proceed(now, outcome.value) : close(outcome.fault.code, outcome.fault.detail);
  };

  const opened = (message: Message, now: Instant): DeviceOutput[] => {
    switch (message.type) {
      case 'positions': return positions(message.positions, now);
      case 'receipt': return receipt(message.receipt, now);
      case 'rejected': return rejected(message.rejected, now);
      case 'news':
        reading.news(message.latest, message.urgent ?? 0);
        return proceed(now);
      case 'pong':
        watch.pong(message.at, message.hubAt, now);
        return [];
      case 'scope': return scoped(message.scope, now);
      case 'rolled': return rolled(message.segments, message.more, now);
      case 'wanted': return backfill.wanted(message.segments) ? proceed(now) : broken('wanted what was not offered');
      case 'taken': return backfill.taken(message) ? proceed(now) : broken('taken what was not given');
      default: return broken('a message only a device sends');
    }
  };

  return {
    start(now) {
      watch.begin(now);
      const segments = upload.first();
      asked = segments.map(({ segment }) => segment);
      const hello = composeHello(greeter, segments, watch.helloAt());
      return [{ do: 'send', message: { type: 'hello', hello }, lane: 0 }, ...upload.firstFlight()];
    },
    message(message, now) {
      if (phase === 'closed') return [];
      watch.heard(now);
      if (message.type === 'refused') {
        const { code } = message.refused;
        if (code === 'RESTORED') reading.restored();
        if (code !== 'CERTIFICATE_EXPIRED') return close(REFUSAL_FAULTS[code], { refusal: code });
        if (renewing) return [];
        renewing = true;
        return [{ do: 'renew' }];
      }
      if (message.type === 'renewed') return [{ do: 'renewed', certificate: message.certificate }];
      if (message.type === 'hi') return greeted(message.hi, now);
      return phase === 'open' ? opened(message, now) : broken('HI comes first');
    },
    page(header, runs, now) {
      if (phase === 'closed') return [];
      if (phase !== 'open') return broken('page not asked for');
      const outcome = reading.page(header, runs, now);
      if (outcome.is === 'broken') return broken(outcome.rule);
      if (outcome.is === 'local') return close(outcome.fault.code, outcome.fault.detail);
      const entered = outcome.entered === null ? ok([]) : scope.entered(outcome.entered);
      if (!entered.ok) return close(entered.fault.code, entered.fault.detail);
      if (outcome.entered !== null && offers === 'none') offers = 'when read';
      const shown = shownOf(header, runs, outcome.outputs);
      if (!shown.ok) return close(shown.fault.code, shown.fault.detail);
      // Entries of our own that were read back need their receipts.
      if (outcome.recovered || (version === 1 && upload.ownMissing())) upload.refreshReceipts();
      return proceed(now, [...outcome.outputs, ...entered.value, ...shown.value]);
    },
    unreadablePage(header, rule, now) {
      if (phase === 'closed') return [];
      return phase === 'open' && reading.unreadable(header) ? proceed(now) : broken(rule);
    },
    fail: (rule) => (phase === 'closed' ? [] : broken(rule)),
    heard: watch.trickled,
    taken: (now) => (upload.taken() ? proceed(now) : []),
    localChange(now) {
      if (phase !== 'open') return [];
      upload.refresh();
      return proceed(now);
    },
    tick(now) {
      if (phase === 'closed') return [];
      if (answerDue()) return watch.silentMs(now) >= options.noProgressMs ? close('OFFLINE', { rule: 'no progress' }) : [];
      return watch.idle(now) ? watch.ping(now, false) : [];
    },
    probe: (now) => (phase === 'open' && !watch.pinging() ? watch.ping(now, answerDue()) : []),
    view() {
      const sending = upload.view();
      const read = reading.view();
      const settled = phase === 'open' && sending.settled && (read.settled || options.reads?.() === false) && offers === 'none' && backfill.settled() && scope.settled() && !recovery.answerDue() && !watch.pinging();
      const clock = watch.clock();
      return { phase, settled, owed: sending.owed, clockOffsetMs: clock?.offsetMs ?? null, clockBoundMs: clock?.boundMs ?? null, pulled: read.pulled, latest: read.latest, seeding: read.seeding };
    },
  };
}

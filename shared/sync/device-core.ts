import type { DeviceId, RecordId, SegmentId } from '../base/ids.ts';
import { ok, type Fault, type Result } from '../base/result.ts';
import type { CarriedHeader } from './attestation.ts';
import type { ArrivedRun } from './attested-page.ts';
import { bestCodec, CODECS_READ } from './codec.ts';
import type { BatchHeader, Cursor, OrganizationId, SignedReceipt } from './envelope.ts';
import { createDeviceBackfill } from './device-backfill.ts';
import { createDeviceReading, sameCursor, type SeedProgress } from './device-reading.ts';
import { createDeviceScope } from './device-scope.ts';
import { createDeviceUpload } from './device-upload.ts';
import type { DeviceStore, LocalFault, ReceiveFault, Received, SegmentFault } from './device-store.ts';
import type { Lane } from '../ledger/lanes.ts';
import type { HelloOrders } from '../orders/messages.ts';
import { BEYOND_SEGMENTS_MAX, KEEPALIVE_MS, PROGRESS_MIN_BYTES, PROTOCOL_VERSIONS } from './limits.ts';
import type { Hi, Message, Position, RefusalCode, Rejected, RejectionCode } from './message.ts';
import type { PageHeader } from './page-header.ts';
import type { Compression, Verify } from './sealing.ts';
import type { Sha256 } from '../base/world.ts';

export type DeviceFault = 'OFFLINE' | 'NOT_AUTHENTICATED' | 'SERVER_REFUSED' | 'PROTOCOL_ERROR' | LocalFault;

export type DeviceOutput =
  | { readonly do: 'send'; readonly message: Message; readonly lane: Lane }
  /** Seal, sign and send. */
  | { readonly do: 'push'; readonly header: BatchHeader; readonly packed: Uint8Array; readonly lane: Lane }
  /** Entries of another device: seal, sign and send in the last lane. */
  | { readonly do: 'carry'; readonly header: CarriedHeader; readonly packed: Uint8Array }
  /** A patient who left this device's scope has been removed. */
  | { readonly do: 'evicted'; readonly patient: RecordId }
  /** The hub answered, authenticated: only now is the line up. */
  | { readonly do: 'greeted' }
  | { readonly do: 'acknowledged'; readonly receipt: SignedReceipt; readonly entries: number }
  | { readonly do: 'received'; readonly received: Received }
  /**
   * Something of ours was not taken, or something of others could not be; kept, and to be shown. ROLLED_BACK: the hub
   * holds entries of this device that it lacks itself, as after a restored backup.
   */
  | { readonly do: 'refused'; readonly what: string; readonly code: RejectionCode | ReceiveFault | SegmentFault | 'ROLLED_BACK'; /** It is being read back already: told, and in nobody's way. */ readonly healing?: true }
  | { readonly do: 'renewed'; readonly certificate: string }
  /** The hub will talk of nothing but a new certificate. */
  | { readonly do: 'renew' }
  | { readonly do: 'close'; readonly fault: Fault<DeviceFault> };

/** One moment by both clocks of the machine: the wall for samples, the steady one for waiting. Milliseconds. */
export type Instant = { readonly wall: number; readonly steady: number };

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
  /** What it holds of the organisation's orders; left out where it takes none. */
  readonly orders?: () => HelloOrders;
  /** False while the workstation only gives: it is to be erased. */
  readonly reads?: () => boolean;
  /** Sealed bytes; a line that stalls gets smaller ones (main/sync/pace.ts). */
  readonly batchTargetBytes: number;
  readonly windowBytes: number;
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
  /** What came cannot be read or does not hold: the conversation ends. */
  fail(rule: string): DeviceOutput[];
  /** So many bytes came from the hub, whatever they are. */
  heard(now: Instant, bytes: number): void;
  /** The outbox grew. */
  localChange(now: Instant): DeviceOutput[];
  tick(now: Instant): DeviceOutput[];
  /** Asks for a sign of life; nothing counts as settled before it comes. */
  probe(now: Instant): DeviceOutput[];
  view(): DeviceCoreView;
};

const REFUSAL_FAULTS: Record<RefusalCode, DeviceFault> = {
  NOT_AUTHENTICATED: 'NOT_AUTHENTICATED', CERTIFICATE_EXPIRED: 'NOT_AUTHENTICATED', DEVICE_REVOKED: 'SERVER_REFUSED', DEVICE_UNKNOWN: 'NOT_AUTHENTICATED',
  OTHER_ORGANIZATION: 'SERVER_REFUSED', VERSION: 'SERVER_REFUSED', PROTOCOL_ERROR: 'PROTOCOL_ERROR', BUSY: 'SERVER_REFUSED', ENROLMENT_REFUSED: 'SERVER_REFUSED', RESTORED: 'OFFLINE',
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
  let codec = bestCodec(undefined);
  const underWay = { upload: () => upload.underWay(), backfill: () => backfill.underWay() };
  const upload = createDeviceUpload({ ...options, codec: () => codec, othersUnderWay: () => underWay.backfill() });
  const backfill = createDeviceBackfill({ ...options, codec: () => codec, othersUnderWay: () => underWay.upload() });
  const scope = createDeviceScope(store.scope);
  const reading = createDeviceReading({ ...options, entering: scope.entering });
  let version: 1 | 2 = 1;
  let phase: DeviceCoreView['phase'] = 'greeting';
  let clock: { readonly offsetMs: number; readonly boundMs: number } | null = null;
  let rolledBack = false;
  /** Behind which own segment the hub's list of them goes on; null from the beginning; undefined while nobody asks. */
  let rolling: SegmentId | null | undefined;
  let renewing = false;
  let pinging = false;
  let lastHeard = 0;
  /** Bytes heard since they last counted as progress. */
  let trickled = 0;
  let lastSent = 0;
  let helloAt = 0;
  let asked: readonly SegmentId[] = [];

  const close = (code: DeviceFault, detail: Fault<DeviceFault>['detail'] = {}): DeviceOutput[] => {
    phase = 'closed';
    return [{ do: 'close', fault: { code, detail } }];
  };
  const broken = (rule: string): DeviceOutput[] => close('PROTOCOL_ERROR', { rule });
  const answerDue = (): boolean => phase === 'greeting' || pinging || rolling !== undefined || upload.answerDue() || reading.answerDue() || backfill.answerDue();

  const roll = (after: SegmentId | null): DeviceOutput[] => {
    rolling = after;
    return [{ do: 'send', message: { type: 'roll', after }, lane: 0 }];
  };

  /** The hub holds entries of ours that we lack: people are told, and what was lost is read back where the store takes it. */
  const noticeRollback = (): DeviceOutput[] => {
    if (!upload.ownMissing() || rolledBack) return [];
    rolledBack = true;
    const refused = { do: 'refused', what: 'own ledger', code: 'ROLLED_BACK' } as const;
    return options.recoverOwn && version === 2 ? [{ ...refused, healing: true }, ...roll(null)] : [refused];
  };

  /** Who leaves is removed as soon as nothing about them is unsent; of whom there is nothing to read, is here. */
  const moveScope = (): Result<DeviceOutput[], LocalFault> => {
    const outputs: DeviceOutput[] = [];
    for (let change = scope.entering(); change?.upTo === 0; change = scope.entering()) {
      const entered = scope.entered(change);
      if (!entered.ok) return entered;
      outputs.push(...entered.value);
    }
    const evicted = scope.evict();
    return evicted.ok ? ok([...outputs, ...evicted.value]) : evicted;
  };

  /** Whatever an input made possible goes out; the wait for an answer counts from the first thing that asks for one. */
  const proceed = (now: Instant, before: readonly DeviceOutput[] = []): DeviceOutput[] => {
    if (phase !== 'open') return [...before];
    const waiting = answerDue();
    const reads = options.reads?.() ?? true;
    const moved = moveScope();
    if (!moved.ok) return [...before, ...close(moved.fault.code, moved.fault.detail)];
    const outputs = [...moved.value, ...noticeRollback(), ...upload.proceed(), ...(reads ? reading.proceed(now, options.recoverOwn && upload.ownMissing()) : []), ...backfill.proceed()];
    if (outputs.length > 0) {
      lastSent = now.steady;
      if (!waiting) lastHeard = now.steady;
    }
    return [...before, ...outputs];
  };

  const ping = (now: Instant): DeviceOutput[] => {
    if (!answerDue()) lastHeard = now.steady;
    pinging = true;
    lastSent = now.steady;
    return [{ do: 'send', message: { type: 'ping', at: wholeMilliseconds(now.wall) }, lane: 0 }];
  };

  /** Whether the hub may have us read on from here: our own cursor, a place we passed, or the beginning of its epoch. */
  const isOurs = (ours: Cursor | null, { cursor, epoch }: Hi): boolean => {
    if (ours !== null && sameCursor(ours, cursor)) return true;
    if (cursor.epoch !== epoch) return false;
    return cursor.lsn === 0 || (version === 2 && [ours, ...store.earlier()].some((place) => place?.lsn === cursor.lsn && place.mark === cursor.mark));
  };

  const greeted = (hi: Hi, now: Instant): DeviceOutput[] => {
    if (phase !== 'greeting') return broken('second HI');
    if ((hi.version !== 1 && hi.version !== 2) || !versions.includes(hi.version)) return broken('version not offered');
    if (hi.organization !== organization) return close('SERVER_REFUSED', { rule: 'another organization' });
    if (asked.some((segment) => !hi.positions.some((position) => position.segment === segment))) return broken('positions left out');
    ({ version } = hi);
    const ours = store.cursor();
    if (!isOurs(ours, hi)) return broken('cursor neither ours nor one we passed');
    if (ours === null || !sameCursor(ours, hi.cursor)) {
      const rewound = store.rewind(hi.cursor);
      if (!rewound.ok) return close(rewound.fault.code, rewound.fault.detail);
    }
    phase = 'open';
    codec = bestCodec(hi.codecs, codecs);
    clock = { offsetMs: Math.round((hi.receivedAt - helloAt + (hi.sentAt - now.wall)) / 2), boundMs: Math.max(0, Math.round((now.wall - helloAt - (hi.sentAt - hi.receivedAt)) / 2)) };
    reading.begin({ version, cursor: hi.cursor, latest: hi.latest, urgent: hi.urgent ?? 0, tip: hi.tip ?? null, partial: hi.partial === true });
    const learnt = upload.greeted(hi.positions, hi.held);
    if (!learnt.ok) return close(learnt.fault.code, learnt.fault.detail);
    if (version === 2) backfill.begin();
    return proceed(now, [{ do: 'greeted' }]);
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
    const outputs = upload.rejected(rejection) ?? backfill.rejected(rejection);
    return outputs === null ? broken('rejection of nothing sent') : proceed(now, outputs);
  };

  const rolled = (segments: readonly Position[], more: boolean, now: Instant): DeviceOutput[] => {
    const [last] = segments.slice(-1);
    if (rolling === undefined || (more && last === undefined) || segments.some(({ segment }) => rolling !== null && rolling !== undefined && segment <= rolling)) return broken('segments not asked for');
    rolling = undefined;
    upload.foresee(segments);
    reading.recover(segments);
    return proceed(now, more && last !== undefined ? roll(last.segment) : []);
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
        pinging = false;
        clock = { offsetMs: Math.round(message.hubAt - (message.at + now.wall) / 2), boundMs: Math.max(0, Math.round((now.wall - message.at) / 2)) };
        return [];
      case 'scope': return scope.changed(message.scope.changes) ? proceed(now) : broken('changes of scope out of order');
      case 'rolled': return rolled(message.segments, message.more, now);
      case 'wanted': return backfill.wanted(message.segments) ? proceed(now) : broken('wanted what was not offered');
      case 'taken': return backfill.taken(message) ? proceed(now) : broken('taken what was not given');
      default: return broken('a message only a device sends');
    }
  };

  return {
    start(now) {
      helloAt = wholeMilliseconds(now.wall);
      lastHeard = now.steady;
      lastSent = now.steady;
      upload.refresh();
      const segments = upload.first();
      asked = segments.map(({ segment }) => segment);
      const hello = {
        versions: [...versions], organization, device, application: options.application, cursor: store.cursor(), earlier: [...store.earlier()], seen: store.seen(), segments, at: helloAt, codecs: [...codecs],
        ...beyondOf(store), ...(store.scope === null ? {} : { scope: store.scope.version() }),
        ...(options.orders === undefined ? {} : { orders: options.orders() }),
      };
      return [{ do: 'send', message: { type: 'hello', hello }, lane: 0 }, ...upload.firstFlight()];
    },
    message(message, now) {
      if (phase === 'closed') return [];
      lastHeard = now.steady;
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
      const shown = outcome.outputs.flatMap((output) => (output.do === 'received' ? output.received.closed.flatMap(({ segment }) => upload.close(segment)) : []));
      // Entries of our own that were read back need their receipts.
      if (outcome.recovered || (version === 1 && upload.ownMissing())) upload.refreshReceipts();
      return proceed(now, [...outcome.outputs, ...entered.value, ...shown]);
    },
    fail: (rule) => (phase === 'closed' ? [] : broken(rule)),
    heard(now, bytes) {
      trickled += bytes;
      if (trickled < PROGRESS_MIN_BYTES) return;
      trickled = 0;
      lastHeard = now.steady;
    },
    localChange(now) {
      if (phase !== 'open') return [];
      upload.refresh();
      return proceed(now);
    },
    tick(now) {
      if (phase === 'closed') return [];
      if (answerDue()) return now.steady - lastHeard >= options.noProgressMs ? close('OFFLINE', { rule: 'no progress' }) : [];
      return now.steady - Math.max(lastSent, lastHeard) < KEEPALIVE_MS ? [] : ping(now);
    },
    probe: (now) => (phase === 'open' && !pinging ? ping(now) : []),
    view() {
      const sending = upload.view();
      const read = reading.view();
      const settled = phase === 'open' && sending.settled && (read.settled || options.reads?.() === false) && backfill.settled() && scope.settled() && rolling === undefined && !pinging;
      return { phase, settled, owed: sending.owed, clockOffsetMs: clock?.offsetMs ?? null, clockBoundMs: clock?.boundMs ?? null, pulled: read.pulled, latest: read.latest, seeding: read.seeding };
    },
  };
}

/** Wall clocks may stand before 1970; what travels is never negative. */
function beyondOf({ beyond }: DeviceStore): { beyond?: Position[] } {
  const held = beyond?.() ?? [];
  return held.length === 0 || held.length > BEYOND_SEGMENTS_MAX ? {} : { beyond: [...held] };
}

function wholeMilliseconds(wall: number): number {
  return Math.max(0, Math.floor(wall));
}

import type { DeviceId, RecordId, SegmentId } from '../base/ids.ts';
import type { Fault, Result } from '../base/result.ts';
import type { WireEntry } from './entry-codec.ts';
import type { BatchHeader, Cursor, OrganizationId, PageHeader, SignedReceipt } from './envelope.ts';
import type { OwnEntries } from './batch.ts';
import { bestCodec, CODECS_READ } from './codec.ts';
import { createDeviceUpload } from './device-upload.ts';
import { KEEPALIVE_MS, PAGE_FAST_MS, PAGE_MAX_BYTES, PAGE_MIN_BYTES, PROTOCOL_VERSION } from './limits.ts';
import type { Hi, Message, RefusalCode, RejectionCode } from './message.ts';
import type { Compression } from './sealing.ts';
import type { Sha256 } from '../base/world.ts';

/** One of this device's own segments. Lengths count entries from sequence 0. */
export type OwnSegment = { readonly segment: SegmentId; readonly length: number; /** Covered by a receipt of the hub. */ readonly acknowledged: number };

export type Received = { readonly applied: number; readonly duplicates: number; readonly parked: number; readonly patients: readonly RecordId[] };
export type ReceiveFault = 'GAP' | 'FORK' | 'BAD_HASH' | 'MALFORMED';
/** The device's own machine is in the way; nothing was stored, and the conversation ends. */
export type LocalFault = 'DISK_FULL' | 'READ_ONLY' | 'INTERNAL';

/** The device's ledger as sync needs it. Every call is one transaction or none. */
export type DeviceStore = {
  /** Every own segment, oldest first. */
  ownSegments(): readonly OwnSegment[];
  /** Own segments with entries that no receipt covers, oldest first. */
  unacknowledged(): readonly OwnSegment[];
  /** Consecutive entries from `from`; at least one where there is one, whatever its size. */
  ownEntries(segment: SegmentId, from: number, maxEntries: number, maxBytes: number): OwnEntries;
  /** Takes exactly the entries below `receipt.length` from the outbox and keeps the receipt; FORK where its head is not our hash there. */
  acknowledge(receipt: SignedReceipt): Result<null, 'FORK' | LocalFault>;
  cursor(): Cursor | null;
  /** Foreign entries and the cursor behind them, in one transaction. */
  receive(entries: readonly WireEntry[], next: Cursor): Result<Received, ReceiveFault | LocalFault>;
  /** The hub began a new epoch: read its log anew from here. */
  rewind(cursor: Cursor): Result<null, LocalFault>;
};

export type DeviceFault = 'OFFLINE' | 'NOT_AUTHENTICATED' | 'SERVER_REFUSED' | 'PROTOCOL_ERROR' | LocalFault;

export type DeviceOutput =
  | { readonly do: 'send'; readonly message: Message }
  /** Seal, sign and send. */
  | { readonly do: 'push'; readonly header: BatchHeader; readonly packed: Uint8Array }
  /** The hub answered, authenticated: only now is the line up. */
  | { readonly do: 'greeted' }
  | { readonly do: 'acknowledged'; readonly receipt: SignedReceipt; readonly entries: number }
  | { readonly do: 'received'; readonly received: Received }
  /**
   * Something of ours was not taken, or something of others could not be; kept, and to be shown. ROLLED_BACK: the hub
   * holds entries of this device that it lacks itself, as after a restored backup.
   */
  | { readonly do: 'refused'; readonly what: string; readonly code: RejectionCode | ReceiveFault | 'ROLLED_BACK' }
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
};

export type DeviceCore = {
  start(now: Instant): DeviceOutput[];
  message(message: Message, now: Instant): DeviceOutput[];
  /** A page whose signature and seal held, decoded and its chains checked. */
  page(header: PageHeader, entries: readonly WireEntry[], now: Instant): DeviceOutput[];
  /** What came cannot be read or does not hold: the conversation ends. */
  fail(rule: string): DeviceOutput[];
  /** Bytes came from the hub, whatever they are. */
  heard(now: Instant): void;
  /** The outbox grew. */
  localChange(now: Instant): DeviceOutput[];
  tick(now: Instant): DeviceOutput[];
  /** Asks for a sign of life; nothing counts as settled before it comes. */
  probe(now: Instant): DeviceOutput[];
  view(): DeviceCoreView;
};

const REFUSAL_FAULTS: Record<RefusalCode, DeviceFault> = {
  NOT_AUTHENTICATED: 'NOT_AUTHENTICATED', CERTIFICATE_EXPIRED: 'NOT_AUTHENTICATED', DEVICE_REVOKED: 'SERVER_REFUSED', DEVICE_UNKNOWN: 'NOT_AUTHENTICATED',
  OTHER_ORGANIZATION: 'SERVER_REFUSED', VERSION: 'SERVER_REFUSED', PROTOCOL_ERROR: 'PROTOCOL_ERROR', BUSY: 'SERVER_REFUSED', ENROLMENT_REFUSED: 'SERVER_REFUSED',
};
/**
 * The device's half of one conversation with the hub: a state machine without clock, disk, network or randomness.
 * Upload follows the hub's contiguous position per segment, so a lost acknowledgement or a cut line costs a repeat
 * at most; download follows the cursor, which moves in the transaction that stores what it passed.
 */
export function createDeviceCore(options: DeviceCoreOptions): DeviceCore {
  const { store, organization, device } = options;
  let codec = bestCodec(undefined);
  const upload = createDeviceUpload({ ...options, codec: () => codec });
  let phase: DeviceCoreView['phase'] = 'greeting';
  let cursor: Cursor | null = null;
  let latest = 0;
  let pullSentAt: number | null = null;
  let pullBlocked = false;
  let pageBytes = options.pageBytes;
  let clock: { readonly offsetMs: number; readonly boundMs: number } | null = null;
  let rolledBack = false;
  let pinging = false;
  let lastHeard = 0;
  let lastSent = 0;
  let helloAt = 0;
  let asked: readonly SegmentId[] = [];

  const close = (code: DeviceFault, detail: Fault<DeviceFault>['detail'] = {}): DeviceOutput[] => {
    phase = 'closed';
    return [{ do: 'close', fault: { code, detail } }];
  };
  const broken = (rule: string): DeviceOutput[] => close('PROTOCOL_ERROR', { rule });
  const answerDue = (): boolean => phase === 'greeting' || pullSentAt !== null || pinging || upload.answerDue();

  const pull = (now: Instant): DeviceOutput[] => {
    if (cursor === null || pullBlocked || pullSentAt !== null || cursor.lsn >= latest) return [];
    pullSentAt = now.steady;
    return [{ do: 'send', message: { type: 'pull', cursor, maxBytes: pageBytes, own: options.recoverOwn && upload.ownMissing() } }];
  };

  /** Whatever an input made possible goes out; the wait for an answer counts from the first thing that asks for one. */
  const proceed = (now: Instant, before: DeviceOutput[] = []): DeviceOutput[] => {
    if (phase !== 'open') return before;
    const waiting = answerDue();
    const outputs = [...upload.proceed(), ...pull(now)];
    if (upload.ownMissing() && !rolledBack) {
      rolledBack = true;
      before.push({ do: 'refused', what: 'own ledger', code: 'ROLLED_BACK' });
    }
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
    return [{ do: 'send', message: { type: 'ping', at: wholeMilliseconds(now.wall) } }];
  };

  const greeted = (hi: Hi, now: Instant): DeviceOutput[] => {
    if (phase !== 'greeting') return broken('second HI');
    if (hi.version !== PROTOCOL_VERSION) return broken('version not offered');
    if (hi.organization !== organization) return close('SERVER_REFUSED', { rule: 'another organization' });
    if (asked.some((segment) => !hi.positions.some((position) => position.segment === segment))) return broken('positions left out');
    const ours = store.cursor();
    if (ours === null || !sameCursor(ours, hi.cursor)) {
      if (hi.cursor.lsn !== 0 || hi.cursor.epoch !== hi.epoch) return broken('cursor neither ours nor the beginning');
      const rewound = store.rewind(hi.cursor);
      if (!rewound.ok) return close(rewound.fault.code, rewound.fault.detail);
    }
    phase = 'open';
    cursor = hi.cursor;
    latest = hi.latest;
    codec = bestCodec(hi.codecs);
    clock = { offsetMs: Math.round((hi.receivedAt - helloAt + (hi.sentAt - now.wall)) / 2), boundMs: Math.max(0, Math.round((now.wall - helloAt - (hi.sentAt - hi.receivedAt)) / 2)) };
    for (const position of hi.positions) upload.learn(position);
    upload.reconcile(hi.held, hi.positions);
    // What was written since the HELLO.
    upload.refresh();
    return proceed(now, [{ do: 'greeted' }]);
  };

  const receipt = (signed: SignedReceipt, now: Instant): DeviceOutput[] => {
    if (signed.organization !== organization || signed.device !== device || signed.epoch !== cursor?.epoch) return broken('receipt for another');
    if (!options.verifyReceipt(signed)) return broken('receipt signature');
    const outcome = upload.receipt(signed);
    return outcome.ok ? proceed(now, outcome.value) : close(outcome.fault.code, outcome.fault.detail);
  };

  const opened = (message: Message, now: Instant): DeviceOutput[] => {
    switch (message.type) {
      case 'positions': return upload.answered(message.positions) ? proceed(now) : broken('positions not asked for');
      case 'receipt': return receipt(message.receipt, now);
      case 'rejected': {
        const outputs = upload.rejected(message.rejected);
        return outputs === null ? broken('rejection of nothing sent') : proceed(now, outputs);
      }
      case 'news':
        latest = Math.max(latest, message.latest);
        return proceed(now);
      case 'pong':
        pinging = false;
        clock = { offsetMs: Math.round(message.hubAt - (message.at + now.wall) / 2), boundMs: Math.max(0, Math.round((now.wall - message.at) / 2)) };
        return [];
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
      const hello = { versions: [PROTOCOL_VERSION], organization, device, application: options.application, cursor: store.cursor(), segments, at: helloAt, codecs: [...CODECS_READ] };
      return [{ do: 'send', message: { type: 'hello', hello } }];
    },
    message(message, now) {
      if (phase === 'closed') return [];
      lastHeard = now.steady;
      if (message.type === 'refused') {
        const { code } = message.refused;
        return code === 'CERTIFICATE_EXPIRED' ? [{ do: 'renew' }] : close(REFUSAL_FAULTS[code], { refusal: code });
      }
      if (message.type === 'renewed') return [{ do: 'renewed', certificate: message.certificate }];
      if (message.type === 'hi') return greeted(message.hi, now);
      return phase === 'open' ? opened(message, now) : broken('HI comes first');
    },
    page({ base, next, latest: newest }, entries, now) {
      if (phase === 'closed') return [];
      if (phase !== 'open' || pullSentAt === null || cursor === null) return broken('page not asked for');
      if (!sameCursor(base, cursor)) return broken('page base is not our cursor');
      if (next.epoch !== base.epoch || next.lsn <= base.lsn || newest < next.lsn) return broken('page does not advance');
      const took = now.steady - pullSentAt;
      pullSentAt = null;
      const outcome = store.receive(entries, next);
      if (!outcome.ok) {
        const { code, detail } = outcome.fault;
        if (isLocal(code)) return close(code, detail);
        pullBlocked = true;
        return proceed(now, [{ do: 'refused', what: `page after ${base.lsn}`, code }]);
      }
      pageBytes = took <= PAGE_FAST_MS ? Math.min(pageBytes * 2, PAGE_MAX_BYTES) : Math.max(Math.floor(pageBytes / 2), PAGE_MIN_BYTES);
      cursor = next;
      latest = Math.max(latest, newest);
      // Entries of our own that were read back need their receipts.
      if (upload.ownMissing()) upload.refreshReceipts();
      return proceed(now, [{ do: 'received', received: outcome.value }]);
    },
    fail: (rule) => (phase === 'closed' ? [] : broken(rule)),
    heard(now) {
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
      const { owed, settled } = upload.view();
      const read = pullSentAt === null && (pullBlocked || cursor === null || cursor.lsn >= latest);
      return { phase, settled: phase === 'open' && settled && read && !pinging, owed, clockOffsetMs: clock?.offsetMs ?? null, clockBoundMs: clock?.boundMs ?? null, pulled: cursor?.lsn ?? 0, latest };
    },
  };
}

function isLocal(code: string): code is LocalFault {
  return code === 'DISK_FULL' || code === 'READ_ONLY' || code === 'INTERNAL';
}

function sameCursor(left: Cursor, right: Cursor): boolean {
  return left.epoch === right.epoch && left.lsn === right.lsn && left.mark === right.mark;
}

/** Wall clocks may stand before 1970; what travels is never negative. */
function wholeMilliseconds(wall: number): number {
  return Math.max(0, Math.floor(wall));
}

import type { DeviceId, SegmentId } from '../base/ids.ts';
import { bestCodec, codecNamed, CODECS_READ } from './codec.ts';
import { cutPage } from './cut-page.ts';
import { decodeBatchHeader, encodePageHeader, encodeReceipt, signedBytes, type HubEpoch, type OrganizationId, type Receipt } from './envelope.ts';
import type { DeviceRecord, Held, HubEvent, HubStore } from './hub-store.ts';
import { decideIngest } from './hub-rules.ts';
import { BATCH_ENTRIES_MAX, BATCH_RAW_TARGET_BYTES, PAGE_MIN_BYTES, PROTOCOL_VERSION } from './limits.ts';
import type { Hello, Message, Position, RefusalCode, RejectionCode } from './message.ts';
import { verifyRenewal } from './renewal.ts';
import { open, seal, type Sealed, type SyncCrypto } from './sealing.ts';

export type HubOutput =
  | { readonly do: 'send'; readonly message: Message }
  /** New entries are durable: other devices may want to know. */
  | { readonly do: 'news'; readonly latest: number }
  | { readonly do: 'close' };

export type HubConversationOptions = {
  readonly organization: OrganizationId;
  /** The device of the client certificate; nobody else can be spoken for. */
  readonly device: DeviceId;
  /** `renew`: the certificate has expired within the grace, and nothing but a new one is to be had. */
  readonly access: 'sync' | 'renew';
  readonly store: HubStore;
  /** `hpke.open` opens with the organisation's key, `sign` signs with the hub's. */
  readonly crypto: SyncCrypto;
  /** Hub's wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** A certificate (PEM) for the request (PEM) of an active device; null where the request is refused. */
  readonly renew: (device: DeviceRecord, request: string) => Promise<string | null>;
};

export type HubConversation = {
  /** One message at a time, in the order they came. */
  message(message: Message): Promise<readonly HubOutput[]>;
  /** The log grew through another conversation. */
  news(latest: number): readonly HubOutput[];
};

const send = (message: Message): HubOutput => ({ do: 'send', message });
const refusal = (code: RefusalCode): readonly HubOutput[] => [send({ type: 'refused', refused: { code } }), { do: 'close' }];

/** The hub's half of one conversation. What it acknowledges is durable; what it refuses it names, and goes on. */
export function createHubConversation(options: HubConversationOptions): HubConversation {
  const { organization, device, store, crypto, now } = options;
  let epoch: HubEpoch | null = null;
  /** Latest of the log as the device was told, and as this conversation heard. */
  let told = 0;
  let newest = 0;
  let pageCodec = bestCodec(undefined);

  const note = (code: string, what: string): Promise<void> => store.note({ device, code, what } satisfies HubEvent);

  const receiptFor = (held: Held, epoch: HubEpoch): HubOutput => {
    const { segment, length, head, lsn, receivedAt } = held;
    const receipt: Receipt = { organization, device, epoch, segment, length, head, lsn, receivedAt };
    return send({ type: 'receipt', receipt: { ...receipt, signature: crypto.sign(signedBytes('receipt', encodeReceipt(receipt))) } });
  };

  /** Receipts for whatever is held beyond the receipts the device already has: a lost acknowledgement is given again. */
  const receiptsBeyond = (asked: readonly Position[], held: readonly Held[], epoch: HubEpoch): HubOutput[] => {
    const known = new Map(asked.map(({ segment, length }) => [segment, length]));
    return held.filter(({ segment, length }) => length > (known.get(segment) ?? 0)).map((item) => receiptFor(item, epoch));
  };

  const hello = async (message: Hello): Promise<readonly HubOutput[]> => {
    const receivedAt = now();
    if (message.organization !== organization) return refusal('OTHER_ORGANIZATION');
    if (message.device !== device) {
      await note('OTHER_DEVICE', message.device);
      return refusal('NOT_AUTHENTICATED');
    }
    if (!message.versions.includes(PROTOCOL_VERSION)) return refusal('VERSION');
    const greeting = await store.greet(device, message.cursor, message.segments.map(({ segment }) => segment));
    ({ epoch } = greeting);
    pageCodec = bestCodec(message.codecs);
    told = greeting.latest;
    const hi = {
      version: PROTOCOL_VERSION,
      organization,
      epoch,
      latest: greeting.latest,
      cursor: greeting.cursor,
      positions: [...greeting.positions],
      held: greeting.heldEntries,
      receivedAt,
      sentAt: now(),
      codecs: [...CODECS_READ],
    };
    // Another conversation may have added to the log while this one was being greeted.
    return [send({ type: 'hi', hi }), ...receiptsBeyond(message.segments, greeting.held, epoch), ...news()];
  };

  const news = (): readonly HubOutput[] => {
    if (epoch === null || newest <= told) return [];
    told = newest;
    return [send({ type: 'news', latest: newest })];
  };

  const where = async (asked: readonly Position[], current: HubEpoch): Promise<readonly HubOutput[]> => {
    const held = await store.held(device, asked.map(({ segment }) => segment));
    const lengths = new Map<SegmentId, number>(held.map(({ segment, length }) => [segment, length]));
    const positions = asked.map(({ segment }) => ({ segment, length: lengths.get(segment) ?? 0 }));
    return [send({ type: 'positions', positions }), ...receiptsBeyond(asked, held, current)];
  };

  const push = async (batch: Sealed, record: DeviceRecord): Promise<readonly HubOutput[]> => {
    const header = decodeBatchHeader(batch.header);
    if (header === null) {
      await note('MALFORMED', 'batch header');
      return refusal('PROTOCOL_ERROR');
    }
    const rejected = async (code: RejectionCode, length: number | null = null): Promise<readonly HubOutput[]> => {
      const { segment, from } = header;
      await note(code, `${segment} from ${from}`);
      const held = length ?? (await store.held(device, [segment]))[0]?.length ?? 0;
      return [send({ type: 'rejected', rejected: { code, segment, from, length: held } })];
    };
    if (header.organization !== organization) return rejected('OTHER_ORGANIZATION');
    if (header.device !== device) return rejected('OTHER_DEVICE');
    const codec = codecNamed(header.codec);
    if (codec === null) return rejected('UNKNOWN_CODEC');
    const opened = await open(crypto, 'batch', record.signingKey, batch);
    if (!opened.ok) return rejected(opened.fault.code);
    const read = codec.decodeBatch(crypto, header, opened.value);
    if (!read.ok) return rejected(read.fault.code);
    const { entries, seed } = read.value;
    const outcome = await store.ingest({ header, entries, seed, sealed: batch }, (facts) => decideIngest(header, entries, facts), now());
    if (outcome.outcome === 'rejected') return rejected(outcome.decision.code, outcome.length);
    if (outcome.added === 0) await note('REPLAY', `${header.segment} from ${header.from}`);
    const receipt = receiptFor(outcome.held, outcome.epoch);
    return outcome.added === 0 ? [receipt] : [receipt, { do: 'news', latest: outcome.latest }];
  };

  const pull = async (request: Extract<Message, { type: 'pull' }>, record: DeviceRecord): Promise<readonly HubOutput[]> => {
    const { cursor, own } = request;
    const slice = await store.slice({ after: cursor, device, own, maxEntries: BATCH_ENTRIES_MAX, maxRawBytes: BATCH_RAW_TARGET_BYTES });
    if (slice === null || slice.end.lsn <= cursor.lsn) {
      await note('CURSOR', `pull after ${cursor.lsn}`);
      return refusal('PROTOCOL_ERROR');
    }
    const { next, count, packed } = cutPage(crypto, pageCodec, cursor, slice, Math.max(request.maxBytes, PAGE_MIN_BYTES));
    const header = encodePageHeader({ codec: pageCodec.id, organization, device, base: cursor, next, latest: slice.latest, count });
    told = Math.max(told, slice.latest);
    return [send({ type: 'page', page: await seal(crypto, 'page', record.sealingKey, header, packed) })];
  };

  const renew = async (message: Extract<Message, { type: 'renew' }>, record: DeviceRecord): Promise<readonly HubOutput[]> => {
    const signed = verifyRenewal(crypto.verify, record.signingKey, message.request, message.signature);
    const certificate = signed ? await options.renew(record, message.request) : null;
    if (certificate === null) {
      await note('RENEWAL_REFUSED', signed ? 'request' : 'signature');
      return refusal('NOT_AUTHENTICATED');
    }
    return [send({ type: 'renewed', certificate })];
  };

  return {
    async message(message) {
      const record = await store.device(device);
      if (record === null) return refusal('DEVICE_UNKNOWN');
      if (record.state === 'revoked') {
        await note('DEVICE_REVOKED', message.type);
        return refusal('DEVICE_REVOKED');
      }
      if (message.type === 'renew') return renew(message, record);
      if (options.access === 'renew') return [send({ type: 'refused', refused: { code: 'CERTIFICATE_EXPIRED' } })];
      if (message.type === 'hello' && epoch === null) return hello(message.hello);
      if (epoch === null) return refusal('PROTOCOL_ERROR');
      switch (message.type) {
        case 'where': return where(message.segments, epoch);
        case 'push': return push(message.batch, record);
        case 'pull': return pull(message, record);
        case 'ping': return [send({ type: 'pong', at: message.at, hubAt: now() })];
        default: return refusal('PROTOCOL_ERROR');
      }
    },
    news(latest) {
      newest = Math.max(newest, latest);
      return news();
    },
  };
}

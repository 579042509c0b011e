import { toHex } from '../base/bytes.ts';
import type { DeviceId, SegmentId } from '../base/ids.ts';
import { bestCodec, CODECS_READ } from './codec.ts';
import { encodeReceipt, signedBytes, type Cursor, type HubEpoch, type OrganizationId, type Receipt } from './envelope.ts';
import { laneOfOrder, type HubOrders, type Orderly } from '../orders/hub-orders.ts';
import { isOrderMessage } from '../orders/messages.ts';
import { holdingsDigest } from './holdings.ts';
import { takeBatch, takeBundle, takeCarried, type Arrival } from './hub-ingest.ts';
import { refusal, send, type HubOutput, type News } from './hub-output.ts';
import { readNextPage, STREAM_LANES } from './hub-page.ts';
import { MARK_START } from './hub-rules.ts';
import { createHubScope } from './hub-scope.ts';
import type { DeviceRecord, Held, HubStore } from './hub-store.ts';
import { OFFER_SEGMENTS_MAX, PROTOCOL_VERSIONS, ROLLED_HEAD_BYTES } from './limits.ts';
import type { Hello, Message, Position } from './message.ts';
import type { Stream } from './page-header.ts';
import { verifyRenewal } from './renewal.ts';
import type { SyncCrypto } from './sealing.ts';

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
  /** Hands out the organisation's orders to devices that know of them. */
  readonly orders?: HubOrders;
  /** Versions of the protocol this hub speaks; all of this release unless told otherwise. */
  readonly versions?: readonly number[];
  /** Codecs this side names and writes; all of this release unless told otherwise. */
  readonly codecs?: readonly number[];
};

export type HubConversation = {
  /** One message at a time, in the order they came. */
  message(message: Message): Promise<readonly HubOutput[]>;
  /** The log grew through another conversation. */
  news(news: News): readonly HubOutput[];
  /** Orders may have been issued, or the device revoked. */
  look(): Promise<readonly HubOutput[]>;
};

/** The hub's half of one conversation. What it acknowledges is durable; what it refuses it names, and goes on. */
export function createHubConversation(options: HubConversationOptions): HubConversation {
  const { organization, device, store, crypto, now } = options;
  const versions = options.versions ?? PROTOCOL_VERSIONS;
  const codecs = options.codecs ?? CODECS_READ;
  /** What was agreed in the greeting. */
  let agreed: { readonly version: 1 | 2; readonly epoch: HubEpoch; /** Told that it holds a part of the records. */ readonly partial: boolean } | null = null;
  let told: News = { latest: 0, urgent: 0 };
  let newest: News = { latest: 0, urgent: 0 };
  let codec = bestCodec(undefined, codecs, crypto);
  const scope = createHubScope(device, store);
  /** Orders, once the device has said that it knows of them. */
  let orders: HubOrders | null = null;
  /** The device is to be erased: it gives what it holds and reads nothing. */
  let pushOnly = false;
  /** What the device holds beyond its cursor, by its own word: leaving it out harms nobody but itself. */
  let beyond: ReadonlyMap<SegmentId, number> = new Map();

  const note = (code: string, what: string): Promise<void> => store.note({ device, code, what });

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

  /** This conversation is of a log that is no more, or of all of one of which the device gets a part by now: it has to be begun again. */
  const restored = (): readonly HubOutput[] => refusal(agreed?.version === 1 ? 'BUSY' : 'RESTORED');

  const orderly = (said: Orderly): readonly HubOutput[] => {
    ({ pushOnly } = said);
    return said.messages.map((message) => send(message, laneOfOrder(message)));
  };

  /** A revoked device hears why, so that it closes itself, before it hears nothing more. Null: it has heard, or cannot. */
  const lastWords = async (message: Message | null): Promise<readonly HubOutput[] | null> => {
    let said: Orderly | null = null;
    if (message?.type === 'hello' && message.hello.orders !== undefined && message.hello.device === device && message.hello.organization === organization) {
      orders = options.orders ?? null;
      said = (await orders?.hello(message.hello.orders, true)) ?? null;
    } else if (orders !== null) {
      said = message !== null && isOrderMessage(message) ? await orders.message(message) : await orders.look();
    }
    return said !== null && (said.awaiting || said.messages.length > 0) ? orderly(said) : null;
  };

  const revoked = async (message: Message): Promise<readonly HubOutput[]> => {
    const said = await lastWords(message);
    if (said !== null) return said;
    await note('DEVICE_REVOKED', message.type);
    return refusal('DEVICE_REVOKED');
  };

  const news = (): readonly HubOutput[] => {
    if (agreed === null || pushOnly || newest.latest <= told.latest) return [];
    told = { latest: newest.latest, urgent: Math.max(told.urgent, newest.urgent) };
    return [send({ type: 'news', latest: told.latest, urgent: agreed.version === 1 ? null : told.urgent })];
  };

  const hello = async (message: Hello, record: DeviceRecord): Promise<readonly HubOutput[]> => {
    const receivedAt = now();
    if (message.organization !== organization) return refusal('OTHER_ORGANIZATION');
    if (message.device !== device) {
      await note('OTHER_DEVICE', message.device);
      return refusal('NOT_AUTHENTICATED');
    }
    const version = versions.find((each) => message.versions.includes(each));
    // Whoever cannot remove a patient must not be one that holds a part of them.
    if ((version !== 1 && version !== 2) || (record.partial === true && (version === 1 || message.scope === undefined))) return refusal('VERSION');
    const cursors = message.cursor === null ? [] : [message.cursor, ...(message.earlier ?? [])];
    const greeting = await store.greet(device, { cursors, seen: message.seen ?? null, scope: message.scope ?? 0, scopeMark: message.scopeMark ?? null }, message.segments.map(({ segment }) => segment));
    const { epoch, latest, urgent, tip } = greeting;
    const partial = greeting.scope !== null;
    agreed = { version, epoch, partial };
    codec = bestCodec(message.codecs, codecs, crypto);
    // Of one that holds a part, bodies may be gone of what it names, and come back.
    beyond = new Map((partial ? [] : (message.beyond ?? [])).map(({ segment, length }) => [segment, length]));
    told = { latest, urgent };
    // Under decisions that were lost it may have passed over whom it is to hold.
    const readOn = greeting.scope?.known === false ? { epoch, lsn: 0, mark: MARK_START } : greeting.cursor;
    const cursor = version === 1 ? cursorForVersion1(message.cursor, greeting.cursor) : readOn;
    if (greeting.scope !== null) scope.begin(greeting.scope, message.scope ?? 0, cursor.lsn);
    orders = message.orders === undefined ? null : (options.orders ?? null);
    const ordered = orders === null ? [] : orderly(await orders.hello(message.orders ?? [], false));
    const shown = pushOnly ? { latest: cursor.lsn, urgent: 0 } : { latest, urgent, ...(tip === null || partial ? {} : { tip }) };
    const hi = { version, organization, epoch, ...shown, cursor, positions: [...greeting.positions], held: greeting.heldEntries, ...(version === 1 ? {} : { holds: holdingsDigest(crypto.sha256, greeting.holdings) }), receivedAt, sentAt: now(), codecs: [...codecs], ...(greeting.scope === null ? {} : { partial, scopeMark: greeting.scope.mark, ...(greeting.scope.asks ? { residents: true } : {}) }) };
    // Another conversation may have added to the log while this one was being greeted.
    return [send({ type: 'hi', hi }), ...ordered, ...receiptsBeyond(message.segments, greeting.held, epoch), ...(await scopeNews(record)), ...news()];
  };

  const scopeNews = async (record: DeviceRecord): Promise<readonly HubOutput[]> => (record.partial === true && !pushOnly ? scope.news() : []);

  const where = async (asked: readonly Position[], epoch: HubEpoch): Promise<readonly HubOutput[]> => {
    const held = await store.held(device, asked.map(({ segment }) => segment));
    const lengths = new Map<SegmentId, number>(held.map(({ segment, length }) => [segment, length]));
    const positions = asked.map(({ segment }) => ({ segment, length: lengths.get(segment) ?? 0 }));
    return [send({ type: 'positions', positions }), ...receiptsBeyond(asked, held, epoch)];
  };

  /** `handedOver`: by a device that is not the author. */
  const answered = async (arrival: Arrival, epoch: HubEpoch, handedOver: boolean): Promise<readonly HubOutput[]> => {
    if (arrival.is === 'unreadable') {
      await note('MALFORMED', 'batch header');
      return refusal('PROTOCOL_ERROR');
    }
    const { segment, from, device: author } = arrival.header;
    if (arrival.is === 'rejected') {
      const { code } = arrival;
      // A run in short that has to be said in full is nothing out of the ordinary.
      if (code !== 'UNKNOWN_PREVIOUS') await note(code, author === device ? `${segment} from ${from}` : `${segment} from ${from} of ${author}`);
      const length = arrival.length ?? (await store.held(handedOver ? author : device, [segment]))[0]?.length ?? 0;
      return [send({ type: 'rejected', rejected: { code, segment, from, length } })];
    }
    const { outcome } = arrival;
    const grown: readonly HubOutput[] = outcome.added === 0 ? [] : [{ do: 'news', news: { latest: outcome.latest, urgent: outcome.urgent } }];
    // It is kept all the same, and the others have to hear of it.
    if (outcome.epoch !== epoch) return [...grown, ...restored()];
    if (outcome.added === 0) await note('REPLAY', `${segment} from ${from}`);
    const answer = author === device ? receiptFor(outcome.held, epoch) : send({ type: 'taken', segment, length: outcome.held.length });
    return [answer, ...grown];
  };

  /** One answer for each run. */
  const bundled = async (arrivals: readonly Arrival[], epoch: HubEpoch): Promise<readonly HubOutput[]> => {
    const outputs: HubOutput[] = [];
    for (const arrival of arrivals) {
      outputs.push(...(await answered(arrival, epoch, false)));
      if (outputs.some(({ do: what }) => what === 'close')) break;
    }
    return outputs;
  };

  const read = async (stream: Stream, maxBytes: number, own: boolean, version: 1 | 2, record: DeviceRecord): Promise<readonly HubOutput[]> => {
    if (pushOnly) return refusal('DEVICE_REVOKED');
    // A seed is whole segments, and so not for a device that holds a part of the records.
    if (stream.kind === 'seed' && record.partial === true) return refusal('PROTOCOL_ERROR');
    const page = await readNextPage(store, crypto, { organization, device, sealingKey: record.sealingKey }, { stream, maxBytes, own, version, codec, beyond });
    if (page === 'off' || page === 'over') {
      await note('CURSOR', `${stream.kind} not on this log`);
      return stream.kind === 'segment' || page === 'over' ? refusal('PROTOCOL_ERROR') : restored();
    }
    if (stream.kind === 'log') told = { ...told, latest: Math.max(told.latest, page.last) };
    return [send({ type: 'page', page: page.page }, STREAM_LANES[stream.kind])];
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

  const roll = async (after: SegmentId | null): Promise<readonly HubOutput[]> => {
    const held = await store.roll(device, after, OFFER_SEGMENTS_MAX);
    const segments = held.map(({ segment, length, head }) => ({ segment, length, head: toHex(head.subarray(0, ROLLED_HEAD_BYTES)) }));
    return [send({ type: 'rolled', segments, more: segments.length === OFFER_SEGMENTS_MAX })];
  };

  /** What both versions say. */
  const spoken = async (message: Message, { version, epoch }: NonNullable<typeof agreed>, record: DeviceRecord): Promise<readonly HubOutput[]> => {
    switch (message.type) {
      case 'where': return where(message.segments, epoch);
      case 'push': return answered(await takeBatch({ organization, store, crypto, now }, record, message.batch), epoch, false);
      case 'pull': return read({ kind: 'log', after: message.cursor, urgentSeen: 0 }, message.maxBytes, message.own, version, record);
      case 'ping': return [...(orders === null ? [] : orderly(await orders.look())), ...(version === 1 ? [] : await scopeNews(record)), send({ type: 'pong', at: message.at, hubAt: now() })];
      default: return version === 1 ? refusal('PROTOCOL_ERROR') : spokenSince2(message, epoch, record);
    }
  };

  const spokenSince2 = async (message: Message, epoch: HubEpoch, record: DeviceRecord): Promise<readonly HubOutput[]> => {
    switch (message.type) {
      case 'read': return [...(await scopeNews(record)), ...(await read(message.stream, message.maxBytes, false, 2, record))];
      case 'entered':
      case 'evicted': return scope.settled(message.patient, message.version);
      case 'residents': return scope.listed(message.residents, message.more);
      case 'roll': return roll(message.after);
      case 'offer': return [send({ type: 'wanted', segments: await store.wanted(message.segments) })];
      case 'bundle': return bundled(await takeBundle({ organization, store, crypto, now }, record, message.bundle), epoch);
      case 'carry': return answered(await takeCarried({ organization, store, crypto, now }, record, message.batch), epoch, true);
      default: return refusal('PROTOCOL_ERROR');
    }
  };

  return {
    async message(message) {
      const record = await store.device(device);
      if (record === null) return refusal('DEVICE_UNKNOWN');
      if (record.state === 'revoked') return revoked(message);
      if (message.type === 'renew') return renew(message, record);
      if (options.access === 'renew') return [send({ type: 'refused', refused: { code: 'CERTIFICATE_EXPIRED' } })];
      if (message.type === 'hello' && agreed === null) return hello(message.hello, record);
      if (agreed === null) return refusal('PROTOCOL_ERROR');
      if (record.partial === true && !agreed.partial) return restored();
      if (isOrderMessage(message)) return orders === null ? [] : orderly(await orders.message(message));
      return spoken(message, agreed, record);
    },
    news(heard) {
      newest = { latest: Math.max(newest.latest, heard.latest), urgent: Math.max(newest.urgent, heard.urgent) };
      return news();
    },
    async look() {
      if (agreed === null) return [];
      const record = await store.device(device);
      if (record?.state === 'revoked') return orders === null ? [] : ((await lastWords(null)) ?? refusal('DEVICE_REVOKED'));
      if (record?.partial === true && !agreed.partial) return restored();
      return [...(orders === null ? [] : orderly(await orders.look())), ...(record === null || agreed.version === 1 ? [] : await scopeNews(record))];
    },
  };
}

/** A device of version 1 takes its own cursor or the beginning, and nothing between. */
function cursorForVersion1(theirs: Cursor | null, place: Cursor): Cursor {
  const same = theirs !== null && theirs.epoch === place.epoch && theirs.lsn === place.lsn && theirs.mark === place.mark;
  return same ? place : { epoch: place.epoch, lsn: 0, mark: MARK_START };
}

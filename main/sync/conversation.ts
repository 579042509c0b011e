import { X509Certificate } from 'node:crypto';
import { equalBytes, fromHex } from '../../shared/base/bytes.ts';
import type { Fault } from '../../shared/base/result.ts';
import type { Clock, Random } from '../../shared/base/world.ts';
import { createDeviceCore, type DeviceCoreView } from '../../shared/sync/device-core.ts';
import type { DeviceFault } from '../../shared/sync/device-output.ts';
import { createDeviceSession, type DeviceEvent, type DeviceSession } from '../../shared/sync/device-session.ts';
import type { DeviceStore } from '../../shared/sync/device-store.ts';
import type { OrderMessage, Taken } from '../../shared/orders/messages.ts';
import { encodeReceipt, signedBytes } from '../../shared/sync/envelope.ts';
import { HUB_SERVER_NAME, SYNC_ALPN, TRUNK_ALPN, TRUNK_UNACKNOWLEDGED_FACTOR } from '../../shared/sync/limits.ts';
import { signRenewal } from '../../shared/sync/renewal.ts';
import { sha256 } from '../ledger/ledger.ts';
import type { VaultKeys } from '../vault/vault.ts';
import { createDeviceCrypto } from './cipher.ts';
import { createOrderLine, type OrderLine, type OrderLineParts } from './order-line.ts';
import type { Connection, LineFault, Network } from './network.ts';
import type { Pace } from './pace.ts';
import { certificateRequest } from './request.ts';
import { openTrunkLines } from './trunk-lines.ts';
import type { Membership } from './sync-state.ts';

/** Why a conversation is over. RENEWED: there is a new certificate to come back with. */
export type Ending = Fault<DeviceFault | LineFault | 'RENEWED' | 'STOPPED'>;

export type Conversation = {
  readonly ended: Promise<Ending>;
  /** Null until the line stands. */
  view(): DeviceCoreView | null;
  localChange(): void;
  tick(): void;
  /** Has central give a sign of life before the conversation counts as settled. */
  probe(): void;
  /** Ends it; the ledger is not touched any more when this resolves. */
  stop(): Promise<void>;
  bytes(): { readonly sent: number; readonly received: number };
  /** Everything is sent, for now. */
  settled(): void;
  /** Has central told what became of an order, if the line takes it. */
  tell(taken: Taken): Promise<void>;
};

export type ConversationOptions = {
  readonly membership: Membership;
  readonly keys: VaultKeys;
  readonly store: DeviceStore;
  readonly clock: Clock;
  readonly network: Network;
  readonly random: Random;
  readonly application: string;
  readonly sizes: ReturnType<Pace['sizes']>;
  /** Whether others' entries are read from central now, or left to a neighbour who reads them. */
  readonly reads: () => boolean;
  /** `renewed` carries a certificate already found to be ours. */
  readonly onEvent: (event: DeviceEvent) => void;
  /** Something that came was dealt with. */
  readonly onStep: () => void;
  /** Follows the organisation's orders; left out where none are taken. */
  readonly ordered?: Ordered;
};

/** One is cut while the line has some of the one before it. */
const BATCHES_AHEAD = 1;

/** What orders need besides the line. */
export type Ordered = Pick<OrderLineParts, 'orders' | 'read' | 'carryOut' | 'contradicted'>;

/** One connection to central from dialling to its end. */
export function startConversation(options: ConversationOptions): Conversation {
  const { membership, keys, clock, network } = options;
  let connection: Connection | null = null;
  let session: DeviceSession | null = null;
  let ending: Ending | null = null;
  let view: (() => DeviceCoreView) | null = null;
  let orderLine: OrderLine | null = null;
  let greeted = false;

  const finish = (fault: Ending): void => {
    if (ending !== null) return;
    ending = fault;
    session?.stop();
    // What is still in the socket is of no use to anybody: whatever is not acknowledged is sent again.
    connection?.abandon();
  };

  const renew = async (): Promise<void> => {
    const request = await certificateRequest(keys);
    if (ending === null) session?.send({ type: 'renew', request, signature: signRenewal((message) => keys.signing.sign(message), request) });
  };

  const onEvent = (event: DeviceEvent): void => {
    if (event.do === 'close') {
      finish(event.fault);
    } else if (event.do === 'renew') {
      void renew();
    } else if (event.do === 'renewed') {
      if (!isOurs(event.certificate, membership, keys)) return finish({ code: 'PROTOCOL_ERROR', detail: { rule: 'certificate not ours' } });
      options.onEvent(event);
      if (!greeted) finish({ code: 'RENEWED' });
    } else {
      if (event.do === 'greeted') {
        greeted = true;
        if (isHalfOver(membership.certificate, clock.now())) void renew();
      }
      options.onEvent(event);
    }
  };

  const converse = async (): Promise<Ending> => {
    const client = { certificate: membership.certificate, privateKey: <Value>(use: (pem: Uint8Array) => Value): Value => keys.tls.privateKeyPem.use(use) };
    const dial = (protocols: readonly string[]): ReturnType<Network['dial']> => network.dial({ host: membership.host, port: membership.port, protocols, authority: membership.authority, serverName: HUB_SERVER_NAME, client });
    const dialed = await dial([TRUNK_ALPN, SYNC_ALPN]);
    if (ending !== null) {
      if (dialed.ok) dialed.value.abandon();
      return ending;
    }
    if (!dialed.ok) return dialed.fault;
    // A central of before has one line for each conversation.
    connection = dialed.value.protocol === TRUNK_ALPN
      ? openTrunkLines({ first: dialed.value, dial: () => dial([TRUNK_ALPN]), after: network.after, random: options.random, now: () => clock.monotonic(), onHeard: (bytes) => session?.heard(bytes) })
      : dialed.value;
    const { write, chunks } = connection;
    const speaking = openSession(options, connection.protocol === TRUNK_ALPN, write, onEvent, (core) => {
      view = core;
    }, (message) => orderLine?.message(message) ?? Promise.resolve());
    session = speaking;
    orderLine = options.ordered === undefined ? null : openOrderLine(options, options.ordered, speaking, () => view?.().clockOffsetMs ?? null);
    session.start();
    for await (const chunk of chunks) {
      await session.push(chunk);
      options.onStep();
      if (ending !== null) break;
    }
    const line = connection.fault();
    // A line that ends before central has said anything was cut, unless a TLS alert says that our certificate was refused.
    finish(line === null ? { code: 'OFFLINE', detail: { cause: 'line ended' } } : { code: line.code, detail: { cause: line.cause } });
    return ending ?? { code: 'OFFLINE' };
  };

  const ended = converse();
  return {
    ended,
    view: () => view?.() ?? null,
    localChange: () => session?.localChange(),
    tick: () => session?.tick(),
    probe: () => session?.probe(),
    async stop() {
      finish({ code: 'STOPPED' });
      await ended;
    },
    bytes: () => ({ sent: connection?.sent() ?? 0, received: connection?.received() ?? 0 }),
    settled: () => orderLine?.settled(),
    tell: (taken) => orderLine?.tell(taken) ?? Promise.resolve(),
  };
}

function openOrderLine({ membership, keys, clock, network }: ConversationOptions, ordered: Ordered, session: DeviceSession, offset: () => number | null): OrderLine {
  return createOrderLine({
    ...ordered, clock, network, organization: membership.organization, device: keys.deviceId, sign: (message) => keys.signing.sign(message),
    hubNow() {
      const ahead = offset();
      return ahead === null ? null : clock.now() + ahead;
    },
    send: session.send,
    drained: session.drained,
    localChange: session.localChange,
  });
}

function openSession(options: ConversationOptions, isTrunk: boolean, write: Connection['write'], onEvent: (event: DeviceEvent) => void, show: (view: () => DeviceCoreView) => void, onOrder: (message: OrderMessage) => Promise<void>): DeviceSession {
  const { membership, keys, clock, ordered } = options;
  const { organization } = membership;
  const device = keys.deviceId;
  const crypto = createDeviceCrypto(keys);
  const hubSigningKey = fromHex(membership.hubSigningKey);
  const core = createDeviceCore({
    organization,
    device,
    application: options.application,
    store: options.store,
    sha256,
    compression: crypto.compression,
    // With this device's own signature on them, and told in the trail.
    recoverOwn: true,
    verify: crypto.verify,
    verifyReceipt: (receipt) => crypto.verify(hubSigningKey, signedBytes('receipt', encodeReceipt(receipt)), receipt.signature),
    ...options.sizes,
    windowBytes: options.sizes.windowBytes * (isTrunk ? TRUNK_UNACKNOWLEDGED_FACTOR : 1),
    batchesAhead: BATCHES_AHEAD,
    ...(ordered === undefined ? {} : { orders: () => ordered.orders.held() }),
    reads: () => options.reads() && ordered?.orders.closed() !== 'erasing',
  });
  show(core.view);
  return createDeviceSession({ core, crypto, organization, device, organizationSealingKey: fromHex(membership.sealingKey), hubSigningKey, now: () => ({ wall: clock.now(), steady: clock.monotonic() }), write, onEvent, onOrder });
}

function isHalfOver(certificatePem: string, nowMs: number): boolean {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  return nowMs > (Date.parse(validFrom) + Date.parse(validTo)) / 2;
}

function isOurs(certificatePem: string, { authority }: Membership, keys: VaultKeys): boolean {
  try {
    const certificate = new X509Certificate(certificatePem);
    return certificate.verify(new X509Certificate(authority).publicKey) && equalBytes(new Uint8Array(certificate.publicKey.export({ format: 'der', type: 'spki' })), keys.tls.publicKey);
  } catch {
    return false;
  }
}

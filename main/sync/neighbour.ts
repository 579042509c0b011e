import type { Clock } from '../../shared/base/world.ts';
import { createDeviceCore, type DeviceCoreView } from '../../shared/sync/device-core.ts';
import { createDeviceSession, type DeviceEvent } from '../../shared/sync/device-session.ts';
import { encodeReceipt, signedBytes } from '../../shared/sync/envelope.ts';
import { deviceServerName, NEIGHBOUR_ALPN } from '../../shared/sync/limits.ts';
import type { SyncCrypto } from '../../shared/sync/sealing.ts';
import { sha256 } from '../ledger/ledger.ts';
import type { VaultKeys } from '../vault/vault.ts';
import type { Connection, Network } from './network.ts';
import type { NeighbourStore } from './neighbour-store.ts';
import type { Pace } from './pace.ts';
import type { Membership, Neighbour } from './sync-state.ts';

/** One connection to a neighbour that answers, from dialling to its end: the same core that speaks with central. */
export type NeighbourTalk = {
  /** The code of why it is over. */
  readonly ended: Promise<string>;
  view(): DeviceCoreView | null;
  localChange(): void;
  tick(): void;
  stop(): Promise<void>;
  bytes(): { readonly sent: number; readonly received: number };
};

export type NeighbourOptions = {
  readonly neighbour: Neighbour;
  /** Ed25519 key the neighbour signs its pages and receipts with. */
  readonly signingKey: Uint8Array;
  readonly membership: Membership;
  readonly keys: VaultKeys;
  readonly crypto: SyncCrypto;
  readonly store: NeighbourStore;
  readonly clock: Clock;
  readonly network: Network;
  readonly application: string;
  readonly sizes: ReturnType<Pace['sizes']>;
  readonly onEvent: (event: DeviceEvent) => void;
};

export function talkToNeighbour(options: NeighbourOptions): NeighbourTalk {
  const { neighbour, membership, keys, crypto, clock, signingKey } = options;
  const { organization } = membership;
  const device = keys.deviceId;
  const core = createDeviceCore({
    organization, device, application: options.application, store: options.store, sha256, compression: crypto.compression, recoverOwn: false, verify: crypto.verify,
    verifyReceipt: (receipt) => crypto.verify(signingKey, signedBytes('receipt', encodeReceipt(receipt)), receipt.signature),
    ...options.sizes,
  });
  let connection: Connection | null = null;
  let ending: string | null = null;
  const finish = (code: string): void => {
    if (ending !== null) return;
    ending = code;
    session.stop();
    connection?.abandon();
  };
  const session = createDeviceSession({
    core, crypto, organization, device, organizationSealingKey: new Uint8Array(32), hubSigningKey: signingKey, now: () => ({ wall: clock.now(), steady: clock.monotonic() }),
    write: async (bytes) => connection?.write(bytes),
    onEvent(event) {
      if (event.do === 'close') finish(event.fault.code);
      else options.onEvent(event);
    },
  });

  const converse = async (): Promise<string> => {
    const client = { certificate: membership.certificate, privateKey: <Value>(use: (pem: Uint8Array) => Value): Value => keys.tls.privateKeyPem.use(use) };
    const dialed = await options.network.dial({ host: neighbour.host, port: neighbour.port, protocols: [NEIGHBOUR_ALPN], authority: membership.authority, serverName: deviceServerName(neighbour.device), client });
    if (!dialed.ok) return dialed.fault.code;
    connection = dialed.value;
    if (ending !== null) connection.abandon();
    else session.start();
    for await (const chunk of connection.chunks) {
      await session.push(chunk);
      if (ending !== null) break;
    }
    finish(connection.fault()?.code ?? 'OFFLINE');
    return ending ?? 'OFFLINE';
  };
  const ended = converse();

  return {
    ended,
    view: () => (ending === null && connection !== null ? core.view() : null),
    // Before the line stands the core has not begun to wait.
    localChange() {
      if (connection !== null) session.localChange();
    },
    tick() {
      if (connection !== null) session.tick();
    },
    async stop() {
      finish('STOPPED');
      await ended;
    },
    bytes: () => ({ sent: connection?.sent() ?? 0, received: connection?.received() ?? 0 }),
  };
}

import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { DeviceId } from '../../shared/base/ids.ts';
import type { Clock } from '../../shared/base/world.ts';
import { createHubConversation } from '../../shared/sync/hub-core.ts';
import { createHubSession, type HubSession } from '../../shared/sync/hub-session.ts';
import type { HubStore } from '../../shared/sync/hub-store.ts';
import { GREETING_MAX_MS, HUB_IDLE_MAX_MS, NEIGHBOUR_ALPN } from '../../shared/sync/limits.ts';
import type { SyncCrypto } from '../../shared/sync/sealing.ts';
import type { VaultKeys } from '../vault/vault.ts';
import type { Membership } from './sync-state.ts';

/**
 * The listening side of a workstation that answers its neighbours: TLS 1.3, both certificates of the organisation's own
 * authority, and the shipped hub core over this vault.
 */
export type Relay = { readonly host: string; readonly port: number; /** The ledger grew. */ news(): void; connections(): number; /** Who is connected, each once. */ callers(): readonly DeviceId[]; close(): Promise<void> };
export type RelayOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly membership: Membership;
  readonly keys: VaultKeys;
  readonly crypto: SyncCrypto;
  readonly store: HubStore;
  readonly clock: Clock;
  /** Where the log stands for neighbours by now. */
  readonly end: () => { readonly latest: number; readonly urgent: number };
};

const CONNECTIONS_MAX = 64;
/** Of these nobody has shown a certificate of ours yet: more than that, and the one that came first makes room. */
const STRANGERS_MAX = 32;
const HANDSHAKE_MAX_MS = 10_000;

/** Rejects with the system's error where the address cannot be had. */
export function startRelay({ listen, membership, keys, crypto, store, clock, end }: RelayOptions): Promise<Relay> {
  const sessions = new Map<HubSession, DeviceId>();
  const open = new Set<Socket>();
  /** By address and port, the oldest first. */
  const strangers = new Map<string, Socket>();
  const endOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  const key = keys.tls.privateKeyPem.use((pem) => Buffer.from(pem));
  const server = createServer({
    key, cert: membership.certificate, ca: membership.authority, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ALPNProtocols: [NEIGHBOUR_ALPN],
    requestCert: true, rejectUnauthorized: true, handshakeTimeout: HANDSHAKE_MAX_MS,
  });
  key.fill(0);
  server.maxConnections = CONNECTIONS_MAX;

  const serve = async (socket: TLSSocket): Promise<void> => {
    const device = DeviceId.safeParse(nameIn(socket));
    if (!device.success || socket.alpnProtocol !== NEIGHBOUR_ALPN || !socket.authorized) return void socket.destroy();
    const conversation = createHubConversation({ organization: membership.organization, device: device.data, access: 'sync', store, crypto, now: () => Math.floor(clock.now()), renew: () => Promise.resolve(null) });
    const session = createHubSession({ conversation, write: (bytes) => written(socket, bytes), onNews: () => tellOthers(session), onClose: () => socket.end() });
    sessions.set(session, device.data);
    const greeting = setTimeout(() => socket.destroy(), GREETING_MAX_MS);
    socket.setTimeout(HUB_IDLE_MAX_MS, () => socket.destroy());
    try {
      for await (const chunk of socket as AsyncIterable<Uint8Array>) {
        await session.push(chunk);
        if (session.heard() > 0) clearTimeout(greeting);
      }
    } catch {
      // A line that breaks, or a store that could not: either way it ends here, and the neighbour asks again.
      socket.destroy();
    } finally {
      clearTimeout(greeting);
      session.stop();
      sessions.delete(session);
    }
  };
  const tellOthers = (from: HubSession | null): void => {
    for (const session of sessions.keys()) if (session !== from) session.news(end());
  };

  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('connection', (socket: Socket) => {
    const end = endOf(socket);
    open.add(socket);
    strangers.set(end, socket);
    socket.once('close', () => {
      open.delete(socket);
      if (strangers.get(end) === socket) strangers.delete(end);
    });
    const [oldest] = strangers.values();
    if (strangers.size > STRANGERS_MAX) oldest?.destroy();
  });
  server.on('secureConnection', (socket) => {
    strangers.delete(endOf(socket));
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    void serve(socket);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('broken assumption: a TCP server has an address');
      resolve({
        host: address.address,
        port: address.port,
        news: () => tellOthers(null),
        connections: () => sessions.size,
        callers: () => [...new Set(sessions.values())],
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of open) socket.destroy();
          }),
      });
    });
  });
}

/** The device its certificate is made out to. */
function nameIn(socket: TLSSocket): string {
  return /(?:^|\n)CN=([0-9a-f]{16})(?:\n|$)/.exec(socket.getPeerX509Certificate()?.subject ?? '')?.[1] ?? '';
}

function written(socket: TLSSocket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed || socket.writableEnded) return resolve();
    const done = (): void => {
      socket.off('close', done);
      resolve();
    };
    socket.once('close', done);
    socket.write(bytes, done);
  });
}

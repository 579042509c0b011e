import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { ENROL_ALPN, SYNC_ALPN, TRUNK_ALPN } from '../../shared/sync/limits.ts';
import type { ServerIdentity } from '../authority/certificates.ts';
import type { HubTimers } from '../world.ts';

/**
 * The listening side: TLS 1.3 and nothing below, central's certificate with its authority, and a client certificate
 * asked for but judged by the caller, so that a refused device is told why instead of meeting a closed door.
 */
export type WireServer = {
  listen(host: string, port: number): Promise<{ readonly host: string; readonly port: number }>;
  /** Whoever this is has been greeted, and does not make room for strangers any more. */
  welcome(socket: TLSSocket): void;
  /** A renewed certificate for connections from now on. */
  present(identity: ServerIdentity): void;
  close(): Promise<void>;
};

export type WireOptions = {
  readonly identity: ServerIdentity;
  /** PEM; the only authority whose client certificates count. */
  readonly authority: string;
  readonly onSync: (socket: TLSSocket) => void;
  readonly onEnrol: (socket: TLSSocket) => void;
  readonly timers: HubTimers;
  /** A handshake failed: the code of the TLS library. */
  readonly onRefused: (code: string) => void;
};

const CONNECTIONS_MAX = 512;
/** Of these nobody knows yet who they are: more than that, and the one that has said nothing for longest makes room. */
const STRANGERS_MAX = 128;
export const HANDSHAKE_MAX_MS = 10_000;
/** How long a TLS session may be resumed: a clinic's day. Whose certificate still counts is asked anew each time. */
const SESSION_MAX_S = 12 * 3600;

export function createWireServer(options: WireOptions): WireServer {
  const context = ({ privateKey, certificate }: ServerIdentity): { key: string; cert: string; ca: string } => ({ key: privateKey, cert: `${certificate}\n${options.authority}`, ca: options.authority });
  const open = new Set<Socket>();
  /** By address and port, the oldest first. */
  const strangers = new Map<string, Socket>();
  /** By address and port: stops the waiting for the end of a handshake. */
  const handshakes = new Map<string, () => void>();
  const endOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
  const server = createServer({
    ...context(options.identity),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ALPNProtocols: [TRUNK_ALPN, SYNC_ALPN, ENROL_ALPN],
    requestCert: true,
    rejectUnauthorized: false,
    sessionTimeout: SESSION_MAX_S,
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('connection', (socket: Socket) => {
    const end = endOf(socket);
    open.add(socket);
    strangers.set(end, socket);
    const stopWaiting = options.timers.after(HANDSHAKE_MAX_MS, () => socket.destroy());
    handshakes.set(end, stopWaiting);
    socket.once('close', () => {
      stopWaiting();
      if (handshakes.get(end) === stopWaiting) handshakes.delete(end);
      open.delete(socket);
      if (strangers.get(end) === socket) strangers.delete(end);
    });
    const [oldest] = strangers.values();
    if (strangers.size > STRANGERS_MAX) oldest?.destroy();
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    options.onRefused(error.code ?? 'TLS');
    socket.destroy();
  });
  server.on('secureConnection', (socket) => {
    handshakes.get(endOf(socket))?.();
    socket.setNoDelay(true);
    if (socket.alpnProtocol === TRUNK_ALPN || socket.alpnProtocol === SYNC_ALPN) return options.onSync(socket);
    if (socket.alpnProtocol === ENROL_ALPN) return options.onEnrol(socket);
    options.onRefused('NO_ALPN');
    socket.destroy();
  });

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          const address = server.address();
          if (address === null || typeof address === 'string') throw new Error('broken assumption: a TCP server has an address');
          resolve({ host: address.address, port: address.port });
        });
      }),
    welcome: (socket) => void strangers.delete(endOf(socket)),
    present: (identity) => server.setSecureContext({ ...context(identity), minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', sessionTimeout: SESSION_MAX_S }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

import { Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { CONNECT_MAX_MS } from '../../shared/sync/limits.ts';
import { lineFaultOf } from './line-fault.ts';
import type { Connection, Dial, LineFault, Network } from './network.ts';

/** TLS 1.3 over TCP on Node. One pinned authority, never the machine's own list of them; no way around a refusal. */

const VERSIONS = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;
const END_MAX_MS = 2000;

/** The plain socket is made here and kept: a TLS socket cannot be reset, the one beneath it can. */
function open(host: string, port: number, options: ConnectionOptions): Promise<Result<{ raw: Socket; tls: TLSSocket }, LineFault>> {
  return new Promise((resolve) => {
    const raw = new Socket();
    let tls: TLSSocket | null = null;
    const settle = (outcome: Result<{ raw: Socket; tls: TLSSocket }, LineFault>): void => {
      clearTimeout(patience);
      if (!outcome.ok) raw.destroy();
      resolve(outcome);
    };
    const fail = (error: unknown): void => {
      const { code, cause } = lineFaultOf(error);
      settle(refuse(code, { cause }));
    };
    const patience = setTimeout(() => fail(null), CONNECT_MAX_MS);
    raw.on('error', fail);
    raw.setNoDelay(true);
    raw.connect({ host, port }, () => {
      try {
        tls = connect({ ...VERSIONS, ...options, socket: raw });
      } catch (error) {
        fail(error);
        return;
      }
      const secured = tls;
      secured.on('error', fail);
      // Ended before the handshake was through, and without a word: nobody there who speaks TLS.
      secured.once('close', () => fail(null));
      secured.once('secureConnect', () => settle(ok({ raw, tls: secured })));
    });
  });
}

function connectionOver(raw: Socket, tls: TLSSocket, protocol: string): Connection {
  let fault: ReturnType<Connection['fault']> = null;
  const broken = (error: unknown): void => {
    fault ??= lineFaultOf(error);
  };
  tls.on('error', broken);
  raw.on('error', broken);
  /** Whoever waits for the line to take something is told when it is gone. */
  const untaken = new Set<() => void>();
  tls.once('close', () => {
    for (const done of untaken) done();
  });

  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of tls as AsyncIterable<Uint8Array>) yield chunk;
    } catch (error) {
      broken(error);
    }
  }

  return {
    protocol,
    chunks: chunks(),
    write: (bytes) =>
      new Promise((resolve) => {
        if (tls.destroyed || tls.writableEnded) return resolve();
        const done = (): void => {
          untaken.delete(done);
          resolve();
        };
        untaken.add(done);
        tls.write(bytes, done);
      }),
    end() {
      tls.end();
      setTimeout(() => raw.destroy(), END_MAX_MS).unref();
    },
    abandon() {
      tls.destroy();
      raw.resetAndDestroy();
    },
    fault: () => fault,
    sent: () => raw.bytesWritten,
    received: () => raw.bytesRead,
  };
}

/** TLS sessions to resume (RFC 8446 section 2.2): no certificates travel the second time. Kept in memory, for one process. */
const SESSIONS_MAX = 8;
/**
 * Key exchange of a resumed session, for its forward secrecy alone: the secret that it begins with comes of a whole
 * handshake, with ML-KEM where both sides have it. ML-KEM once more would be 2.3 kB, 0.15 s of a line of 128 kbit/s.
 */
const RESUMED_GROUP = 'X25519';
const sessions = new Map<string, Buffer>();

/** A session is good for the same peer, authority and certificate of ours, and for nothing else. */
function resumable({ host, port, protocols, authority, serverName, client }: Dial): { readonly session: Buffer | undefined; keep(session: Buffer): void; forget(): void } {
  const name = JSON.stringify([host, port, protocols[0], authority, serverName, client?.certificate ?? null]);
  return {
    session: sessions.get(name),
    keep(session) {
      sessions.delete(name);
      sessions.set(name, session);
      const [oldest] = sessions.keys();
      if (sessions.size > SESSIONS_MAX && oldest !== undefined) sessions.delete(oldest);
    },
    forget: () => void sessions.delete(name),
  };
}

async function dial(to: Dial): Promise<Result<Connection, LineFault>> {
  const { host, port, protocols, authority, serverName, client } = to;
  const resume = resumable(to);
  const key = client?.privateKey((pem) => Buffer.from(pem));
  const opened = await open(host, port, {
    ca: authority,
    servername: serverName,
    ALPNProtocols: [...protocols],
    rejectUnauthorized: true,
    ...(client === null || key === undefined ? {} : { cert: client.certificate, key }),
    ...(resume.session === undefined ? {} : { session: resume.session, ecdhCurve: RESUMED_GROUP }),
  });
  key?.fill(0);
  if (!opened.ok) {
    resume.forget();
    return opened;
  }
  const { raw, tls } = opened.value;
  tls.on('session', resume.keep);
  const agreed = protocols.find((protocol) => protocol === tls.alpnProtocol);
  if (tls.authorized && tls.getProtocol() === 'TLSv1.3' && agreed !== undefined) return ok(connectionOver(raw, tls, agreed));
  raw.destroy();
  return refuse('SERVER_UNTRUSTED', { cause: tls.authorized ? 'another protocol' : 'not authorized' });
}

async function presented(host: string, port: number, protocol: string, serverName: string): Promise<Result<readonly Uint8Array[], LineFault>> {
  // Nothing is believed and nothing sent over this line: it only fetches certificates for a comparison with the code's fingerprint.
  const opened = await open(host, port, { servername: serverName, ALPNProtocols: [protocol], rejectUnauthorized: false });
  if (!opened.ok) return opened;
  const { raw, tls } = opened.value;
  const found: Uint8Array[] = [];
  let certificate = tls.getPeerX509Certificate();
  while (certificate !== undefined && !found.some((known) => Buffer.compare(known, certificate?.raw ?? known) === 0)) {
    found.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  raw.destroy();
  return ok(found);
}

function after(ms: number, action: () => void): () => void {
  const timer = setTimeout(action, ms);
  return () => clearTimeout(timer);
}

export const nodeNetwork: Network = { dial, presented, after };

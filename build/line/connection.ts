import { connect, type Socket } from 'node:net';
import type { Link } from './link.ts';
import type { LineTime } from './line-time.ts';
import { createTcpStream, HEADER_BYTES, type TcpStream, type TcpStreamOptions } from './tcp-stream.ts';

/** One connection through the line: the client's socket here, the target's there, and two streams between them. */
export type Connection = {
  /** The line was cut. */
  blackHole(): void;
  reset(): void;
  destroy(): void;
};

export type Way = { readonly link: Link; /** Bytes taken from a socket and given to one. */ taken: number; delivered: number; retransmissions: number };

export type ConnectionOptions = {
  readonly client: Socket;
  readonly target: { readonly host: string; readonly port: number };
  readonly time: LineTime;
  readonly up: Way;
  readonly down: Way;
  readonly onClosed: () => void;
};

/** A sender's socket buffer: what it may have written that is not acknowledged. The kernels' buffers on loopback come on top. */
const SEND_BUFFER_BYTES = 64 * 1024;
/** First retransmission of a handshake (RFC 6298), doubled each time. */
const HANDSHAKE_RETRY_MS = 1000;

export function openConnection({ client, target, time, up, down, onClosed }: ConnectionOptions): Connection {
  let forgotten = false;
  let over = false;
  let server: Socket | null = null;
  let streams: { readonly up: TcpStream; readonly down: TcpStream } | null = null;

  const destroy = (): void => {
    over = true;
    client.destroy();
    server?.destroy();
    streams?.up.stop();
    streams?.down.stop();
    onClosed();
  };

  /** A reset travels like any other segment, and nothing that was not sent before follows it. */
  const resetBehind = (stream: TcpStream | undefined, way: Way, other: Socket | null): void => {
    stream?.stop();
    if (!forgotten) way.link.send(HEADER_BYTES, time.now(), () => other?.resetAndDestroy());
  };

  const streamTo = (way: Way, back: Way, roundTripMs: number, from: Socket, to: () => Socket | null): TcpStream => {
    const stream = createTcpStream({
      time, link: way.link, back: back.link, roundTripMs,
      deliver(bytes) {
        const socket = to();
        if (socket === null || socket.destroyed) return;
        way.delivered += bytes.length;
        socket.write(bytes);
      },
      finished: () => void to()?.end(),
      onRoom() {
        if (stream.waitingBytes() < SEND_BUFFER_BYTES) from.resume();
      },
      onRetransmission: () => void (way.retransmissions += 1),
      isForgotten: () => forgotten,
    } satisfies TcpStreamOptions);
    from.on('data', (bytes: Buffer) => {
      way.taken += bytes.length;
      stream.write(bytes, time.now());
      if (stream.waitingBytes() >= SEND_BUFFER_BYTES) from.pause();
    });
    from.once('end', () => stream.finish(time.now()));
    from.resume();
    return stream;
  };

  const established = (roundTripMs: number): void => {
    if (over || server === null) return;
    const target = server;
    streams = { up: streamTo(up, down, roundTripMs, client, () => target), down: streamTo(down, up, roundTripMs, target, () => client) };
  };

  client.pause();
  client.setNoDelay(true);
  const closed = (): void => {
    if (client.destroyed && (server === null || server.destroyed)) destroy();
  };
  client.on('error', () => resetBehind(streams?.up, up, server));
  client.once('close', closed);

  shakeHands(time, up.link, down.link, {
    isOver: () => over || client.destroyed,
    arrived() {
      server = connect({ ...target, allowHalfOpen: true });
      server.pause();
      server.setNoDelay(true);
      server.on('error', () => resetBehind(streams?.down, down, client));
      server.once('close', closed);
    },
    done: established,
  });

  return {
    blackHole() {
      // A handshake under way survives: its retransmissions open a way through the gateway.
      if (streams !== null) forgotten = true;
    },
    reset() {
      client.resetAndDestroy();
      server?.resetAndDestroy();
      destroy();
    },
    destroy,
  };
}

type Handshake = { readonly isOver: () => boolean; readonly arrived: () => void; readonly done: (roundTripMs: number) => void };

/** SYN, SYN and ACK: what goes lost is sent again; a real client waits as long, because its own bytes wait for it. */
function shakeHands(time: LineTime, up: Link, down: Link, { isOver, arrived, done }: Handshake): void {
  let reached = false;
  let through = false;
  const attempt = (at: number, patienceMs: number): void => {
    if (through || isOver()) return;
    up.send(HEADER_BYTES, at, (reachedAt) => {
      if (isOver()) return;
      if (!reached) arrived();
      reached = true;
      down.send(HEADER_BYTES, reachedAt, (heardAt) => {
        if (through || isOver()) return;
        through = true;
        done(heardAt - at);
      });
    });
    time.at(at + patienceMs, () => attempt(at + patienceMs, 2 * patienceMs));
  };
  attempt(time.now(), HANDSHAKE_RETRY_MS);
}

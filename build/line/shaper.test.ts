import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../fixtures/seeded-random.ts';
import { startLine } from './line-process.ts';
import { openLine, type ShapedLine } from './shaper.ts';
import { CLEAR_LINE, type CutEffect, type DirectionOptions } from './line-options.ts';

const MBIT = 1_000_000;
const QUICK: DirectionOptions = { bitsPerSecond: 50 * MBIT, delayMs: 2, lossShare: 0, queueBytes: 64 * 1024 };

const toClose: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** A server that answers with what it hears, and its sockets. */
async function echo(): Promise<{ readonly port: number; readonly sockets: Socket[]; readonly ended: () => number }> {
  const sockets: Socket[] = [];
  let ended = 0;
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => void socket.write(bytes));
    socket.once('end', () => {
      ended += 1;
      socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  toClose.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets, ended: () => ended };
}

async function line(port: number, options: DirectionOptions = QUICK, cutEffect: CutEffect = 'black-hole'): Promise<ShapedLine> {
  const opened = await openLine({ target: { host: '127.0.0.1', port }, up: options, down: options, cuts: null, cutEffect, seed: 5 });
  toClose.push(() => opened.close());
  return opened;
}

function dial(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  toClose.push(() => void socket.destroy());
  return socket;
}

async function heard(socket: Socket, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let got = 0;
  while (got < bytes) {
    const [part] = (await once(socket, 'data')) as [Buffer];
    parts.push(part);
    got += part.length;
  }
  return Buffer.concat(parts);
}

/** `once` would reject for the error before it. */
const gone = (socket: Socket | undefined): Promise<void> => new Promise((resolve) => void socket?.once('close', () => resolve()));

describe('the shaped line', () => {
  it('carries every byte both ways, whatever it loses, and counts them', async () => {
    const server = await echo();
    const shaped = await line(server.port, { ...QUICK, lossShare: 0.02 });
    const random = createSeededRandom(9);
    const sent = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.word()));
    const socket = dial(shaped.port);
    socket.write(sent);
    const back = heard(socket, sent.length);
    expect((await back).equals(sent)).toBe(true);
    const { up, down, connections } = shaped.counters();
    expect(connections).toBe(1);
    for (const way of [up, down]) {
      expect(way).toMatchObject({ taken: sent.length, delivered: sent.length });
      expect(way.retransmissions).toBeGreaterThan(0);
      expect(way.wireBytes).toBeGreaterThan(sent.length + 52 * (sent.length / 1448));
    }
  });

  it('passes on the end of each half behind its last byte', async () => {
    const server = await echo();
    const shaped = await line(server.port);
    const socket = dial(shaped.port);
    socket.end('bye');
    expect((await heard(socket, 3)).toString()).toBe('bye');
    await once(socket, 'end');
    expect(server.ended()).toBe(1);
  });

  it('passes on a reset', async () => {
    const server = await echo();
    const shaped = await line(server.port);
    const socket = dial(shaped.port);
    socket.write('x');
    await heard(socket, 1);
    const ended = gone(server.sockets[0]);
    socket.resetAndDestroy();
    await ended;
    expect(server.ended()).toBe(0);
  });

  it('a client is told when nobody listens behind the line', async () => {
    const server = await echo();
    const shaped = await line(1);
    expect(server.port).not.toBe(1);
    const socket = dial(shaped.port);
    socket.resume();
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  it('black-holed, what stood stays dead when the line is back, and a new connection goes through', async () => {
    const server = await echo();
    const shaped = await line(server.port);
    const old = dial(shaped.port);
    old.write('a');
    await heard(old, 1);
    shaped.cut();
    old.write('b');
    shaped.mend();
    const fresh = dial(shaped.port);
    fresh.write('c');
    expect((await heard(fresh, 1)).toString()).toBe('c');
    let late = '';
    old.on('data', (bytes: Buffer) => void (late += bytes.toString()));
    fresh.write('d');
    await heard(fresh, 1);
    expect(late).toBe('');
    expect(old.destroyed).toBe(false);
    expect(shaped.counters()).toMatchObject({ cuts: 1, connections: 2 });
    expect(shaped.counters().up.delivered).toBe(3);
  });

  it('stalled, what stood goes on when the line is back', async () => {
    const server = await echo();
    const shaped = await line(server.port, QUICK, 'stall');
    const socket = dial(shaped.port);
    socket.write('a');
    await heard(socket, 1);
    shaped.cut();
    socket.write('b');
    const waiting = heard(socket, 1);
    shaped.mend();
    expect((await waiting).toString()).toBe('b');
  });

  it('reset by a cut, both ends know at once', async () => {
    const server = await echo();
    const shaped = await line(server.port, QUICK, 'reset');
    const socket = dial(shaped.port);
    socket.write('a');
    await heard(socket, 1);
    const ends = Promise.all([once(socket, 'error'), gone(server.sockets[0])]);
    shaped.cut();
    await ends;
    expect(socket.destroyed).toBe(true);
  });

  it('a plan cuts it again and again', async () => {
    const server = await echo();
    const shaped = await openLine({ target: { host: '127.0.0.1', port: server.port }, up: QUICK, down: QUICK, cuts: { everyMs: 30, forMs: 10, firstAtMs: 5 }, cutEffect: 'reset', seed: 1 });
    toClose.push(() => shaped.close());
    for (let time = 0; time < 3; time += 1) {
      const socket = dial(shaped.port);
      socket.on('error', () => undefined);
      socket.resume();
      await gone(socket);
    }
    expect(shaped.counters().cuts).toBeGreaterThanOrEqual(3);
  });

  it('runs in a process of its own as well', async () => {
    const server = await echo();
    const shaped = await startLine({ target: { host: '127.0.0.1', port: server.port }, up: QUICK, down: CLEAR_LINE, cuts: null, cutEffect: 'reset', seed: 1 });
    toClose.push(() => shaped.close());
    const socket = dial(shaped.port);
    socket.write('hello');
    expect((await heard(socket, 5)).toString()).toBe('hello');
    const ended = gone(socket);
    socket.on('error', () => undefined);
    const [, , counters] = await Promise.all([shaped.cut(), ended, shaped.counters()]);
    expect(counters).toMatchObject({ connections: 1, cuts: 1, up: { taken: 5, delivered: 5 }, down: { delivered: 5 } });
    await shaped.mend();
  });
});

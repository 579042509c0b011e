import { createServer, type AddressInfo } from 'node:net';
import { createSeededRandom } from '../fixtures/seeded-random.ts';
import { openConnection, type Connection, type Way } from './connection.ts';
import { createLink } from './link.ts';
import type { DirectionCounters, LineCounters, LineOptions } from './line-options.ts';
import { machineTime, type LineTime } from './line-time.ts';

/**
 * A thin, slow, lossy line in user space: a TCP relay on loopback through which every byte takes as long as it would
 * on such a line. What TCP makes of loss and of a cut is computed for each connection (`tcp-sender.ts`), because
 * loopback itself loses nothing. docs/benchmarks.md says where a real line differs.
 */
export type ShapedLine = {
  /** On 127.0.0.1. */
  readonly port: number;
  counters(): LineCounters;
  /** Dead from now on, with the effect of the options; `mend` brings it back. Cuts by plan and by hand do not count each other's ends. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
};

export async function openLine(options: LineOptions, time: LineTime = machineTime): Promise<ShapedLine> {
  let dead = false;
  let closed = false;
  let cuts = 0;
  let opened = 0;
  const random = createSeededRandom(options.seed);
  const isDead = (): boolean => dead;
  const wayOf = (direction: 'up' | 'down'): Way => ({ link: createLink(options[direction], time, random.fork(direction), isDead), taken: 0, delivered: 0, retransmissions: 0 });
  const [up, down] = [wayOf('up'), wayOf('down')];
  const connections = new Set<Connection>();

  const server = createServer({ allowHalfOpen: true }, (client) => {
    opened += 1;
    const connection = openConnection({ client, target: options.target, time, up, down, onClosed: () => void connections.delete(connection) });
    connections.add(connection);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const cut = (): void => {
    if (dead) return;
    dead = true;
    cuts += 1;
    for (const connection of connections) {
      if (options.cutEffect === 'black-hole') connection.blackHole();
      if (options.cutEffect === 'reset') connection.reset();
    }
  };
  const mend = (): void => {
    dead = false;
  };

  let cancelCut = (): void => undefined;
  const { cuts: plan } = options;
  if (plan !== null) {
    const cutAt = (at: number): void => {
      cancelCut = time.at(at, () => {
        cut();
        cancelCut = time.at(at + plan.forMs, () => {
          mend();
          if (!closed) cutAt(at + plan.everyMs);
        });
      });
    };
    cutAt(time.now() + plan.firstAtMs);
  }

  const countersOf = ({ link, taken, delivered, retransmissions }: Way): DirectionCounters => ({ taken, delivered, retransmissions, ...link.counters() });
  return {
    port: (server.address() as AddressInfo).port,
    counters: () => ({ up: countersOf(up), down: countersOf(down), connections: opened, cuts }),
    cut,
    mend,
    close() {
      closed = true;
      cancelCut();
      for (const connection of connections) connection.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

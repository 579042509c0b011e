import { describe, expect, it } from 'vitest';
import { ok, refuse, type Result } from '../../shared/base/result.ts';
import { createFrameReader, framesOf } from '../../shared/sync/frame.ts';
import { MESSAGE_MAX_BYTES, TRUNK_ALPN, TRUNK_LINES_MAX } from '../../shared/sync/limits.ts';
import { createTrunk } from '../../shared/sync/trunk.ts';
import { createTrunkReader, NOTHING_HELD, openedRecord, type TrunkMode } from '../../shared/sync/trunk-wire.ts';
import { createChunkQueue } from './chunk-queue.ts';
import type { Connection, LineFault } from './network.ts';
import { openTrunkLines } from './trunk-lines.ts';

/** Central's end of every line, a clock that the test moves, and lines that are a round trip long and can fall silent. */
const DELAY_MS = 300;

type Wire = { silent: boolean; readonly opened: () => TrunkMode | null; readonly sent: () => number; end(fault: ReturnType<Connection['fault']>): void; readonly state: { abandoned: boolean; ended: boolean } };

function central() {
  let clock = 0;
  let due: { readonly at: number; readonly action: () => void }[] = [];
  const after = (ms: number, action: () => void): (() => void) => {
    const appointment = { at: clock + ms, action };
    due.push(appointment);
    return () => {
      due = due.filter((each) => each !== appointment);
    };
  };
  const now = (): number => clock;
  const hub = createTrunk({ now, after });
  const wires: Wire[] = [];
  const came: Uint8Array[] = [];
  let knows = true;

  const connect = (): Connection => {
    const chunks = createChunkQueue();
    const reader = createTrunkReader();
    const state = { abandoned: false, ended: false };
    let fault: ReturnType<Connection['fault']> = null;
    let opened: TrunkMode | null = null;
    let sent = 0;
    let line: ReturnType<typeof hub.add> | null = null;
    const wire: Wire = {
      silent: false, state, opened: () => opened, sent: () => sent,
      end(why) {
        fault = why;
        chunks.end();
      },
    };
    const back = (bytes: Uint8Array): void => void after(DELAY_MS, () => void (wire.silent || state.abandoned || chunks.put(bytes)));
    const take = (bytes: Uint8Array): void => {
      const read = reader.push(bytes);
      if (!read.ok) throw new Error('a workstation writes what reads');
      for (const record of read.value) {
        if (record.is === 'open') {
          opened = record.open.mode;
          if (!knows && opened !== 'begin') return back(openedRecord('unknown', NOTHING_HELD));
          if (opened === 'instead') for (const other of hub.lines()) hub.lost(other);
          if (opened !== 'begin') back(openedRecord('joined', hub.held()));
          line = hub.add({ write: back, drop: () => undefined }, opened === 'begin');
          if (opened !== 'begin') hub.confirm(line, record.open.held);
        } else if (record.is !== 'opened' && line !== null && hub.lines().includes(line)) {
          const arrived = hub.arrived(line, record);
          if (arrived.ok) came.push(...arrived.value);
        }
      }
    };
    wires.push(wire);
    return {
      protocol: TRUNK_ALPN, chunks: chunks.chunks, fault: () => fault, sent: () => sent, received: () => 0,
      write(bytes) {
        sent += bytes.length;
        after(DELAY_MS, () => void (wire.silent || take(bytes)));
        return Promise.resolve();
      },
      end() {
        state.ended = true;
        chunks.end();
      },
      abandon() {
        state.abandoned = true;
        chunks.end();
      },
    };
  };

  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return {
    hub, wires, connect, now, after, came, turn,
    forget() {
      knows = false;
    },
    /** Lets time pass, one appointment after another. */
    async pass(ms: number): Promise<void> {
      const until = clock + ms;
      for (;;) {
        await turn();
        const [next] = due.toSorted((left, right) => left.at - right.at);
        if (next === undefined || next.at > until) break;
        due = due.filter((each) => each !== next);
        clock = Math.max(clock, next.at);
        next.action();
      }
      clock = until;
    },
  };
}

type World = ReturnType<typeof central>;

function open(world: World, dial: () => Promise<Result<Connection, LineFault>> = async () => ok(world.connect())) {
  const heard: number[] = [];
  const connection = openTrunkLines({ first: world.connect(), dial, after: world.after, now: world.now, random: { bytes: (count) => new Uint8Array(count).fill(7) }, onHeard: (bytes) => void heard.push(bytes) });
  const state = { over: false };
  const read: Uint8Array[] = [];
  void (async () => {
    for await (const chunk of connection.chunks) read.push(chunk);
    state.over = true;
  })();
  return { connection, state, read, heard };
}

/** As the queue of a session writes: a frame when there is room. */
async function write(connection: Connection, message: Uint8Array, lane: 0 | 1 = 1): Promise<void> {
  for (const frame of framesOf(message, lane)) await connection.write(frame);
}
const wholeAt = (world: World): number[] => {
  const reader = createFrameReader(MESSAGE_MAX_BYTES);
  return world.came.flatMap((frame) => {
    const messages = reader.push(frame);
    return messages.ok ? messages.value.map(({ length }) => length) : [];
  });
};

describe('a connection of several lines', () => {
  it('SYN-250 a line that falls silent is replaced while the conversation stands, and everything arrives once', async () => {
    const world = central();
    const { connection, state } = open(world);
    void write(connection, new Uint8Array(60_000).fill(1));
    await world.pass(1500);
    for (const wire of world.wires) wire.silent = true;
    const before = world.wires.length;
    await world.pass(20_000);
    expect(wholeAt(world)).toEqual([60_000]);
    expect(world.wires.slice(before).map((wire) => wire.opened())).toContain('instead');
    expect(world.wires.slice(0, before).every((wire) => wire.state.abandoned)).toBe(true);
    expect(state.over).toBe(false);
    // What crossed twice is no more than the lines were given ahead.
    expect(connection.sent()).toBeLessThan(60_000 + 30_000);
    connection.abandon();
  });

  it('SYN-250 a line that is reset with something under way is replaced at once', async () => {
    const world = central();
    const { connection, state } = open(world);
    void write(connection, new Uint8Array(9000).fill(1));
    await world.pass(700);
    world.wires[0]!.end({ code: 'OFFLINE', cause: 'ECONNRESET' });
    await world.pass(3000);
    expect(wholeAt(world)).toEqual([9000]);
    expect(world.wires).toHaveLength(2);
    expect(state.over).toBe(false);
    connection.abandon();
  });

  it('SYN-250 while a thin line is crowded others are opened beside it, a few, and closed when nothing is left to send', async () => {
    const world = central();
    const { connection } = open(world);
    void write(connection, new Uint8Array(300_000).fill(1));
    await world.pass(5000);
    expect(world.wires.map((wire) => wire.opened())).toEqual(['begin', 'beside', 'beside']);
    expect(world.wires).toHaveLength(TRUNK_LINES_MAX);
    await world.pass(60_000);
    expect(wholeAt(world)).toEqual([300_000]);
    expect(world.wires.map((wire) => wire.state.ended)).toEqual([false, true, true]);
    connection.abandon();
  });

  it('SYN-250 one that brings nothing while others do is given up, and what it had goes over those', async () => {
    const world = central();
    const { connection } = open(world);
    void write(connection, new Uint8Array(200_000).fill(1));
    await world.pass(5000);
    world.wires[1]!.silent = true;
    await world.pass(30_000);
    expect(wholeAt(world)).toEqual([200_000]);
    expect(world.wires[1]!.state.abandoned).toBe(true);
    connection.abandon();
  });

  it('SYN-250 a central that takes no second line, one process of several, is spoken to over the first alone', async () => {
    const world = central();
    world.forget();
    const { connection, state } = open(world);
    void write(connection, new Uint8Array(150_000).fill(1));
    await world.pass(40_000);
    expect(wholeAt(world)).toEqual([150_000]);
    expect(world.wires).toHaveLength(2);
    expect(state.over).toBe(false);
    connection.abandon();
  });

  it('SYN-250 where central has forgotten the conversation it ends, and a new one can begin', async () => {
    const world = central();
    const { connection, state } = open(world);
    void write(connection, new Uint8Array(30_000).fill(1));
    await world.pass(700);
    world.forget();
    world.wires[0]!.silent = true;
    await world.pass(10_000);
    expect(state.over).toBe(true);
    connection.abandon();
  });

  it('SYN-250 a line that ends in order, before a word, or with nobody to be reached ends the conversation, with its reason', async () => {
    const orderly = central();
    const first = open(orderly);
    void write(first.connection, new Uint8Array(10));
    await orderly.pass(1000);
    orderly.wires[0]!.end(null);
    await orderly.pass(1000);
    expect([first.state.over, first.connection.fault(), orderly.wires.length]).toEqual([true, null, 1]);

    const refused = central();
    const second = open(refused);
    void write(second.connection, new Uint8Array(10));
    refused.wires[0]!.end({ code: 'NOT_AUTHENTICATED', cause: 'ALERT' });
    await refused.pass(1000);
    expect([second.state.over, second.connection.fault()]).toEqual([true, { code: 'NOT_AUTHENTICATED', cause: 'ALERT' }]);

    const gone = central();
    const third = open(gone, async () => refuse('OFFLINE', { cause: 'ECONNREFUSED' }));
    void write(third.connection, new Uint8Array(9000));
    await gone.pass(700);
    gone.wires[0]!.end({ code: 'OFFLINE', cause: 'ECONNRESET' });
    await gone.pass(1000);
    expect([third.state.over, third.connection.fault()]).toEqual([true, { code: 'OFFLINE', cause: 'ECONNREFUSED' }]);
  });

  it('SYN-250 as long as central has said nothing no other line is tried', async () => {
    const world = central();
    const { connection, state } = open(world);
    world.wires[0]!.silent = true;
    void write(connection, new Uint8Array(60_000));
    await world.pass(30_000);
    expect(world.wires).toHaveLength(1);
    expect(state.over).toBe(false);
    connection.abandon();
  });

  it('SYN-250 an acknowledgement is a sign of life, and nothing is done any more once it is let go', async () => {
    const world = central();
    const { connection, heard, state } = open(world);
    void write(connection, new Uint8Array(10));
    await world.pass(1000);
    expect(heard.length).toBeGreaterThan(0);
    void write(connection, new Uint8Array(100_000));
    connection.abandon();
    await world.pass(60_000);
    expect(state.over).toBe(true);
    expect(world.wires).toHaveLength(1);
    expect(world.wires[0]!.state.abandoned).toBe(true);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../base/bytes.ts';
import { framesOf } from './frame.ts';
import { FRAME_PAYLOAD_MAX_BYTES, TRUNK_ACK_MS, TRUNK_AHEAD_FRAMES_MAX, TRUNK_WINDOW_MIN_BYTES } from './limits.ts';
import { createTrunk, type Trunk } from './trunk.ts';
import type { TrunkLine } from './trunk-line.ts';
import { ackRecord, createTrunkReader, dataRecord, NOTHING_HELD, openedRecord, openRecord } from './trunk-wire.ts';

/** Time that a test moves, two ends of a trunk, and lines between them that carry what they are told to. */
function trunkPair() {
  let clock = 0;
  const due: { readonly at: number; readonly action: () => void }[] = [];
  const world = {
    now: () => clock,
    after(ms: number, action: () => void) {
      due.push({ at: clock + ms, action });
      return () => undefined;
    },
  };
  const ends = { device: createTrunk(world), hub: createTrunk(world) };
  const came: Record<'device' | 'hub', Uint8Array[]> = { device: [], hub: [] };
  const lines: { readonly ends: Record<'device' | 'hub', TrunkLine>; readonly under: Record<'device' | 'hub', Uint8Array[]>; carry(from: 'device' | 'hub'): boolean; alive: boolean }[] = [];
  const other = { device: 'hub', hub: 'device' } as const;

  /** `joins`: it takes the place of whatever was there before. */
  const open = (joins: boolean) => {
    const under = { device: [] as Uint8Array[], hub: [] as Uint8Array[] };
    const readers = { device: createTrunkReader(), hub: createTrunkReader() };
    const end = (side: 'device' | 'hub') => ends[side].add({ write: (bytes) => void under[side].push(bytes), drop: () => undefined }, !joins);
    const line = {
      ends: { device: end('device'), hub: end('hub') }, under, alive: true,
      carry(from: 'device' | 'hub') {
        const bytes = under[from].shift();
        if (bytes === undefined || !line.alive) return false;
        const to = other[from];
        const read = readers[to].push(bytes);
        if (!read.ok) throw new Error('a line carries what was written');
        for (const record of read.value) {
          if (record.is !== 'data' && record.is !== 'ack') throw new Error('nothing else is written here');
          const arrived = ends[to].arrived(line.ends[to], record);
          if (!arrived.ok) throw new Error('an end takes what the other sent');
          came[to].push(...arrived.value);
        }
        return true;
      },
    };
    lines.push(line);
    if (joins) for (const side of ['device', 'hub'] as const) ends[side].confirm(line.ends[side], ends[other[side]].held());
    return line;
  };
  const cut = (line: (typeof lines)[number]): void => {
    line.alive = false;
    ends.device.lost(line.ends.device);
    ends.hub.lost(line.ends.hub);
  };
  return {
    ends, came, lines, open, cut,
    pass(ms: number) {
      clock += ms;
      for (const { action } of due.splice(0).filter((each) => each.at <= clock || void due.push(each))) action();
    },
    /** Until nothing moves any more. */
    settle(this: void, pass: (ms: number) => void) {
      for (let idle = 0; idle < 3; idle += 1) {
        pass(TRUNK_ACK_MS);
        for (const line of lines) while (line.carry('device') || line.carry('hub')) idle = 0;
      }
    },
  };
}

const frameOf = (lane: number, tag: number, size = 40): Uint8Array => framesOf(Uint8Array.from({ length: size }, (_, index) => (index === 0 ? tag & 0xff : tag >> 8)), lane as 0 | 1 | 2 | 3)[0]!;
const hex = (frames: readonly Uint8Array[], lane: number): string[] => frames.filter((frame) => frame[2] === lane).map((frame) => Buffer.from(frame).toString('hex'));
const isDone = async (promise: Promise<void>): Promise<boolean> => Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => void setImmediate(() => resolve(false)))]);

describe('a trunk of several lines', () => {
  it('SYN-245 gives the frames of each lane in their order, each once, whichever lines carry them and end', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), from: fc.constantFrom('device' as const, 'hub' as const), lane: fc.nat(3) }) },
      { weight: 10, arbitrary: fc.record({ do: fc.constant('carry' as const), from: fc.constantFrom('device' as const, 'hub' as const), line: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), line: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const) }) },
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const pair = trunkPair();
      pair.open(false);
      const written: Record<'device' | 'hub', Uint8Array[]> = { device: [], hub: [] };
      let tag = 0;
      for (const each of steps) {
        const alive = pair.lines.filter((line) => line.alive);
        if (each.do === 'write') {
          const frame = frameOf(each.lane, (tag += 1), 1 + ((tag * 997) % FRAME_PAYLOAD_MAX_BYTES));
          written[each.from].push(frame);
          void pair.ends[each.from].write(frame);
        } else if (each.do === 'carry') {
          alive[each.line % Math.max(1, alive.length)]?.carry(each.from);
        } else if (each.do === 'cut') {
          const line = alive[each.line % Math.max(1, alive.length)];
          if (line !== undefined) pair.cut(line);
        } else if (each.do === 'open') {
          pair.open(true);
        } else {
          pair.pass(700);
        }
      }
      // Whatever happened: one good line, and all is there.
      for (const line of pair.lines) if (line.alive) pair.cut(line);
      pair.open(true);
      pair.settle(pair.pass);
      for (const from of ['device', 'hub'] as const) {
        const to = from === 'device' ? 'hub' : 'device';
        for (const lane of [0, 1, 2, 3]) expect(hex(pair.came[to], lane)).toEqual(hex(written[from], lane));
        expect(pair.ends[from].outstanding()).toBe(false);
        expect(pair.ends[from].unordered()).toBe(0);
      }
    }));
  });

  it('SYN-246 after a cut what arrived does not go out again, though its acknowledgement was lost', () => {
    const pair = trunkPair();
    const first = pair.open(false);
    for (let tag = 0; tag < 20; tag += 1) void pair.ends.device.write(frameOf(3, tag, FRAME_PAYLOAD_MAX_BYTES));
    const givenOver = first.under.device.length;
    expect(givenOver).toBe(2);
    first.carry('device');
    pair.cut(first);
    const second = pair.open(true);
    const numbers: number[] = [];
    while (second.under.device.length > 0) {
      const read = createTrunkReader().push(second.under.device[0]!);
      for (const record of read.ok ? read.value : []) if (record.is === 'data') numbers.push(record.number);
      second.carry('device');
      pair.pass(TRUNK_ACK_MS);
      while (second.carry('hub'));
    }
    expect(numbers.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
    expect(pair.came.hub).toHaveLength(20);
  });

  it('SYN-246 on a line that has not been confirmed nothing goes out that may be there already, and nothing but what is urgent in front of it', () => {
    const pair = trunkPair();
    const first = pair.open(false);
    void pair.ends.device.write(frameOf(1, 1));
    pair.cut(first);
    const written: Uint8Array[] = [];
    const line = pair.ends.device.add({ write: (bytes) => void written.push(bytes), drop: () => undefined }, false);
    expect(written).toEqual([]);
    void pair.ends.device.write(frameOf(2, 2));
    expect(written).toEqual([]);
    void pair.ends.device.write(frameOf(0, 3));
    expect(written).toHaveLength(1);
    pair.ends.device.confirm(line, NOTHING_HELD);
    expect(written).toHaveLength(3);
  });

  it('SYN-247 a line is given little ahead, whoever writes waits, and an urgent frame does not', async () => {
    const pair = trunkPair();
    const line = pair.open(false);
    let last = Promise.resolve();
    let written = 0;
    for (; written < 50 && (await isDone(last)); written += 1) last = pair.ends.device.write(frameOf(3, written, FRAME_PAYLOAD_MAX_BYTES));
    expect(line.under.device.reduce((total, bytes) => total + bytes.length, 0)).toBeLessThanOrEqual(TRUNK_WINDOW_MIN_BYTES);
    expect(pair.ends.device.waitsSince()).toBe(0);
    const before = line.under.device.length;
    expect(await isDone(pair.ends.device.write(frameOf(0, 7)))).toBe(true);
    expect(line.under.device).toHaveLength(before + 1);
    expect(await isDone(last)).toBe(false);
    pair.settle(pair.pass);
    expect(await isDone(last)).toBe(true);
  });

  it('SYN-247 more is under way where acknowledgements come at once, and less where they come late', () => {
    const underWay = (delayMs: number, rounds: number): number => {
      const pair = trunkPair();
      const line = pair.open(false);
      for (let tag = 0; tag < 200; tag += 1) void pair.ends.device.write(frameOf(3, tag, FRAME_PAYLOAD_MAX_BYTES));
      for (let round = 0; round < rounds; round += 1) {
        pair.pass(round === 0 ? 10 : delayMs);
        while (line.carry('device'));
        pair.pass(TRUNK_ACK_MS);
        while (line.carry('hub'));
      }
      return line.ends.device.underWay();
    };
    expect(underWay(10, 6)).toBeGreaterThan(4 * TRUNK_WINDOW_MIN_BYTES);
    expect(underWay(3000, 6)).toBeLessThanOrEqual(TRUNK_WINDOW_MIN_BYTES);
  });

  it('SYN-247 nobody waits for a trunk that has stopped', async () => {
    const pair = trunkPair();
    const waiting = pair.ends.device.write(frameOf(1, 1));
    expect(await isDone(waiting)).toBe(false);
    pair.ends.device.stop();
    expect(await isDone(waiting)).toBe(true);
    expect(await isDone(pair.ends.device.write(frameOf(1, 2)))).toBe(true);
  });
});

describe('what a trunk does not take', () => {
  const receiving = (): { readonly trunk: Trunk; readonly line: TrunkLine } => {
    const { ends } = trunkPair();
    return { trunk: ends.hub, line: ends.hub.add({ write: () => undefined, drop: () => undefined }, true) };
  };
  const data = (number: number) => ({ is: 'data' as const, number, lane: 1, frame: frameOf(1, number) });

  it('SYN-249 a frame further ahead than any may be, and an acknowledgement of what was not sent', () => {
    const { trunk, line } = receiving();
    expect(trunk.arrived(line, data(TRUNK_AHEAD_FRAMES_MAX - 1)).ok).toBe(true);
    expect(trunk.arrived(line, data(TRUNK_AHEAD_FRAMES_MAX)).ok).toBe(false);
    expect(trunk.arrived(line, data(Number.MAX_SAFE_INTEGER)).ok).toBe(false);
    expect(trunk.arrived(line, { is: 'ack', count: 1 }).ok).toBe(false);
  });

  it('SYN-249 whoever sends all but the first keeps no more here than the frames that may be ahead', () => {
    const { trunk, line } = receiving();
    for (let round = 0; round < 3; round += 1) for (let number = 1; number < TRUNK_AHEAD_FRAMES_MAX; number += 1) expect(trunk.arrived(line, data(number))).toEqual({ ok: true, value: [] });
    expect(trunk.unordered()).toBe((TRUNK_AHEAD_FRAMES_MAX - 1) * frameOf(1, 0).length);
    const whole = trunk.arrived(line, data(0));
    expect(whole.ok && whole.value.length).toBe(TRUNK_AHEAD_FRAMES_MAX);
    expect(trunk.unordered()).toBe(0);
  });
});

describe('records of a line', () => {
  const id = '0123456789abcdef0123456789abcdef';
  const held = [{ next: 3, beyond: [5, 9] }, { next: 0, beyond: [] }, { next: 70_000, beyond: [70_255] }, { next: 1, beyond: [] }];
  const all = concatBytes(openRecord({ mode: 'instead', trunk: id, held }), openedRecord('joined', held), dataRecord(300, frameOf(2, 5, 4096)), ackRecord(129));

  it('SYN-245 read as they were written, however the line cuts them', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 9 }), (cuts) => {
      const reader = createTrunkReader();
      const records = [];
      for (let offset = 0, turn = 0; offset < all.length; turn += 1) {
        const size = cuts[turn % cuts.length]!;
        const read = reader.push(all.subarray(offset, offset + size));
        if (!read.ok) throw new Error(read.fault.code);
        records.push(...read.value);
        offset += size;
      }
      expect(records).toEqual([{ is: 'open', open: { mode: 'instead', trunk: id, held } }, { is: 'opened', outcome: 'joined', held }, { is: 'data', number: 300, lane: 2, frame: frameOf(2, 5, 4096) }, { is: 'ack', count: 129 }]);
    }));
  });

  it.each([
    ['an unknown record', [9]],
    ['an unknown mode', [1, 3]],
    ['an unknown outcome', [2, 3]],
    ['a frame of no lane', [3, 0, 0, 1, 4, 1, 7]],
    ['an empty frame', [3, 0, 0, 0, 0, 1]],
    ['a frame above its limit', [3, 0, 0x10, 1, 0, 1]],
    ['unknown flags', [3, 0, 0, 1, 0, 2, 7]],
    ['an integer without end', [4, ...Array.from({ length: 12 }, () => 0xff)]],
    ['more frames ahead than there can be', [2, 0, 0, 0x81, 0x02]],
  ])('SYN-249 %s ends the line, and nothing more is read of it', (_, bytes) => {
    const reader = createTrunkReader();
    expect(reader.push(Uint8Array.from(bytes))).toMatchObject({ ok: false, fault: { code: 'MALFORMED' } });
    expect(reader.push(ackRecord(1)).ok).toBe(false);
  });

  it('SYN-249 whatever bytes come, reading them ends and throws nothing', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (chunks) => {
      const reader = createTrunkReader();
      for (const chunk of chunks) reader.push(chunk);
    }));
  });
});

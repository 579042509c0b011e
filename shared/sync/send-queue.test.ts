import { describe, expect, it } from 'vitest';
import { createSendQueue } from './send-queue.ts';
import { createFrameReader } from './frame.ts';
import { FRAME_PAYLOAD_MAX_BYTES, MESSAGE_MAX_BYTES } from './limits.ts';

/** A line that takes a frame whenever it is told to. */
function slowLine() {
  const frames: Uint8Array[] = [];
  let taken: (() => void) | null = null;
  const write = (frame: Uint8Array): Promise<void> => {
    frames.push(frame);
    return new Promise((resolve) => {
      taken = resolve;
    });
  };
  return {
    write,
    frames,
    async take(count = 1) {
      for (let left = count; left > 0; left -= 1) {
        taken?.();
        await new Promise((resolve) => void setImmediate(resolve));
      }
    },
  };
}
const of = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill);
const lanesOf = (frames: readonly Uint8Array[]): number[] => frames.map((frame) => frame[2]!);

describe('the order in which messages leave', () => {
  it('SYN-82 an urgent message waits for one frame of a bulky one and no longer, and both arrive whole', async () => {
    const line = slowLine();
    const queue = createSendQueue(line.write, () => undefined);
    void queue.put(() => of(5 * FRAME_PAYLOAD_MAX_BYTES, 1), 3);
    await line.take(2);
    void queue.put(() => of(2 * FRAME_PAYLOAD_MAX_BYTES, 2), 0);
    void queue.put(() => of(10, 3), 1);
    await line.take(20);
    expect(lanesOf(line.frames)).toEqual([3, 3, 0, 0, 1, 3, 3, 3]);
    const reader = createFrameReader(MESSAGE_MAX_BYTES);
    const whole = line.frames.flatMap((frame) => {
      const read = reader.push(frame);
      return read.ok ? read.value : [];
    });
    expect(whole.map((message) => [message[0], message.length])).toEqual([[2, 8192], [3, 10], [1, 20_480]]);
  });

  it('SYN-82 a message that takes time to make does not hold up one that is ready in a lane before it', async () => {
    const line = slowLine();
    const queue = createSendQueue(line.write, () => undefined);
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    void queue.put(() => promise, 2);
    await line.take();
    void queue.put(() => of(10, 2), 0);
    resolve(of(10, 1));
    await line.take(5);
    expect(lanesOf(line.frames)).toEqual([0, 2]);
  });

  it('SYN-82 within a lane messages keep their order', async () => {
    const line = slowLine();
    const queue = createSendQueue(line.write, () => undefined);
    for (let fill = 1; fill <= 5; fill += 1) void queue.put(async () => of(10, fill), 2);
    await line.take(10);
    expect(line.frames.map((frame) => frame[4])).toEqual([1, 2, 3, 4, 5]);
  });

  it('SYN-32 a stopped queue writes nothing more, and nobody waits for it', async () => {
    const line = slowLine();
    const queue = createSendQueue(line.write, () => undefined);
    const waiting = queue.put(() => of(5 * FRAME_PAYLOAD_MAX_BYTES, 1), 1);
    const behind = queue.put(() => of(10, 1), 1);
    await line.take();
    queue.stop();
    await Promise.all([waiting, behind, queue.drained()]);
    await line.take(5);
    expect(line.frames.length).toBeLessThan(4);
    await queue.put(() => of(10, 1), 0);
    expect(line.frames.length).toBeLessThan(4);
  });

  it('SYN-23 a message that cannot be made ends the sending and is told', async () => {
    const line = slowLine();
    let broken = 0;
    const queue = createSendQueue(line.write, () => {
      broken += 1;
    });
    await queue.put(() => Promise.reject(new Error('no key')), 1);
    await queue.put(() => of(10, 1), 1);
    expect(broken).toBe(1);
    expect(line.frames).toEqual([]);
  });
});

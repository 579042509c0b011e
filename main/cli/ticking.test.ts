import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TICK_MS } from '../engine.ts';
import { keepTicking } from './ticking.ts';

describe('while a command runs', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const counting = (tick: () => Promise<void> = () => Promise.resolve()) => {
    const seen = { touches: 0, ticks: 0, failures: [] as unknown[] };
    const ticking = keepTicking({
      touch: () => void (seen.touches += 1),
      tick() {
        seen.ticks += 1;
        return tick();
      },
      failed: (error) => void seen.failures.push(error),
    });
    return { seen, ticking };
  };

  it('the engine is ticked, and the session kept only while work is under way', async () => {
    const { seen, ticking } = counting();
    await vi.advanceTimersByTimeAsync(2 * TICK_MS);
    expect(seen).toMatchObject({ ticks: 2, touches: 0 });
    const work = Promise.withResolvers<string>();
    const worked = ticking.working(work.promise);
    await vi.advanceTimersByTimeAsync(3 * TICK_MS);
    expect(seen).toMatchObject({ ticks: 5, touches: 3 });
    work.resolve('done');
    expect(await worked).toBe('done');
    await vi.advanceTimersByTimeAsync(TICK_MS);
    expect(seen).toMatchObject({ ticks: 6, touches: 3 });
    ticking.stop();
    await vi.advanceTimersByTimeAsync(9 * TICK_MS);
    expect(seen.ticks).toBe(6);
  });

  it('work that fails is over as well', async () => {
    const { seen, ticking } = counting();
    await expect(ticking.working(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await vi.advanceTimersByTimeAsync(TICK_MS);
    expect(seen).toMatchObject({ ticks: 1, touches: 0 });
    ticking.stop();
  });

  it('a slow tick is not overtaken, and a failed one is reported and followed by the next', async () => {
    const slow = Promise.withResolvers<void>();
    const { seen, ticking } = counting(() => slow.promise);
    await vi.advanceTimersByTimeAsync(5 * TICK_MS);
    expect(seen.ticks).toBe(1);
    slow.reject(new Error('broken'));
    await vi.advanceTimersByTimeAsync(TICK_MS);
    expect(seen.ticks).toBe(2);
    expect(seen.failures).toEqual([new Error('broken'), new Error('broken')]);
    ticking.stop();
  });
});

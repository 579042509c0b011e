import { describe, expect, it } from 'vitest';
import { BATCH_SEALED_TARGET_BYTES, NO_PROGRESS_MS } from '../../shared/sync/limits.ts';
import { createPace, type Pace } from './pace.ts';

/** Random bytes that are all this one. */
const pace = (byte = 0): Pace => createPace({ bytes: (count) => new Uint8Array(count).fill(byte) });
const waits = (of: Pace, count: number): number[] => Array.from({ length: count }, () => of.wait('line'));

describe('the pace of sync', () => {
  it('SYN-24 waits double up to five minutes, spread over half of each; refusals wait longer', () => {
    expect(waits(pace(), 10)).toEqual([2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]);
    expect(waits(pace(255), 3)).toEqual([1000, 2000, 4000]);
    expect([pace().wait('refusal'), pace(255).wait('refusal')]).toEqual([60_000, 30_000]);
  });

  it('SYN-90 a line that brought something is taken up again at once, and the waits begin anew behind it', () => {
    const one = pace(255);
    waits(one, 5);
    one.progressed();
    expect(waits(one, 3)).toEqual([250, 1000, 2000]);
    one.progressed();
    expect(one.wait('refusal')).toBe(30_000);
  });

  it('SYN-24 a line that stalls before it brings anything gets smaller batches, down to an eighth, and at most twice the patience', () => {
    const one = pace();
    const seen = Array.from({ length: 5 }, () => {
      one.stalled();
      one.wait('line');
      const { batchTargetBytes, windowBytes, noProgressMs } = one.sizes();
      expect(windowBytes).toBeGreaterThanOrEqual(batchTargetBytes);
      return [BATCH_SEALED_TARGET_BYTES / batchTargetBytes, noProgressMs / NO_PROGRESS_MS];
    });
    expect(seen).toEqual([[2, 2], [4, 2], [8, 2], [8, 2], [8, 2]]);
  });

  it('SYN-90 a line that is cut every minute comes back to full size, since it brings something in between', () => {
    const one = pace();
    for (let cut = 0; cut < 3; cut += 1) one.stalled();
    for (let cut = 0; cut < 3; cut += 1) {
      one.progressed();
      one.stalled();
      expect(one.wait('line')).toBeLessThanOrEqual(250);
    }
    expect(one.sizes()).toMatchObject({ batchTargetBytes: BATCH_SEALED_TARGET_BYTES, noProgressMs: NO_PROGRESS_MS });
  });

  it('SYN-24 everything sent and read takes a step back as well', () => {
    const one = pace();
    one.stalled();
    waits(one, 3);
    one.settled();
    expect(one.sizes().batchTargetBytes).toBe(BATCH_SEALED_TARGET_BYTES);
    expect(one.wait('line')).toBe(2000);
  });
});

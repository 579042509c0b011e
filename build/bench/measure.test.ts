import { describe, expect, it } from 'vitest';
import { contest, median, percentile, ratiosOf, spread, type Contestant } from './measure.ts';

describe('what is said about many samples', () => {
  it('the median of an even number is the mean of the middle two', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([9, 1, 5])).toBe(5);
    expect(() => median([])).toThrow(/nothing was measured/);
  });

  it('a percentile is a sample, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 0.95)).toBe(95);
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile([7], 0.5)).toBe(7);
    expect(() => percentile([], 0.5)).toThrow(/nothing was measured/);
  });

  it('a ratio is above 1 where the other takes longer, and pairs the rounds', () => {
    expect(ratiosOf([2, 10], [1, 20])).toEqual([0.5, 2]);
    expect(spread([0.5, 2, 1])).toEqual({ median: 1, least: 0.5, most: 2 });
  });
});

describe('a contest', () => {
  it('lets another contestant begin in every round and does not count the first', async () => {
    const order: string[] = [];
    const contestant = <Name extends string>(name: Name): Contestant<Name> => ({
      name,
      run: async (round) => {
        order.push(`${round}${name}`);
        return { ms: round, cpuMs: 10 * round };
      },
    });
    const rounds: number[] = [];
    const costs = await contest(2, [contestant('a'), contestant('b'), contestant('c')], (round) => void rounds.push(round));
    expect(order).toEqual(['0a', '0b', '0c', '1b', '1c', '1a', '2c', '2a', '2b']);
    expect(costs.a).toEqual([{ ms: 1, cpuMs: 10 }, { ms: 2, cpuMs: 20 }]);
    expect(rounds).toEqual([0, 1, 2]);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawSparkline, drawTrend, nearest, thin, type Point } from './trend-geometry.ts';

const box = { width: 600, height: 240 };
const margins = { top: 10, end: 16, bottom: 28, start: 48 };
const point = fc.record({ at: fc.integer({ min: 0, max: 4_102_444_800_000 }), value: fc.oneof(fc.double({ min: -1000, max: 1000, noNaN: true }), fc.double({ noNaN: true, noDefaultInfinity: true })) });

describe('a trend drawn', () => {
  it('puts later to the right, more to the top, and every point inside the plot', () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 60 }), fc.option(fc.constant([90, 140] as const), { nil: null }), (points, band) => {
        const { lines, plot } = drawTrend([{ points, band }], box, margins);
        const placed = lines[0]!.points;
        for (const [index, each] of placed.entries()) {
          expect(each.x).toBeGreaterThanOrEqual(plot.x - 0.001);
          expect(each.x).toBeLessThanOrEqual(plot.x + plot.width + 0.001);
          expect(each.y).toBeGreaterThanOrEqual(plot.y - 0.001);
          expect(each.y).toBeLessThanOrEqual(plot.y + plot.height + 0.001);
          const next = placed[index + 1];
          if (next === undefined) continue;
          expect(next.x).toBeGreaterThanOrEqual(each.x);
          expect(next.value <= each.value || next.y <= each.y).toBe(true);
        }
      }),
    );
  });

  it('shows the whole usual band even where all values lie beyond it', () => {
    const { lines, plot } = drawTrend([{ points: [{ at: 0, value: 180 }, { at: 1000, value: 190 }], band: [90, 140] }], box, margins);
    const band = lines[0]!.band!;
    expect(band.height).toBeGreaterThan(0);
    expect(band.y + band.height).toBeLessThanOrEqual(plot.y + plot.height + 0.001);
    expect(band.y).toBeGreaterThan(lines[0]!.points[0]!.y);
  });

  it('draws a single reading in the middle and nothing for none', () => {
    const { lines, plot } = drawTrend([{ points: [{ at: 5, value: 37 }], band: null }], box, margins);
    expect(lines[0]!.points[0]).toMatchObject({ x: plot.x + plot.width / 2 });
    expect(drawTrend([{ points: [], band: null }], box, margins).lines[0]!.path).toBe('');
    expect(drawSparkline([], null, box).last).toBeNull();
  });

  it('draws what differs by less than the arithmetic can tell, and what no measurement can be', () => {
    for (const values of [[-2.5e-323, 0], [1.7e308, -1.7e308], [37, 37 + 1e-14]]) {
      const { lines, plot, valueTicks } = drawTrend([{ points: values.map((value, at) => ({ at, value })), band: null }], box, margins);
      expect(valueTicks.length).toBeGreaterThan(1);
      for (const { y } of lines[0]!.points) expect(y >= plot.y - 0.001 && y <= plot.y + plot.height + 0.001).toBe(true);
    }
  });

  it('labels axes within the plot', () => {
    const points = [{ at: Date.UTC(2024, 0, 1), value: 61 }, { at: Date.UTC(2026, 6, 1), value: 64 }];
    const { valueTicks, timeTicks } = drawTrend([{ points, band: null }], box, margins);
    expect(valueTicks.length).toBeGreaterThan(1);
    expect(timeTicks.length).toBeGreaterThan(1);
    expect(Math.min(...valueTicks.map(({ value }) => value))).toBeLessThanOrEqual(61);
    expect(Math.max(...valueTicks.map(({ value }) => value))).toBeGreaterThanOrEqual(64);
  });
});

describe('thinning', () => {
  it('keeps the highest, the lowest, the first and the last, in time order', () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 300, maxLength: 900 }), (points) => {
        const kept = thin(points, 40);
        expect(kept.length).toBeLessThan(points.length);
        const values = (list: readonly Point[]) => list.map(({ value }) => value);
        const times = (list: readonly Point[]) => list.map(({ at }) => at);
        expect(Math.max(...values(kept))).toBe(Math.max(...values(points)));
        expect(Math.min(...values(kept))).toBe(Math.min(...values(points)));
        expect(Math.min(...times(kept))).toBe(Math.min(...times(points)));
        expect(Math.max(...times(kept))).toBe(Math.max(...times(points)));
        expect(times(kept)).toEqual([...times(kept)].sort((a, b) => a - b));
      }),
    );
  });

  it('leaves a short series alone', () => {
    const points = Array.from({ length: 80 }, (_, index) => ({ at: index, value: index % 7 }));
    expect(thin(points, 40)).toEqual(points);
  });
});

describe('the pointer', () => {
  it('finds the nearest reading', () => {
    const points = [{ at: 0, value: 1, x: 10, y: 0 }, { at: 1, value: 2, x: 50, y: 0 }];
    expect(nearest(points, 29)).toBe(points[0]);
    expect(nearest(points, 31)).toBe(points[1]);
    expect(nearest([], 31)).toBeNull();
  });
});

import { scaleLinear, scaleUtc } from 'd3-scale';
import { line } from 'd3-shape';

/** The drawing of numbers over time: pure geometry in CSS pixels, so that it can be tested without a screen. */

export type Point = { readonly at: number; readonly value: number };
export type Box = { readonly width: number; readonly height: number };
export type Margins = { readonly top: number; readonly end: number; readonly bottom: number; readonly start: number };
export type Band = readonly [low: number, high: number];

export type Series = { readonly points: readonly Point[]; readonly band: Band | null };
export type Tick<Value> = { readonly value: Value; readonly position: number };
export type PlacedPoint = Point & { readonly x: number; readonly y: number };
export type TrendDrawing = {
  /** One per series, in the order given. */
  readonly lines: readonly { readonly path: string; readonly points: readonly PlacedPoint[]; readonly band: { readonly y: number; readonly height: number } | null }[];
  readonly valueTicks: readonly Tick<number>[];
  readonly timeTicks: readonly Tick<number>[];
  readonly plot: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
};

const MONTH_MS = 30 * 86_400_000;
/** A single reading is drawn in the middle of this span. */
const LONE_POINT_SPAN_MS = MONTH_MS;
const LONE_VALUE_SPREAD = 0.1;
/** Differences below this share of the values are noise of the arithmetic and drawn as one value. */
const SMALLEST_SPREAD = 1e-9;
/** No measurement is larger; what an import claims beyond is drawn at the edge. */
const DRAWN_LIMIT = 1e12;
const PIXELS_PER_VALUE_TICK = 44;
const PIXELS_PER_TIME_TICK = 96;

/** Draws series on one pair of axes. The value axis holds every point and every band, and need not start at zero. */
export function drawTrend(series: readonly Series[], box: Box, margins: Margins): TrendDrawing {
  const plot = {
    x: margins.start,
    y: margins.top,
    width: Math.max(1, box.width - margins.start - margins.end),
    height: Math.max(1, box.height - margins.top - margins.bottom),
  };
  const points = series.flatMap((each) => each.points);
  const values = [...points.map(({ value }) => value), ...series.flatMap(({ band }) => band ?? [])];
  const x = scaleUtc(timeDomain(points), [plot.x, plot.x + plot.width]);
  const valueTickCount = Math.max(2, Math.floor(plot.height / PIXELS_PER_VALUE_TICK));
  const y = scaleLinear(valueDomain(values), [plot.y + plot.height, plot.y]).nice(valueTickCount).clamp(true);
  const draw = line<PlacedPoint>(({ x }) => x, ({ y }) => y).digits(1);
  return {
    lines: series.map(({ points: own, band }) => {
      const placed = thin(own, plot.width).map((point) => ({ ...point, x: x(point.at), y: y(point.value) }));
      return {
        path: draw(placed) ?? '',
        points: placed,
        band: band === null ? null : { y: y(band[1]), height: Math.max(0, y(band[0]) - y(band[1])) },
      };
    }),
    valueTicks: y.ticks(valueTickCount).map((value) => ({ value, position: y(value) })),
    timeTicks: x.ticks(Math.max(2, Math.floor(plot.width / PIXELS_PER_TIME_TICK))).map((time) => ({ value: time.getTime(), position: x(time) })),
    plot,
  };
}

export type Sparkline = { readonly path: string; readonly last: { readonly x: number; readonly y: number } | null; readonly band: { readonly y: number; readonly height: number } | null };

const SPARK_PADDING = 3;

/** A word-sized line without axes; the band is cut to what the box shows. */
export function drawSparkline(points: readonly Point[], band: Band | null, box: Box): Sparkline {
  const x = scaleUtc(timeDomain(points), [SPARK_PADDING, box.width - SPARK_PADDING]);
  const y = scaleLinear(valueDomain(points.map(({ value }) => value)), [box.height - SPARK_PADDING, SPARK_PADDING]).clamp(true);
  const placed = thin(points, box.width).map((point) => ({ ...point, x: x(point.at), y: y(point.value) }));
  const last = placed.at(-1);
  const top = band === null ? 0 : clamp(y(band[1]), 0, box.height);
  const bottom = band === null ? 0 : clamp(y(band[0]), 0, box.height);
  return {
    path: line<PlacedPoint>(({ x }) => x, ({ y }) => y).digits(1)(placed) ?? '',
    last: last === undefined ? null : { x: last.x, y: last.y },
    band: band === null ? null : { y: top, height: bottom - top },
  };
}

/**
 * Keeps the extremes of each pixel column, so that ten thousand readings draw as fast as a hundred and no peak is
 * smoothed away. Points come out in time order; first and last are always kept.
 */
export function thin(points: readonly Point[], columns: number): readonly Point[] {
  const sorted = [...points].sort((a, b) => a.at - b.at);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined || sorted.length <= columns * 2) return sorted;
  const perColumn = (last.at - first.at) / columns || 1;
  const kept = new Set<Point>([first, last]);
  let column = -1;
  let low = first;
  let high = first;
  for (const point of sorted) {
    const own = Math.floor((point.at - first.at) / perColumn);
    if (own !== column) {
      kept.add(low).add(high);
      column = own;
      low = point;
      high = point;
    }
    if (point.value < low.value) low = point;
    if (point.value > high.value) high = point;
  }
  kept.add(low).add(high);
  return sorted.filter((point) => kept.has(point));
}

/** The drawn point nearest to a place, for the pointer; null where nothing is drawn. */
export function nearest(points: readonly PlacedPoint[], x: number): PlacedPoint | null {
  let best: PlacedPoint | null = null;
  for (const point of points) if (best === null || Math.abs(point.x - x) < Math.abs(best.x - x)) best = point;
  return best;
}

function timeDomain(points: readonly Point[]): [number, number] {
  if (points.length === 0) return [0, LONE_POINT_SPAN_MS];
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { at } of points) {
    from = Math.min(from, at);
    to = Math.max(to, at);
  }
  return from === to ? [from - LONE_POINT_SPAN_MS / 2, to + LONE_POINT_SPAN_MS / 2] : [from, to];
}

function valueDomain(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    const drawn = clamp(value, -DRAWN_LIMIT, DRAWN_LIMIT);
    low = Math.min(low, drawn);
    high = Math.max(high, drawn);
  }
  if (high - low > Math.max(Math.abs(low), Math.abs(high), 1) * SMALLEST_SPREAD) return [low, high];
  const spread = Math.max(Math.abs(low) * LONE_VALUE_SPREAD, LONE_VALUE_SPREAD);
  return [low - spread, high + spread];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

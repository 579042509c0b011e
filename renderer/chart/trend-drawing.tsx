import { type PointerEvent, useState } from 'react';
import type { VitalSign } from '../../shared/records/vital-signs.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { formatDate, formatDateTime, formatNumber, formatUnit } from '../ui/format.ts';
import { drawTrend, nearest, type Band, type PlacedPoint, type Point } from './trend-geometry.ts';

export type DrawnSeries = { readonly code: string; readonly name: string; readonly sign: VitalSign | null; readonly points: readonly Point[]; readonly band: Band | null };

const BOX = { width: 980, height: 400 };
const MARGINS = { top: 16, end: 28, bottom: 30, start: 52 };
const DOT_RADIUS = 3.5;
const DOTS_SHOWN_UP_TO = 150;
const MARKER_HEIGHT = 8;
const KEY_SIZE = 12;

type Props = { readonly series: readonly DrawnSeries[]; readonly unit: string; readonly decimals: number; readonly summary: string };

/** Numbers over time with axes and the usual band. Said in one sentence to those who do not see it; the table has it all. */
export function TrendDrawing({ series, unit, decimals, summary }: Props) {
  const { zone } = useClinicTime();
  const [pointed, setPointed] = useState<{ readonly line: number; readonly point: PlacedPoint } | null>(null);
  const drawing = drawTrend(series, BOX, MARGINS);
  const { plot } = drawing;
  const write = (value: number): string => `${formatNumber(value, decimals)} ${formatUnit(unit)}`;
  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * BOX.width;
    const y = ((event.clientY - box.top) / box.height) * BOX.height;
    const near = drawing.lines.map(({ points }, line) => ({ line, point: nearest(points, x) }));
    const closest = near.reduce<typeof pointed>((best, { line, point: at }) => (at !== null && (best === null || Math.abs(at.y - y) < Math.abs(best.point.y - y)) ? { line, point: at } : best), null);
    setPointed(closest);
  };
  return (
    <svg className="trend" viewBox={`0 0 ${BOX.width} ${BOX.height}`} role="img" aria-label={summary} onPointerMove={point} onPointerLeave={() => setPointed(null)}>
      {drawing.lines.map(({ band }, index) =>
        band === null ? null : (
          <g key={series[index]?.code}>
            <rect className={`trend-band trend-band-${index}`} x={plot.x} y={band.y} width={plot.width} height={band.height} />
            {[band.y, band.y + band.height].map((edge) => (
              <line key={edge} className="trend-band-edge" x1={plot.x} x2={plot.x + plot.width} y1={edge} y2={edge} />
            ))}
          </g>
        ),
      )}
      {drawing.valueTicks.map(({ value, position }) => (
        <g key={value}>
          <line className="trend-grid" x1={plot.x} x2={plot.x + plot.width} y1={position} y2={position} />
          <text className="trend-value" x={plot.x - 8} y={position} dy="0.35em">
            {formatNumber(value, Math.max(decimals, 1))}
          </text>
        </g>
      ))}
      {drawing.timeTicks.map(({ value, position }) => (
        <g key={value}>
          <line className="trend-grid" x1={position} x2={position} y1={plot.y + plot.height} y2={plot.y + plot.height + 5} />
          <text className="trend-time" x={position} y={plot.y + plot.height + 20}>
            {formatDate(value, 'UTC')}
          </text>
        </g>
      ))}
      {drawing.lines.map(({ path, points }, index) => (
        <g key={series[index]?.code} className={`trend-series trend-series-${index}`}>
          <path className="trend-line" d={path} />
          {points.length > DOTS_SHOWN_UP_TO ? null : points.map((each) => <Marker key={`${each.at} ${each.value}`} point={each} shape={index} />)}
        </g>
      ))}
      {pointed === null ? null : (
        <g className="trend-pointed">
          <line className="trend-cross" x1={pointed.point.x} x2={pointed.point.x} y1={plot.y} y2={plot.y + plot.height} />
          <circle cx={pointed.point.x} cy={pointed.point.y} r={DOT_RADIUS + 2} />
          <text x={pointed.point.x > plot.x + plot.width / 2 ? pointed.point.x - 10 : pointed.point.x + 10} y={plot.y + 14} className={pointed.point.x > plot.x + plot.width / 2 ? 'trend-label-end' : 'trend-label-start'}>
            {series.length > 1 ? `${series[pointed.line]?.name ?? ''} ` : ''}
            {write(pointed.point.value)}, {formatDateTime(pointed.point.at, zone)}
          </text>
        </g>
      )}
    </svg>
  );
}

/** The sign of a series beside its words. */
export function TrendSign({ shape }: { readonly shape: number }) {
  const middle = KEY_SIZE / 2;
  return (
    <svg className={`trend-key-shape trend-series-${shape}`} viewBox={`0 0 ${KEY_SIZE} ${KEY_SIZE}`} aria-hidden="true">
      <Marker point={{ x: middle, y: middle }} shape={shape} />
    </svg>
  );
}

/** The second series has triangles for dots, so that the two are told apart without colour. */
function Marker({ point, shape }: { readonly point: Pick<PlacedPoint, 'x' | 'y'>; readonly shape: number }) {
  if (shape === 0) return <circle className="trend-dot" cx={point.x} cy={point.y} r={DOT_RADIUS} />;
  const half = MARKER_HEIGHT / 2;
  return <path className="trend-dot" d={`M${point.x - half} ${point.y - half}h${MARKER_HEIGHT}l${-half} ${MARKER_HEIGHT}z`} />;
}

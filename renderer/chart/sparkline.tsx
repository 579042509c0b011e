import { drawSparkline, type Band, type Point } from './trend-geometry.ts';

const BOX = { width: 44, height: 20 };

/** A word-sized drawing beside the number it belongs to; the number and the table say the same in words. */
export function Sparkline({ points, band }: { readonly points: readonly Point[]; readonly band: Band | null }) {
  if (points.length < 2) return <span className="sparkline" />;
  const { path, last, band: shaded } = drawSparkline(points, band, BOX);
  return (
    <svg className="sparkline" width={BOX.width} height={BOX.height} viewBox={`0 0 ${BOX.width} ${BOX.height}`} aria-hidden="true">
      {shaded === null ? null : <rect className="spark-band" x={0} y={shaded.y} width={BOX.width} height={shaded.height} />}
      <path className="spark-line" d={path} />
      {last === null ? null : <circle className="spark-last" cx={last.x} cy={last.y} r={2.2} />}
    </svg>
  );
}

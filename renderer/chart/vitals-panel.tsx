import { useNow } from '../outpost/clinic-time.ts';
import { formatDuration, formatNumber, formatUnit } from '../ui/format.ts';
import { chartWords } from '../words/chart.ts';
import { Sparkline } from './sparkline.tsx';
import type { VitalLine } from './vital-lines.ts';

const words = chartWords.summary;
const AGES_EVERY_MS = 60_000;

/** The latest of each vital sign, how it went, and how old it is; a press draws it big. */
export function VitalsPanel({ lines, onDraw }: { readonly lines: readonly VitalLine[]; readonly onDraw: (id: string) => void }) {
  const now = useNow(AGES_EVERY_MS);
  const marks = { low: chartWords.trend.low, high: chartWords.trend.high };
  return (
    <section className="panel summary-panel" aria-label={words.vitals}>
      <h2 className="summary-title">{words.vitals}</h2>
      {lines.length === 0 ? <p className="summary-empty">{words.noVitals}</p> : null}
      <ul className="plain">
        {lines.map((line) => {
          const value = line.latest.map((each) => formatNumber(each, line.decimals)).join('/');
          return (
            <li key={line.id}>
              <button type="button" className="summary-line vital-line" title={words.trend(line.name)} onClick={() => onDraw(line.id)}>
                <span className="vital-name">{line.short} </span>
                <span className="vital-value">
                  {value} <span className="vital-unit">{formatUnit(line.unit)}</span>
                  {line.outside === null ? null : <strong className="outside"> {marks[line.outside]}</strong>}{' '}
                </span>
                <Sparkline points={line.points} band={line.band} />
                <span className="summary-date">{formatDuration(now - line.at, 'narrow')}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

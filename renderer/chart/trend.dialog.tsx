import { useState } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { Trend } from '../../shared/ipc/shapes.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { CallView } from '../ui/call-view.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { formatDate, formatDateTime, formatNumber, formatUnit } from '../ui/format.ts';
import { PatientBanner } from '../ui/patient-banner.tsx';
import { Select } from '../ui/select.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { chartWords } from '../words/chart.ts';
import { type Chart, useTrend } from './chart.data.ts';
import { TrendDrawing, TrendSign, type DrawnSeries } from './trend-drawing.tsx';
import { adultBandsHold, bandOf, outsideBand, type VitalLine } from './vital-lines.ts';
import { VITAL_SIGNS, VITAL_SIGN_NAMES } from '../../shared/records/vital-signs.ts';

const words = chartWords.trend;

type Props = { readonly patient: RecordId; readonly banner: Chart['banner']; readonly lines: readonly VitalLine[]; readonly first: string; readonly onClose: () => void };

/** One measurement over the whole chart, drawn big, with the same as a table. */
export function TrendDialog({ patient, banner, lines, first, onClose }: Props) {
  const [chosen, setChosen] = useState(first);
  const line = lines.find(({ id }) => id === chosen) ?? lines[0];
  return (
    <Dialog title={words.title} onClose={onClose} closeLabel={words.close} width="wide" banner={<PatientBanner banner={banner} compact />}>
      <Select label={words.sign} options={lines.map(({ id, name }) => ({ value: id, label: name }))} value={line?.id ?? null} onChange={setChosen} width="medium" />
      {line === undefined ? null : <TrendOf key={line.id} patient={patient} birthDate={banner.birthDate} line={line} />}
    </Dialog>
  );
}

function TrendOf({ patient, birthDate, line }: { readonly patient: RecordId; readonly birthDate: string | null; readonly line: VitalLine }) {
  const { now, zone } = useClinicTime();
  const adult = adultBandsHold(birthDate, now(), zone);
  const first = useTrend(patient, line.codes[0] ?? '');
  const second = useTrend(patient, line.codes[1] ?? '');
  return (
    <CallView state={first} skeletonLines={10}>
      {(trend) => <TrendViews name={line.name} decimals={line.decimals} series={[trend, ...(second.at === 'ready' ? [second.value] : [])].map((each) => seriesOf(each, adult))} unit={trend.unit} />}
    </CallView>
  );
}

function seriesOf(trend: Trend, adult: boolean): DrawnSeries {
  const sign = VITAL_SIGN_NAMES.find((each) => VITAL_SIGNS[each].code === trend.code && VITAL_SIGNS[each].unit === trend.unit) ?? null;
  return { code: trend.code, name: trend.display, sign, points: trend.points, band: bandOf(sign, adult) };
}

function TrendViews({ name, series, unit, decimals }: { readonly name: string; readonly series: readonly DrawnSeries[]; readonly unit: string; readonly decimals: number }) {
  const { zone } = useClinicTime();
  const [view, setView] = useState<'drawing' | 'table'>('drawing');
  const write = (value: number): string => `${formatNumber(value, decimals)} ${formatUnit(unit)}`;
  const summaries = series.map((each) => summaryOf(series.length > 1 ? each.name : name, each, write, zone));
  const summary = summaries.join(' ');
  return (
    <Tabs
      label={name}
      selected={view}
      onSelect={setView}
      tabs={[
        {
          id: 'drawing',
          title: words.drawing,
          content: (
            <>
              <TrendDrawing series={series} unit={unit} decimals={decimals} summary={summary} />
              <ul className="plain trend-key small muted">
                {series.map((each, index) => (
                  <li key={each.code}>
                    <TrendSign shape={index} /> {summaries[index]} {each.band === null ? '' : words.band(formatNumber(each.band[0]), formatNumber(each.band[1]), formatUnit(unit))}
                  </li>
                ))}
              </ul>
            </>
          ),
        },
        { id: 'table', title: words.table, count: Math.max(0, ...series.map(({ points }) => points.length)), content: <TrendTable name={name} series={series} unit={unit} decimals={decimals} /> },
      ]}
    />
  );
}

function summaryOf(name: string, { points }: DrawnSeries, write: (value: number) => string, zone: string): string {
  const sorted = points.toSorted((a, b) => a.at - b.at);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return words.none;
  if (sorted.length === 1) return words.one(name, formatDate(last.at, zone), write(last.value));
  return words.summary(name, sorted.length, formatDate(first.at, zone), formatDate(last.at, zone), write(last.value));
}

function TrendTable({ name, series, unit, decimals }: { readonly name: string; readonly series: readonly DrawnSeries[]; readonly unit: string; readonly decimals: number }) {
  const { zone } = useClinicTime();
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => b - a);
  const marks = { low: words.low, high: words.high };
  return (
    // A long table scrolls, and a scrolled place must be reachable by key.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className="trend-table" tabIndex={0} aria-label={name}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.when}</th>
            {series.map((each) => (
              <th key={each.code} scope="col" className="number">
                {each.name}, {formatUnit(unit)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((at) => (
            <tr key={at}>
              <th scope="row">{formatDateTime(at, zone)}</th>
              {series.map((each) => {
                const value = each.points.find((point) => point.at === at)?.value;
                const outside = value === undefined ? null : outsideBand(value, each.band);
                return (
                  <td key={each.code} className="number">
                    {outside === null ? null : <span className="outside">{marks[outside]}</span>} {value === undefined ? '' : formatNumber(value, decimals)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

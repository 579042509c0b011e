import { assertHolds } from '../../shared/base/result.ts';
import { readChart, readTimeline } from '../../main/records/records.ts';
import { BENCH_USER, valueOf } from './bench-vault.ts';
import type { Clinic } from './clinic.ts';
import { latency, type Figure } from './figure.ts';
import { timedNow, type Cost } from './measure.ts';
import { CHART_RESOURCES, type Sizes } from './sizes.ts';

/** Opening a long chart, beside one indexed query that fetches all rows of it. */

export const CHART_ROWS = 'SELECT id, type, at, precision, title, detail, status, encounter, amended, conflicts FROM record WHERE patient = ? ORDER BY at DESC';
const TIMELINE_PAGE_ITEMS = 100;
const WARM_UP = 10;

export function chartFigures({ vault, longHistory }: Clinic, { chartOpens }: Sizes): readonly Figure[] {
  const { ledger, grant } = vault;
  const { read } = ledger;
  const open = (): void => {
    const chart = readChart(read, longHistory, BENCH_USER, Date.now());
    assertHolds(chart?.total === CHART_RESOURCES, 'the chart is whole');
  };
  const contestants = {
    open,
    /** As the engine answers the window: nothing is shown before the entry that says so is durable. */
    traced: () => {
      open();
      valueOf(ledger.append(grant, [{ kind: 'chart.viewed', patient: longHistory, body: { what: 'chart.open' } }]));
    },
    timeline: () => assertHolds(readTimeline(read, { patient: longHistory, types: [], before: null, limit: TIMELINE_PAGE_ITEMS }, 0).items.length === TIMELINE_PAGE_ITEMS, 'the timeline has a page'),
    bare: () => assertHolds(read.all(CHART_ROWS, longHistory).length === CHART_RESOURCES, 'the rows are all there'),
  };
  const names = Object.keys(contestants) as (keyof typeof contestants)[];
  const costs = { open: [] as Cost[], traced: [] as Cost[], timeline: [] as Cost[], bare: [] as Cost[] };
  for (let turn = -WARM_UP; turn < chartOpens; turn += 1) {
    for (const [place] of names.entries()) {
      const name = names[(place + turn + WARM_UP) % names.length];
      if (name === undefined) continue;
      const cost = timedNow(contestants[name]);
      if (turn >= 0) costs[name].push(cost);
    }
  }
  const besideWhat = 'prepared query of the same rows';
  return [
    latency({ id: 'chart.open', what: `chart of ${CHART_RESOURCES.toLocaleString('en')} resources opened` }, { ours: costs.open, beside: costs.bare, besideWhat }),
    latency({ id: 'chart.traced', what: '  with the durable entry that it was seen' }, { ours: costs.traced, beside: costs.bare, besideWhat }),
    latency({ id: 'chart.timeline', what: `  first page of its timeline, ${TIMELINE_PAGE_ITEMS} items` }, { ours: costs.timeline, beside: costs.bare, besideWhat }),
  ];
}

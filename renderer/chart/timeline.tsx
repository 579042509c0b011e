import { useMemo, useState } from 'react';
import { ToggleButton } from 'react-aria-components/ToggleButton';
import { ToggleButtonGroup } from 'react-aria-components/ToggleButtonGroup';
import type { RecordId } from '../../shared/base/ids.ts';
import { useClinicTime } from '../outpost/clinic-time.ts';
import { Button } from '../ui/button.tsx';
import { formatNumber } from '../ui/format.ts';
import { FaultMessage, FaultNotice, Message } from '../ui/message.tsx';
import { Select } from '../ui/select.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { VirtualList } from '../ui/virtual-list.tsx';
import { chartWords } from '../words/chart.ts';
import { useTimeline } from './chart.data.ts';
import { groupCounts, timelineRows, typesOf, type TypeFilter } from './timeline-rows.ts';
import { TimelineRowView } from './timeline-row.tsx';

const words = chartWords.timeline;
const ROW_HEIGHT = 32;
const NEWEST = 'newest';

type Props = {
  readonly patient: RecordId;
  readonly counts: Readonly<Record<string, number>>;
  readonly total: number;
  readonly filter: TypeFilter;
  readonly onFilter: (filter: TypeFilter) => void;
  readonly onOpen: (record: RecordId) => void;
  /** A record stands over it: kept where it was scrolled to, out of the way of keys and readers. */
  readonly covered: boolean;
};

/** Everything in the chart, newest first, by encounter. */
export function Timeline({ patient, counts, total, filter, onFilter, onOpen, covered }: Props) {
  const { zone } = useClinicTime();
  const [year, setYear] = useState<number | null>(null);
  const types = useMemo(() => typesOf(filter, counts), [filter, counts]);
  const timeline = useTimeline(patient, types, year);
  const items = timeline.at === 'ready' ? timeline.items : null;
  const rows = useMemo(() => (items === null ? [] : timelineRows(items, zone)), [items, zone]);
  const choose = (next: TypeFilter): void => {
    setYear(null);
    onFilter(next);
  };
  const years = timeline.at === 'ready' ? timeline.years : [];
  return (
    <section className="timeline" aria-label={words.region} inert={covered}>
      <div className="timeline-head">
        <ToggleButtonGroup
          className="timeline-filter"
          aria-label={words.filter}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[filter]}
          onSelectionChange={(keys) => {
            const chosen = [...keys][0];
            const next = (['all', ...groupCounts(counts).map(({ group }) => group)] as const).find((each) => each === chosen);
            if (next !== undefined) choose(next);
          }}
        >
          <FilterButton id="all" label={words.all} count={total} />
          {groupCounts(counts).map(({ group, count }) => (
            <FilterButton key={group} id={group} label={words.groups[group]} count={count} />
          ))}
        </ToggleButtonGroup>
        <span className="spring" />
        <Select
          label={words.year}
          width="short"
          options={[{ value: NEWEST, label: words.newest }, ...years.map(({ year, count }) => ({ value: String(year), ...words.yearOption(year, count) }))]}
          value={year === null ? NEWEST : String(year)}
          onChange={(value) => setYear(value === NEWEST ? null : Number(value))}
        />
      </div>
      {timeline.at === 'loading' ? <Skeleton lines={12} /> : null}
      {timeline.at === 'failed' ? <FaultMessage fault={timeline.fault} onRetry={timeline.again} /> : null}
      {timeline.at === 'ready' && rows.length === 0 ? (
        <Message tone="quiet" title={filter === 'all' ? words.emptyTitle : words.emptyFilterTitle}>
          {filter === 'all' ? words.empty : words.emptyFilter}
        </Message>
      ) : null}
      {timeline.at === 'ready' && rows.length > 0 ? (
        <>
          <VirtualList
            key={`${filter} ${year ?? ''}`}
            label={words.list}
            items={rows}
            keyOf={({ item }) => item.record}
            rowHeight={ROW_HEIGHT}
            renderRow={(row) => <TimelineRowView row={row} />}
            onOpen={({ item }) => onOpen(item.record)}
            {...(timeline.more ? { onNearEnd: timeline.readMore } : {})}
          />
          {timeline.loadingMore ? <output className="timeline-foot">{words.loadingMore}</output> : null}
          {timeline.moreFault === null ? null : (
            <div className="timeline-foot">
              <FaultNotice fault={timeline.moreFault} />
              <Button onPress={timeline.readMore}>{words.moreFailed}</Button>
            </div>
          )}
        </>
      ) : null}
    </section>
  );
}

function FilterButton({ id, label, count }: { readonly id: TypeFilter; readonly label: string; readonly count: number }) {
  return (
    <ToggleButton id={id} className="filter-button">
      {label} <span className="count">{formatNumber(count)}</span>
    </ToggleButton>
  );
}

import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { Fault } from '../../shared/base/result.ts';
import type { CallFault, CallOutput, CallResult } from '../../shared/ipc/contract.ts';
import type { ChartItem } from '../../shared/ipc/shapes.ts';
import { call } from '../outpost/client.ts';
import { useCall } from '../outpost/queries.ts';
import { endOfYear } from './timeline-rows.ts';

export type Chart = CallOutput<'chart.open'>;
export type RecordView = CallOutput<'chart.record'>;

export function useChart(patient: RecordId) {
  return useCall('chart.open', { patient });
}

export function useRecord(record: RecordId) {
  return useCall('chart.record', { record });
}

export function useTrend(patient: RecordId, code: string) {
  return useCall('chart.trend', { patient, code }, { when: code !== '' });
}

/** Items of one call. A screen shows about twenty, so most charts need one or two pages. */
const PAGE_ITEMS = 200;
/** Sorts before every record of the same instant: the position just after all of an earlier year. */
const LOWEST_RECORD = '00000000-0000-0000-0000-000000000000' as RecordId;

/** The place in time order of what has no date: before everything, and before any date that FHIR can write. */
const UNDATED_AT = -1e15;

type Position = { readonly at: number; readonly record: RecordId };
type Page = CallResult<'chart.timeline'>;

export type Timeline =
  | { readonly at: 'loading' }
  | { readonly at: 'failed'; readonly fault: Fault<CallFault<'chart.timeline'>>; readonly again: () => void }
  | {
      readonly at: 'ready';
      readonly items: readonly ChartItem[];
      readonly years: CallOutput<'chart.timeline'>['years'];
      readonly more: boolean;
      readonly loadingMore: boolean;
      /** Set where reading further back was refused; what is there stands. */
      readonly moreFault: Fault<CallFault<'chart.timeline'>> | null;
      readonly readMore: () => void;
    };

/** The timeline page by page, newest first, from a year or from now. Each page is a view that the trail keeps. */
export function useTimeline(patient: RecordId, types: readonly string[], fromYear: number | null): Timeline {
  const query = useInfiniteQuery({
    queryKey: ['chart.timeline', { patient, types, fromYear }],
    queryFn: ({ pageParam }): Promise<Page> => call('chart.timeline', { patient, types: [...types], before: pageParam, limit: PAGE_ITEMS }),
    initialPageParam: fromYear === null ? null : ({ at: endOfYear(fromYear), record: LOWEST_RECORD } as Position | null),
    getNextPageParam: (page: Page) => (page.ok && page.value.more ? lastPosition(page.value.items) : undefined),
  });
  const { fetchNextPage, refetch, hasNextPage, isFetchingNextPage, data } = query;
  const readMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const again = useCallback(() => void refetch(), [refetch]);
  const items = useMemo(() => data?.pages.flatMap((page) => (page.ok ? page.value.items : [])) ?? [], [data]);
  const first = data?.pages[0];
  const last = data?.pages.at(-1);
  if (first === undefined || last === undefined) return { at: 'loading' };
  if (!first.ok) return { at: 'failed', fault: first.fault, again };
  const years = first.value.years;
  return { at: 'ready', items, years, more: hasNextPage && !isFetchingNextPage, loadingMore: isFetchingNextPage, moreFault: last.ok ? null : last.fault, readMore };
}

/** Where the next page begins. */
function lastPosition(items: readonly ChartItem[]): Position | undefined {
  const last = items.at(-1);
  return last === undefined ? undefined : { at: last.at ?? UNDATED_AT, record: last.record };
}

import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { Fault } from '../../shared/base/result.ts';
import type { CallFault, CallOutput, CallResult } from '../../shared/ipc/contract.ts';
import { call } from '../outpost/client.ts';
import { useCall } from '../outpost/queries.ts';

export type Line = CallOutput<'conflicts.list'>['conflicts'][number];
export type Conflict = CallOutput<'conflicts.view'>;
export type Value = Conflict['values'][number];
export type Severity = Line['severity'];

const PAGE_LINES = 50;

/** A record can be in conflict in several fields at a time. */
export function conflictKey({ record, field }: Pick<Line, 'record' | 'field'>): string {
  return `${record} ${field}`;
}

type Page = CallResult<'conflicts.list'>;
export type Conflicts =
  | { readonly at: 'loading' }
  | { readonly at: 'failed'; readonly fault: Fault<CallFault<'conflicts.list'>>; readonly again: () => void }
  | { readonly at: 'ready'; readonly lines: readonly Line[]; readonly more: boolean; readonly readMore: () => void };

/** What waits, the oldest first, read as far as somebody scrolls. */
export function useConflicts(patient: RecordId | null, severity: Severity): Conflicts {
  const { data, fetchNextPage, refetch, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['conflicts.list', { patient, severity }],
    queryFn: ({ pageParam }): Promise<Page> => call('conflicts.list', { patient, severity, after: pageParam, limit: PAGE_LINES }),
    initialPageParam: null as CallOutput<'conflicts.list'>['next'],
    getNextPageParam: (page: Page) => (page.ok ? (page.value.next ?? undefined) : undefined),
  });
  const lines = useMemo(() => data?.pages.flatMap((page) => (page.ok ? page.value.conflicts : [])) ?? [], [data]);
  const readMore = useCallback(() => void (hasNextPage && !isFetchingNextPage && fetchNextPage()), [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const again = useCallback(() => void refetch(), [refetch]);
  const refused = data?.pages.find((page) => !page.ok);
  if (data === undefined) return { at: 'loading' };
  if (refused !== undefined && !refused.ok) return { at: 'failed', fault: refused.fault, again };
  return { at: 'ready', lines, more: hasNextPage, readMore };
}

export function useConflict({ record, field }: Pick<Line, 'record' | 'field'>) {
  return useCall('conflicts.view', { record, field });
}

export function useBanner(patient: RecordId) {
  return useCall('chart.banner', { patient });
}

import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import type { RecordId } from '../../shared/base/ids.ts';
import type { Fault } from '../../shared/base/result.ts';
import type { CallFault, CallResult } from '../../shared/ipc/contract.ts';
import type { AuditLine } from '../../shared/ipc/rows-system.ts';
import { call } from '../outpost/client.ts';
import type { TrailFilter } from './trail-filter.ts';

export type { AuditLine };

const PAGE_LINES = 100;

type Page = CallResult<'audit.list'>;
export type Trail =
  | { readonly at: 'loading' }
  | { readonly at: 'failed'; readonly fault: Fault<CallFault<'audit.list'>>; readonly again: () => void }
  | {
      readonly at: 'ready';
      readonly lines: readonly AuditLine[];
      readonly more: boolean;
      readonly loadingMore: boolean;
      readonly moreFault: Fault<CallFault<'audit.list'>> | null;
      readonly readMore: () => void;
    };

/** The trail page by page, newest first: of one patient, or of the whole workstation through a filter. Looking leaves its own entry. */
export function useTrail(patient: RecordId | null, filter: TrailFilter): Trail {
  const { data, fetchNextPage, refetch, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: patient === null ? ['audit.list', filter] : ['audit.patient', { patient }],
    queryFn: ({ pageParam }): Promise<Page> => (patient === null ? call('audit.list', { ...filter, before: pageParam, limit: PAGE_LINES }) : call('audit.patient', { patient, before: pageParam, limit: PAGE_LINES })),
    initialPageParam: null as number | null,
    getNextPageParam: (page: Page) => (page.ok ? (page.value.next ?? undefined) : undefined),
  });
  const readMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const again = useCallback(() => void refetch(), [refetch]);
  const lines = useMemo(() => data?.pages.flatMap((page) => (page.ok ? page.value.lines : [])) ?? [], [data]);
  const first = data?.pages[0];
  const last = data?.pages.at(-1);
  if (first === undefined || last === undefined) return { at: 'loading' };
  if (!first.ok) return { at: 'failed', fault: first.fault, again };
  return { at: 'ready', lines, more: hasNextPage && !isFetchingNextPage, loadingMore: isFetchingNextPage, moreFault: last.ok ? null : last.fault, readMore };
}

// Lists that go by cursor: one hook for all of them.
import { type InfiniteData, keepPreviousData, type QueryKey, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { shareRows } from './shareRows';

export type Page<T> = { items: T[]; next?: string | null };

type Pages<T> = InfiniteData<Page<T>>;

export type PagedList<T> = {
  rows: T[] | undefined;
  error: Error | null;
  /** True while another list than the asked one is still shown. */
  stale: boolean;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  retry: () => void;
};

/** A list that grows page by page. */
export function usePagedList<T>(
  key: QueryKey,
  load: (cursor: string | undefined) => Promise<Page<T>>,
): PagedList<T> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    structuralSharing: (previous, next) => shareRows(previous as Pages<T> | undefined, next as Pages<T>),
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  return {
    rows,
    error: rows ? null : query.error,
    stale: query.isPlaceholderData,
    hasMore: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  };
}

// Indicators and marks as the pages ask for them, and the changes to them.
import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { type PagedList, usePagedList } from '../api/lists';
import type { operations } from '../api/schema';
import type {
  Evidence,
  FoundIndicator,
  IndicatorKind,
  Judgement,
  Mark,
  MarkScope,
  SetMark,
} from '../api/types';
import { useAction } from '../shared/useAction';
import {
  KINDS,
  type Row,
  rowKey,
  rowOfCase,
  rowOfEvidence,
  rowOfMessage,
  rowOfSearch,
} from './indicatorWords';

/** Indicators on a page: the tables group and count what is loaded. */
const PER_PAGE = 200;

function asRows<T>(list: PagedList<T>, row: (item: T) => Row): PagedList<Row> {
  return { ...list, rows: list.rows?.map(row) };
}

export function useMessageIndicators(id: string, part?: string): PagedList<Row> {
  const list = usePagedList(keys.indicators('message', id, part ?? ''), (cursor) =>
    answer(
      api.GET('/messages/{id}/indicators', {
        params: { path: { id }, query: { part, cursor, limit: PER_PAGE } },
      }),
    ),
  );
  return asRows(list, rowOfMessage);
}

export function useCaseIndicators(id: string): PagedList<Row> {
  const list = usePagedList(keys.indicators('case', id), (cursor) =>
    answer(
      api.GET('/cases/{id}/indicators', { params: { path: { id }, query: { cursor, limit: PER_PAGE } } }),
    ),
  );
  return asRows(list, rowOfCase);
}

/** The indicators of evidence that is kept nowhere, with what the organization knows of them. */
export function useEvidenceIndicators(evidence: Evidence): PagedList<Row> {
  const rows = useMemo(
    () => [
      ...evidence.indicators.map((found) => rowOfEvidence(found, false)),
      ...evidence.set_aside.map((found) => rowOfEvidence(found, true)),
    ],
    [evidence],
  );
  const pages = useMemo(
    () =>
      Array.from({ length: Math.ceil(rows.length / PER_PAGE) }, (_, page) =>
        rows.slice(page * PER_PAGE, (page + 1) * PER_PAGE).map(({ kind, value }) => ({ kind, value })),
      ),
    [rows],
  );
  const known = useQueries({
    queries: pages.map((indicators) => ({
      queryKey: keys.indicators('lookup', indicators),
      queryFn: () => answer(api.POST('/indicators/lookups', { body: { indicators } })),
    })),
    combine: (results) => new Map(results.flatMap(({ data }) => data?.items ?? []).map(byKey)),
  });
  return {
    rows: rows.map((row) => {
      const facts = known.get(rowKey(row));
      return facts ? { ...row, mark: facts.mark ?? null, seen: facts.seen } : row;
    }),
    error: null,
    stale: false,
    hasMore: false,
    loadingMore: false,
    loadMore: () => {},
    retry: () => {},
  };
}

const byKey = (found: FoundIndicator) => [rowKey(found), found] as const;

export const INDICATOR_FILTERS = ['q', 'kind', 'mark', 'seen'] as const;
export type IndicatorFilters = Partial<Record<(typeof INDICATOR_FILTERS)[number], string>>;

type SearchQuery = NonNullable<operations['search_indicators']['parameters']['query']>;
export const MARK_CHOICES = ['malicious', 'benign', 'own', 'none', 'unfolded'] as const;
type MarkChoice = (typeof MARK_CHOICES)[number];

/** How far back, in days, by what the address says. */
export const SEEN_DAYS: Record<string, number> = { day: 1, week: 7, month: 30, quarter: 90 };

/** What the address says, as the API takes it; nonsense in the address is no filter. */
export function indicatorQuery(filters: IndicatorFilters, nowMillis: number): SearchQuery {
  const days = SEEN_DAYS[filters.seen ?? ''];
  // To the hour, so that the same search stays the same search for a while.
  const hour = 3_600_000;
  const since = days && Math.floor(nowMillis / hour) * hour - days * 24 * hour;
  return {
    q: filters.q,
    kind: KINDS.filter((kind) => kind === filters.kind),
    mark: MARK_CHOICES.find((known) => known === filters.mark) as MarkChoice | undefined,
    since: since ? new Date(since).toISOString() : undefined,
  };
}

export function useFoundIndicators(filters: IndicatorFilters): PagedList<Row> {
  const query = indicatorQuery(filters, Date.now());
  const list = usePagedList(keys.indicators('search', query), (cursor) =>
    answer(api.GET('/indicators', { params: { query: { ...query, cursor, limit: 50 } } })),
  );
  return asRows(list, rowOfSearch);
}

export function useMarks(filters: { mark?: Judgement; scope?: MarkScope }): PagedList<Mark> {
  return usePagedList(keys.indicators('marks', filters), (cursor) =>
    answer(api.GET('/indicators/marks', { params: { query: { ...filters, cursor } } })),
  );
}

const ALL = () => [keys.indicators()];

/** With `quietFailure` the form says itself what failed. */
export function useSetMark({ onDone, quietFailure }: { onDone?: () => void; quietFailure?: boolean } = {}) {
  return useAction({
    run: (body: SetMark) => answer(api.PUT('/indicators/marks', { body })),
    failed: 'It was not marked',
    stale: ALL,
    onDone,
    quietFailure,
  });
}

export type MarkName = { scope: MarkScope; kind?: IndicatorKind | null; value: string };

export function useTakeBackMark() {
  return useAction({
    run: ({ scope, kind, value }: MarkName) =>
      answer(
        api.DELETE('/indicators/marks', { params: { query: { scope, kind: kind ?? undefined, value } } }),
      ),
    failed: 'The mark was not taken back',
    stale: ALL,
  });
}

export type ExportOf = { of: 'message' | 'case'; id: string } | { of: 'search'; filters: IndicatorFilters };
export type ExportFormat = 'stix' | 'misp' | 'csv' | 'text';

/** Where an export is downloaded from. */
export function exportUrl(
  what: ExportOf,
  format: ExportFormat,
  defanged: boolean,
  nowMillis: number,
): string {
  const query = new URLSearchParams({ format });
  if (!defanged) query.set('defanged', 'false');
  if (what.of !== 'search') {
    const list = what.of === 'message' ? 'messages' : 'cases';
    return `/api/v1/${list}/${encodeURIComponent(what.id)}/indicators/export?${query}`;
  }
  const { q, kind, mark, since } = indicatorQuery(what.filters, nowMillis);
  for (const each of kind ?? []) query.append('kind', each);
  for (const [name, value] of Object.entries({ q, mark, since })) if (value) query.set(name, value);
  return `/api/v1/indicators/export?${query}`;
}

/** Where the messages are listed an indicator was seen in. */
export function messagesWith({ kind, value }: { kind: IndicatorKind; value: string }): string {
  return `/inbox?${new URLSearchParams({ indicator: `${kind}:${value}` })}`;
}

/** The other way round; nothing for what is none. */
export function readIndicator(text: string | undefined): { kind: IndicatorKind; value: string } | null {
  const at = text?.indexOf(':') ?? -1;
  const kind = KINDS.find((known) => known === text?.slice(0, at));
  return kind && text ? { kind, value: text.slice(at + 1) } : null;
}

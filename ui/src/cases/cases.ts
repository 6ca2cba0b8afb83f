// Cases as the pages ask for them, and the changes to them.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { usePagedList } from '../api/lists';
import type { CaseStatus, Severity, UpdateCase } from '../api/types';
import { useAction } from '../shared/useAction';

export const CASE_FILTERS = ['q', 'status', 'severity', 'owner', 'tag'] as const;
export const CASE_SORTS = ['updated', 'created', 'number', 'severity'] as const;
export type CaseSort = (typeof CASE_SORTS)[number];
export type SortOrder = 'asc' | 'desc';

export const STATUSES: { value: CaseStatus; label: string }[] = [
  { value: 'open', label: 'Open' },
  { value: 'in_progress', label: 'In progress' },
  { value: 'resolved', label: 'Resolved' },
];
export const SEVERITIES: { value: Severity; label: string }[] = [
  { value: 'critical', label: 'Critical' },
  { value: 'high', label: 'High' },
  { value: 'medium', label: 'Medium' },
  { value: 'low', label: 'Low' },
];
/** Stands for all statuses but resolved. */
export const UNRESOLVED = 'unresolved';

type Filters = Partial<Record<(typeof CASE_FILTERS)[number], string>>;

/** What the address says, as the API takes it; nonsense in the address is no filter. */
export function caseQuery(filters: Filters, sort: string | undefined, order: string | undefined) {
  return {
    q: filters.q,
    status: statuses(filters.status),
    severity: SEVERITIES.filter(({ value }) => value === filters.severity).map(({ value }) => value),
    owner: filters.owner,
    tag: filters.tag,
    sort: CASE_SORTS.find((known) => known === sort) ?? 'updated',
    order: order === 'asc' ? ('asc' as const) : ('desc' as const),
  };
}

function statuses(filter: string | undefined): CaseStatus[] {
  const all = STATUSES.map(({ value }) => value);
  return filter === UNRESOLVED
    ? all.filter((each) => each !== 'resolved')
    : all.filter((each) => each === filter);
}

export function useCases(query: ReturnType<typeof caseQuery>) {
  return usePagedList(keys.cases(query), (cursor) =>
    answer(api.GET('/cases', { params: { query: { ...query, cursor } } })),
  );
}

export const caseOptions = (id: string) =>
  queryOptions({
    queryKey: keys.case(id),
    queryFn: () => answer(api.GET('/cases/{id}', { params: { path: { id } } })),
  });

/** Everybody a case can be given to. */
export function usePeople() {
  const query = useQuery({
    queryKey: keys.people,
    queryFn: () => answer(api.GET('/people')),
    staleTime: 60_000,
  });
  return query.data?.items ?? [];
}

export function useUpdateCase(id: string) {
  return useAction({
    run: (body: UpdateCase) => answer(api.PATCH('/cases/{id}', { params: { path: { id } }, body })),
    done: 'The case was changed',
    failed: 'The case was not changed',
    stale: () => [keys.case(id), keys.cases()],
  });
}

export function useCaseMessages(id: string) {
  return usePagedList(keys.case(id, 'messages'), (cursor) =>
    answer(api.GET('/cases/{id}/messages', { params: { path: { id }, query: { cursor } } })),
  );
}

export function useCaseAttachments(id: string) {
  return usePagedList(keys.case(id, 'attachments'), (cursor) =>
    answer(api.GET('/cases/{id}/attachments', { params: { path: { id }, query: { cursor } } })),
  );
}

/** Reports on a page: each may be long, and the rest of the case stands below them. */
const REPORTS = 5;

export function useCaseReports(id: string) {
  return usePagedList(keys.case(id, 'reports'), (cursor) =>
    answer(api.GET('/cases/{id}/reports', { params: { path: { id }, query: { cursor, limit: REPORTS } } })),
  );
}

export function useCaseTimeline(id: string) {
  return usePagedList(keys.case(id, 'timeline'), (cursor) =>
    answer(api.GET('/cases/{id}/timeline', { params: { path: { id }, query: { cursor } } })),
  );
}

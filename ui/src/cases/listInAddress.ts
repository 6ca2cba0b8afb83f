// What the list of cases was narrowed down to and sorted by stays in the address of a case, for the way back. Pure.
import { CASE_FILTERS } from './cases';

const OF_LIST: readonly string[] = [...CASE_FILTERS, 'sort', 'order'];

/** The address of a case that was opened from the list. */
export function caseAddress(id: string, params: URLSearchParams): string {
  return `/cases/${id}${ofList(params)}`;
}

/** The list as it was left. */
export function listAddress(params: URLSearchParams): string {
  return `/cases${ofList(params)}`;
}

function ofList(params: URLSearchParams): string {
  const kept = new URLSearchParams([...params].filter(([name]) => OF_LIST.includes(name)));
  return kept.size > 0 ? `?${kept}` : '';
}

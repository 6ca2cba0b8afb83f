// Messages as the inbox asks for them.
import { queryOptions } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { usePagedList } from '../api/lists';
import type { Address, MessageState } from '../api/types';
import { readIndicator } from '../indicators/indicators';
import { useAction } from '../shared/useAction';

export const MESSAGE_FILTERS = ['q', 'state', 'connector', 'in_case', 'automatic', 'indicator'] as const;
export type MessageFilters = Partial<Record<(typeof MESSAGE_FILTERS)[number], string>>;

/** Stands among the states: to a person it is one, though such a message was decided. */
export const NEEDS_KEY = 'needs_key';

const STATES: readonly string[] = ['stored', 'decided', 'needs_attention'] satisfies MessageState[];

/** What the address says, as the API takes it; nonsense in the address is no filter. */
export function messageQuery(filters: MessageFilters) {
  return {
    q: filters.q,
    state: STATES.includes(filters.state ?? '') ? (filters.state as MessageState) : undefined,
    connector: filters.connector,
    has_case: yesOrNo(filters.in_case),
    automatic: yesOrNo(filters.automatic),
    needs_key: filters.state === NEEDS_KEY || undefined,
    indicator: readIndicator(filters.indicator) ? filters.indicator : undefined,
  };
}

function yesOrNo(text: string | undefined): boolean | undefined {
  if (text === 'yes') return true;
  return text === 'no' ? false : undefined;
}

export function useMessages(filters: MessageFilters) {
  const query = messageQuery(filters);
  return usePagedList(keys.messages(query), (cursor) =>
    answer(api.GET('/messages', { params: { query: { ...query, cursor } } })),
  );
}

export const messageOptions = (id: string) =>
  queryOptions({
    queryKey: keys.message(id),
    queryFn: () => answer(api.GET('/messages/{id}', { params: { path: { id } } })),
  });

export function useRetryMessage(id: string) {
  return useAction({
    run: () => answer(api.POST('/messages/{id}/retry', { params: { path: { id } } })),
    done: 'The message is tried again',
    failed: 'The message was not retried',
    stale: () => [keys.message(id), keys.messages()],
  });
}

/** "Jane Doe <jane@example.org>", or what there is of it. */
export function addressText(address: Address): string {
  if (address.name && address.address) return `${address.name} <${address.address}>`;
  return address.name || address.address || '(unknown)';
}

export const NO_SUBJECT = '(no subject)';

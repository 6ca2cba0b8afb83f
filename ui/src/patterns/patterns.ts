// Patterns as the pages ask for them, the changes to them, and trying one before it is kept.
import { useMutation, useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { Pattern, PatternDraft } from '../api/types';
import { useAction } from '../shared/useAction';

/** Messages a pattern is tried on. */
export const TRIED_MESSAGES = 20;

export function usePatterns() {
  return useQuery({
    queryKey: keys.patterns,
    queryFn: async () => (await answer(api.GET('/patterns'))).items,
  });
}

export function useNamedPatterns() {
  return useQuery({
    queryKey: [...keys.patterns, 'named'],
    queryFn: async () => (await answer(api.GET('/patterns/named'))).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export type SaveInput = { pattern: PatternDraft; active: boolean };

export function useSavePattern(existing: Pattern | null, onDone: (saved: Pattern) => void) {
  return useAction({
    run: (input: SaveInput) =>
      existing
        ? answer(
            api.PUT('/patterns/{id}', {
              params: { path: { id: existing.id } },
              body: { ...input, revision: existing.revision },
            }),
          )
        : answer(api.POST('/patterns', { body: input })),
    done: ({ pattern, active }) =>
      active ? `${pattern.name} is run over new mail` : `${pattern.name} is kept and switched off`,
    failed: 'The pattern was not saved',
    quietFailure: true,
    stale: () => [[...keys.patterns]],
    onDone,
  });
}

export function useDeletePattern(onDone: () => void) {
  return useAction({
    run: ({ id }: Pattern) => answer(api.DELETE('/patterns/{id}', { params: { path: { id } } })),
    done: (_, { pattern }) => `${pattern.name} is deleted`,
    failed: 'The pattern is not deleted',
    stale: () => [[...keys.patterns]],
    onDone,
  });
}

export function useTrial() {
  return useMutation({
    mutationFn: ({ pattern, q }: { pattern: PatternDraft; q: string }) =>
      answer(
        api.POST('/patterns/trials', {
          body: { pattern, newest: TRIED_MESSAGES, ...(q.trim() ? { q: q.trim() } : {}) },
        }),
      ),
  });
}

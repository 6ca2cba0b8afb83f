// Re-examinations as the pages ask for them, and what can be done to them.
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import type { ReexaminationScope } from '../api/types';
import { counted } from '../shared/format';
import { useAction } from '../shared/useAction';

export function useReexaminations() {
  return useQuery({
    queryKey: keys.reexaminations,
    queryFn: () => answer(api.GET('/reexaminations')),
  });
}

export function useReexamination(id: string) {
  return useQuery({
    queryKey: keys.reexamination(id),
    queryFn: () => answer(api.GET('/reexaminations/{id}', { params: { path: { id } } })),
  });
}

const STALE = () => [[...keys.reexaminations]];

export function useReexamine() {
  return useAction({
    run: (scope: ReexaminationScope) => answer(api.POST('/reexaminations', { body: { scope } })),
    done: ({ total }) => `${counted(total, 'message is', 'messages are')} looked at again`,
    failed: 'They are not looked at again',
    stale: STALE,
  });
}

export function useCancelReexamination() {
  return useAction({
    run: (id: string) => answer(api.POST('/reexaminations/{id}/cancel', { params: { path: { id } } })),
    done: 'No further messages are looked at',
    failed: 'It was not cancelled',
    stale: STALE,
  });
}

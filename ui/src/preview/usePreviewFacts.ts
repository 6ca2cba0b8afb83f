// What belongs to a preview and is not in the page.
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';

export function usePreviewFacts(id: string, path?: string) {
  return useQuery({
    queryKey: keys.message(id, 'preview-facts', path ?? ''),
    queryFn: () =>
      answer(api.GET('/messages/{id}/preview/facts', { params: { path: { id }, query: { path } } })),
  });
}

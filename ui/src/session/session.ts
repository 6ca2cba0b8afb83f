// Who is signed in and what they may do.
import { queryOptions, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { answer, api, rememberCsrfToken } from '../api/client';
import { keys } from '../api/keys';
import { Problem } from '../api/problem';
import type { Me, Permission } from '../api/types';
import { useAction } from '../shared/useAction';

/** `null` when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async (): Promise<Me | null> => {
    try {
      return keepToken(await answer(api.GET('/session')));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return keepToken(null);
      throw error;
    }
  },
  staleTime: 5 * 60_000,
  retry: (failures, error) => !(error instanceof Problem && error.status !== 0) && failures < 2,
});

function keepToken<T extends Me | null>(me: T): T {
  rememberCsrfToken(me?.csrf_token ?? null);
  return me;
}

/** The signed-in user; only below `RequireSession`. */
export function useMe(): Me {
  const { data } = useSuspenseQuery(sessionQuery);
  if (!data) throw new Error('nobody is signed in');
  return data;
}

export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}

/** Whether the first set-up is still to be done. */
export function useSetupNeeded(enabled: boolean) {
  return useQuery({
    queryKey: keys.setup,
    queryFn: () => answer(api.GET('/setup')),
    enabled,
    staleTime: 0,
  });
}

/** Puts a fresh session into place. */
export function useEnter(): (me: Me, to: string) => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (me, to) => {
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] });
    client.setQueryData(keys.session, keepToken(me));
    navigate(to, { replace: true });
  };
}

export function useSignOut() {
  const client = useQueryClient();
  return useAction({
    run: () => answer(api.DELETE('/session')),
    failed: 'You were not signed out',
    onDone: () => {
      client.clear();
      client.setQueryData(keys.session, keepToken(null));
    },
  });
}

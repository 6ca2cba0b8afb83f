// Connectors as the pages ask for them, and the changes to them.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api } from '../api/client';
import { keys } from '../api/keys';
import { usePagedList } from '../api/lists';
import type { CompleteGrant, Connector, StartMigration } from '../api/types';
import { count, counted } from '../shared/format';
import { useAction } from '../shared/useAction';

export function useConnectors() {
  return useQuery({
    queryKey: keys.connectors,
    queryFn: async () => (await answer(api.GET('/connectors'))).items,
  });
}

/** For filters: value and label of each connector. */
export function useConnectorNames(): { value: string; label: string }[] {
  const { data } = useConnectors();
  return (data ?? []).map((connector) => ({ value: connector.id, label: connector.settings.name }));
}

export const kindsOptions = queryOptions({
  queryKey: keys.connectorKinds,
  queryFn: async () => (await answer(api.GET('/connector-kinds'))).items,
  staleTime: Number.POSITIVE_INFINITY,
});

export const connectorOptions = (id: string) =>
  queryOptions({
    queryKey: keys.connector(id),
    queryFn: () => answer(api.GET('/connectors/{id}', { params: { path: { id } } })),
  });

const staleAfterChange = (id: string) => [[...keys.connectors], keys.connector(id)];

export function useSetActive(connector: Connector) {
  const path = { id: connector.id };
  return useAction({
    run: (active: boolean) =>
      answer(
        active
          ? api.POST('/connectors/{id}/activate', { params: { path } })
          : api.POST('/connectors/{id}/deactivate', { params: { path } }),
      ),
    done: (_, active) => `${connector.settings.name} was ${active ? 'activated' : 'paused'}`,
    failed: 'The connector was not changed',
    stale: () => staleAfterChange(connector.id),
  });
}

export function usePollNow(connector: Connector) {
  return useAction({
    run: () => answer(api.POST('/connectors/{id}/poll', { params: { path: { id: connector.id } } })),
    done: `${connector.settings.name} looks for mail now`,
    failed: 'The connector could not be woken',
  });
}

export function useDeleteConnector(connector: Connector, onDone: () => void) {
  return useAction({
    run: () => answer(api.DELETE('/connectors/{id}', { params: { path: { id: connector.id } } })),
    done: `${connector.settings.name} was deleted`,
    failed: 'The connector was not deleted',
    stale: () => [[...keys.connectors]],
    onDone,
  });
}

/** Has what the pre-filter left out looked at by the filter as it is now. */
export function useLookAgain(id: string) {
  return useAction({
    run: () => answer(api.POST('/connectors/{id}/look-again', { params: { path: { id } } })),
    done: ({ queued }) => `${count(queued)} messages are looked at again`,
    failed: 'They are not looked at again',
    stale: () => staleAfterChange(id),
  });
}

/** Leaves for the provider, who sends the browser back to the page of `EmailOauthPage`. */
export function useBeginGrant(id: string) {
  return useAction({
    run: (body: { switch_account: boolean }) =>
      answer(api.POST('/connectors/{id}/grant', { params: { path: { id } }, body })),
    failed: 'Access could not be asked for',
    onDone: ({ url }) => window.location.assign(url),
  });
}

export function useCompleteGrant(onDone: (connector: string) => void) {
  return useAction({
    run: (body: CompleteGrant) => answer(api.POST('/grants', { body })),
    done: ({ settings, grant }) => `${grant?.account ?? 'The account'} granted ${settings.name} access`,
    failed: 'Access was not granted',
    quietFailure: true,
    stale: ({ id }) => staleAfterChange(id),
    onDone: ({ id }) => onDone(id),
  });
}

export function useWithdrawGrant(connector: Connector, onDone: () => void) {
  return useAction({
    run: () => answer(api.DELETE('/connectors/{id}/grant', { params: { path: { id: connector.id } } })),
    done: `${connector.settings.name} has no access any more`,
    failed: 'The access was not forgotten',
    stale: () => staleAfterChange(connector.id),
    onDone,
  });
}

/** Lines of the log that are shown: the newest ones. */
const LOG_LINES = 100;

export function useConnectorLog(id: string) {
  return usePagedList(keys.connector(id, 'log'), () =>
    answer(api.GET('/connectors/{id}/log', { params: { path: { id }, query: { limit: LOG_LINES } } })),
  );
}

export function useNeedsAttention(id: string) {
  return useQuery({
    queryKey: keys.connector(id, 'needs-attention'),
    queryFn: () => answer(api.GET('/connectors/{id}/needs-attention', { params: { path: { id } } })),
  });
}

export function useRetryDelivery(id: string) {
  return useAction({
    run: (delivery: string) =>
      answer(
        api.POST('/connectors/{id}/deliveries/{delivery}/retry', { params: { path: { id, delivery } } }),
      ),
    done: 'It is fetched again',
    failed: 'It was not retried',
    stale: () => [keys.connector(id)],
  });
}

export function useAccounting(id: string) {
  return useQuery({
    queryKey: keys.connector(id, 'accounting'),
    queryFn: async () =>
      (await answer(api.GET('/connectors/{id}/accounting', { params: { path: { id } } }))).accounting ?? null,
  });
}

export function useRunAccounting(id: string) {
  return useAction({
    run: () => answer(api.POST('/connectors/{id}/accounting', { params: { path: { id } } })),
    done: ({ summary }) => `Counted: ${summary}`,
    failed: 'The accounting failed',
    stale: () => [keys.connector(id, 'accounting')],
  });
}

export function useFetchGaps(id: string) {
  return useAction({
    run: () => answer(api.POST('/connectors/{id}/accounting/fetch', { params: { path: { id } } })),
    done: ({ queued }) => `${count(queued)} missing messages are being fetched`,
    failed: 'The missing messages were not fetched',
    stale: () => [keys.connector(id)],
  });
}

export function useMigration(id: string) {
  return useQuery({
    queryKey: keys.connector(id, 'migration'),
    queryFn: async () =>
      (await answer(api.GET('/connectors/{id}/migration', { params: { path: { id } } }))).migration,
  });
}

export function useStartMigration(id: string, onDone: () => void) {
  return useAction({
    run: (body: StartMigration) =>
      answer(api.POST('/connectors/{id}/migration', { params: { path: { id } }, body })),
    done: 'Both sources run side by side',
    failed: 'The other source was not put beside it',
    quietFailure: true,
    stale: () => staleAfterChange(id),
    onDone,
  });
}

export function useCompareSources(id: string) {
  return useAction({
    run: () => answer(api.POST('/connectors/{id}/migration/comparison', { params: { path: { id } } })),
    done: ({ agrees }) => (agrees ? 'Both see the same messages' : 'They were compared, and do not agree'),
    failed: 'They were not compared',
    stale: () => [keys.connector(id, 'migration')],
  });
}

type SwitchedAction = { connector: Connector; done: string; failed: string; onDone: () => void };

/** Lets the other source go on, there and back. */
export function useSwitchSources({ connector, done, failed, onDone }: SwitchedAction) {
  const { id } = connector;
  return useAction({
    run: () => answer(api.POST('/connectors/{id}/migration/switch', { params: { path: { id } } })),
    done: ({ known, new: fresh }) =>
      `${done}: ${counted(known, 'message')} known, ${count(fresh)} new ${fresh === 1 ? 'one' : 'ones'}`,
    failed,
    stale: () => staleAfterChange(id),
    onDone,
  });
}

/** Forgets the other source, whichever of the two that is. */
export function useEndMigration(id: string, done: string, onDone: () => void) {
  return useAction({
    run: () => answer(api.DELETE('/connectors/{id}/migration', { params: { path: { id } } })),
    done,
    failed: 'The other source was not forgotten',
    stale: () => staleAfterChange(id),
    onDone,
  });
}

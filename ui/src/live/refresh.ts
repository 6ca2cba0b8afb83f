// Makes the cache stale, queries that are loaded for the first time included.
import type { QueryClient, QueryFilters } from '@tanstack/react-query';

/**
 * Refreshes what is shown of the named queries. A first load that is under way may have left the server before the
 * change, and is not repeated by the library: it is loaded once more when it has ended.
 */
export async function refresh(client: QueryClient, filters: QueryFilters = {}): Promise<void> {
  const loading = client
    .getQueryCache()
    .findAll({ ...filters, fetchStatus: 'fetching' })
    .filter((query) => query.state.data === undefined);
  // Waits for them as well.
  await client.invalidateQueries(filters);
  await Promise.all(loading.map(({ queryKey }) => client.invalidateQueries({ queryKey, exact: true })));
}

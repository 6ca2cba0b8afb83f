// Keeps the screen true: server-sent events make the cache stale, and a lost stream is opened again.
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { keys } from '../api/keys';
import { RefreshBatch } from './batch';
import { LIVE_EVENT_NAMES, parseEventData, staleAfter } from './plan';
import { refresh } from './refresh';

export type LiveState = 'connecting' | 'live' | 'reconnecting';

const RETRY_FIRST_MILLIS = 1_000;
const RETRY_MAX_MILLIS = 30_000;

const LiveContext = createContext<LiveState>('connecting');

export function useLiveState(): LiveState {
  return useContext(LiveContext);
}

/** Listens for as long as it is mounted. */
export function LiveEvents({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => listen(client, setState), [client]);
  return <LiveContext value={state}>{children}</LiveContext>;
}

function listen(client: QueryClient, setState: (state: LiveState) => void): () => void {
  const batch = new RefreshBatch((stale) => {
    if (stale === 'everything') void refresh(client);
    else for (const queryKey of stale) void refresh(client, { queryKey });
  });
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let wait = RETRY_FIRST_MILLIS;

  const open = () => {
    source = new EventSource('/api/v1/events');
    source.onopen = () => {
      wait = RETRY_FIRST_MILLIS;
      // What happened before the stream was open was not announced to us.
      batch.add('everything');
      setState('live');
    };
    source.onerror = () => {
      setState('reconnecting');
      source?.close();
      // The stream is also refused when the session has ended.
      void client.invalidateQueries({ queryKey: keys.session });
      clearTimeout(retry);
      retry = setTimeout(open, wait);
      wait = Math.min(wait * 2, RETRY_MAX_MILLIS);
    };
    for (const name of LIVE_EVENT_NAMES) {
      source.addEventListener(name, (event) => {
        batch.add(staleAfter(name, parseEventData(String(event.data))));
      });
    }
  };
  open();
  return () => {
    clearTimeout(retry);
    batch.stop();
    source?.close();
  };
}

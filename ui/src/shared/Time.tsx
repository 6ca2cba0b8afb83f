// A moment: relative for reading, exact in UTC on hover and focus.
import { Tooltip } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { exactUtc, relativeTime } from './format';

const TICK_MILLIS = 20_000;

let now = Date.now();
const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (ticking === undefined) {
    now = Date.now();
    ticking = setInterval(() => {
      now = Date.now();
      for (const each of listeners) each();
    }, TICK_MILLIS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(ticking);
      ticking = undefined;
    }
  };
}

/** One clock for all relative times of the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

export function Time({ at, fallback = '–' }: { at: string | null | undefined; fallback?: string }) {
  const current = useNow();
  if (!at) return <span>{fallback}</span>;
  return (
    <Tooltip label={exactUtc(at)}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {relativeTime(at, Math.max(current, Date.now() - TICK_MILLIS))}
      </time>
    </Tooltip>
  );
}

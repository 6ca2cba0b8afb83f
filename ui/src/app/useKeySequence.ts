// Two keys one after the other, such as `g` then `i`.
import { useEffect, useRef } from 'react';
import { typing } from '../shared/typing';

const SEQUENCE_MILLIS = 1200;

export function useKeySequence(first: string, actions: Record<string, () => void>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let startedAt = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (event.key === first) {
        startedAt = event.timeStamp;
        return;
      }
      const action = latest.current[event.key];
      if (action && startedAt > 0 && event.timeStamp - startedAt < SEQUENCE_MILLIS) {
        event.preventDefault();
        action();
      }
      startedAt = 0;
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [first]);
}

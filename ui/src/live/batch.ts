// Collects what became stale, so that a flood of events costs a few refreshes, not thousands.
import type { Stale } from './plan';

/** What was refreshed and becomes stale again within this time waits for its end. */
export const QUIET_MILLIS = 300;

export type Refresh = (stale: Stale) => void;

const EVERYTHING = 'everything';

/**
 * Refreshes each stale key at once, then at most once per [`QUIET_MILLIS`]. Keys do not wait for each other: a case
 * that follows its message by a few milliseconds is on the screen with it.
 */
export class RefreshBatch {
  /** Refreshed in this period. */
  private readonly quiet = new Set<string>();
  private waiting = new Map<string, unknown[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly refresh: Refresh;

  constructor(refresh: Refresh) {
    this.refresh = refresh;
  }

  add(stale: Stale): void {
    const keys: readonly unknown[][] = stale === EVERYTHING ? [[EVERYTHING]] : stale;
    const now = new Map<string, unknown[]>();
    for (const key of keys) {
      const name = JSON.stringify(key);
      (this.quiet.has(name) ? this.waiting : now).set(name, key);
    }
    this.flush(now);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting.clear();
    this.quiet.clear();
  }

  private flush(keys: Map<string, unknown[]>): void {
    if (keys.size === 0) return;
    for (const name of keys.keys()) this.quiet.add(name);
    this.timer ??= setTimeout(() => this.endOfPeriod(), QUIET_MILLIS);
    const all = keys.has(JSON.stringify([EVERYTHING]));
    this.refresh(all ? EVERYTHING : [...keys.values()]);
  }

  private endOfPeriod(): void {
    this.timer = undefined;
    this.quiet.clear();
    const waited = this.waiting;
    this.waiting = new Map();
    this.flush(waited);
  }
}

// Collects what became stale, so that a flood of events costs a few refreshes, not thousands.
import type { Stale } from './plan';

/** The first event is acted on at once; those that follow within this time are taken together. */
export const QUIET_MILLIS = 300;

export type Refresh = (stale: Stale) => void;

/** Gathers stale keys: the first at once, then at most one refresh per [`QUIET_MILLIS`]. */
export class RefreshBatch {
  private waiting = new Map<string, unknown[]>();
  private everything = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly refresh: Refresh;

  constructor(refresh: Refresh) {
    this.refresh = refresh;
  }

  add(stale: Stale): void {
    if (stale === 'everything') this.everything = true;
    else for (const key of stale) this.waiting.set(JSON.stringify(key), key);
    if (this.timer === undefined) this.flush();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting.clear();
    this.everything = false;
  }

  private flush(): void {
    this.timer = undefined;
    const stale: Stale = this.everything ? 'everything' : [...this.waiting.values()];
    if (stale.length === 0) return;
    this.waiting.clear();
    this.everything = false;
    this.timer = setTimeout(() => this.flush(), QUIET_MILLIS);
    this.refresh(stale);
  }
}

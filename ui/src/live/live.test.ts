import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QUIET_MILLIS, RefreshBatch } from './batch';
import { parseEventData, type Stale, staleAfter } from './plan';

describe('staleAfter', () => {
  it('refreshes lists and the one thing that changed', () => {
    expect(staleAfter('message_decided', { message: 'm', case: 'c' })).toEqual([
      ['messages'],
      ['message', 'm'],
      ['indicators', 'message', 'm'],
      ['cases'],
      ['case', 'c'],
      ['indicators', 'case', 'c'],
    ]);
    expect(staleAfter('connector_status', { connector: 'k' })).toEqual([['connectors'], ['connector', 'k']]);
    expect(staleAfter('marks_changed', {})).toEqual([['indicators']]);
    expect(staleAfter('lagged', {})).toBe('everything');
  });

  it('takes data that is none for no data', () => {
    expect(parseEventData('{"case":"c"}')).toEqual({ case: 'c' });
    for (const text of ['', 'null', '3', '{']) expect(parseEventData(text)).toEqual({});
  });
});

describe('RefreshBatch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('acts on the first event at once and takes a flood together', () => {
    const refreshed: Stale[] = [];
    const batch = new RefreshBatch((stale) => refreshed.push(stale));
    for (let event = 0; event < 100; event += 1) batch.add([['messages']]);
    expect(refreshed).toEqual([[['messages']]]);
    vi.advanceTimersByTime(QUIET_MILLIS);
    expect(refreshed.slice(1)).toEqual([[['messages']]]);
    vi.advanceTimersByTime(10 * QUIET_MILLIS);
    expect(refreshed).toHaveLength(2);
    batch.add('everything');
    batch.add('everything');
    expect(refreshed.slice(2)).toEqual(['everything']);
    vi.advanceTimersByTime(QUIET_MILLIS);
    expect(refreshed.slice(2)).toEqual(['everything', 'everything']);
  });

  it('lets nothing wait for something else', () => {
    const refreshed: Stale[] = [];
    const batch = new RefreshBatch((stale) => refreshed.push(stale));
    batch.add([['messages']]);
    batch.add([['messages'], ['cases']]);
    expect(refreshed).toEqual([[['messages']], [['cases']]]);
    vi.advanceTimersByTime(QUIET_MILLIS);
    expect(refreshed.slice(2)).toEqual([[['messages']]]);
  });

  it('does nothing after it was stopped', () => {
    const refresh = vi.fn();
    const batch = new RefreshBatch(refresh);
    batch.add([['a']]);
    batch.add([['a']]);
    batch.stop();
    vi.advanceTimersByTime(10 * QUIET_MILLIS);
    expect(refresh).toHaveBeenCalledTimes(1);
  });
});

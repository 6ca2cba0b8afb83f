// How a connector is doing, in one word. Pure.
import type { Connector } from '../api/types';

export type Health = 'paused' | 'starting' | 'working' | 'troubled';

export function health(connector: Pick<Connector, 'active' | 'status'>): Health {
  const { state, last_error, last_success_at } = connector.status;
  if (!connector.active || state === 'paused') return 'paused';
  const failedLast =
    last_error && (!last_success_at || Date.parse(last_error.at) > Date.parse(last_success_at));
  if (state === 'backing_off' || state === 'failed' || failedLast) return 'troubled';
  return last_success_at ? 'working' : 'starting';
}

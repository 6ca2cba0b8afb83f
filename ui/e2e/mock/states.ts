// Connectors in the states that are seen seldom.
import type { Connector } from '../../src/api/types';
import { connectors } from './connectors';
import { id, minutesAgo } from './made';

const [working, declared, paused] = connectors as [Connector, Connector, Connector];

export { declared, paused, working };

/** Active, and no replica runs it; it worked before. */
export const unattended: Connector = {
  ...working,
  id: id(24),
  settings: { ...working.settings, name: 'Awards', api_name: 'awards' },
  status: { ...working.status, state: 'idle', last_success_at: minutesAgo(45), leased_by: null },
};

/** Was switched off because it failed. */
export const pausedInTrouble: Connector = {
  ...working,
  id: id(25),
  settings: { ...working.settings, name: 'Branch office', api_name: 'branch-office' },
  active: false,
  status: {
    ...declared.status,
    state: 'paused',
    next_poll_at: null,
    lag_seconds: null,
    leased_by: null,
  },
};

/** What the server says of a connector once it was switched. */
export function switched(connector: Connector, active: boolean): Connector {
  const { status } = connector;
  return {
    ...connector,
    active,
    revision: connector.revision + 1,
    status: {
      ...status,
      state: active ? 'idle' : 'paused',
      last_error: active ? null : status.last_error,
      next_poll_at: null,
      leased_by: null,
    },
  };
}

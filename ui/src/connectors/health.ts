// How a connector is doing, in one word. Pure.
import type { Connector } from '../api/types';

/**
 * `unattended`: it is active, and no replica runs it. `refused`: mail comes, but the server refuses to mark, move or delete it.
 */
export type Health = 'paused' | 'unattended' | 'starting' | 'working' | 'refused' | 'troubled';

type Status = Connector['status'];

type Facts = Pick<Connector, 'active' | 'status' | 'counts'>;

export function health({ active, status, counts }: Facts): Health {
  if (!active || status.state === 'paused') return 'paused';
  if (failing(status) || unresolvedError(status)) return 'troubled';
  // What a replica that is gone said last is no news of what happens now.
  if (status.state === 'idle' || !status.leased_by) return 'unattended';
  if (counts.refused > 0) return 'refused';
  return status.state !== 'starting' && status.last_success_at ? 'working' : 'starting';
}

/** The last error, unless something worked since. */
export function unresolvedError(status: Status): Status['last_error'] {
  const { last_error: error, last_success_at: success } = status;
  if (!error) return null;
  const since = !success || Date.parse(error.at) > Date.parse(success);
  return since || failing(status) ? error : null;
}

function failing({ state }: Status): boolean {
  return state === 'backing_off' || state === 'failed';
}

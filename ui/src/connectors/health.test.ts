import { expect, it } from 'vitest';
import type { Connector } from '../api/types';
import { type Health, health, unresolvedError } from './health';

type Status = Connector['status'];

const EARLIER = '2026-03-02T10:00:00Z';
const LATER = '2026-03-02T11:00:00Z';
const errorAt = (at: string): Status['last_error'] => ({
  code: 'sign_in',
  message: 'refused',
  hint: null,
  at,
});

const NOTHING: Connector['counts'] = {
  discovered: 0,
  stored: 0,
  unacknowledged: 0,
  refused: 0,
  needs_attention: 0,
  filtered_out: 0,
  total: 0,
};

function connector(active: boolean, status: Partial<Status>): Parameters<typeof health>[0] {
  const quiet: Status = {
    state: 'waiting',
    last_success_at: EARLIER,
    last_error: null,
    next_poll_at: null,
    lag_seconds: null,
    leased_by: 'replica-1',
  };
  return { active, status: { ...quiet, ...status }, counts: { ...NOTHING } };
}

const STATES: [state: Status['state'], fresh: Health, succeeded: Health, failedSince: Health][] = [
  ['paused', 'paused', 'paused', 'paused'],
  ['idle', 'unattended', 'unattended', 'troubled'],
  ['starting', 'starting', 'starting', 'troubled'],
  ['polling', 'starting', 'working', 'troubled'],
  ['waiting', 'starting', 'working', 'troubled'],
  ['backing_off', 'troubled', 'troubled', 'troubled'],
  ['failed', 'troubled', 'troubled', 'troubled'],
];

it.each(STATES)(
  '%s: %s before the first success, %s after one, %s after an error since',
  (state, ...expected) => {
    const leased_by = state === 'idle' || state === 'paused' ? null : 'replica-1';
    const active = state !== 'paused';
    const histories: Partial<Status>[] = [
      { last_success_at: null },
      { last_error: errorAt(EARLIER), last_success_at: LATER },
      { last_error: errorAt(LATER) },
    ];
    expect(histories.map((history) => health(connector(active, { state, leased_by, ...history })))).toEqual(
      expected,
    );
  },
);

it('says of nothing that it works while nobody runs it, whatever was said last', () => {
  for (const state of ['starting', 'polling', 'waiting'] as const) {
    expect(health(connector(true, { state, leased_by: null }))).toBe('unattended');
  }
});

it('calls paused what is switched off, whatever was said last', () => {
  expect(health(connector(false, { state: 'failed', last_error: errorAt(LATER) }))).toBe('paused');
});

it('keeps an error until a later success, also of what is paused', () => {
  const error = errorAt(LATER);
  const asked = (active: boolean, status: Partial<Status>) =>
    unresolvedError(connector(active, { last_error: error, ...status }).status);
  expect(asked(true, {})).toBe(error);
  expect(asked(false, { state: 'paused' })).toBe(error);
  expect(asked(false, { state: 'paused', last_success_at: null })).toBe(error);
  expect(asked(true, { last_success_at: '2026-03-02T12:00:00Z' })).toBeNull();
  // The last try failed, though another folder was read since.
  expect(asked(true, { state: 'backing_off', last_success_at: '2026-03-02T12:00:00Z' })).toBe(error);
  expect(asked(true, { last_error: null })).toBeNull();
});

it.each([
  [true, {}, 'refused'],
  [true, { state: 'backing_off' }, 'troubled'],
  [false, {}, 'paused'],
] as [boolean, Partial<Status>, Health][])(
  'refused on the server, active %s, %j: %s',
  (active, status, want) => {
    const refused = { ...connector(active, status), counts: { ...NOTHING, unacknowledged: 2, refused: 1 } };
    expect(health(refused)).toBe(want);
  },
);

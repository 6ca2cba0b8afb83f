// Which parts of the cache a live event makes stale. Pure, so that it can be tested alone.
import { keys } from '../api/keys';

export type LiveEventName =
  | 'message_stored'
  | 'message_decided'
  | 'case_changed'
  | 'connector_changed'
  | 'connector_status'
  | 'alarm_changed'
  | 'keys_changed'
  | 'patterns_changed'
  | 'marks_changed'
  | 'reexamination_changed'
  | 'lagged';

export const LIVE_EVENT_NAMES: LiveEventName[] = [
  'message_stored',
  'message_decided',
  'case_changed',
  'connector_changed',
  'connector_status',
  'alarm_changed',
  'keys_changed',
  'patterns_changed',
  'marks_changed',
  'reexamination_changed',
  'lagged',
];

export type LiveEventData = { message?: string; case?: string; connector?: string };

export type Stale = readonly unknown[][] | 'everything';

/** The keys to refresh for one event. */
export function staleAfter(name: LiveEventName, data: LiveEventData): Stale {
  const ofCase = data.case ? [keys.cases(), keys.case(data.case), keys.indicators('case', data.case)] : [];
  const ofConnector = data.connector ? [keys.connector(data.connector)] : [];
  switch (name) {
    case 'message_stored':
    case 'message_decided':
      return [keys.messages(), ...ofMessage(data.message), ...ofCase];
    case 'case_changed':
      return ofCase;
    case 'connector_changed':
    case 'connector_status':
      return [[...keys.connectors], ...ofConnector];
    case 'alarm_changed':
      return [[...keys.alarms]];
    case 'marks_changed':
      return [keys.indicators()];
    case 'patterns_changed':
      return [[...keys.patterns]];
    case 'keys_changed':
      return [[...keys.decryptionKeys]];
    case 'reexamination_changed':
      return [[...keys.reexaminations]];
    case 'lagged':
      return 'everything';
  }
}

function ofMessage(id: string | undefined): unknown[][] {
  return id ? [keys.message(id), keys.indicators('message', id)] : [];
}

/** The data of an event; text that is not an object counts as no data. */
export function parseEventData(text: string): LiveEventData {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as LiveEventData) : {};
  } catch {
    return {};
  }
}

import { describe, expect, it } from 'vitest';
import type { ConnectorKind } from '../../api/types';
import {
  errorsByField,
  missingFields,
  newDraft,
  sentSecrets,
  stepOf,
  trustField,
  withTrusted,
} from './draft';

const kind: ConnectorKind = {
  kind: 'imap',
  title: 'IMAP',
  description: '',
  default_folder: 'INBOX',
  settings_schema: {
    required: ['host'],
    properties: {
      host: { type: 'string', title: 'Server' },
      trusted: { type: 'array', 'x-widget': 'certificates' },
    },
  },
  secrets: [{ name: 'password', title: 'Password', description: '', optional: false }],
};

describe('draft', () => {
  it('names everything that is missing at once', () => {
    expect(missingFields(newDraft(kind), kind, [])).toEqual({
      name: 'Give the connector a name',
      api_name: 'Use 1 to 64 lower-case letters, digits, - and _',
      'connection.host': 'Server is needed',
      'secrets.password': 'Password is needed',
    });
  });

  it('needs no secret that is stored, unless it is replaced by nothing', () => {
    const draft = newDraft(kind);
    expect(missingFields(draft, kind, ['password'])).not.toHaveProperty('secrets.password');
    const replaced = { ...draft, secrets: { password: '' } };
    expect(missingFields(replaced, kind, ['password'])).toHaveProperty(['secrets.password']);
  });

  it('sends new secrets and removals, never empty ones', () => {
    const secrets = { password: '', token: null, key: 'k' };
    expect(sentSecrets({ ...newDraft(kind), secrets })).toEqual({ token: null, key: 'k' });
  });

  it('trusts a certificate once', () => {
    const field = trustField(kind) ?? '';
    const once = withTrusted(newDraft(kind), field, 'pem');
    expect(once.settings.connection.trusted).toEqual(['pem']);
    expect(withTrusted(once, field, 'pem')).toBe(once);
  });

  it('finds the step of each field the server complains about', () => {
    const errors = errorsByField([
      { field: 'settings.connection.host', message: 'a' },
      { field: '/connection/port', message: 'b' },
      { field: 'poll_seconds', message: 'c' },
    ]);
    expect(errors).toEqual({ 'connection.host': 'a', 'connection.port': 'b', poll_seconds: 'c' });
    expect(Object.keys(errors).map(stepOf)).toEqual(['connection', 'connection', 'take']);
    expect(['name', 'folders', 'case_defaults.tags', 'secrets.password'].map(stepOf)).toEqual([
      'general',
      'folders',
      'case',
      'connection',
    ]);
  });
});

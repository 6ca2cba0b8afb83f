import { describe, expect, it } from 'vitest';
import type { ConnectorKind, SecretField } from '../../api/types';
import {
  errorsByField,
  missingFields,
  newDraft,
  sentSecrets,
  stepOf,
  trustPath,
  visibleSecrets,
  withTrusted,
} from './draft';

function secret(name: string): SecretField {
  return { name, title: name, description: '', optional: false, file: false, show_if: {} };
}

const kind: ConnectorKind = {
  kind: 'imap',
  title: 'IMAP',
  description: '',
  default_folder: 'INBOX',
  successors: [],
  settings_schema: {
    required: ['host'],
    properties: {
      host: { type: 'string', title: 'Server' },
      authorities: { type: 'array', 'x-widget': 'certificates' },
      trusted: { type: 'array', 'x-widget': 'pinned_certificates' },
      proxy: {
        type: 'object',
        properties: {
          kind: { enum: ['none', 'https'], default: 'none' },
          authorities: { type: 'array', 'x-widget': 'certificates', 'x-show-if': { kind: ['https'] } },
          certificates: {
            type: 'array',
            'x-widget': 'pinned_certificates',
            'x-show-if': { kind: ['https'] },
          },
        },
      },
    },
  },
  secrets: [{ ...secret('password'), title: 'Password' }],
};

describe('draft', () => {
  it('names everything that is missing at once', () => {
    expect(missingFields(newDraft(kind), kind)).toEqual({
      name: 'Give the connector a name',
      api_name: 'Use 1 to 64 lower-case letters, digits, - and _',
      'connection.host': 'Server is needed',
      'secrets.password': 'Password is needed',
    });
  });

  it('needs no secret that is stored, unless it is replaced by nothing', () => {
    const draft = { ...newDraft(kind), stored: ['password'] };
    expect(missingFields(draft, kind)).not.toHaveProperty('secrets.password');
    const replaced = { ...draft, secrets: { password: '' } };
    expect(missingFields(replaced, kind)).toHaveProperty(['secrets.password']);
  });

  it('sends new secrets and removals, never empty ones', () => {
    const manySecrets = { ...kind, secrets: ['password', 'token', 'key'].map(secret) };
    const secrets = { password: '', token: null, key: 'k' };
    expect(sentSecrets({ ...newDraft(kind), secrets }, manySecrets)).toEqual({ token: null, key: 'k' });
  });

  it('asks only for the secrets the settings have a use for, and removes stored ones they have none for', () => {
    const token = { ...secret('token'), show_if: { host: ['oauth.example'] } };
    const password = { ...secret('password'), show_if: { host: ['mail.example'] } };
    const either = { ...kind, secrets: [password, token] };
    const draft = newDraft(either);
    draft.settings.connection.host = 'oauth.example';
    expect(visibleSecrets(draft, either)).toEqual([token]);
    expect(missingFields(draft, either)).toHaveProperty(['secrets.token']);
    expect(missingFields(draft, either)).not.toHaveProperty(['secrets.password']);
    const filled = { ...draft, secrets: { password: 'typed before', token: 't' } };
    expect(sentSecrets(filled, either)).toEqual({ token: 't' });
    expect(sentSecrets({ ...filled, stored: ['password'] }, either)).toEqual({ token: 't', password: null });
  });

  it('trusts a certificate once', () => {
    const path = trustPath(kind, 'server') ?? [];
    const once = withTrusted(newDraft(kind), path, 'pem');
    expect(once.settings.connection.trusted).toEqual(['pem']);
    expect(once.settings.connection.authorities).toBeUndefined();
    expect(withTrusted(once, path, 'pem')).toBe(once);
  });

  it('trusts the proxy apart from the server', () => {
    const path = trustPath(kind, 'proxy') ?? [];
    const once = withTrusted(newDraft(kind), path, 'pem');
    expect(once.settings.connection).toEqual({ proxy: { kind: 'none', certificates: ['pem'] } });
    expect(withTrusted(once, path, 'pem')).toBe(once);
    expect(trustPath({ ...kind, settings_schema: {} }, 'proxy')).toBeUndefined();
  });

  it('asks for a secret by a setting within a group', () => {
    const password = { ...secret('proxy_password'), show_if: { 'proxy.kind': ['https'] } };
    const proxied = { ...kind, secrets: [password] };
    const draft = newDraft(proxied);
    expect(visibleSecrets(draft, proxied)).toEqual([]);
    draft.settings.connection.proxy = { kind: 'https' };
    expect(visibleSecrets(draft, proxied)).toEqual([password]);
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

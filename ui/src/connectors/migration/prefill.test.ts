import { describe, expect, it } from 'vitest';
import type { Connector, ConnectorKind } from '../../api/types';
import { carriedOver, draftOfSuccessor, draftWith } from './prefill';

const oauth = { cloud: 'us_dod', tenant: 'example.onmicrosoft.com', client_id: '8a1c' };
const proxy = { kind: 'http', host: 'proxy.example.org' };
const toGraph = (connection: Record<string, unknown>) => carriedOver('ews', connection, 'graph');

describe('settings carried over from EWS to Graph', () => {
  it.each([
    ['soc@example.org', 'soc@example.org'],
    [' soc@example.org ', 'soc@example.org'],
    ['soc@example.org:Inbox/Reports', 'soc@example.org:Inbox/Reports'],
    ['ann@example.org\\soc@example.org', 'ann@example.org\\soc@example.org'],
    [
      'mail.example.org\\ann@example.org\\soc@example.org:Inbox/A:B',
      'ann@example.org\\soc@example.org:Inbox/A:B',
    ],
  ])('name the mailbox %s as Graph does', (mailbox, expected) => {
    expect(toGraph({ mailbox })).toEqual({ mailbox: expected });
  });

  it('are those of the application and the proxy, and nothing of the server', () => {
    const connection = {
      mailbox: 'soc@example.org',
      server: 'outlook.office365.com',
      port: 443,
      auth: 'oauth',
      username: 'soc',
      oauth: { ...oauth, proof: 'certificate', sign_in_as: 'person', secret_ends: '2027-03-31' },
      trusted_certificates: ['-----BEGIN CERTIFICATE-----'],
      skip_hostname_verification: true,
      proxy,
    };
    expect(toGraph(connection)).toEqual({
      mailbox: 'soc@example.org',
      oauth: { ...oauth, proof: 'certificate' },
      proxy,
    });
  });

  it('know no application where a password is used', () => {
    expect(toGraph({ mailbox: 'soc@example.org', auth: 'ntlm', oauth })).toEqual({
      mailbox: 'soc@example.org',
    });
    expect(toGraph({ mailbox: 'soc@example.org', oauth })).toEqual({ mailbox: 'soc@example.org' });
  });

  it('are none where nothing is set', () => {
    expect(toGraph({})).toEqual({});
    expect(toGraph({ auth: 'oauth', mailbox: 7 })).toEqual({});
  });
});

describe('settings carried over from Graph to EWS', () => {
  it('sign in as the same application', () => {
    expect(carriedOver('graph', { mailbox: 'soc@example.org', oauth, proxy }, 'ews')).toEqual({
      mailbox: 'soc@example.org',
      auth: 'oauth',
      oauth,
      proxy,
    });
  });

  it('know no mailbox that is named by an id', () => {
    const mailbox = '01234567-89ab-cdef-0123-456789abcdef:Inbox';
    expect(carriedOver('graph', { mailbox }, 'ews')).toEqual({ auth: 'oauth' });
  });
});

describe('the draft of a successor', () => {
  const kind: ConnectorKind = {
    kind: 'graph',
    title: 'Microsoft 365',
    description: '',
    default_folder: 'inbox',
    settings_schema: {
      properties: {
        mailbox: { type: 'string' },
        oauth: {
          properties: {
            sign_in_as: { enum: ['application', 'person'], default: 'application' },
            cloud: { enum: ['worldwide', 'us_dod'], default: 'worldwide' },
          },
        },
      },
    },
    secrets: [],
    successors: ['ews'],
  };
  const connector = {
    id: 'c1',
    settings: {
      name: 'Reports',
      api_name: 'reports',
      kind: 'ews',
      connection: {
        mailbox: 'soc@example.org',
        server: 'outlook.office365.com',
        auth: 'oauth',
        oauth: { cloud: 'us_dod', sign_in_as: 'person' },
      } as Record<string, unknown>,
      folders: ['Inbox/Reports'],
    },
    active: true,
    secret_names: ['password', 'client_secret'],
  } as Connector;

  it('keeps what is not of the source, and knows neither secrets nor the stored connector', () => {
    const draft = draftOfSuccessor(connector, kind);
    expect(draft).toMatchObject({ stored: [], secrets: {} });
    expect(draft).not.toHaveProperty('id');
    expect(draft.settings).toMatchObject({
      name: 'Reports',
      kind: 'graph',
      folders: ['Inbox/Reports'],
      connection: {
        mailbox: 'soc@example.org',
        oauth: { sign_in_as: 'application', cloud: 'us_dod' },
      },
    });
  });

  it('names each watched folder as it was named for the source beside it', () => {
    const two = { ...connector, settings: { ...connector.settings, folders: ['Inbox', 'Inbox/Reports'] } };
    expect(draftWith(two, kind, {}, ['Posteingang']).settings.folders).toEqual([
      'Posteingang',
      'Inbox/Reports',
    ]);
    const none = { ...connector, settings: { ...connector.settings, folders: [] } };
    expect(draftWith(none, kind, {}, ['Posteingang']).settings.folders).toEqual([]);
  });
});

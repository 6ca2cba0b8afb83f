// What is said of the origin of mail, and what the organization says of its own.
import type { OriginSettingsView, Verification } from '../../src/api/types';

export const ownChecks: Verification = {
  asked_at: '2026-04-17T08:12:44Z',
  checks: [
    {
      method: 'dmarc',
      outcome: 'fail',
      reason: 'neither DKIM nor SPF speaks for northwind.example, which wants such mail set aside',
      domain: 'northwind.example',
      aligned: null,
      notes: [],
      properties: [
        { name: 'header.from', value: 'northwind.example' },
        { name: 'policy.dmarc', value: 'quarantine' },
      ],
    },
    {
      method: 'spf',
      outcome: 'softfail',
      reason: 'northwind.example doubts that 192.0.2.25 sends for it (~all of northwind.example)',
      domain: 'northwind.example',
      aligned: true,
      notes: [],
      properties: [
        { name: 'smtp.client-ip', value: '192.0.2.25' },
        { name: 'smtp.mailfrom', value: 'petra@northwind.example' },
      ],
    },
    {
      method: 'dkim',
      outcome: 'pass',
      reason: 'the signed headers and the body are as they were signed',
      domain: 'mailer.example',
      aligned: false,
      notes: ['1204 bytes at the end of the body are not signed (l=): anybody may have added them'],
      properties: [
        { name: 'header.d', value: 'mailer.example' },
        { name: 'header.s', value: 's2026' },
        { name: 'header.a', value: 'rsa-sha256' },
      ],
    },
    {
      method: 'arc',
      outcome: 'temperror',
      reason: 'the seal of set 1: the DNS did not answer for the key arc._domainkey.forwarder.example',
      domain: 'forwarder.example',
      aligned: null,
      notes: [],
      properties: [{ name: 'arc.sets', value: '1' }],
    },
  ],
  asked: [
    {
      name: '_dmarc.northwind.example',
      record: 'TXT',
      answer: ['v=DMARC1; p=quarantine; rua=mailto:dmarc@northwind.example'],
    },
    { name: 'arc._domainkey.forwarder.example', record: 'TXT', answer: null },
    { name: 'northwind.example', record: 'TXT', answer: ['v=spf1 include:_spf.northwind.example ~all'] },
    { name: '_spf.northwind.example', record: 'TXT', answer: [] },
  ],
};

export const noSettings: OriginSettingsView = {
  revision: 0,
  settings: { domains: [], people: [], authserv_ids: [], networks: [], dns: false, resolvers: [] },
  updated_at: null,
  updated_by: null,
};

export const settings: OriginSettingsView = {
  revision: 3,
  settings: {
    domains: ['contoso.example', 'contoso-services.example'],
    people: [
      { name: 'Jane Doe', addresses: ['jane.doe@private.example'] },
      { name: 'Erika Mustermann', addresses: [] },
    ],
    authserv_ids: ['mx1.contoso.example', ''],
    networks: ['198.51.100.0/24'],
    dns: true,
    resolvers: ['192.0.2.53'],
  },
  updated_at: '2026-04-16T09:30:00Z',
  updated_by: 'Ada Admin',
};

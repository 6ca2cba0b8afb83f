// The connectors of the desk: their kinds, how they are doing, and what trying them out says.

import type {
  Accounting,
  CheckReport,
  Connector,
  ConnectorKind,
  FilterPreview,
  Folder,
} from '../../src/api/types';
import { EMPTY_FILTER } from '../../src/connectors/filters';
import { exchange, exchangeKinds } from './exchange';
import { id, minutesAgo } from './made';

export const kinds: ConnectorKind[] = [
  {
    kind: 'imap',
    title: 'IMAP',
    description: 'A mailbox on an IMAP server.',
    default_folder: 'INBOX',
    successors: [],
    settings_schema: {
      type: 'object',
      required: ['host', 'username'],
      'x-order': [
        'host',
        'security',
        'username',
        'auth',
        'mailbox',
        'skip_host_verification',
        'trusted_certificates',
        'pinned_certificates',
      ],
      properties: {
        host: {
          type: 'string',
          title: 'Server',
          description: 'Host name, with a port when it is not the usual one.',
        },
        security: {
          title: 'Security',
          default: 'tls',
          oneOf: [
            { const: 'tls', title: 'SSL/TLS' },
            { const: 'starttls', title: 'STARTTLS' },
            { const: 'none', title: 'None', description: 'Passwords travel in the clear.' },
          ],
        },
        username: { type: 'string', title: 'User name' },
        auth: {
          title: 'Sign-in',
          default: 'password',
          enum: ['password', 'oauth'],
          'x-labels': { password: 'Password', oauth: 'OAuth' },
        },
        mailbox: {
          type: ['string', 'null'],
          title: 'Mailbox',
          description: 'When it is not the account of the user.',
        },
        skip_host_verification: {
          type: 'boolean',
          title: 'Skip host name verification',
          description: 'Dangerous: any certificate that is trusted otherwise is taken.',
          default: false,
          'x-show-if': { security: ['tls', 'starttls'] },
        },
        trusted_certificates: {
          type: 'array',
          items: { type: 'string' },
          title: 'Trusted certificates',
          description: 'Trusted for this connector only, besides those the machine trusts.',
          'x-widget': 'certificates',
          'x-show-if': { security: ['tls', 'starttls'] },
        },
        pinned_certificates: {
          type: 'array',
          items: { type: 'string' },
          title: 'Pinned certificates',
          description: 'Exactly these are accepted from the server, and nothing they signed.',
          'x-widget': 'pinned_certificates',
          'x-show-if': { security: ['tls', 'starttls'] },
        },
        oauth: {
          type: 'object',
          title: 'OAuth',
          'x-show-if': { auth: ['oauth'] },
          'x-order': ['token_from', 'tenant', 'client_id', 'proof'],
          properties: {
            token_from: {
              title: 'Access token source',
              default: 'entered',
              enum: ['entered', 'microsoft'],
              'x-labels': { entered: 'Entered by hand', microsoft: 'From Microsoft' },
            },
            tenant: { type: 'string', title: 'Tenant', 'x-show-if': { token_from: ['microsoft'] } },
            client_id: { type: 'string', title: 'Client id', 'x-show-if': { token_from: ['microsoft'] } },
            proof: {
              title: 'Proof',
              default: 'secret',
              enum: ['secret', 'certificate'],
              'x-labels': { secret: 'Client secret', certificate: 'Certificate' },
              'x-show-if': { token_from: ['microsoft'] },
            },
          },
        },
        proxy: {
          type: 'object',
          title: 'Proxy',
          description: 'Where this machine reaches the server through a proxy only.',
          'x-order': ['kind', 'host', 'port', 'trusted_certificates', 'pinned_certificates'],
          properties: {
            kind: {
              title: 'Kind of proxy',
              default: 'none',
              enum: ['none', 'http', 'https'],
              'x-labels': { none: 'None', http: 'HTTP', https: 'HTTPS (TLS to the proxy)' },
            },
            host: {
              type: 'string',
              title: 'Proxy server',
              default: '',
              'x-show-if': { kind: ['http', 'https'] },
            },
            port: {
              type: ['integer', 'null'],
              title: 'Proxy port',
              'x-show-if': { kind: ['http', 'https'] },
            },
            trusted_certificates: {
              type: 'array',
              items: { type: 'string' },
              title: 'Certificates trusted for the proxy',
              'x-widget': 'certificates',
              'x-show-if': { kind: ['https'] },
            },
            pinned_certificates: {
              type: 'array',
              items: { type: 'string' },
              title: 'Certificates pinned for the proxy',
              'x-widget': 'pinned_certificates',
              'x-show-if': { kind: ['https'] },
            },
          },
        },
      },
    },
    secrets: [
      {
        name: 'password',
        title: 'Password',
        description: 'Encrypted at rest, never shown again.',
        optional: false,
        file: false,
        show_if: { auth: ['password'] },
      },
      {
        name: 'access_token',
        title: 'Access token',
        description: 'Encrypted at rest, never shown again.',
        optional: true,
        file: false,
        show_if: { 'oauth.token_from': ['entered'] },
      },
      {
        name: 'client_secret',
        title: 'Client secret',
        description: "The secret's value, not its id.",
        optional: true,
        file: false,
        show_if: { 'oauth.proof': ['secret'] },
      },
      {
        name: 'client_certificate',
        title: 'Certificate with private key',
        description: 'A PFX file, or a PEM file with certificate and key.',
        optional: true,
        file: true,
        show_if: { 'oauth.proof': ['certificate'] },
      },
      {
        name: 'proxy_password',
        title: 'Proxy password',
        description: 'What the user of the proxy signs in with.',
        optional: true,
        file: false,
        show_if: { 'proxy.kind': ['http', 'https'] },
      },
    ],
  },
  {
    kind: 'folder',
    title: 'Folder',
    description: 'A Maildir, a directory of .eml and .msg files, or an mbox file.',
    default_folder: 'INBOX',
    successors: [],
    settings_schema: {
      type: 'object',
      required: ['path'],
      properties: { path: { type: 'string', title: 'Path' } },
    },
    secrets: [],
  },
  ...exchangeKinds,
];

const settings: Connector['settings'] = {
  name: 'Phishing reports',
  api_name: 'phishing-reports',
  description: 'What people report with the button in their mail program.',
  kind: 'imap',
  connection: {
    host: 'mail.northwind.example',
    username: 'phishing',
  } as unknown as Connector['settings']['connection'],
  folders: ['INBOX', 'INBOX/Reports'],
  prefilter: {
    ...EMPTY_FILTER,
    to: 'phishing@northwind.example',
    not_subject: 'lunch, "out, of office"',
    headers: [{ field: 'X-Loop', value: 'mailcase', not: true }],
  },
};

export const connectors: Connector[] = [
  {
    id: id(20),
    settings,
    active: true,
    origin: { from: 'api' },
    revision: 3,
    secret_names: ['password'],
    grant: null,
    status: {
      state: 'waiting',
      last_success_at: minutesAgo(0.2),
      last_error: null,
      next_poll_at: new Date(Date.now() + 50_000).toISOString(),
      lag_seconds: null,
      leased_by: 'replica-1',
    },
    counts: {
      discovered: 0,
      stored: 0,
      unacknowledged: 0,
      refused: 0,
      needs_attention: 1,
      filtered_out: 37,
      total: 4812,
    },
    refusal: null,
    folders: [
      {
        folder: 'INBOX',
        cursor: '{"v":1,"uidvalidity":1718000000,"next":4701,"baseline":1,"since":"2026-01-05","pending":""}',
        updated_at: minutesAgo(4),
      },
      {
        folder: 'INBOX/Reports',
        cursor: '{"v":1,"uidvalidity":1718000001,"next":113}',
        updated_at: minutesAgo(75),
      },
    ],
    notice: null,
    migration: null,
    created_at: minutesAgo(90_000),
  },
  {
    id: id(21),
    settings: { ...settings, name: 'Abuse', api_name: 'abuse', description: '', folders: [] },
    active: true,
    origin: { from: 'file', path: '/etc/mailcase/connectors/abuse.yaml' },
    revision: 1,
    secret_names: ['password'],
    grant: {
      granted: true,
      account: 'abuse@northwind.example',
      granted_by: 'Ada Marsh',
      granted_at: minutesAgo(9000),
    },
    status: {
      state: 'backing_off',
      last_success_at: minutesAgo(75),
      last_error: {
        code: 'sign_in',
        message: 'the server mail.northwind.example refused the password of abuse',
        hint: 'Check the user name and the password; the account may be locked.',
        at: minutesAgo(2),
      },
      next_poll_at: new Date(Date.now() + 240_000).toISOString(),
      lag_seconds: 4100,
      leased_by: 'replica-1',
    },
    counts: {
      discovered: 12,
      stored: 0,
      unacknowledged: 3,
      refused: 0,
      needs_attention: 0,
      filtered_out: 0,
      total: 911,
    },
    refusal: null,
    folders: [],
    notice: null,
    migration: null,
    created_at: minutesAgo(80_000),
  },
  {
    id: id(22),
    settings: { ...settings, name: 'Old archive', api_name: 'old-archive', kind: 'folder', folders: [] },
    active: false,
    origin: { from: 'api' },
    revision: 1,
    secret_names: [],
    grant: { granted: false, account: null, granted_by: null, granted_at: null },
    status: {
      state: 'paused',
      last_success_at: null,
      last_error: null,
      next_poll_at: null,
      lag_seconds: null,
      leased_by: null,
    },
    counts: {
      discovered: 0,
      stored: 0,
      unacknowledged: 0,
      refused: 0,
      needs_attention: 0,
      filtered_out: 0,
      total: 0,
    },
    refusal: null,
    folders: [],
    notice: null,
    migration: null,
    created_at: minutesAgo(70_000),
  },
  exchange,
];

const [working] = connectors;
if (!working) throw new Error('the first connector is the one that works');
/** It takes mail, and may not mark it. */
export const refusedOnTheServer: Connector = {
  ...working,
  counts: { ...working.counts, unacknowledged: 12, refused: 12 },
  refusal: 'the mailbox is read-only',
};

export const folders: Folder[] = [
  { path: 'INBOX', delimiter: '/', selectable: true, role: 'inbox' },
  { path: 'INBOX/Reports', delimiter: '/', selectable: true, role: null },
  { path: 'Archive', delimiter: '/', selectable: true, role: 'archive' },
  { path: 'Projects', delimiter: '/', selectable: false, role: null },
  { path: 'Projects/Überprüfung', delimiter: '/', selectable: true, role: null },
  { path: 'Trash', delimiter: '/', selectable: true, role: 'trash' },
];

const leaf = {
  subject: 'CN=mail.northwind.example',
  issuer: 'CN=Northwind Internal CA,O=Northwind',
  names: ['mail.northwind.example', 'imap.northwind.example'],
  not_before: minutesAgo(100_000),
  not_after: new Date(Date.now() + 90 * 86_400_000).toISOString(),
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  pem: '-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n',
};

export const untrusted: CheckReport = {
  passed: false,
  untrusted: true,
  proxy_untrusted: false,
  proxy_chain: [],
  chain: [
    leaf,
    {
      ...leaf,
      subject: leaf.issuer,
      issuer: leaf.issuer,
      names: [],
      sha256: leaf.sha256.replace('9f', 'a0'),
    },
  ],
  steps: [
    {
      name: 'dns',
      title: 'Look up mail.northwind.example',
      status: 'passed',
      detail: '192.0.2.25',
      hint: null,
      millis: 3,
    },
    {
      name: 'tcp',
      title: 'Connect to 192.0.2.25:993',
      status: 'passed',
      detail: 'Connected',
      hint: null,
      millis: 11,
    },
    {
      name: 'tls',
      title: 'Encrypt the connection',
      status: 'failed',
      detail: 'the certificate of mail.northwind.example is signed by an authority that is not trusted',
      hint: 'Compare the fingerprint, then trust this certificate for this connector.',
      millis: 18,
    },
    { name: 'sign_in', title: 'Sign in as phishing', status: 'skipped', detail: '', hint: null, millis: 0 },
    { name: 'folder', title: 'Open INBOX', status: 'skipped', detail: '', hint: null, millis: 0 },
  ],
};

const proxyLeaf = {
  ...leaf,
  subject: 'CN=proxy.northwind.example',
  names: ['proxy.northwind.example'],
  sha256: leaf.sha256.replace('9f86', 'b01d'),
  pem: '-----BEGIN CERTIFICATE-----\nTUlJQw==\n-----END CERTIFICATE-----\n',
};

export const proxyUntrusted: CheckReport = {
  passed: false,
  untrusted: false,
  chain: [],
  proxy_untrusted: true,
  proxy_chain: [proxyLeaf],
  steps: [
    {
      name: 'proxy_tcp',
      title: 'Connect to the proxy proxy.northwind.example:3128',
      status: 'passed',
      detail: '192.0.2.8:3128',
      hint: null,
      millis: 4,
    },
    {
      name: 'proxy_tls',
      title: 'Encrypt the connection to the proxy',
      status: 'failed',
      detail: 'the certificate of the proxy proxy.northwind.example:3128 is signed by nobody trusted',
      hint: "Compare the fingerprint with the server's administrator, then trust exactly this certificate.",
      millis: 12,
    },
    {
      name: 'proxy',
      title: 'Reach the server through the proxy',
      status: 'skipped',
      detail: 'not tried, because an earlier step failed',
      hint: null,
      millis: 0,
    },
  ],
};

export const passed: CheckReport = {
  passed: true,
  untrusted: false,
  proxy_untrusted: false,
  proxy_chain: [],
  chain: untrusted.chain,
  steps: untrusted.steps.map((step) => ({
    ...step,
    status: 'passed',
    detail: 'As it should be',
    hint: null,
    millis: 9,
  })),
};

export const filterPreview: FilterPreview = {
  not_looked_into: 212,
  messages: [
    {
      folder: 'INBOX',
      received_at: minutesAgo(12),
      from: 'reporter@northwind.example',
      subject: 'Fwd: Your invoice 2026-0417 is overdue',
      taken: true,
      unmet: null,
      cut: false,
    },
    {
      folder: 'INBOX',
      received_at: minutesAgo(90),
      from: 'canteen@northwind.example',
      subject: 'Lunch today',
      taken: false,
      unmet: 'not_subject',
      cut: false,
    },
    {
      folder: 'INBOX/Reports',
      received_at: minutesAgo(1500),
      from: null,
      subject: null,
      taken: false,
      unmet: 'not header x-loop',
      cut: true,
    },
  ],
};

export const accounting: Accounting = {
  at: minutesAgo(120),
  balanced: false,
  summary:
    '4,813 ≠ 4,810, 1 arrived since the last poll, 2 missing or different, not counted: there is no folder `Shared/Phishing`',
  folders: [
    {
      folder: 'INBOX',
      on_server: 4700,
      stored: 4698,
      gap_count: 2,
      pending: 0,
      not_yet_listed: 0,
      filtered_out: 0,
      out_of_scope: 0,
      gaps: [
        { remote_id: '1718000000:311', size: 20_412, received_at: minutesAgo(4000), reason: 'never_listed' },
        {
          remote_id: '1718000000:312',
          size: 1_204,
          received_at: minutesAgo(3999),
          reason: 'size_differs',
        },
      ],
    },
    {
      folder: 'INBOX/Reports',
      on_server: 113,
      stored: 112,
      gap_count: 0,
      pending: 0,
      not_yet_listed: 1,
      filtered_out: 0,
      out_of_scope: 0,
      gaps: [],
    },
  ],
  uncounted: [{ folder: 'Shared/Phishing', reason: 'there is no folder `Shared/Phishing`' }],
};

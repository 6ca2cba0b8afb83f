// Mailboxes of Exchange on their way to Microsoft 365: the two kinds, a connector, how its sources compare.
import type {
  CheckReport,
  Comparison,
  Connector,
  ConnectorKind,
  FolderComparison,
  Migration,
} from '../../src/api/types';
import { id, minutesAgo } from './made';

const application = {
  type: 'object',
  title: 'Application',
  'x-order': ['sign_in_as', 'cloud', 'tenant', 'client_id', 'proof'],
  properties: {
    sign_in_as: {
      title: 'Sign in as',
      default: 'application',
      enum: ['application', 'person'],
      'x-labels': { application: 'The application itself', person: 'A person who grants access' },
    },
    cloud: {
      title: 'Cloud',
      default: 'worldwide',
      enum: ['worldwide', 'us_dod'],
      'x-labels': { worldwide: 'Worldwide', us_dod: 'US Government DoD' },
    },
    tenant: { type: 'string', title: 'Tenant', default: '' },
    client_id: { type: 'string', title: 'Client id', default: '' },
    proof: {
      title: 'Proof',
      default: 'secret',
      enum: ['secret', 'certificate'],
      'x-labels': { secret: 'Client secret', certificate: 'Certificate' },
    },
  },
};

const proxy = {
  type: 'object',
  title: 'Proxy',
  'x-order': ['kind', 'host'],
  properties: {
    kind: {
      title: 'Kind of proxy',
      default: 'none',
      enum: ['none', 'http'],
      'x-labels': { none: 'None', http: 'HTTP' },
    },
    host: { type: 'string', title: 'Proxy server', default: '', 'x-show-if': { kind: ['http'] } },
  },
};

const trusted = {
  type: 'array',
  items: { type: 'string' },
  title: 'Trusted certificates',
  'x-widget': 'certificates',
};

const pinned = {
  ...trusted,
  title: 'Pinned certificates',
  'x-widget': 'pinned_certificates',
};

const clientSecret: ConnectorKind['secrets'][number] = {
  name: 'client_secret',
  title: 'Client secret',
  description: "The secret's value, not its id.",
  optional: true,
  file: false,
  show_if: { 'oauth.proof': ['secret'] },
};

export const exchangeKinds: ConnectorKind[] = [
  {
    kind: 'ews',
    title: 'Exchange (EWS)',
    description: 'A mailbox on Exchange 2013 SP1 or later, by Exchange Web Services.',
    default_folder: 'inbox',
    settings_schema: {
      type: 'object',
      required: ['mailbox'],
      'x-order': [
        'mailbox',
        'server',
        'auth',
        'oauth',
        'trusted_certificates',
        'pinned_certificates',
        'proxy',
      ],
      properties: {
        mailbox: { type: 'string', title: 'Mailbox' },
        server: { type: 'string', title: 'Server', default: '' },
        auth: {
          title: 'Sign-in',
          default: 'ntlm',
          enum: ['ntlm', 'oauth'],
          'x-labels': { ntlm: 'NTLM', oauth: 'OAuth' },
        },
        oauth: { ...application, 'x-show-if': { auth: ['oauth'] } },
        trusted_certificates: trusted,
        pinned_certificates: pinned,
        proxy,
      },
    },
    secrets: [clientSecret],
    successors: ['graph'],
  },
  {
    kind: 'graph',
    title: 'Microsoft 365',
    description: 'A mailbox in Exchange Online, by Microsoft Graph.',
    default_folder: 'inbox',
    settings_schema: {
      type: 'object',
      required: ['mailbox'],
      'x-order': ['mailbox', 'oauth', 'trusted_certificates', 'pinned_certificates', 'proxy'],
      properties: {
        mailbox: { type: 'string', title: 'Mailbox' },
        oauth: application,
        trusted_certificates: trusted,
        pinned_certificates: pinned,
        proxy,
      },
    },
    secrets: [clientSecret],
    successors: ['ews'],
  },
];

const oauth = { cloud: 'worldwide', tenant: 'northwind.example', client_id: '8a1c0f2e-55d1-4c7e' };

/** Watches two folders of Exchange Online by EWS. */
export const exchange: Connector = {
  id: id(23),
  settings: {
    name: 'Reported by staff',
    api_name: 'reported-by-staff',
    description: 'The shared mailbox behind the report button.',
    kind: 'ews',
    connection: {
      mailbox: 'outlook.office365.com\\ann@northwind.example\\soc@northwind.example',
      auth: 'oauth',
      oauth,
      trusted_certificates: ['-----BEGIN CERTIFICATE-----\nTUlJRA==\n-----END CERTIFICATE-----\n'],
    } as unknown as Connector['settings']['connection'],
    folders: ['Inbox', 'Inbox/Reports'],
  },
  active: true,
  origin: { from: 'api' },
  revision: 2,
  secret_names: ['client_secret'],
  grant: null,
  notice:
    'Exchange Online switched Exchange Web Services off on 1 October 2026, except for tenants that asked for more ' +
    'time, and ends them for good on 1 April 2027. Migrate this connector to Microsoft Graph before: no message is ' +
    'lost or taken twice, and there is a way back.',
  migration: null,
  status: {
    state: 'waiting',
    last_success_at: minutesAgo(0.4),
    last_error: null,
    next_poll_at: new Date(Date.now() + 40_000).toISOString(),
    lag_seconds: null,
    leased_by: 'replica-1',
  },
  counts: {
    discovered: 0,
    stored: 0,
    unacknowledged: 0,
    refused: 0,
    needs_attention: 0,
    filtered_out: 0,
    total: 2031,
  },
  refusal: null,
  folders: [],
  created_at: minutesAgo(60_000),
};

export const exchangePassed: CheckReport = {
  passed: true,
  untrusted: false,
  proxy_untrusted: false,
  chain: [],
  proxy_chain: [],
  steps: [
    {
      name: 'token',
      title: 'Get an access token',
      status: 'passed',
      detail: 'The application signed in',
      hint: null,
      millis: 140,
    },
    {
      name: 'mailbox',
      title: 'Open the mailbox',
      status: 'passed',
      detail: '2,031 messages in Inbox',
      hint: null,
      millis: 85,
    },
  ],
};

const inbox: FolderComparison = {
  here: 'Inbox',
  there: 'Inbox',
  both: 1894,
  only_here: 0,
  only_there: 0,
  unnamed: 0,
  differences: [],
  read: 10,
  equal: 7,
};
const reports: FolderComparison = {
  ...inbox,
  here: 'Inbox/Reports',
  there: 'Posteingang/Reports',
  both: 137,
  read: 10,
  equal: 10,
};

export const agreeing: Comparison = {
  at: minutesAgo(3),
  agrees: true,
  trouble: null,
  folders: [inbox, reports],
};

const itemId = (tail: string) =>
  `AAMkAGI2NGVhZTVlLTI1OGMtNDI4My1iZmE5LTA5OGJiZGEzMTc0YQBGAAAAAADUuTJK1K9${tail}`;

export const disagreeing: Comparison = {
  at: minutesAgo(3),
  agrees: false,
  trouble: null,
  folders: [
    {
      ...inbox,
      only_here: 53,
      only_there: 1,
      unnamed: 1,
      differences: [
        { remote_id: itemId('aaaa='), what: 'only_here', size: 20_412, received: minutesAgo(4000) },
        { remote_id: itemId('bbbb='), what: 'only_there', size: null, received: minutesAgo(30) },
        { remote_id: itemId('cccc='), what: 'unnamed', size: 1_204_000, received: null },
        ...Array.from({ length: 47 }, (_, row) => ({
          remote_id: itemId(`${row}dd=`),
          what: 'only_here' as const,
          size: 3000 + row,
          received: minutesAgo(5000 + row),
        })),
      ],
    },
    reports,
  ],
};

export const troubled: Comparison = {
  at: minutesAgo(3),
  agrees: false,
  trouble: {
    message: 'Graph refused: the application may not read the mailbox',
    hint: 'Grant the application Mail.ReadWrite of Microsoft Graph, with admin consent.',
  },
  folders: [],
};

/** Microsoft 365 beside EWS, not compared yet. */
export const shadow: Migration = {
  state: 'shadow',
  kind: 'graph',
  connection: { mailbox: 'ann@northwind.example\\soc@northwind.example', oauth },
  folders: ['Inbox', 'Posteingang/Reports'],
  started_at: minutesAgo(95),
  started_by: 'Ada Marsh',
  switched_at: null,
  comparisons: 0,
  agreements: 0,
  comparison: null,
};

/** EWS behind Microsoft 365. */
export const switched: Migration = {
  ...shadow,
  state: 'switched',
  kind: 'ews',
  connection: exchange.settings.connection as unknown as Migration['connection'],
  folders: exchange.settings.folders ?? [],
  switched_at: minutesAgo(20),
};

/** The connector once Microsoft 365 took over. */
export const exchangeSwitched: Connector = {
  ...exchange,
  notice: null,
  migration: 'switched',
  settings: {
    ...exchange.settings,
    kind: 'graph',
    connection: shadow.connection as unknown as Connector['settings']['connection'],
    folders: shadow.folders,
  },
};

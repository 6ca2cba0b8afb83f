// A small desk as the API would show it. Typed by the generated schema, so it cannot drift from the API.

import type {
  Accounting,
  Alarm,
  AuditEntry,
  CaseAttachment,
  CaseDetail,
  CaseIndicator,
  CaseSummary,
  CheckReport,
  Connector,
  ConnectorKind,
  FilterPreview,
  Folder,
  LogLine,
  Me,
  MessageDetail,
  MessageSummary,
  NeedsAttention,
  Part,
  Person,
  SessionView,
  TimelineEntry,
  TokenView,
  UserView,
} from '../../src/api/types';
import { EMPTY_FILTER } from '../../src/connectors/filters';

const id = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

export const people: Person[] = [
  { id: id(1), display_name: 'Ada Marsh' },
  { id: id(2), display_name: 'Jonas Weber' },
];

export const me: Me = {
  user: { id: id(1), username: 'ada', display_name: 'Ada Marsh', role: 'administrator' },
  organization: { id: id(9), name: 'Northwind Security' },
  permissions: [
    'read_desk',
    'write_desk',
    'read_connectors',
    'manage_connectors',
    'manage_users',
    'read_audit',
  ],
  csrf_token: 'csrf',
};

const phishing = { id: id(20), name: 'Phishing reports' };

const summary: MessageSummary = {
  id: id(100),
  state: 'decided',
  subject: 'FW: Your invoice 2026-0417 is overdue',
  from: { name: 'Petra Lind', address: 'petra.lind@northwind.example' },
  to: 'phishing@northwind.example',
  connector: phishing,
  received_at: minutesAgo(4),
  sent_at: minutesAgo(5),
  size: 48_213,
  attachment_count: 1,
  indicator_count: 7,
  defect_count: 1,
  case: { id: id(50), number: 128, title: 'FW: Your invoice 2026-0417 is overdue' },
  automatic: null,
  same_id_other_content: false,
  last_error: null,
  reason: { because: 'new' },
};

export const messages: MessageSummary[] = [
  summary,
  {
    ...summary,
    id: id(101),
    subject: 'Re: [MC-127-k3v9q2] Suspicious sign-in from Lagos',
    from: { name: 'Omar Haddad', address: 'omar@northwind.example' },
    attachment_count: 0,
    indicator_count: 3,
    defect_count: 0,
    received_at: minutesAgo(23),
    case: { id: id(51), number: 127, title: 'Suspicious sign-in from Lagos' },
    reason: { because: 'joined', tie: 'subject_token' },
  },
  {
    ...summary,
    id: id(102),
    subject: 'Automatic reply: Out until Monday',
    from: { name: 'Kim Sørensen', address: 'kim@partner.example' },
    attachment_count: 0,
    indicator_count: 0,
    defect_count: 0,
    received_at: minutesAgo(95),
    case: null,
    automatic: 'out_of_office',
    reason: { because: 'automatic_kept', kind: 'out_of_office' },
  },
  {
    ...summary,
    id: id(103),
    state: 'needs_attention',
    subject: null,
    from: { name: null, address: null },
    attachment_count: 0,
    indicator_count: 0,
    defect_count: 0,
    received_at: minutesAgo(300),
    case: null,
    reason: null,
    last_error: 'the examination ran out of its time of 30 s',
  },
  {
    ...summary,
    id: id(104),
    subject:
      'Urgent: a very long subject that goes on and on, because senders of advance-fee letters like to put the whole story of the late minister and his forty million into it',
    from: { name: null, address: 'minister.of.finance.and.lotteries@very-long-domain-name.example' },
    received_at: minutesAgo(2000),
    same_id_other_content: true,
    case: { id: id(52), number: 126, title: 'Urgent' },
  },
  ...Array.from({ length: 14 }, (_, index) => ({
    ...summary,
    id: id(110 + index),
    subject: `Weekly report ${index + 1}: blocked senders`,
    from: { name: 'Mail gateway', address: 'gateway@northwind.example' },
    attachment_count: index % 3,
    indicator_count: index * 2,
    defect_count: 0,
    received_at: minutesAgo(3000 + index * 700),
    case: { id: id(53), number: 125 - index, title: 'Weekly report' },
  })),
];

const part: Part = {
  path: '/',
  kind: 'multipart',
  content_type: 'multipart/mixed',
  sniffed_type: null,
  charset: null,
  encoding: null,
  disposition: null,
  content_id: null,
  name: null,
  safe_name: null,
  size: 48_213,
  hashes: null,
  envelope: null,
  children: [],
  defects: [],
};
const hashes = {
  md5: '44d88612fea8a8f36de82e1278abb02f',
  sha1: '3395856ce81f2b7382dee72602f798b642f14140',
  sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
};

const root: Part = {
  ...part,
  children: [
    {
      ...part,
      path: '/1',
      kind: 'multipart',
      content_type: 'multipart/alternative',
      children: [
        {
          ...part,
          path: '/1/1',
          kind: 'body',
          content_type: 'text/plain',
          charset: 'utf-8',
          encoding: 'quoted-printable',
          size: 812,
          hashes,
        },
        {
          ...part,
          path: '/1/2',
          kind: 'body',
          content_type: 'text/html',
          charset: 'utf-8',
          encoding: 'base64',
          size: 9_120,
          hashes,
        },
      ],
    },
    {
      ...part,
      path: '/2',
      kind: 'attachment',
      content_type: 'application/pdf',
      sniffed_type: 'application/zip',
      name: 'invoice-2026-0417.pdf',
      safe_name: 'invoice-2026-0417.pdf',
      encoding: 'base64',
      size: 31_772,
      hashes,
      defects: [{ code: 'bad_base64', message: 'the base64 text holds characters that are none' }],
    },
  ],
};

export const message: MessageDetail = {
  summary,
  sha256: 'f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2',
  same_id: [],
  deliveries: [
    {
      id: id(300),
      connector: phishing,
      folder: 'INBOX',
      remote_id: '1718000000:4812',
      state: 'acknowledged',
      discovered_at: minutesAgo(4),
      stored_at: minutesAgo(4),
      acknowledged_at: minutesAgo(4),
      attempts: 1,
      remote_size: 48_213,
      last_error: null,
      ack_error: null,
    },
    {
      id: id(301),
      connector: { id: id(21), name: 'Abuse' },
      folder: 'INBOX/Reports',
      remote_id: '1718000001:77',
      state: 'stored',
      discovered_at: minutesAgo(3),
      stored_at: minutesAgo(3),
      acknowledged_at: null,
      attempts: 1,
      remote_size: 48_213,
      last_error: null,
      ack_error: 'the server refused to mark the message read: the folder is read-only',
    },
  ],
  evidence: {
    parser_version: 1,
    size: 48_213,
    automatic: null,
    has_html: true,
    envelope: {
      subject: summary.subject,
      from: [summary.from],
      sender: [],
      reply_to: [],
      to: [{ name: 'Phishing desk', address: 'phishing@northwind.example' }],
      cc: [],
      bcc: [],
      date: summary.sent_at,
      message_id: 'a1b2@mail.northwind.example',
      in_reply_to: [],
      references: [],
    },
    headers: [
      {
        name: 'Received',
        raw: 'from mail.northwind.example ([192.0.2.25])\r\n\tby mx1.northwind.example with ESMTPS',
        value: 'from mail.northwind.example ([192.0.2.25]) by mx1.northwind.example with ESMTPS',
      },
      {
        name: 'From',
        raw: '=?utf-8?Q?Petra_Lind?= <petra.lind@northwind.example>',
        value: 'Petra Lind <petra.lind@northwind.example>',
      },
      { name: 'To', raw: 'phishing@northwind.example', value: 'phishing@northwind.example' },
      {
        name: 'Subject',
        raw: 'FW: Your invoice 2026-0417 is overdue',
        value: 'FW: Your invoice 2026-0417 is overdue',
      },
      { name: 'Message-ID', raw: '<a1b2@mail.northwind.example>', value: '<a1b2@mail.northwind.example>' },
    ],
    received: [
      {
        from: 'mail.northwind.example',
        from_ip: '192.0.2.25',
        by: 'mx1.northwind.example',
        with: 'ESMTPS',
        id: null,
        recipient: null,
        date: minutesAgo(5),
      },
    ],
    text: {
      path: '/1/1',
      content:
        'Hello desk,\n\nI got this today. Is it real?\n\nPetra\n\n> Dear customer,\n> your invoice is overdue. Pay here: hxxps://pay[.]example[.]net/i/2026-0417\n',
      truncated: false,
    },
    root,
    indicators: [
      {
        kind: 'url',
        value: 'https://pay.example.net/i/2026-0417',
        defanged: 'hxxps://pay[.]example[.]net/i/2026-0417',
        places: ['/1/1 text', '/1/2 html'],
      },
      { kind: 'domain', value: 'pay.example.net', defanged: 'pay[.]example[.]net', places: ['/1/1 text'] },
      { kind: 'ipv4', value: '192.0.2.25', defanged: '192[.]0[.]2[.]25', places: ['header:Received'] },
      {
        kind: 'email',
        value: 'petra.lind@northwind.example',
        defanged: 'petra.lind[@]northwind[.]example',
        places: ['header:From'],
      },
      { kind: 'sha256', value: hashes.sha256, defanged: hashes.sha256, places: ['/2 attachment'] },
      {
        kind: 'file_name',
        value: 'invoice-2026-0417.pdf',
        defanged: 'invoice-2026-0417.pdf',
        places: ['/2 attachment'],
      },
    ],
    defects: [{ code: 'bad_date', message: 'the Date header is not a date' }],
  },
};

const aCase: CaseSummary = {
  id: id(50),
  number: 128,
  title: 'FW: Your invoice 2026-0417 is overdue',
  status: 'open',
  severity: 'high',
  owner: null,
  tags: ['phishing', 'finance'],
  acl: 'Northwind Security case defaults',
  message_count: 1,
  created_at: minutesAgo(4),
  updated_at: minutesAgo(4),
};

export const cases: CaseSummary[] = [
  aCase,
  {
    ...aCase,
    id: id(51),
    number: 127,
    title: 'Suspicious sign-in from Lagos',
    status: 'in_progress',
    severity: 'critical',
    owner: people[0] ?? null,
    tags: ['account'],
    message_count: 6,
    updated_at: minutesAgo(23),
  },
  {
    ...aCase,
    id: id(52),
    number: 126,
    title:
      'Urgent: a very long subject that goes on and on, because senders of advance-fee letters like long stories',
    severity: 'low',
    tags: [],
    message_count: 1204,
    updated_at: minutesAgo(900),
  },
  {
    ...aCase,
    id: id(53),
    number: 125,
    title: 'Weekly report: blocked senders',
    status: 'resolved',
    severity: 'medium',
    owner: people[1] ?? null,
    tags: ['report'],
    message_count: 14,
    updated_at: minutesAgo(9000),
  },
];

export const caseDetail: CaseDetail = { summary: aCase, subject_token: '[MC-128-k3v9q2x7]' };

export const caseIndicators: CaseIndicator[] = (message.evidence?.indicators ?? []).map(
  (indicator, index) => ({
    kind: indicator.kind,
    value: indicator.value,
    defanged: indicator.defanged,
    message_count: 1,
    other_cases: index,
  }),
);

export const caseAttachments: CaseAttachment[] = [
  {
    message: id(100),
    path: '/2',
    name: 'invoice-2026-0417.pdf',
    safe_name: 'invoice-2026-0417.pdf',
    content_type: 'application/pdf',
    sniffed_type: 'application/zip',
    size: 31_772,
    hashes,
  },
];

export const timeline: TimelineEntry[] = [
  {
    id: id(403),
    at: minutesAgo(1),
    kind: 'note',
    actor: people[0] ?? null,
    text: 'Called Petra: nobody paid.\nThe domain was registered yesterday.',
    message: null,
    facts: {},
  },
  {
    id: id(402),
    at: minutesAgo(2),
    kind: 'changed',
    actor: people[0] ?? null,
    text: null,
    message: null,
    facts: { field: 'severity', from: 'medium', to: 'high' },
  },
  { id: id(401), at: minutesAgo(4), kind: 'message', actor: null, text: null, message: id(100), facts: {} },
  { id: id(400), at: minutesAgo(4), kind: 'created', actor: null, text: null, message: null, facts: {} },
];

export const kinds: ConnectorKind[] = [
  {
    kind: 'imap',
    title: 'IMAP',
    description: 'A mailbox on an IMAP server.',
    default_folder: 'INBOX',
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
          'x-order': ['kind', 'host', 'port', 'trusted_certificates'],
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
    settings_schema: {
      type: 'object',
      required: ['path'],
      properties: { path: { type: 'string', title: 'Path' } },
    },
    secrets: [],
  },
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
      needs_attention: 1,
      filtered_out: 37,
      total: 4812,
    },
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
    counts: { discovered: 12, stored: 0, unacknowledged: 3, needs_attention: 0, filtered_out: 0, total: 911 },
    folders: [],
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
    counts: { discovered: 0, stored: 0, unacknowledged: 0, needs_attention: 0, filtered_out: 0, total: 0 },
    folders: [],
    created_at: minutesAgo(70_000),
  },
];

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
  summary: '4,813 ≠ 4,810, 1 arrived since the last poll, 2 missing or different',
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
};

export const needsAttention: NeedsAttention = {
  deliveries: message.deliveries.slice(0, 1).map((delivery) => ({
    ...delivery,
    state: 'needs_attention',
    attempts: 6,
    last_error: 'the server hung up while sending the message',
  })),
  messages: messages.filter(({ state }) => state === 'needs_attention'),
};

export const log: LogLine[] = [
  { at: minutesAgo(1), level: 'info', event: 'polled', text: 'INBOX: 1 new message' },
  { at: minutesAgo(75), level: 'error', event: 'sign_in', text: 'the server refused the password' },
  {
    at: minutesAgo(300),
    level: 'warning',
    event: 'reset',
    text: 'UIDVALIDITY of INBOX changed: the folder was listed anew',
  },
];

export const alarms: Alarm[] = [
  {
    id: id(700),
    connector: { id: id(21), name: 'Abuse' },
    kind: 'sign_in',
    text: 'Sign-in fails since 75 minutes.',
    raised_at: minutesAgo(75),
    cleared_at: null,
  },
];

export const users: UserView[] = [
  {
    id: id(1),
    username: 'ada',
    display_name: 'Ada Marsh',
    role: 'administrator',
    disabled: false,
    created_at: minutesAgo(90_000),
  },
  {
    id: id(2),
    username: 'jonas',
    display_name: 'Jonas Weber',
    role: 'analyst',
    disabled: false,
    created_at: minutesAgo(80_000),
  },
  {
    id: id(3),
    username: 'old',
    display_name: 'Former Colleague',
    role: 'read_only',
    disabled: true,
    created_at: minutesAgo(85_000),
  },
];

export const sessions: SessionView[] = [
  {
    id: id(800),
    created_at: minutesAgo(60),
    last_used_at: minutesAgo(0),
    expires_at: new Date(Date.now() + 8 * 3_600_000).toISOString(),
    address: '192.0.2.7',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chromium/156',
    current: true,
  },
  {
    id: id(801),
    created_at: minutesAgo(900),
    last_used_at: minutesAgo(300),
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    address: '198.51.100.20',
    user_agent: 'Mozilla/5.0 (iPhone)',
    current: false,
  },
];

export const tokens: TokenView[] = [
  {
    id: id(900),
    name: 'Nightly export',
    prefix: 'mc_4k2p',
    permissions: ['read_desk'],
    created_at: minutesAgo(9000),
    expires_at: new Date(Date.now() + 80 * 86_400_000).toISOString(),
    last_used_at: minutesAgo(600),
    revoked_at: null,
  },
];

export const audit: AuditEntry[] = [
  {
    id: '3',
    at: minutesAgo(2),
    actor: people[0] ?? null,
    action: 'case.updated',
    target: id(50),
    facts: { severity: { old: 'medium', new: 'high' } },
  },
  {
    id: '2',
    at: minutesAgo(60),
    actor: people[0] ?? null,
    action: 'sign_in.accepted',
    target: id(1),
    facts: {},
  },
  {
    id: '1',
    at: minutesAgo(300),
    actor: null,
    action: 'connector.identities_reset',
    target: phishing.id,
    facts: { folder: 'INBOX', reason: 'UIDVALIDITY changed' },
  },
];

// A small desk as the API would show it. Typed by the generated schema, so it cannot drift from the API.

import type {
  Alarm,
  CaseAttachment,
  CaseDetail,
  CaseSummary,
  LogLine,
  Me,
  MessageDetail,
  MessageSummary,
  NeedsAttention,
  Part,
  TimelineEntry,
} from '../../src/api/types';
import * as indicators from './indicators';
import { id, minutesAgo, phishing } from './made';
import { ownChecks } from './origin';
import { people } from './people';

export * from './checks';
export * from './connectors';
export * from './exchange';
export * from './kinds';
export { minutesAgo } from './made';
export * from './people';

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
  needs_key: false,
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
  {
    ...summary,
    id: id(105),
    subject: 'Contract, confidential',
    from: { name: 'Lena Brandt', address: 'lena.brandt@partner.example' },
    attachment_count: 0,
    indicator_count: 0,
    defect_count: 0,
    received_at: minutesAgo(2400),
    needs_key: true,
    case: { id: id(54), number: 124, title: 'Contract, confidential' },
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

export const part: Part = {
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
  headers: [],
  format: null,
  facts: [],
  lock: null,
  signatures: [],
  read_as: null,
  children: [],
  defects: [],
};
const hashes = {
  md5: '44d88612fea8a8f36de82e1278abb02f',
  sha1: '3395856ce81f2b7382dee72602f798b642f14140',
  sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
  ssdeep: '3:a+JraNvsgzsVqSwHq9:tJuOgzsko',
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
      { name: 'MIME-Version', raw: '1.0', value: '1.0' },
      { name: 'X-Mailer', raw: 'Northwind Mail 8', value: 'Northwind Mail 8' },
      { name: 'X-Spam-Score', raw: '1.2', value: '1.2' },
      { name: 'X-Spam-Report', raw: 'none\r\n\tat all', value: 'none at all' },
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
      {
        from: 'laptop.northwind.example',
        from_ip: '198.51.100.7',
        by: 'mail.northwind.example',
        with: 'ESMTPSA',
        id: null,
        recipient: null,
        date: minutesAgo(8),
      },
    ],
    mailing_list: null,
    verdicts: {
      own: ownChecks,
      authentication: [
        {
          header: 'Authentication-Results',
          server: 'mx1.northwind.example',
          trusted: true,
          instance: null,
          results: [
            {
              method: 'spf',
              result: 'softfail',
              reason: '192.0.2.25 is not among the permitted senders',
              properties: [{ name: 'smtp.mailfrom', value: 'northwind.example' }],
            },
            {
              method: 'dkim',
              result: 'pass',
              reason: null,
              properties: [{ name: 'header.d', value: 'northwind.example' }],
            },
          ],
        },
        {
          header: 'ARC-Authentication-Results',
          server: 'mail.northwind.example',
          trusted: false,
          instance: 1,
          results: [{ method: 'dmarc', result: 'pass', reason: null, properties: [] }],
        },
      ],
      route: { delays: [180, null], total: 180, border: 0 },
      marks: [
        {
          kind: 'reply_to_drift',
          message: 'answers go to elsewhere.example, the sender is of northwind.example',
        },
      ],
    },
    reported: null,
    text: {
      path: '/1/1',
      content:
        'Hello desk,\n\nI got this today. Is it real?\n\nPetra\n\n> Dear customer,\n> your invoice is overdue. Pay here: hxxps://pay[.]example[.]net/i/2026-0417\n',
      truncated: false,
    },
    root,
    indicators: indicators.found,
    set_aside: indicators.setAside,
    hidden: [],
    pattern_values: [],
    alternatives: null,
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

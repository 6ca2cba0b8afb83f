// The connectors of the desk: how they are doing, what their filters take, what their books say.

import type { Accounting, Connector, FilterPreview, Folder } from '../../src/api/types';
import { EMPTY_FILTER } from '../../src/connectors/filters';
import { exchange } from './exchange';
import { id, minutesAgo } from './made';

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

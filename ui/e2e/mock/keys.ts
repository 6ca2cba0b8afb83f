// Decryption keys, and the messages that were looked at again because of them.
import type {
  Changes,
  DecryptionKey,
  KeyFacts,
  Reexamination,
  ReexaminationDetail,
  Reexaminations,
  ReexaminedMessage,
} from '../../src/api/types';
import { id, minutesAgo, phishing } from './made';

/** A key that opens the message with everything. */
export const fitting: KeyFacts = {
  kind: 'smime',
  subject: 'CN=Phishing desk, O=Northwind',
  user_ids: [],
  addresses: ['phishing@northwind.example'],
  issuer: 'CN=Northwind Mail CA 2',
  serial: '04A1B2C3D4',
  key_id: '8F3A55D0C1E2B74466F1A0D9C8B7A69584736251',
  subkey_ids: [],
  fingerprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  not_before: '2026-01-01T00:00:00Z',
  not_after: '2099-01-01T00:00:00Z',
  algorithm: 'RSA',
  bits: 3072,
  chain: ['CN=Northwind Mail CA 2', 'CN=Northwind Root'],
};

const old: KeyFacts = {
  ...fitting,
  serial: '77AB',
  issuer: 'CN=Northwind Mail CA 1',
  fingerprint: '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752',
  not_before: '2019-01-01T00:00:00Z',
  not_after: '2021-01-01T00:00:00Z',
  bits: 2048,
};

const openpgp: KeyFacts = {
  ...fitting,
  kind: 'openpgp',
  subject: 'Incident response <ir@northwind.example>',
  user_ids: ['Incident response <ir@northwind.example>', 'CERT <cert@northwind.example>'],
  addresses: ['ir@northwind.example', 'cert@northwind.example'],
  issuer: null,
  serial: null,
  key_id: 'D2C4A6B8E0F19375',
  subkey_ids: ['7E11AA02BB03CC04'],
  fingerprint: '1a2b3c4d5e6f708192a3b4c5d2c4a6b8e0f19375',
  not_after: null,
  algorithm: 'Ed25519',
  bits: null,
  chain: [],
};

export const kept: DecryptionKey[] = [
  {
    id: id(600),
    name: 'Incident response',
    connector: null,
    facts: openpgp,
    created_at: minutesAgo(3000),
    created_by: 'ada',
  },
  {
    id: id(601),
    name: 'Phishing desk until 2021',
    connector: phishing,
    facts: old,
    created_at: minutesAgo(90_000),
    created_by: 'ada',
  },
];

export const added: DecryptionKey = {
  id: id(602),
  name: 'Phishing desk',
  connector: null,
  facts: fitting,
  created_at: minutesAgo(0),
  created_by: 'ada',
};

const nothing: Changes = {
  indicators_found: 0,
  indicators_gone: 0,
  parts_found: 0,
  parts_gone: 0,
  defects_found: 0,
  defects_gone: 0,
  reads_differently: false,
  judged_differently: false,
  opened: 0,
};

const changed: ReexaminedMessage[] = [
  {
    message: id(140),
    subject: 'FW: Your invoice 2026-0417 is overdue',
    changes: { ...nothing, opened: 1, parts_found: 3, indicators_found: 4, reads_differently: true },
    error: null,
  },
  {
    message: id(101),
    subject: null,
    changes: { ...nothing, defects_found: 1, defects_gone: 2 },
    error: null,
  },
  {
    message: id(103),
    subject: 'Weekly report 3: blocked senders',
    changes: nothing,
    error: 'the raw bytes cannot be read',
  },
];

const run: Reexamination = {
  id: id(650),
  scope: 'outdated',
  state: 'done',
  total: 4812,
  examined: 4812,
  changed: 212,
  opened: 1,
  failed: 1,
  changes: { ...nothing, indicators_found: 934, indicators_gone: 12, parts_found: 77, defects_gone: 31 },
  connector: null,
  last_error: null,
  requested_by: 'ada',
  created_at: minutesAgo(1500),
  ended_at: minutesAgo(1480),
};

export const finished: ReexaminationDetail = { summary: run, messages: changed };

export const running: Reexamination = {
  ...run,
  id: id(651),
  scope: 'needs_key',
  state: 'running',
  total: 12,
  examined: 3,
  changed: 2,
  opened: 2,
  failed: 0,
  requested_by: null,
  created_at: minutesAgo(0),
  ended_at: null,
};

export const reexaminations: Reexaminations = {
  items: [
    run,
    {
      ...run,
      id: id(652),
      scope: 'needs_key',
      state: 'cancelled',
      total: 12,
      examined: 5,
      changed: 0,
      opened: 0,
      failed: 0,
      requested_by: null,
      created_at: minutesAgo(4000),
      ended_at: minutesAgo(3999),
    },
  ],
  counts: { outdated: 312, needs_key: 12, all: 48_120 },
  parser_version: 7,
};

export const underWay: Reexaminations = { ...reexaminations, items: [running, ...reexaminations.items] };

// A message with everything a message can hold: nested, signed, locked, renamed, broken.
import type { Envelope, Evidence, MessageDetail, Part, PartText } from '../../src/api/types';
import { message, part } from './data';
import { id, minutesAgo } from './made';

const hashes = message.evidence?.root.children[1]?.hashes ?? null;
const petra = { name: 'Petra Lind', address: 'petra.lind@northwind.example' };
const file: Part = { ...part, kind: 'attachment', encoding: 'base64', hashes };

const forwarded: Envelope = {
  subject: 'Счёт № 2026-0417',
  from: [{ name: 'Billing', address: 'billing@pay.example' }],
  sender: [],
  reply_to: [{ name: null, address: 'collect@elsewhere.example' }],
  to: [petra],
  cc: [],
  bcc: [],
  date: minutesAgo(90),
  message_id: 'x9@pay.example',
  in_reply_to: [],
  references: [],
};

const signed: Part = {
  ...part,
  path: '/1',
  kind: 'layer',
  content_type: 'application/pkcs7-mime',
  name: 'smime.p7m',
  safe_name: 'smime.p7m',
  format: 'smime_signed',
  hashes,
  size: 14_120,
  signatures: [
    {
      state: 'intact',
      signer: 'Petra Lind',
      addresses: ['petra.lind@northwind.example'],
      issuer: 'Northwind Mail CA 2',
      serial: '04a1b2c3d4',
      not_before: '2026-01-01T00:00:00Z',
      not_after: '2028-01-01T00:00:00Z',
      signed_at: minutesAgo(6),
      algorithm: 'RSA with SHA-1',
      weak: true,
      fingerprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    },
  ],
  children: [
    {
      ...part,
      path: '/1/1',
      kind: 'body',
      content_type: 'text/plain',
      charset: 'us-ascii',
      read_as: { charset: 'windows-1251', because: 'detected', confidence: 'doubtful' },
      encoding: '8bit',
      size: 812,
      hashes,
    },
  ],
};

const outlook: Part = {
  ...file,
  path: '/2',
  kind: 'message',
  content_type: 'application/vnd.ms-outlook',
  name: 'FW invoice.msg',
  safe_name: 'FW invoice.msg',
  format: 'outlook',
  size: 74_240,
  envelope: forwarded,
  headers: [
    { name: 'Subject', raw: '=?utf-8?B?0KHRh9GR0YIg4oSWIDIwMjYtMDQxNw==?=', value: 'Счёт № 2026-0417' },
    { name: 'From', raw: 'Billing <billing@pay.example>', value: 'Billing <billing@pay.example>' },
    { name: 'X-Mailer', raw: 'Bulk 4.1', value: 'Bulk 4.1' },
  ],
  facts: [
    { name: 'message_class', value: 'IPM.Note' },
    ...Array.from({ length: 14 }, (_, index) => ({ name: 'category', value: `Category ${index + 1}` })),
  ],
  children: [
    {
      ...part,
      path: '/2/1',
      kind: 'multipart',
      content_type: 'multipart/alternative',
      children: [
        { ...part, path: '/2/1/1', kind: 'body', content_type: 'text/plain', size: 90, hashes },
        {
          ...part,
          path: '/2/1/2',
          kind: 'body',
          content_type: 'text/html',
          read_as: { charset: 'utf-8', because: 'declared', confidence: 'certain' },
          size: 2_210,
          hashes,
        },
        {
          ...part,
          path: '/2/1/3',
          kind: 'inline',
          content_type: 'image/png',
          name: 'logo.png',
          size: 880,
          hashes,
        },
      ],
    },
    {
      ...file,
      path: '/2/2',
      content_type: 'application/pdf',
      sniffed_type: 'application/zip',
      name: 'invoice-2026-0417-a-name-that-is-much-longer-than-any-honest-name-of-a-file-would-be.pdf',
      safe_name: 'invoice-2026-0417-a-name-that-is-much-longer-than-any-honest-name-of-a-file-would-be.pdf',
      format: 'zip',
      size: 31_772,
      lock: { needs: 'password' },
      defects: [
        { code: 'bad_checksum', message: 'the checksum of a file does not fit; the file is shown as it is' },
        { code: 'limit_ratio', message: 'a file grows too much when unpacked; its first 64 MiB are shown' },
      ],
      children: [
        {
          ...file,
          path: '/2/2/1',
          content_type: 'application/octet-stream',
          name: 'invoice.exe',
          safe_name: 'invoice.exe',
          hashes: null,
          size: 90_112,
        },
      ],
    },
  ],
};

const encrypted: Part = {
  ...file,
  path: '/3',
  kind: 'layer',
  content_type: 'application/pkcs7-mime',
  name: 'contract.p7m',
  safe_name: 'contract.p7m',
  format: 'smime_enveloped',
  size: 9_020,
  lock: {
    needs: 'key',
    recipients: [
      'CN=Northwind Mail CA 2, serial number 04A1B2C3D4',
      'CN=Northwind Mail CA 1, serial number 77',
    ],
  },
  facts: [{ name: 'encryption', value: 'AES-256-GCM' }],
};

const picture: Part = {
  ...file,
  path: '/4',
  content_type: 'application/octet-stream',
  sniffed_type: 'image/png',
  name: 'scan.png',
  safe_name: 'scan.png',
  size: 1_204,
  facts: [
    { name: 'qr_code', value: 'hxxps://pay[.]example[.]net/scan?to=petra.lind' },
    { name: 'data_matrix', value: 'hxxps://track[.]example[.]net/parcel/4711' },
  ],
  signatures: [
    {
      state: 'broken',
      signer: null,
      addresses: [],
      issuer: null,
      serial: 'a1b2',
      not_before: null,
      not_after: null,
      signed_at: null,
      fingerprint: null,
      algorithm: null,
      weak: false,
    },
  ],
};

const root: Part = { ...part, children: [signed, outlook, encrypted, picture] };

export const everything: Evidence = {
  ...(message.evidence as Evidence),
  defects: [{ code: 'bad_date', message: 'the date is none' }],
  root,
};

/** A stored message with all of it. */
export const complete: MessageDetail = {
  ...message,
  summary: { ...message.summary, id: id(140), defect_count: 3, needs_key: true },
  evidence: everything,
};

export const readAsDetected: PartText = {
  path: '/1/1',
  content: 'Оплатите счёт сегодня.\n',
  truncated: false,
  read_as: { charset: 'windows-1251', because: 'detected', confidence: 'doubtful' },
};

export const readAsAsked: PartText = {
  ...readAsDetected,
  content: 'нОКЮРХРЕ ЯВ╦Р ЯЕЦНДМЪ.\n',
  read_as: { charset: 'koi8-r', because: 'asked', confidence: 'certain' },
};

/** A part by itself. */
export const alone: Evidence = {
  ...everything,
  root: { ...outlook, path: '/' },
  defects: [],
  envelope: forwarded,
};

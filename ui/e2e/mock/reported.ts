// Reports: one mail copied into a text, a chain with attached mail, a report without its mail.
import type { CaseReport, Evidence, MessageDetail, Report, ReportedMessage } from '../../src/api/types';
import { message } from './data';
import { complete } from './evidence';

const petra = { name: 'Petra Lind', address: 'petra.lind@northwind.example' };

const invoice: ReportedMessage = {
  path: '/1/1',
  from: [{ name: 'Billing', address: 'billing@pay.example' }],
  to: [petra],
  cc: [],
  subject: 'Your invoice 2026-0417 is overdue',
  sent: null,
  sent_text: 'Monday, January 6, 2026 9:29 AM',
  message_id: null,
  within: null,
  original: true,
  place: {
    head: 64,
    body: 190,
    end: 290,
    because: 'From, Sent, To, Subject',
    text: 'Dear customer,\nyour invoice is overdue. Pay here: hxxps://pay[.]example[.]net/i/2026-0417',
  },
  confidence: 'likely',
  marks: [],
  authentication: [],
};

const copied: Report = {
  reporter: petra,
  words: 'Hello desk,\n\nI got this today. Is it real?\n\nPetra',
  tool: null,
  opinion: null,
  messages: [invoice],
  more: false,
};

const attached: ReportedMessage = {
  ...invoice,
  path: '/2',
  subject: 'FW: Счёт № 2026-0417',
  from: [petra],
  to: [{ name: null, address: 'finance@northwind.example' }],
  sent: '2026-01-06T09:29:00Z',
  sent_text: null,
  original: false,
  place: null,
  confidence: 'certain',
  marks: [
    { kind: 'reply_to_drift', message: 'answers go to pay.example, the sender is of northwind.example' },
    {
      kind: 'hidden_text',
      message: 'the reader does not see 214 letters of the HTML body (font-size:0)',
    },
  ],
  authentication: [
    {
      header: 'Authentication-Results',
      server: 'mx.northwind.example',
      trusted: true,
      instance: null,
      results: [
        {
          method: 'spf',
          result: 'softfail',
          reason: null,
          properties: [{ name: 'smtp.mailfrom', value: 'pay.example' }],
        },
        { method: 'dkim', result: 'pass', reason: null, properties: [] },
      ],
    },
  ],
};

const chain: Report = {
  reporter: petra,
  words: 'Finance got this from me, but now I wonder.',
  tool: { kind: 'knowbe4', name: null, because: 'phish_alert_sp2_2.0.0.0.eml' },
  opinion: 'phishing',
  messages: [
    attached,
    {
      ...invoice,
      path: '/2/1/1',
      within: 0,
      subject:
        'Счёт № 2026-0417 and a subject that is much longer than any honest subject of a mail would ever be',
      place: {
        head: 0,
        body: 90,
        end: 300,
        because: '---------- Forwarded message ---------',
        text: null,
      },
    },
    { ...invoice, subject: null, confidence: 'doubtful' },
  ],
  more: true,
};

const nothing: Report = {
  reporter: { name: null, address: 'google-workspace-alerts-noreply@google.com' },
  words: null,
  tool: { kind: 'google', name: null, because: 'sent by google-workspace-alerts-noreply@google.com' },
  opinion: null,
  messages: [],
  more: false,
};

const withReport = (detail: MessageDetail, reported: Report): MessageDetail => ({
  ...detail,
  evidence: { ...(detail.evidence as Evidence), reported },
});

const reportOf = ({ summary: { id, subject, received_at } }: MessageDetail, report: Report): CaseReport => ({
  message: id,
  subject,
  received_at,
  report,
});

/** What the messages of a case report, oldest first. */
export const ofCase: CaseReport[] = [reportOf(message, copied), reportOf(complete, chain)];

export const copiedReport = withReport(message, copied);
export const reportOfNothing = withReport(message, nothing);
/** Of the message whose parts there are. */
export const chainedReport = withReport(complete, chain);

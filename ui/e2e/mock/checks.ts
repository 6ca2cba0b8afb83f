// What a connection test says.

import type { CheckReport } from '../../src/api/types';
import { minutesAgo } from './made';

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
